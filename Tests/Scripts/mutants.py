"""Changes the C core in small ways, one at a time, and counts which changes its tests in C notice.

    python3 Tests/Scripts/mutants.py [COUNT [SEED [FILE…]]]     400 mutants of seed 1, of all files

A mutant is one operator, constant, condition or statement that is another one or none; what doesn't
compile is none, and so is one of which the compiler makes the same code as of the original. It is compiled into
one part of the core after the other, the quickest first, each time with the programs of Tests/CTests that run
that part, until one of them fails, crashes or doesn't end: then it is killed. Readers get a last chance
under the address and undefined-behavior sanitizers. Equal counts and seeds give equal mutants. Fails if fewer
than 95 % are killed, where those of Tests/CTests/mutants.txt, which can't be told from the original, don't
count; it lists the others that live.

FILE, names of sources, takes the sample from those. Needs x86-64 with AVX2; what needs AVX-512 is tried where there
is that. Left out are NEON, and cpu.c, of which each processor runs but the half.
"""

import concurrent.futures
import functools
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORE, TESTS = pathlib.Path("Sources/CBackprop"), pathlib.Path("Tests/CTests")  # in ROOT, and in each mutant's copy
EQUIVALENT = ROOT / TESTS / "mutants.txt"
BAR = 0.95
CC = os.environ.get("CC", "clang")

LEFT_OUT = {"cpu.c", "platform.h", "vec_neon.h"}

# Programs with their words and instruction sets, the quickest first.
FILES = [("files", "FOLDER", ""), ("failures", "FOLDER", "")]
SCALAR = [("kernels", "1", "scalar"), ("samples", "1", "scalar"), ("kernels", "3", "scalar")]
AVX2 = [("kernels", "1", "avx2"), ("samples", "1", "avx2")]
THREADS = [("kernels", "3", "avx2"), ("samples", "3", "avx2"), ("bits", "3", "avx2")]

# The core's parts, quickly compiled and run ones first: which build, its objects, and what may notice a change of them.
READERS = ["safetensors", "safetensors_writer", "network_tensors", "file"]
PARTS = [
    ("plain", READERS, FILES),
    ("plain", ["dispatch", "status", "optimizer", "random", "kernels_api"], [("arguments", "", ""), *AVX2, *SCALAR]),
    ("plain", ["network", "thread_pool"],
     [("arguments", "", ""), *AVX2, *THREADS, *SCALAR, ("failures", "FOLDER", "")]),
    ("plain", ["kernels_scalar_f32"], SCALAR),
    ("plain", ["kernels_scalar_f64"], SCALAR),
    ("plain", ["narrow_f32"], AVX2[1:]),
    ("plain", ["narrow_f64"], AVX2[1:]),
    ("plain", ["rounding"], [("rounding", "1", "")]),
    ("plain", ["limit"], [("limit", "", "")]),
    ("plain", ["kernels_avx2_f32"], AVX2),
    ("plain", ["kernels_avx2_f64"], AVX2),
    ("plain", ["kernels_avx512_f32"], [("kernels", "1", "avx512"), ("samples", "1", "avx512")]),
    ("plain", ["kernels_avx512_f64"], [("kernels", "1", "avx512"), ("samples", "1", "avx512")]),
    ("sanitized", READERS, FILES),
    ("sanitized", ["network"], [("arguments", "", "")]),
]
# Programs that include sources of the core, and so are mutants themselves: what they are linked without.
INCLUDING = {"rounding": r".", "limit": r"network$"}

SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
# Objects whose optimization takes less time than it saves.
OPTIMIZED = re.compile(r"kernels_(scalar|avx2)|narrow|rounding|limit")
# With fma(), the scalar kernels need not call the C library for each.
BUILDS = {"plain": ["-mfma"], "sanitized": ["-DBP_NO_SIMD", *SANITIZERS]}

SWAPS = [
    (r"(?<![<>=!\-])<=(?!=)", "<"), (r"(?<![<>\-])>=(?!=)", ">"), (r"(?<= )<(?= )", "<="), (r"(?<= )>(?= )", ">="),
    (r"==", "!="), (r"!=", "=="), (r"&&", "||"), (r"\|\|", "&&"), (r"(?<= )\+(?= )", "-"), (r"(?<= )-(?= )", "+"),
    (r"(?<= )\*(?= [a-z0-9(])", "/"), (r"(?<= )/(?= )", "*"), (r"(?<= )%(?= )", "/"), (r"\+\+", "--"),
    (r"(?<= )<<(?= )", ">>"), (r"(?<= )>>(?= )", "<<"), (r"(?<= )&(?= )", "|"), (r"(?<= )\|(?= )", "&"),
    (r"\+=", "-="), (r"-=", "+="), (r"\bvec_fma\(", "vec_fnma("), (r"\bvec_fnma\(", "vec_fma("),
    (r"\bvec_add\(", "vec_sub("), (r"\bvec_sub\(", "vec_add("), (r"\bvec_min\(", "vec_max("),
    (r"\bvec_max\(", "vec_min("), (r"\bif \((?=.*\))", "if (!"),
    (r"(?<![\w.\"'])([0-9]+)(?![\w.\"'])", None),
]
STATEMENT = re.compile(r"^\s*(?!\s|return\b|break|case\b|default|const\b|static\b|size_t\b|int\b|real\b|vec\b|uint|bp_|char\b"
                       r"|double\b|float\b|typedef\b|struct\b|goto\b|else\b|}|#)[\w*\[\]().>+&,\- ]+(=|\+=|\(|\+\+).*;\s*(\\?)$")


def code_lines(text):
    """Numbers and texts of lines that are code: no comment, directive, string, table or #if for another system."""
    in_comment = False
    skipping = []
    for number, line in enumerate(text.splitlines()):
        stripped = line.strip()
        if stripped.startswith("#if"):
            other = "_WIN32" in stripped and "!" not in stripped or "BP_HAS_NEON" in stripped
            other = other or stripped in ("#if defined(BP_NO_THREADS)", "#if defined(BP_NO_DOUBLE)")
            skipping.append(other)
        elif stripped.startswith(("#else", "#elif")) and skipping:
            skipping[-1] = False
        elif stripped.startswith("#endif") and skipping:
            skipping.pop()
        begins = stripped.startswith("/*")
        in_comment = in_comment or begins
        if not in_comment and not any(skipping) and not stripped.startswith(("#", "BP_", "_Static")) and "//" not in line:
            yield number, line
        if "*/" in stripped and in_comment:
            in_comment = False


def mutants_of(name):
    """All mutants of a file: its name, a line's number, and the line as it was and as it is to be."""
    found = []
    for number, line in code_lines((ROOT / CORE / name).read_text()):
        code = line.split("/*")[0]
        quotes = [match.span() for match in re.finditer(r'"[^"]*"|\'[^\']*\'', code)]
        for pattern, replacement in SWAPS:
            for match in re.finditer(pattern, code):
                if any(start <= match.start() < end for start, end in quotes):
                    continue
                if replacement is None:
                    replaced = {"0": "1", "1": "0"}.get(match.group()) or str(int(match.group()) + 1)
                else:
                    replaced = replacement
                if replaced == "if (!":
                    end, depth = match.end(), 1
                    while end < len(code) and depth:
                        depth += {"(": 1, ")": -1}.get(code[end], 0)
                        end += 1
                    if depth:
                        continue
                    changed = code[:match.start()] + "if (!(" + code[match.end():end] + ")" + line[end:]
                else:
                    changed = line[:match.start()] + replaced + line[match.end():]
                found.append((name, number, line, changed))
        if STATEMENT.match(code):
            found.append((name, number, line, re.match(r"\s*", line).group() + ";" + (" \\" if line.endswith("\\") else "")))
    return found


def run(*command, **options):
    """The exit status of a command."""
    return subprocess.run([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          cwd=ROOT, **options).returncode


def source_of(tree, stem):
    """The file that an object is compiled from, in the project or in a mutant's copy."""
    return tree / (TESTS if stem in INCLUDING else CORE) / (stem + ".c")


@functools.cache
def sources_of(file):
    """The names of all files of the core in a file, and its own."""
    found = re.findall(r'^#include "(?:[a-zA-Z./]*/)?([a-z0-9_]+\.[ch])"', file.read_text(), re.MULTILINE)
    paths = [ROOT / CORE / name for name in found]
    return {file.name}.union(*(sources_of(path) for path in paths if path.exists() and path != file))


class Build:
    """Objects of the core and of the programs that test it, compiled in one way."""

    def __init__(self, folder, flags, parts):
        self.folder, self.flags, self.seconds = folder, flags, {}
        folder.mkdir()
        self.core = [path.stem for path in (ROOT / CORE).glob("*.c")]
        mutable = {stem for _, stems, _ in parts for stem in stems}
        tests = {program for _, _, programs in parts for program, _, _ in programs} - set(INCLUDING)
        assert all(self.compile(ROOT, folder, stem) for stem in {*self.core, *mutable}), "the core doesn't compile"
        for test in tests:
            assert run(CC, "-O1", *flags, "-ffp-contract=off", "-Iinclude", "-c", ROOT / TESTS / (test + ".c"),
                       "-o", folder / (test + ".o")) == 0, test

    def compile(self, tree, to, stem):
        """Whether an object compiles."""
        level = "-O1" if OPTIMIZED.match(stem) else "-O0"
        return run(CC, "-std=c11", "-w", level, *self.flags, "-Iinclude", "-c", source_of(tree, stem),
                   "-o", to / (stem + ".o")) == 0

    def is_changed(self, work, stem):
        return (work / (stem + ".o")).read_bytes() != (self.folder / (stem + ".o")).read_bytes()

    def is_optimized_away(self, tree, work, stem):
        """Whether the optimizer makes the same of an object that was compiled without it."""
        if OPTIMIZED.match(stem) or "avx512" in stem:  # which would take too long
            return False
        command = [CC, "-std=c11", "-w", "-O2", *self.flags, "-Iinclude", "-c"]
        objects = work / "original.o", work / "mutant.o"
        sources = source_of(ROOT, stem), source_of(tree, stem)
        assert all(run(*command, source, "-o", path) == 0 for source, path in zip(sources, objects))
        return objects[0].read_bytes() == objects[1].read_bytes()

    def notices(self, work, program, word, isa):
        """Whether a program fails with the objects in a folder, and with the original ones for the others."""
        without = re.compile(INCLUDING.get(program, r"$"))
        stems = [program, *(stem for stem in self.core if not without.match(stem))]
        objects = [next(path for path in (work / (stem + ".o"), self.folder / (stem + ".o")) if path.exists())
                   for stem in stems]
        wraps = ["-Wl,--wrap=" + name for name in (ROOT / TESTS / "failures.txt").read_text().split()]
        if run(CC, *self.flags, *objects, "-lm", "-pthread", *(wraps if program == "failures" else []),
               "-o", work / program) != 0:
            return True
        usual = self.seconds.get((program, word, isa), 60)
        limited = f'ulimit -f 1000000; ulimit -t {2 + int(5 * usual)}; exec "$0" "$@"'
        environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0", BACKPROP_ISA=isa)
        start = time.monotonic()
        try:
            status = run("sh", "-c", limited, work / program, work if word == "FOLDER" else word, env=environment,
                         timeout=20 + 20 * usual)
        except subprocess.TimeoutExpired:
            status = 1
        self.seconds.setdefault((program, word, isa), time.monotonic() - start)
        return status != 0


def judge(mutant, builds, parts, temporary):
    """What becomes of a mutant: "killed", "lives", "same" as the original or "none", as it doesn't compile."""
    name, number, _, changed = mutant
    changed_stems = set()
    with tempfile.TemporaryDirectory(dir=temporary) as folder:
        work = pathlib.Path(folder)
        for part in (CORE, TESTS):
            shutil.copytree(ROOT / part, work / part)
        lines = (work / CORE / name).read_text().splitlines()
        lines[number] = changed
        (work / CORE / name).write_text("\n".join(lines) + "\n")
        for kind, stems, programs in parts:
            build = builds[kind]
            to = work / kind
            to.mkdir(exist_ok=True)
            users = [stem for stem in stems if name in sources_of(source_of(ROOT, stem))]
            if not all(build.compile(work, to, stem) for stem in users):
                return "none"
            # With sanitizers an object holds the path of its source, so no two are the same.
            changed = changed_stems if kind == "sanitized" else {stem for stem in users if build.is_changed(to, stem)}
            changed_stems |= changed
            if changed and users and any(build.notices(to, *program) for program in programs):
                return "killed"
        if all(builds["plain"].is_optimized_away(work, work, stem) for stem in changed_stems):
            return "same"
    return "lives"


def key(mutant):
    """A line of the list of equivalent mutants, which outlives changes elsewhere in the file."""
    name, _, line, changed = mutant
    return f"{name}: {' '.join(line.rstrip(chr(92)).split())} -> {' '.join(changed.rstrip(chr(92)).split())}"


def has(isa):
    return isa in pathlib.Path("/proc/cpuinfo").read_text().split()


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    assert has("avx2"), "this processor has no AVX2"
    parts = [part for part in PARTS if has("avx512f") or "avx512" not in part[1][0]]
    reached = {name for _, stems, _ in parts for stem in stems for name in sources_of(source_of(ROOT, stem))}
    names = sys.argv[3:] or sorted(reached - LEFT_OUT - {stem + ".c" for stem in INCLUDING})
    every = [mutant for name in names for mutant in mutants_of(name)]
    sample = random.Random(seed).sample(every, min(count, len(every)))
    known = {}
    for line in EQUIVALENT.read_text().splitlines() if EQUIVALENT.exists() else []:
        if line and not line.startswith("#"):
            mutant, _, reason = line.partition("   # ")
            known[mutant] = reason
    fates = dict.fromkeys(("killed", "lives", "equivalent", "same", "none"), 0)
    with tempfile.TemporaryDirectory() as temporary:
        temporary = pathlib.Path(temporary)
        builds = {kind: Build(temporary / kind, flags, [part for part in parts if part[0] == kind])
                  for kind, flags in BUILDS.items()}
        for kind, _, programs in parts:
            for program in programs:
                assert not builds[kind].notices(builds[kind].folder, *program), f"{program} fails without any mutant"
        with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
            for done, (mutant, fate) in enumerate(
                    zip(sample, threads.map(lambda mutant: judge(mutant, builds, parts, temporary), sample)), 1):
                if fate == "lives" and key(mutant) in known:
                    fate = "equivalent"
                fates[fate] += 1
                if fate == "lives":
                    print(f"{mutant[1] + 1}: {key(mutant)}", flush=True)
                if done % 50 == 0:
                    print(f"{done} of {len(sample)}, {fates['lives']} live", file=sys.stderr, flush=True)
    killed, counted = fates["killed"], fates["killed"] + fates["lives"]
    print(f"{killed} of {counted} mutants killed, {100 * killed / max(counted, 1):.1f} %; {fates['equivalent']} "
          f"equivalent, {fates['same']} the same to the compiler, {fates['none']} don't compile "
          f"({len(every)} possible, seed {seed})")
    return 0 if killed >= BAR * counted else 1


if __name__ == "__main__":
    sys.exit(main())
