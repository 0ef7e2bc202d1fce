#!/usr/bin/env python3
"""Fails unless the catalogue's first page lists every page of the catalogue and every public name of the library.

    python3 Tests/Scripts/curated.py Backprop.symbols.json

The file is what swift-symbolgraph-extract writes. Members belong to their types, and need no place of their own.
"""
import json
import re
import sys
from pathlib import Path

CATALOGUE = Path(__file__).resolve().parents[2] / "Sources/Backprop/Backprop.docc"

if len(sys.argv) != 2:
    sys.exit(__doc__)
symbols = json.loads(Path(sys.argv[1]).read_text())["symbols"]
public = {symbol["pathComponents"][0] for symbol in symbols if len(symbol["pathComponents"]) == 1}
pages = {path.stem for path in CATALOGUE.glob("*.md")} - {"Backprop"}
topics = (CATALOGUE / "Backprop.md").read_text().split("## Topics")[1]
listed = re.findall(r"^- (?:``(.*)``|<doc:(.*)>)$", topics, re.MULTILINE)
missing = sorted(public - {name for name, _ in listed}) + sorted(pages - {page for _, page in listed})
if missing:
    sys.exit(f"Backprop.md: expected a place among its topics for {', '.join(missing)}, found none")
