#!/usr/bin/env python3
"""Makes calls of the system fail under `backprop train`, one after the other until none is left, by strace.

    python3 Tests/Reliability/faults.py PROGRAM

After every fault the run is started again without one: it must come to the model of a run without faults, from no
older checkpoint than the program said was saved.
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

CALLS = ["fsync", "rename", "link", "write", "openat"]
ERRORS = ["EIO", "ENOSPC", "EINTR"]
STEPS = re.compile(r"(\d+) steps? done")
WORDS = ["train", "xor", "--hidden", "3", "--epochs", "4", "--every", "2", "--keep", "1"]


def fail(message):
    print(f"failed: {message}", file=sys.stderr)
    sys.exit(1)


def steps(line):
    return int(STEPS.search(line).group(1))


def run(program, path, *tracer):
    words = [*tracer, program, *WORDS, "--checkpoint", str(path / "run"), "--output", str(path / "model")]
    return subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def inject(program, path, start, model, call, error, number):
    """Lets one call fail. Returns whether there was such a call."""
    for file in path.iterdir():
        file.unlink()
    for name, content in start.items():
        (path / name).write_bytes(content)
    trace = path.parent / "trace"
    what = f"{call} {number} by {error}"
    result = run(program, path, "strace", "-f", "-o", str(trace), "-e", f"trace={call}",
                 "-e", f"inject={call}:error={error}:when={number}")
    if "(INJECTED)" not in trace.read_text():
        return False
    if result.returncode < 0:
        fail(f"{what}: signal {-result.returncode}: {result.stderr}")
    if error == "EINTR" and call != "openat" and result.returncode != 0:
        fail(f"{what}: {result.stderr}")
    if call in ("fsync", "rename", "link") and error != "EINTR":
        if result.returncode == 0 or not re.search(r"^backprop: .*(run|model): can't be written: ", result.stderr, re.M):
            fail(f"{what}: status {result.returncode}, {result.stderr}")
    if result.returncode == 0 and (path / "model").read_bytes() != model:
        fail(f"{what}: another model")
    if (path / "model").read_bytes() not in (model, start["model"]):
        fail(f"{what}: the old model is damaged")
    saved = [steps(line) for line in result.stderr.splitlines() if line.startswith("saved")]
    again = run(program, path)
    first = again.stderr.splitlines()[0] if again.stderr else ""
    if again.returncode != 0 or not first.startswith("resumed") or steps(first) < max(saved, default=4):
        fail(f"{what}: {saved} saved, then {again.stderr}")
    if (path / "model").read_bytes() != model:
        fail(f"{what}: another model in the end")
    left = sorted({file.name for file in path.iterdir()} - {"run", "run.1", "run.2", "model"})
    if left:
        fail(f"{what}: left behind: {left}")
    return True


def main():
    program = str(Path(sys.argv[1]).resolve())
    total = 0
    # What is tested are answers of the system, not the disk; memory spares it some thousand flushes.
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as temporary:
        path = Path(temporary) / "files"
        path.mkdir()
        run(program, path)
        start = {file.name: file.read_bytes() for file in path.iterdir()}
        WORDS[WORDS.index("--epochs") + 1] = "9"
        if run(program, path).returncode != 0:
            fail("the run without faults")
        model = (path / "model").read_bytes()
        for call in CALLS:
            for error in ERRORS:
                number = 1
                while inject(program, path, start, model, call, error, number):
                    number += 1
                if number == 1:
                    fail(f"there is no {call}")
                total += number - 1
    print(f"{total} faults under the command: 0 checkpoints or models lost or damaged, every resumed run bit-identical")


main()
