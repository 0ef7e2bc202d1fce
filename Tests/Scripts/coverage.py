"""Measures which lines and branches of the C core its tests in C reach, and fails below the bar.

    python3 Tests/Scripts/coverage.py [FOLDER [scalar]]

Builds the core with clang's coverage in each way that has code of its own (vectors and threads; neither,
with fma and square root by integers), runs the programs of Tests/CTests on every instruction set, and
merges what they reached; with "scalar" without vectors, which is soon done. FOLDER keeps the builds and the lines that were not reached, in missed.txt.
What only another processor or system can reach is excused by the list below, with its reason.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORE = ROOT / "Sources/CBackprop"
TESTS = ROOT / "Tests/CTests"
LINES, BRANCHES = 100.0, 95.0

# Files whose code another processor runs: Tests/c-core.sh does, by emulation.
EXCUSED = {
    "vec_neon.h": "NEON: run on an emulated aarch64 by Tests/c-core.sh",
    "kernels_neon_f32.c": "NEON",
    "kernels_neon_f64.c": "NEON",
}

# Lines that every set of vectors must have, as templates name them: one of a single lane never runs those of parts
# of vectors, and narrow_template.h takes no logarithm.
EXCUSED_LINES = [("vec_scalar.h", r"vec_(load|store)_first|vec_zip_|vec_(even|odd)_parts"),
                 ("vec_fma128.h", r"vec_bits_(add|shift_right)|vec_(even|odd)_parts")]

FLAGS = ["-std=c11", "-O0", "-fprofile-instr-generate", "-fcoverage-mapping", "-Iinclude",
         "-ISources/CBackprop"]
PLAIN = ["-DBP_NO_SIMD", "-DBP_NO_THREADS", "-DBP_NO_FILES", "-DBP_SOFT_FMA=1", "-DBP_SOFT_ROOT"]


def tool(name):
    """A tool of the clang that compiles."""
    beside = pathlib.Path(subprocess.run([os.environ.get("CC", "clang"), "-print-prog-name=" + name], check=True,
                                         capture_output=True, text=True).stdout.strip())
    return str(beside)


def run(command, **options):
    subprocess.run([str(word) for word in command], check=True, cwd=ROOT, stdout=subprocess.DEVNULL, **options)


def compile_core(folder, flags):
    """Compiles every file of the core, one a processor at a time; returns the objects by their stems."""
    folder.mkdir(parents=True, exist_ok=True)
    objects, running = {}, []
    for source in sorted(CORE.glob("*.c")):
        objects[source.stem] = folder / (source.stem + ".o")
        command = [os.environ.get("CC", "clang"), *FLAGS, *flags, "-c", source, "-o", objects[source.stem]]
        running.append(subprocess.Popen([str(word) for word in command], cwd=ROOT))
        if len(running) == len(os.sched_getaffinity(0)):
            assert running.pop(0).wait() == 0
    assert all(process.wait() == 0 for process in running)
    return objects


def link(folder, program, objects, flags=(), without=()):
    """Builds a program of Tests/CTests with the core."""
    binary = folder / program
    linked = [path for stem, path in objects.items() if stem not in without]
    run([os.environ.get("CC", "clang"), *FLAGS, *flags, TESTS / (program + ".c"), *linked, "-lm", "-pthread",
         "-o", binary])
    return binary


def execute(folder, binary, *words, isa=None):
    """Runs a program; each run leaves a profile of its own."""
    environment = dict(os.environ, LLVM_PROFILE_FILE=str(folder / "%p.profraw"))
    if isa:
        environment["BACKPROP_ISA"] = isa
    run([binary, *words], env=environment)


def run_everything(work, only_scalar):
    """Builds and runs; returns the binaries."""
    vectors = compile_core(work / "vectors", ["-DBP_NO_SIMD"] if only_scalar else [])
    plain = compile_core(work / "plain", PLAIN)
    wraps = ["-Wl,--wrap=" + name for name in (TESTS / "failures.txt").read_text().split()]
    folder = work / "vectors"
    bits, files, failing, arguments, kernels, samples, limit = (
        link(folder, "bits", vectors), link(folder, "files", vectors), link(folder, "failures", vectors, wraps),
        link(folder, "arguments", vectors), link(folder, "kernels", vectors), link(folder, "samples", vectors),
        link(folder, "limit", vectors, without=["network"]))
    for isa in ("scalar",) if only_scalar else ("scalar", "avx2", "avx512"):
        execute(folder, bits, isa=isa)
        execute(folder, kernels, "2", isa=isa)
        execute(folder, samples, "2", isa=isa)
    execute(folder, files, folder)
    execute(folder, failing, folder)
    execute(folder, arguments)
    execute(folder, limit)
    plain_folder = work / "plain"
    plain_files = link(plain_folder, "files", plain, PLAIN)
    plain_arguments = link(plain_folder, "arguments", plain, PLAIN)
    plain_kernels = link(plain_folder, "kernels", plain, PLAIN)
    rounding = link(plain_folder, "rounding", {})  # which defines its options itself
    execute(plain_folder, plain_files, plain_folder)
    execute(plain_folder, plain_arguments)
    execute(plain_folder, plain_kernels)
    execute(plain_folder, rounding, "1")
    return [bits, files, failing, arguments, kernels, samples, limit, plain_files, plain_arguments, plain_kernels,
            rounding]


def lcov(work, binaries):
    """What llvm-cov says of all of them together, in lcov's format."""
    profile = work / "merged.profdata"
    run([tool("llvm-profdata"), "merge", "-sparse", *work.glob("*/*.profraw"), "-o", profile])
    objects = [word for binary in binaries[1:] for word in ("-object", binary)]
    return subprocess.run([str(word) for word in [tool("llvm-cov"), "export", "-format=lcov", "-instr-profile", profile,
                                                   binaries[0], *objects]],
                          check=True, capture_output=True, text=True, cwd=ROOT).stdout


def parse(text):
    """Reached counts of each line and each branch, by file; of a template's many uses the best counts."""
    lines, branches, file = {}, {}, None
    for record in text.splitlines():
        kind, _, rest = record.partition(":")
        if kind == "SF":
            path = pathlib.Path(rest)
            file = path.name if path.parent == CORE else None
        elif file and kind == "DA":
            line, count = rest.split(",")[:2]
            of_file = lines.setdefault(file, {})
            of_file[int(line)] = max(of_file.get(int(line), 0), int(count))
        elif file and kind == "BRDA":
            line, block, branch, count = rest.split(",")
            of_file = branches.setdefault(file, {})
            key = (int(line), int(block), int(branch))
            of_file[key] = max(of_file.get(key, 0), 0 if count == "-" else int(count))
    return lines, branches


def is_code(file, text):
    """Whether a line counts: no definition of a macro, which counts where it is used, and not excused."""
    return not text.startswith("#") and not any(file == name and re.search(pattern, text)
                                                for name, pattern in EXCUSED_LINES)


def main():
    kept = len(sys.argv) > 1
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(sys.argv[1] if kept else temporary).resolve()
        work.mkdir(parents=True, exist_ok=True)
        text = lcov(work, run_everything(work, sys.argv[2:] == ["scalar"]))
        lines, branches = parse(text)
        missed = open(work / "missed.txt", "w")
        totals = [0, 0, 0, 0]
        for file in sorted(lines):
            if file in EXCUSED:
                print(f"{file:28} excused: {EXCUSED[file]}")
                continue
            source = [text.strip() for text in (CORE / file).read_text().splitlines()]
            lines[file] = {line: count for line, count in lines[file].items() if is_code(file, source[line - 1])}
            reached_lines = sum(count > 0 for count in lines[file].values())
            of_branches = branches.get(file, {})
            reached_branches = sum(count > 0 for count in of_branches.values())
            counts = [reached_lines, len(lines[file]), reached_branches, len(of_branches)]
            totals = [a + b for a, b in zip(totals, counts)]
            print(f"{file:28} lines {counts[0]:5} of {counts[1]:5}   branches {counts[2]:5} of {counts[3]:5}")
            for line, count in sorted(lines[file].items()):
                if count == 0:
                    print(f"{file}:{line}: {source[line - 1]}", file=missed)
            for (line, _, branch), count in sorted(of_branches.items()):
                if count == 0 and lines[file].get(line, 1) > 0:
                    print(f"{file}:{line}: branch {branch}: {source[line - 1]}", file=missed)
        shares = 100 * totals[0] / totals[1], 100 * totals[2] / totals[3]
        print(f"{shares[0]:.2f} % of {totals[1]} lines, {shares[1]:.2f} % of {totals[3]} branches")
        missed.close()
        return 0 if shares[0] >= LINES and shares[1] >= BRANCHES else 1


if __name__ == "__main__":
    sys.exit(main())
