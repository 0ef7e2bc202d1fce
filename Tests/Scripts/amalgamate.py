#!/usr/bin/env python3
"""Writes the C core as two files, to be dropped into a project of any kind.

    python3 Tests/Scripts/amalgamate.py DIRECTORY

DIRECTORY/backprop.h is include/backprop.h. DIRECTORY/backprop.c is all of Sources/CBackprop, one
file after the other, with their headers in place. What the files share is static then, so a
compiler sees which functions nobody calls. Names that several files define for
themselves, as the kernels of every instruction set do, end in the name of their file.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "Sources/CBackprop"
HEADER = ROOT / "include/backprop.h"

# Headers with a guard mean the same wherever they are included, but for vectors, which depend on the precision.
ONCE = {HEADER.name} | {
    path.name for path in CORE.glob("*.h") if "\n#ifndef BP_" in path.read_text() and not path.name.startswith("vec_")
}

INCLUDE = re.compile(r'^#include "([^"]+)"(?: */\*.*\*/)?$', re.MULTILINE)
MACRO = re.compile(r"^#\s*define (\w+)", re.MULTILINE)
COMMENT = re.compile(r"""(/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])+')""", re.DOTALL)
DEFINITIONS = [
    re.compile(r"^(?:static|BP_INLINE|BP_APART)\b[^;={}()]*?\b(\w+)\(", re.MULTILINE),  # functions
    re.compile(r"^static const [^;={}()]*?\b(\w+)(?:\[\w*\])* =", re.MULTILINE),  # constants
    re.compile(r"^typedef [^;{}()]*?\b(\w+);", re.MULTILINE),  # types
    re.compile(r"^(?:typedef )?(?:struct|enum) (\w+) {", re.MULTILINE),  # tags
    re.compile(r"^} (\w+);", re.MULTILINE),  # types of structures
]
ENUMERATORS = re.compile(r"^(?:typedef )?enum ?\w* {([^{}]*)}", re.MULTILINE)


def expand(path, seen):
    """The text of a file with its own headers in place; those of ONCE only where not yet seen."""

    def included(match):
        name = match.group(1)
        if name in ONCE and name in seen:
            return ""
        seen.add(name)
        return "" if name == HEADER.name else expand(CORE / name, seen)

    return INCLUDE.sub(included, path.read_text())


def features(texts):
    """Where files ask for functions of the system: that counts only before its first header."""
    blocks = [re.findall(r"^#if(?:(?!^#(?:if|endif))[^\0])*?_SOURCE\b[^\0]*?^#endif\n", text, re.MULTILINE) for text in texts]
    return "".join(block for found in blocks for block in found)


def code_only(text):
    return COMMENT.sub(" ", text)


def definitions(text):
    """The names that a file defines at its outermost level and keeps to itself."""
    code = code_only(text)
    names = {name for pattern in DEFINITIONS for name in pattern.findall(code)}
    for body in ENUMERATORS.findall(code):
        names.update(re.findall(r"^\s*(\w+)\b", body.replace(",", "\n"), re.MULTILINE))
    return names - {"BP_"}  # that is how a name of either precision begins


def rename(text, names, suffix):
    """Ends names in a suffix, but for members of structures and words in comments."""
    if not names:
        return text
    pattern = re.compile(r"(?<![\w.>])(%s)\b" % "|".join(sorted(names, key=len, reverse=True)))
    parts = COMMENT.split(text)  # code, comment, code, …
    parts[::2] = [pattern.sub(rf"\1_{suffix}", part) for part in parts[::2]]
    return "".join(parts)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    seen = {HEADER.name}
    shared = ""
    for name in ("platform.h", "internal.h", *sorted(ONCE)):
        if name not in seen:
            seen.add(name)
            shared += expand(CORE / name, seen)
    files = {path: expand(path, seen) for path in sorted(CORE.glob("*.c"))}
    names = {path: definitions(text) for path, text in files.items()}
    counts = {}
    for defined in names.values():
        for name in defined:
            counts[name] = counts.get(name, 0) + 1

    pieces = [
        "/*\n * backprop.c: the C core of Backprop in one file, made by Tests/Scripts/amalgamate.py.\n *\n",
        *(f" * {line}".rstrip() + "\n" for line in (ROOT / "LICENSE").read_text().splitlines()),
        " */\n#define BP_AMALGAMATION\n",
        features(files.values()),
        '#include "backprop.h"\n\n',
        shared,
    ]
    for path, text in files.items():
        suffix = path.stem.removeprefix("kernels_")
        pieces.append(f"\n/* ======== {path.name} ======== */\n\n")
        pieces.append(rename(text, {name for name in names[path] if counts[name] > 1}, suffix))
        pieces.append("".join(f"#undef {name}\n" for name in sorted(set(MACRO.findall(code_only(text)))) if name[0] != "_"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / HEADER.name).write_text(HEADER.read_text())
    (folder / "backprop.c").write_text("".join(pieces))


main()
