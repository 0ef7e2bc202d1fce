#!/usr/bin/env python3
"""Writes the digits of Sources/BackpropSamples for programs that are not written in Swift.

    python3 Tests/Scripts/digits.py DIRECTORY

DIRECTORY/digits.txt has a line a sample: 64 pixels as letters, A for 0 to Q for 16, then the digit.
DIRECTORY/digits.h has the same as an array of C: DIGITS samples, digits[s][0] to digits[s][64].
"""
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "Sources/BackpropSamples/DigitsText.swift"

if len(sys.argv) != 2:
    sys.exit(__doc__)
before, text, _ = SOURCE.read_text().split('"""')
credit = "".join(line + "\n" for line in before.splitlines() if line.startswith("// "))
lines = text.split()
folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
(folder / "digits.txt").write_text("".join(f"{line}\n" for line in lines))
(folder / "digits.h").write_text(
    credit
    + f"enum {{ DIGITS = {len(lines)} }};\n"
    + f"static const char digits[DIGITS][{len(lines[0]) + 1}] = {{\n"
    + "".join(f'    "{line}",\n' for line in lines)
    + "};\n"
)
