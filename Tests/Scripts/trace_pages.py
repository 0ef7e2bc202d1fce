#!/usr/bin/env python3
"""Steps through the pages of `backprop trace` in a headless Chromium, as a learner would.

    Tests/Scripts/trace_pages.py [--only NAME] [--output FOLDER] BACKPROP

makes pages of the worked examples and of small networks with the program BACKPROP, and shows each at the width of a
desk and of a phone, light and dark. Besides what screenshots.py checks, it fails where labels of the drawing lie over
each other or over units, where the script shows another number than the program wrote, where a stage shows what it
has not come to, or where a weight can't be chosen by pointer, keys or list, or a step by the slider. The pictures are
kept in --output, to be looked at.

Needs what screenshots.py needs; says so and ends well where that is not there.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

import screenshots

PAGES = {
    "sigmoid": "trace sigmoid --html {page}",
    "layer-by-layer": "trace sigmoid --order layer-by-layer --steps 10000 --html {page}",
    "softmax": "trace softmax --html {page}",
    "chain": "trace chain --depth 10 --html {page}",
    "iris": "trace {folder}/iris iris --row 51 --html {page}",
    "xor": "trace {folder}/xor xor --row 2 --html {page}",
    "wide": "trace {folder}/wide iris --row 101 --html {page}",
    "inspect": "inspect {folder}/digits --html {page}",
}

MODELS = {
    "iris": "train iris --hidden 3 --activation tanh --epochs 30 --output {folder}/iris",
    "xor": "train xor --hidden 4 --activation relu --epochs 30 --output {folder}/xor",
    "wide": "train iris --hidden 16 --epochs 30 --output {folder}/wide",
    "digits": "train digits --hidden 32 --epochs 5 --output {folder}/digits",
}

# Labels and units that meet, in the drawing that is shown; a pixel of their edges may.
COLLISIONS = """
() => {
  const drawing = [...document.querySelectorAll('svg.network')].find(svg => svg.getClientRects().length);
  const boxes = [];
  for (const label of drawing.querySelectorAll('.label')) {
    const lines = [...label.querySelectorAll('text')]
      .filter(line => getComputedStyle(line).visibility === 'visible' && line.getClientRects().length);
    for (const line of lines) boxes.push({ of: label, name: line.textContent, box: line.getBoundingClientRect() });
  }
  for (const card of drawing.querySelectorAll('.node > rect')) {
    boxes.push({ of: card, name: card.parentElement.dataset.node, box: card.getBoundingClientRect() });
  }
  const found = [];
  boxes.forEach((a, i) => boxes.slice(0, i).forEach(b => {
    if (a.of === b.of) return;
    const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
    const high = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
    // A line's box is higher than its letters.
    if (wide > 3 && high > 4) found.push(`${a.name} lies over ${b.name}`);
  }));
  for (const card of drawing.querySelectorAll('.node')) {
    const rect = card.querySelector('rect').getBoundingClientRect();
    for (const text of card.querySelectorAll('text')) {
      const box = text.getBoundingClientRect();
      if (box.width && (box.left < rect.left || box.right > rect.right)) found.push(`${text.textContent} is too long`);
    }
  }
  return found;
}
"""

NUMBERS = "() => [...document.querySelectorAll('[data-n], [data-short]')].map(element => element.textContent)"
SHOWN = """
name => {
  const drawn = [...document.querySelectorAll(`svg.network [data-part="${name}"]`)];
  // Small units have no room for their biases.
  return !drawn.length || drawn.some(part => part.getClientRects().length && part.classList.contains('chosen'));
}
"""
FLOWS = "() => [...document.querySelectorAll('.flow.runs')].filter(flow => flow.getClientRects().length).length"


def make_pages(program, folder, names):
    """Runs the program for each page; returns their files by name."""
    for words in MODELS.values():
        subprocess.run([program, *words.format(folder=folder).replace("", "").split()], check=True,
                       stdout=subprocess.DEVNULL)
    pages = {}
    for name in names:
        pages[name] = folder / f"{name}.html"
        words = PAGES[name].format(page=pages[name], folder=folder).split()
        subprocess.run([program, *words], check=True, stdout=subprocess.DEVNULL)
    return pages


def printed(program, name, folder):
    """The numbers of twelve decimals that the program prints for the first step of an example."""
    words = re.sub(r"--(html|steps) \S+", "", PAGES[name].format(page="", folder=folder)).split()
    text = subprocess.run([program, *[word for word in words if word != "--html"]], check=True, capture_output=True,
                          text=True).stdout
    return set(re.findall(r"-?\d+\.\d{12}", text.split("After 1 step")[0]))


def check_stages(page, place, failures):
    """Each stage has its caption and shows what it has come to; flows run where numbers go."""
    buttons = page.query_selector_all("[data-go]")
    for index in range(1, len(buttons)):
        page.click("#next")
        if page.get_attribute(f"[data-go='{index}']", "aria-current") != "step":
            failures.say(place, f"stage {index} is not the next one")
        if not page.is_visible(f".caption [data-stage='{index}']"):
            failures.say(place, f"stage {index} has no caption")
        flows = page.evaluate(FLOWS)
        if (flows > 0) != (index < len(buttons) - 1):
            failures.say(place, f"stage {index} has {flows} flows")
        early = page.evaluate(
            "stage => [...document.querySelectorAll('[data-from]')].filter(element => Number(element.dataset.from) > stage"
            " && getComputedStyle(element).visibility === 'visible' && element.getClientRects().length).length", index)
        if early:
            failures.say(place, f"stage {index} shows {early} numbers too early")
        for text in page.evaluate(COLLISIONS):
            failures.say(place, f"stage {index}: {text}")
    page.click("#next")
    if page.inner_text("#taken") != "1" or page.get_attribute("[data-go='1']", "aria-current") != "step":
        failures.say(place, "the update doesn't lead to the next step")
    page.click("#back")
    page.click("[data-go='0']")


def check_choice(page, place, failures):
    """Weights are chosen by pointer, keys and list, and have their derivation."""
    names = page.evaluate("() => [...document.querySelectorAll('#part option')].map(option => option.value)")
    for name in names[:: 1 + len(names) // 40]:
        page.select_option("#part", name)
        lines = page.locator(".derivation li:visible").count()
        if not page.evaluate(SHOWN, name) or lines < 3:
            failures.say(place, f"{name} can't be chosen from the list")
        if name[0] in "wb" and page.locator(".product:visible").count() != 1:
            failures.say(place, f"{name} has no chain rule")
    drawing = page.locator("svg.network:visible")
    unit = next(name for name in reversed(names) if name.startswith("o"))
    drawing.locator(f".node[data-part='{unit}']").click(position={"x": 20, "y": 10})
    if page.input_value("#part") != unit:
        failures.say(place, f"{unit} can't be chosen by pointer")
    page.keyboard.press("Home")
    drawing.locator(f".node[data-part='{unit}']").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    if page.input_value("#part") != names[1]:
        failures.say(place, "keys don't choose")
    focused = page.evaluate("() => document.activeElement.getAttribute('aria-label')")
    if not focused or names[1] not in focused:
        failures.say(place, f"what is chosen by keys says {focused}")


def check_steps(page, place, failures):
    """The slider goes through the steps, by keys and by the curve."""
    before = page.evaluate(NUMBERS)
    page.focus("#step")
    page.keyboard.press("End")
    last = page.inner_text("#taken")
    if page.evaluate(NUMBERS) == before or last == "0":
        failures.say(place, "the slider changes nothing")
    for text in page.evaluate(COLLISIONS):
        failures.say(place, f"after {last} steps: {text}")
    curve = page.query_selector("#curve")
    curve.scroll_into_view_if_needed()
    box = curve.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    if page.inner_text("#taken") in ("0", last):
        failures.say(place, "the curve doesn't choose a step")
    page.focus("#step")
    page.keyboard.press("Home")
    if page.evaluate(NUMBERS) != before:
        failures.say(place, "the first step is not what it was")


def look(browser, name, file, window, scheme, output, failures, numbers):
    width, height = screenshots.WINDOWS[window]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce",
        device_scale_factor=2 if window == "phone" else 1)
    place = f"{name} {window} {scheme}"
    page = context.new_page()
    screenshots.watch(page, place, failures)
    page.goto(file.as_uri())
    for text in page.evaluate(screenshots.CHECKS):
        failures.say(place, text)
    page.screenshot(path=output / f"{name}-{window}-{scheme}.png", full_page=True)
    if numbers is not None:
        check_trace(browser, page, place, file, failures, numbers)
        page.click("[data-go='%d']" % (len(page.query_selector_all("[data-go]")) - 3))
        page.screenshot(path=output / f"{name}-{window}-{scheme}-backward.png", full_page=True)
    context.close()


def check_trace(browser, page, place, file, failures, numbers):
    for text in page.evaluate(COLLISIONS):
        failures.say(place, text)
    plain = browser.new_context(java_script_enabled=False).new_page()
    plain.goto(file.as_uri())
    written = plain.locator("[data-n], [data-short]").all_text_contents()
    if written != page.evaluate(NUMBERS):
        failures.say(place, "the script shows other numbers than the program wrote")
    plain.context.close()
    missing = numbers - {text.replace("−", "-") for text in written}
    if missing:
        failures.say(place, f"numbers that the program prints are missing: {sorted(missing)[:3]}")
    check_stages(page, place, failures)
    check_choice(page, place, failures)
    check_steps(page, place, failures)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", metavar="BACKPROP", help="the program")
    parser.add_argument("--only", metavar="NAME", action="append", help="look at these pages only")
    parser.add_argument("--output", metavar="FOLDER", help="keep the pictures there")
    arguments = parser.parse_args()
    with screenshots.chromium() as browser, tempfile.TemporaryDirectory() as temporary:
        if browser is None:
            print("skipped: needs chromium (Debian) and playwright (PyPI)")
            return 0
        folder = pathlib.Path(temporary)
        output = pathlib.Path(arguments.output or temporary)
        output.mkdir(parents=True, exist_ok=True)
        pages = make_pages(arguments.program, folder, arguments.only or PAGES)
        failures = screenshots.Failures()
        for name, file in pages.items():
            print(f"{name}: {file.stat().st_size / 1000:.0f} kB")
            numbers = None if name == "inspect" else printed(arguments.program, name, folder)
            for window in screenshots.WINDOWS:
                for scheme in ("light", "dark"):
                    look(browser, name, file, window, scheme, output, failures, numbers)
        print(f"{len(pages) * 4} views, {failures.count} findings")
        return 1 if failures.count else 0


if __name__ == "__main__":
    sys.exit(main())
