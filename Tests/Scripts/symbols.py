#!/usr/bin/env python3
"""Compares what the C core shows and asks for with what it promises.

    python3 Tests/Scripts/symbols.py [--write]

A shared library exports the functions of Tests/CTests/symbols.txt and nothing else; --write makes that file
anew, for a change of the interface that is meant. Built without threads and files, the core
asks for memcpy, memmove, memset, fma and fmaf at most, and for fewer with its own fma; it has no
writable data. Float only, it has no function in double. CC is the compiler, or cc.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "Tests/CTests/symbols.txt"
SOURCES = sorted(map(str, (ROOT / "Sources/CBackprop").glob("*.c")))
COMPILER = os.environ.get("CC", "cc")

MEMORY = {"memcpy", "memmove", "memset"}
# What a linker adds to every shared library.
LINKER = {"__bss_start", "_edata", "_end", "_fini", "_init"}
OPTIONS = ["-std=c11", "-O1", f"-I{ROOT / 'include'}"]


def run(*command, folder):
    return subprocess.run(command, cwd=folder, check=True, text=True, stdout=subprocess.PIPE).stdout


def objects(folder, *options):
    """Compiles the core into a folder of its own."""
    run(COMPILER, *OPTIONS, *options, "-c", *SOURCES, folder=folder)
    return sorted(map(str, Path(folder).glob("*.o")))


def exported(folder, *options):
    """The names that a shared library shows, from the compiler's defaults alone."""
    library = Path(folder) / "library.so"
    run(COMPILER, *OPTIONS, *options, "-fPIC", "-shared", *SOURCES, "-pthread", "-o", str(library), folder=folder)
    lines = run("nm", "-D", "--defined-only", str(library), folder=folder).splitlines()
    return sorted({line.split()[-1] for line in lines} - LINKER)


def asked(files, folder):
    """The names that no file of the core defines."""
    lines = run("nm", *files, folder=folder).splitlines()
    symbols = [line.split()[-2:] for line in lines if re.search(r" [A-Za-z] \w", line)]
    defined = {name for kind, name in symbols if kind not in "Uw"}
    return {name for kind, name in symbols if kind in "Uw"} - defined


def writable(files, folder):
    """The bytes of sections that a program could write to."""
    lines = run("size", "-A", *files, folder=folder).splitlines()
    sections = re.compile(r"^\.(?:data|bss|tdata|tbss)(?!\.rel\.ro)\S*\s+(\d+)")
    return sum(int(match.group(1)) for match in map(sections.match, lines) if match)


def fail(sentence):
    sys.exit(f"symbols: {sentence}")


def check_host(name, allowed, *options):
    with tempfile.TemporaryDirectory() as folder:
        files = objects(folder, "-fno-pie", "-DBP_NO_THREADS", "-DBP_NO_FILES", *options)
        found, bytes_written = asked(files, folder), writable(files, folder)
        doubles = re.findall(r" [A-Za-z] (\w+_f64)$", run("nm", *files, folder=folder), re.MULTILINE)
    # Position-independent code's table of addresses is the linker's.
    extra = found - allowed - {"_GLOBAL_OFFSET_TABLE_"}
    if extra:
        fail(f"{name}: expected to ask for {sorted(allowed)} at most, found also {sorted(extra)}")
    if bytes_written:
        fail(f"{name}: expected no writable data, found {bytes_written} bytes")
    if "-DBP_NO_DOUBLE" in options and doubles:
        fail(f"{name}: expected no function in double, found {doubles}")
    print(f"{name}: asks for {', '.join(sorted(found)) or 'nothing'}; no writable data")


def main():
    with tempfile.TemporaryDirectory() as folder:
        names = exported(folder)
        private = exported(folder, "-DBP_PRIVATE", "-DBP_NO_SIMD")
    if private:
        fail(f"expected BP_PRIVATE to export nothing, found {private}")
    if "--write" in sys.argv[1:]:
        LIST.write_text("".join(f"{name}\n" for name in names))
    expected = LIST.read_text().split()
    missing, added = sorted(set(expected) - set(names)), sorted(set(names) - set(expected))
    if missing or added:
        fail(f"expected the names of {LIST.name}; missing {missing}, added {added}")
    print(f"exported: the {len(names)} functions of {LIST.name}")
    fused = MEMORY | {"fma", "fmaf"}
    check_host("without threads and files", fused)
    check_host("and without vectors", fused, "-DBP_NO_SIMD")
    check_host("and float only", fused - {"fma"}, "-DBP_NO_SIMD", "-DBP_NO_DOUBLE")
    check_host("and with its own fma", MEMORY, "-DBP_NO_SIMD", "-DBP_SOFT_FMA=1", "-DBP_SOFT_ROOT")


main()
