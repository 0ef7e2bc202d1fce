"""Looks at the program's pages in a headless Chromium, as a person would.

    python3 Tests/Scripts/screenshots.py [--only NAME] [--output FOLDER] BACKPROP
    python3 Tests/Scripts/screenshots.py --pages FOLDER [--output FOLDER]

makes the pages below with the program BACKPROP, or takes those of a folder, and shows each at the width of a desk and
of a phone, light and dark, on a screen that is touched where it is a phone. It fails for errors on the console,
anything that is fetched, a page that is wider than the window, a text that is hard to read, and charts that don't
answer to pointer and keys. The pictures are kept in --output, to be looked at.

Needs playwright (pip install playwright) and Chromium (apt-get install chromium); says so and ends well where they
are not there.
"""

import argparse
import contextlib
import pathlib
import shutil
import subprocess
import sys
import tempfile

# A page for each, made by running the program with these words; {page} is where it goes, {folder} a folder of its own.
PAGES = {
    "digits": "train --epochs 40 --validation 0.1 --schedule cosine --report {page} --output {folder}/m --quiet",
    "deep": "train --hidden 64,48,32 --activation tanh --epochs 12 --report {page} --output {folder}/m --quiet",
    "iris": "train iris --epochs 60 --patience 20 --report {page} --output {folder}/m --quiet",
    "line": "train {folder}/line.csv --target price --epochs 80 --report {page} --output {folder}/m --quiet",
    "autoencoder": "train --autoencoder 8 --optimizer adam --epochs 15 --report {page} --output {folder}/m --quiet",
    "softmax": "train --hidden none --epochs 15 --report {page} --output {folder}/m --quiet",
}

WINDOWS = {"desktop": (1280, 900), "phone": (390, 844)}

# What is wrong with the page as it stands, in sentences.
CHECKS = r"""
() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.querySelectorAll('main *')].filter(element => {
      const box = element.getBoundingClientRect();
      return box.right > root.clientWidth + 1 && !element.closest('.scroll, pre');
    });
    found.push(`page is ${root.scrollWidth} wide in ${root.clientWidth}: ` +
      wide.slice(0, 3).map(element => `<${element.tagName} class=${element.className}>`).join(', '));
  }
  const luminance = text => {
    const [r, g, b] = text.match(/[\d.]+/g).slice(0, 3).map(value => value / 255)
      .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = element => {
    for (let node = element; node; node = node.parentElement) {
      const color = getComputedStyle(node).backgroundColor;
      if (color !== 'rgba(0, 0, 0, 0)' && color.startsWith('rgb')) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  for (const element of document.querySelectorAll('h1, h2, h3, p, li, th, td, dt, dd, b, span, figcaption')) {
    if (!element.textContent.trim() || element.closest('.hidden, .heat') || !element.checkVisibility()) continue;
    const [a, b] = [luminance(getComputedStyle(element).color), luminance(background(element))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) found.push(`hard to read: ${element.textContent.trim().slice(0, 30)}`);
  }
  for (const image of document.images) {
    if (!image.complete || !image.naturalWidth) found.push(`no picture: ${image.alt}`);
    if (!image.alt) found.push('a picture without a text');
  }
  for (const group of document.querySelectorAll('.area')) {
    const ticks = [...group.querySelectorAll('.tick.x')].map(tick => tick.getBoundingClientRect());
    for (let i = 1; i < ticks.length; i++) {
      if (ticks[i].left < ticks[i - 1].right + 1) found.push('ticks run into each other');
    }
  }
  return [...new Set(found)];
}
"""


class Failures:
    """What was found, page by page."""

    def __init__(self):
        self.count = 0

    def say(self, place, text):
        self.count += 1
        print(f"{place}: {text}")


def parsed_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", metavar="BACKPROP", nargs="?", help="the program")
    parser.add_argument("--pages", metavar="FOLDER", help="look at the .html files of a folder instead")
    parser.add_argument("--only", metavar="NAME", action="append", help="look at these pages only")
    parser.add_argument("--output", metavar="FOLDER", help="keep the pictures there")
    arguments = parser.parse_args()
    if not arguments.program and not arguments.pages:
        parser.error("expected BACKPROP or --pages, found neither")
    return arguments


def make_pages(program, folder, names):
    """Runs the program for each page; returns their files by name."""
    rows = "".join(f"{i % 17},{'red' if i % 3 else 'blue'},{i % 17 * 3 + i % 3 + i % 7 / 5}\n" for i in range(200))
    (folder / "line.csv").write_text("size,color,price\n" + rows)
    pages = {}
    for name in names:
        page = folder / f"{name}.html"
        words = [word.format(page=page, folder=folder) for word in PAGES[name].split()]
        subprocess.run([program, *words], check=True)
        pages[name] = page
    return pages


def watch(page, place, failures):
    """Notes whatever a page should not do."""
    page.on("console", lambda message: failures.say(place, f"console: {message.text}"))
    page.on("pageerror", lambda error: failures.say(place, f"error: {error}"))
    page.on(
        "request",
        lambda request: None
        if request.url.startswith(("file:", "data:"))
        else failures.say(place, f"fetches {request.url[:80]}"),
    )


def check_charts(page, place, failures, touches):
    """Charts show values below the pointer or finger, and by the keys."""
    for index, plot in enumerate(page.query_selector_all(".plot[tabindex]")):
        plot.scroll_into_view_if_needed()
        box = plot.query_selector(".area").bounding_box()
        x, y = box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2
        if touches:
            page.touchscreen.tap(x, y)
        else:
            page.mouse.move(x, y)
        tip = plot.query_selector(".tip")
        if not tip.is_visible() or not tip.inner_text().strip():
            failures.say(place, f"chart {index} shows nothing below the pointer")
            continue
        edges = tip.bounding_box()
        if edges["x"] < 0 or edges["x"] + edges["width"] > page.viewport_size["width"]:
            failures.say(place, f"chart {index}: what it shows is cut off")
        plot.focus()
        page.keyboard.press("Home")
        first = tip.inner_text()
        page.keyboard.press("ArrowRight")
        if tip.inner_text() == first:
            failures.say(place, f"chart {index} doesn't answer to keys")
        page.keyboard.press("Escape")
        if tip.is_visible():
            failures.say(place, f"chart {index} doesn't let go")
    page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")


def look(browser, name, file, window, scheme, output, failures):
    width, height = WINDOWS[window]
    is_phone = window == "phone"
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, has_touch=is_phone, is_mobile=is_phone,
        device_scale_factor=2 if is_phone else 1)
    place = f"{name} {window} {scheme}"
    page = context.new_page()
    watch(page, place, failures)
    page.goto(file.as_uri())
    page.wait_for_load_state("load")
    for text in page.evaluate(CHECKS):
        failures.say(place, text)
    check_charts(page, place, failures, touches=is_phone)
    page.screenshot(path=output / f"{name}-{window}-{scheme}.png", full_page=True)
    context.close()


@contextlib.contextmanager
def chromium():
    """A browser, or None where there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        program = None
    if not program:
        yield None
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def main():
    arguments = parsed_arguments()
    with chromium() as browser, tempfile.TemporaryDirectory() as temporary:
        if browser is None:
            print("skipped: needs chromium (Debian) and playwright (PyPI)")
            return 0
        output = pathlib.Path(arguments.output or temporary)
        output.mkdir(parents=True, exist_ok=True)
        if arguments.pages:
            pages = {file.stem: file for file in sorted(pathlib.Path(arguments.pages).resolve().glob("*.html"))}
        else:
            pages = make_pages(arguments.program, pathlib.Path(temporary), arguments.only or PAGES)
        failures = Failures()
        for name, file in pages.items():
            print(f"{name}: {file.stat().st_size / 1000:.0f} kB")
            for window in WINDOWS:
                for scheme in ("light", "dark"):
                    look(browser, name, file, window, scheme, output, failures)
        total = len(pages) * len(WINDOWS) * 2
        print(f"{total} views, {failures.count} findings")
        return 1 if failures.count else 0


if __name__ == "__main__":
    sys.exit(main())
