#!/usr/bin/env python3
"""Writes the programs in the opening comment of include/backprop.h, so that tests compile what it shows.

    python3 Tests/Scripts/header_examples.py DIRECTORY

The first is DIRECTORY/xor.c and the second DIRECTORY/digits.c. Prints their lines of code, and
fails if they are not what the comment promises: twenty and forty at most.
"""
import re
import sys
from pathlib import Path

HEADER = Path(__file__).resolve().parents[2] / "include/backprop.h"
PROGRAMS = {"xor.c": 20, "digits.c": 40}

if len(sys.argv) != 2:
    sys.exit(__doc__)
comment = HEADER.read_text().split("*/")[0]
# Indented by four, from the first #include to the brace that closes main().
found = re.findall(r"^ \*     #include.*?^ \*     }$", comment, re.MULTILINE | re.DOTALL)
if len(found) != len(PROGRAMS):
    sys.exit(f"expected {len(PROGRAMS)} programs in {HEADER.name}, found {len(found)}")
folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for (name, limit), text in zip(PROGRAMS.items(), found):
    lines = [line[7:] for line in text.splitlines()]
    count = sum(1 for line in lines if line.strip())
    if count > limit:
        sys.exit(f"{name}: expected at most {limit} lines, found {count}")
    (folder / name).write_text("\n".join(lines) + "\n")
    print(f"{name}: {count} lines")
