"""Changes the C core in small ways, one at a time, and counts which changes its tests in C notice.

    python3 Tests/Scripts/mutants.py [COUNT [SEED [FILE…]]]     400 mutants of seed 1, of all files

A mutant is one operator, constant, condition or statement that is another one or none; what doesn't
compile is none. It is killed if a program of Tests/CTests fails, crashes or doesn't end. Each is
tried in a scalar build, under the address and undefined-behavior sanitizers where it is in a reader, and
then, if it lives, in one with AVX2. Equal counts and seeds give equal mutants. Fails if fewer than 95 % are
killed, where those of Tests/CTests/mutants.txt, which can't be told from the original, don't count; it
lists the others that live.

FILE, names of sources, takes the sample from those.
"""

import concurrent.futures
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORE = ROOT / "Sources/CBackprop"
TESTS = ROOT / "Tests/CTests"
EQUIVALENT = TESTS / "mutants.txt"
BAR = 0.95
CC = os.environ.get("CC", "clang")

READERS = ["safetensors.c", "safetensors_writer.c", "network_tensors.c", "file.c", "little_endian.h", "text.h"]
# Which objects a header is compiled into; sources are compiled into their own.
KERNELS = ["kernels_scalar_f32", "kernels_scalar_f64"]
VECTORS = ["kernels_avx2_f32"]
USERS = {
    "activation_template.h": KERNELS, "dense_template.h": KERNELS, "loss_template.h": KERNELS,
    "math_template.h": KERNELS, "optimizer_template.h": KERNELS, "transpose_template.h": KERNELS,
    "vector_template.h": KERNELS, "vec_scalar.h": KERNELS, "vec_avx2.h": [],
    "kernels_api_template.h": ["kernels_api"], "update_template.h": ["optimizer"],
    "network_template.h": ["network"], "network_predict_template.h": ["network"],
    "network_update_template.h": ["network"],
    "little_endian.h": ["safetensors", "safetensors_writer"],
    "text.h": ["safetensors", "safetensors_writer", "network_tensors"],
}
SOURCES = ["safetensors.c", "safetensors_writer.c", "network_tensors.c", "file.c", "network.c", "thread_pool.c",
           "random.c", "dispatch.c"]

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
    for number, line in code_lines((CORE / name).read_text()):
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


def run(command, **options):
    return subprocess.run([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          cwd=ROOT, **options).returncode


class Build:
    """Objects and programs of the core built in one way."""

    def __init__(self, folder, flags, programs):
        self.folder, self.flags, self.programs = folder, flags, programs
        folder.mkdir()
        self.compile(CORE, folder, [path.stem for path in CORE.glob("*.c")])
        for program in {program for program, _, _ in programs}:
            assert run([CC, *flags, "-c", TESTS / (program + ".c"), "-o", folder / (program + ".test")]) == 0, program

    def compile(self, core, to, stems):
        for stem in stems:
            if run([CC, "-std=c11", "-w", *self.flags, "-Iinclude", "-c", core / (stem + ".c"), "-o", to / (stem + ".o")],
                   timeout=300):
                return False
        return True

    def survives(self, core, work, stems):
        """Whether no program notices the core in a folder, of which some objects are other ones; None for no core."""
        if not self.compile(core, work, stems):
            return None
        objects = [work / path.name if path.stem in stems else path for path in self.folder.glob("*.o")]
        for program, words, environment in self.programs:
            binary = work / program
            wraps = ["-Wl,--wrap=" + name for name in (TESTS / "failures.txt").read_text().split()]
            if run([CC, *self.flags, "-x", "none", self.folder / (program + ".test"), *objects, "-lm", "-pthread",
                    *(wraps if program == "failures" else []), "-o", binary]):
                return False
            try:
                if run([binary, *[work if word == "FOLDER" else word for word in words]], timeout=120,
                       env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0", **environment)):
                    return False
            except subprocess.TimeoutExpired:
                return False
        return True


def judge(mutant, builds, temporary):
    """Whether a mutant lives; None if it doesn't compile."""
    name, number, _, changed = mutant
    with tempfile.TemporaryDirectory(dir=temporary) as folder:
        work = pathlib.Path(folder)
        core = work / "core"
        shutil.copytree(CORE, core)
        lines = (core / name).read_text().splitlines()
        lines[number] = changed
        (core / name).write_text("\n".join(lines) + "\n")
        stems = USERS.get(name, [pathlib.Path(name).stem])
        if name in READERS:
            return builds["reader"].survives(core, work, stems)
        if name != "vec_avx2.h":
            lives = builds["scalar"].survives(core, work, stems)
            if not lives:
                return lives
        if stems == KERNELS or name == "vec_avx2.h":
            return builds["vector"].survives(core, work, VECTORS)
        return True


def key(mutant):
    """A line of the list of equivalent mutants, which outlives changes elsewhere in the file."""
    name, _, line, changed = mutant
    return f"{name}: {' '.join(line.rstrip(chr(92)).split())} -> {' '.join(changed.rstrip(chr(92)).split())}"


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    names = sys.argv[3:] or sorted({*SOURCES, *USERS})
    every = [mutant for name in names for mutant in mutants_of(name)]
    sample = random.Random(seed).sample(every, min(count, len(every)))
    known = {}
    for line in EQUIVALENT.read_text().splitlines() if EQUIVALENT.exists() else []:
        if line and not line.startswith("#"):
            mutant, _, reason = line.partition("   # ")
            known[mutant] = reason
    sanitized = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-g"]
    quick = [("arguments", [], {}), ("kernels", [], {"BACKPROP_ISA": "scalar"}), ("kernels", ["3"], {"BACKPROP_ISA": "scalar"}),
             ("bits", ["2"], {"BACKPROP_ISA": "scalar"}), ("failures", ["FOLDER"], {})]
    living, equivalent, none = [], 0, 0
    with tempfile.TemporaryDirectory() as temporary:
        temporary = pathlib.Path(temporary)
        kinds = {
            "reader": (["-O1", "-DBP_NO_SIMD", *sanitized, "-Iinclude"],
                       [("files", ["FOLDER"], {}), ("failures", ["FOLDER"], {})]),
            "scalar": (["-O1", "-Iinclude"], quick),
            "vector": (["-O1", "-Iinclude"], [("kernels", [], {"BACKPROP_ISA": "avx2"})]),
        }
        readers = sum(mutant[0] in READERS for mutant in sample)
        needed = ["reader"] * (readers > 0) + ["scalar", "vector"] * (readers < len(sample))
        builds = {name: Build(temporary / name, *kinds[name]) for name in needed}
        untouched = all(build.survives(CORE, temporary, []) for build in builds.values())
        assert untouched, "the tests fail without any mutant"
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
            for done, (mutant, lives) in enumerate(
                    zip(sample, threads.map(lambda mutant: judge(mutant, builds, temporary), sample)), 1):
                if lives is None:
                    none += 1
                elif lives and key(mutant) in known:
                    equivalent += 1
                elif lives:
                    living.append(mutant)
                    print(key(mutant), flush=True)
                if done % 50 == 0:
                    print(f"{done} of {len(sample)}, {len(living)} live", file=sys.stderr, flush=True)
    counted = len(sample) - equivalent - none
    killed = counted - len(living)
    print(f"{killed} of {counted} mutants killed, {100 * killed / max(counted, 1):.1f} %; {equivalent} equivalent, "
          f"{none} don't compile ({len(every)} possible, seed {seed})")
    return 0 if killed >= BAR * counted else 1


if __name__ == "__main__":
    sys.exit(main())
