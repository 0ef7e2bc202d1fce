#!/usr/bin/env python3
"""Holds the documentation to what it shows: README, CONTRIBUTING, the pages of the catalogue and, for their Swift, the
documentation comments of the library.

    python3 Tests/Scripts/docs.py [--build .build/debug] [--update] [PAGE…]

Every ```swift block is type-checked against the built library. It stands in a function with the parameters
of CONTEXT, so a page need not set the same scene again and again. A block that begins with `// name.swift` is a
whole program: it is built, and `swift run name` runs it. A manifest is checked as such. Every ```c block is
compiled: one that begins with `/* name.c */` into a program, `./name`, others in a function.

Every ```console block is run: lines that begin with `$ ` are commands for bash, which go on after a backslash and in
lines that begin with `> `; the others are what they print. All blocks of a page share a folder of their own, with
the page's programs in it and `backprop` in the PATH. In what is printed `…` stands for any text of a line, alone in
a line for any lines: for times, and for what a page leaves out. A command that fails must say so: `…; echo $?`.

--update writes what commands print now into the pages, with … for times, and adds commands that the page Manual
lacks. --build is where `swift build` has left the library and the command.
"""
import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = ["Backprop", "BackpropReference", "BackpropSamples"]
CATALOGUE = ROOT / "Sources/Backprop/Backprop.docc"
PATIENCE = 600  # seconds that a command may take on a busy machine; most take less than one
C_OPTIONS = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"]
# What a block may use without declaring it.
CONTEXT = (
    "network: inout Network<Float>, trainer: inout Trainer<Float>, samples: Dataset<Float>, "
    "digits: Dataset<Float>, training: Dataset<Float>, heldOut: Dataset<Float>, table: CSVTable, inputs: [Double], "
    "images: [Float], pixels: [Float], model: Model<Float>"
)


@dataclass
class Block:
    page: Path
    language: str
    line: int  # of its first line within the page, from 1
    lines: list

    @property
    def place(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def text(self):
        return "\n".join(self.lines) + "\n"

    @property
    def program(self):
        """The name of a whole program, or None."""
        found = re.match(r"// (\w+)\.swift$|/\* (\w+)\.c \*/$", self.lines[0]) if self.lines else None
        return found and (found[1] or found[2])

    @property
    def is_manifest(self):
        return "import PackageDescription" in self.lines


def blocks(page):
    """The blocks of code of a page, or of the documentation comments of a Swift source."""
    found, fence = [], None
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if page.suffix == ".swift":
            comment = re.match(r" *///( |$)", line)
            line = line[comment.end():] if comment else ""
        if fence is None and line.startswith("```"):
            fence = Block(page, line[3:].strip(), number + 1, [])
        elif fence is not None and line == "```":
            found.append(fence)
            fence = None
        elif fence is not None:
            fence.lines.append(line)
    if fence is not None:
        sys.exit(f"{fence.place}: a code block without end")
    return found


# ---- Swift and C -------------------------------------------------------------


class Builder:
    def __init__(self, build, work):
        self.build, self.work = build, work
        self.search = ["-I", str(build / "Modules"), "-I", str(ROOT / "include"), "-swift-version", "6"]

    def run(self, *words):
        result = subprocess.run(list(map(str, words)), capture_output=True, text=True, cwd=ROOT)
        return [] if result.returncode == 0 else [result.stdout + result.stderr]

    def check_swift(self, fragments):
        """All fragments at once, a file and a function each."""
        files = []
        for index, block in enumerate(fragments):
            imports = [line for line in block.lines if re.match(r"(@testable )?import ", line)]
            body = ["" if line in imports else line for line in block.lines]
            path = self.work / f"fragment{index}.swift"
            path.write_text(
                "\n".join([*(f"import {library}" for library in LIBRARIES), *imports])
                + f"\nfunc fragment{index}({CONTEXT}) async throws {{ do {{\n"
                + f'#sourceLocation(file: "{block.page.relative_to(ROOT)}", line: {block.line})\n'
                + "\n".join(body)
                + "\n} }\n"
            )
            files.append(path)
        options = ["-typecheck", "-suppress-warnings", "-parse-as-library", *self.search]
        return self.run("swiftc", *options, *files) if files else []

    def check_manifest(self, block, index):
        path = self.work / f"manifest{index}.swift"
        path.write_text(f'#sourceLocation(file: "{block.page.relative_to(ROOT)}", line: {block.line})\n{block.text}')
        version = re.match(r"// swift-tools-version: (\S+)", block.lines[0])[1]
        tools = Path(shutil.which("swiftc")).resolve().parents[1]
        interface = ["-package-description-version", version, "-I", tools / "lib/swift/pm/ManifestAPI"]
        return self.run("swiftc", "-typecheck", *interface, path)

    @property
    def objects(self):
        """What the command is linked from; folders may have more, of sources that are gone."""
        return (self.build / "backprop.product/Objects.LinkFileList").read_text().split()

    def build_program(self, block, folder):
        """Into the folder that the page's commands run in."""
        program = ["-o", folder / block.program, "-lm"]
        path = self.work / f"{block.page.stem}-{block.program}/main.{block.language}"
        path.parent.mkdir()
        if block.language == "c":
            path.write_text(f'{self.line_directive(block)}{block.text}')
            objects = [file for file in self.objects if "/CBackprop.build/" in file]
            return self.run("cc", *C_OPTIONS, "-Iinclude", path, *objects, "-pthread", *program)
        path.write_text(f'#sourceLocation(file: "{block.page.relative_to(ROOT)}", line: {block.line})\n{block.text}')
        objects = [file for file in self.objects if "/BackpropCLI.build/" not in file]
        return self.run("swiftc", "-O", "-warnings-as-errors", *self.search, path, *objects, *program)

    def check_c(self, block, index):
        path = self.work / f"fragment{index}.c"
        function = "void fragment(void);\nvoid fragment(void) {"
        path.write_text(f'#include "backprop.h"\n{function}\n{self.line_directive(block)}{block.text}}}\n')
        return self.run("cc", *C_OPTIONS, "-Wno-unused", "-fsyntax-only", "-Iinclude", path)

    @staticmethod
    def line_directive(block):
        return f'#line {block.line} "{block.page.relative_to(ROOT)}"\n'


# ---- Commands ----------------------------------------------------------------


def steps(block):
    """The commands of a console block, each with the lines that it prints."""
    found, goes_on = [], False
    for line in block.lines:
        belongs = goes_on or (found and not found[-1][1] and line.startswith("> "))
        if belongs or line.startswith("$ "):
            if belongs:
                found[-1][0].append(line)
            else:
                found.append(([line], []))
            goes_on = line.endswith("\\")
        elif not found:
            sys.exit(f"{block.place}: expected a command after '$ ', found '{line}'")
        else:
            found[-1][1].append(line)
    return found


def matches(shown, printed):
    if not shown:
        return not printed
    if shown[0] == "…":
        return any(matches(shown[1:], printed[skipped:]) for skipped in range(len(printed) + 1))
    if not printed:
        return False
    pattern = ".*".join(re.escape(part) for part in shown[0].split("…"))
    return re.fullmatch(pattern, printed[0]) is not None and matches(shown[1:], printed[1:])


def perform(command, folder, tools):
    text = "\n".join(line.removeprefix("$ ").removeprefix("> ") for line in command)
    text = re.sub(r"\bswift run (?:-c release )?(?!backprop)(\w+)", r"./\1", text)
    environment = {name: value for name, value in os.environ.items() if name not in ("BACKPROP_ISA", "COLUMNS")}
    environment |= {"PATH": f"{tools}:{os.environ['PATH']}", "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "TERM": "dumb"}
    try:
        result = subprocess.run(
            ["bash", "-o", "pipefail", "-c", text], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return "none yet", [f"still running after {PATIENCE} s"]
    printed = [line.rstrip() for line in result.stdout.splitlines()]
    while printed and not printed[-1]:
        printed.pop()
    return result.returncode, printed


def without_times(line):
    return re.sub(r"\b\d[\d.]*( s\b)", r"…\1", line)


def check_console(block, folder, tools):
    """Returns which commands failed, which printed something else, and the block as it should stand."""
    failures, differences, lines = [], [], []
    for command, shown in steps(block):
        status, printed = perform(command, folder, tools)
        blank = []
        while shown and not shown[-1]:  # between commands
            blank.append(shown.pop())
        place = f"{block.place}: {' '.join(command)}"
        if status != 0:
            failures.append(f"{place}\nexpected success, found status {status}\n" + "\n".join(printed))
        elif not matches(shown, printed):
            difference = "\n".join(list(difflib.unified_diff(shown, printed, n=0, lineterm=""))[2:])
            differences.append(f"{place}\nprints something else than the page shows:\n{difference}")
            shown = [without_times(line) for line in printed]
        lines += command + shown + blank
    return failures, differences, lines


# ---- Pages -------------------------------------------------------------------


def add_commands_to_manual(page, tools):
    """Adds a section for each command that the manual lacks."""
    _, overview = perform(["$ backprop --help"], ROOT, tools)
    text = page.read_text()
    for name in re.findall(r"^  (\w[\w-]*)  +\S", "\n".join(overview), re.MULTILINE):
        if f"\n## {name}\n" not in text:
            text += f"\n## {name}\n\n```console\n$ backprop {name} --help\n```\n"
    page.write_text(text)


def check_page(page, builder, tools, updates):
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        parts = blocks(page)
        for block in parts:
            if block.program:
                problems += builder.build_program(block, Path(folder))
        consoles = [block for block in parts if block.language == "console"]
        checked = [(block, *check_console(block, folder, tools)) for block in consoles]
    for _, failures, differences, _ in checked:
        problems += failures + ([] if updates else differences)
    if updates:
        text = page.read_text().splitlines()
        # From the last, so that lines above stay where they are.
        for block, _, _, lines in reversed(checked):
            text[block.line - 1:block.line - 1 + len(block.lines)] = lines
        page.write_text("\n".join(text) + "\n")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / ".build/debug")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("pages", nargs="*", type=Path)
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    if not (build / "backprop").exists():
        sys.exit(f"expected the command in {build}, found none: swift build makes it")
    pages = [page.resolve() for page in arguments.pages] or [
        ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(CATALOGUE.glob("*.md")),
        *sorted(path for library in LIBRARIES for path in (ROOT / "Sources" / library).glob("*.swift"))]

    problems = []
    with tempfile.TemporaryDirectory() as work:
        tools = Path(work) / "bin"
        tools.mkdir()
        (tools / "backprop").symlink_to(build / "backprop")
        if arguments.update and CATALOGUE / "Manual.md" in pages:
            add_commands_to_manual(CATALOGUE / "Manual.md", tools)
        builder = Builder(build, Path(work))
        parts = [block for page in pages for block in blocks(page)]
        swift = [part for part in parts if part.language == "swift"]
        problems += builder.check_swift([part for part in swift if not part.program and not part.is_manifest])
        for index, part in enumerate(part for part in swift if part.is_manifest):
            problems += builder.check_manifest(part, index)
        for index, part in enumerate(part for part in parts if part.language == "c" and not part.program):
            problems += builder.check_c(part, index)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            shown = [page for page in pages if page.suffix == ".md"]
            for found in pool.map(lambda page: check_page(page, builder, tools, arguments.update), shown):
                problems += found
    for problem in problems:
        print(problem.rstrip() + "\n")
    counts = {language: sum(part.language == language for part in parts) for language in ("swift", "c", "console")}
    print(f"{len(shown)} pages: {counts['swift']} blocks of Swift, {counts['c']} of C, {counts['console']} of commands")
    sys.exit(1 if problems else 0)


main()
