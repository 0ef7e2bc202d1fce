#!/usr/bin/env python3
"""What Tests/Reliability/kill.sh does, for a program that is built.

    python3 Tests/Reliability/kill.py PROGRAM COUNT SEED
"""
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Every optimizer's numbers matter to somebody; these are the two with the most and the fewest. Checkpoints are
# written after nearly every step, so that most moments are within a write.
RUNS = [
    ["train", "--epochs", "8", "--hidden", "24", "--dropout", "0.2", "--optimizer", "adam", "--patience", "6",
     "--every", "1", "--keep", "2"],
    ["train", "iris", "--epochs", "60", "--hidden", "8", "--clip-norm", "1", "--schedule", "cosine", "--every", "1"],
    ["train", "--epochs", "4", "--hidden", "200", "--precision", "f64", "--optimizer", "nesterov",
     "--validation", "0.1", "--schedule", "plateau", "--every", "0.001s", "--keep", "1"],
]
STEPS = re.compile(r"(\d+) steps? done")


def fail(message):
    print(f"failed: {message}", file=sys.stderr)
    sys.exit(1)


class Folder:
    """The files of one run, and what is known of them."""

    def __init__(self, program, words, path):
        self.words = [str(program), *words, "--checkpoint", str(path / "run"), "--output", str(path / "model")]
        self.path = path
        self.acknowledged = 0

    def start(self):
        # A file, as what a killed process had written to a pipe that nobody reads could be lost.
        with open(self.path / "errors", "w") as errors:
            return subprocess.Popen(self.words, stdout=subprocess.DEVNULL, stderr=errors)

    def take_note(self):
        """Reads what the program said, which must be that it goes on from what was saved, or from something newer."""
        lines = (self.path / "errors").read_text().splitlines()
        if self.acknowledged and lines and not lines[0].startswith("resumed"):
            fail(f"{self.acknowledged} steps were saved, but it said: {lines[0]}")
        for line in lines:
            found = STEPS.search(line)
            if line.startswith("resumed") and int(found.group(1)) < self.acknowledged:
                fail(f"{self.acknowledged} steps were saved, but it said: {line}")
            if line.startswith(("resumed", "saved")):
                self.acknowledged = max(self.acknowledged, int(found.group(1)))
            if line.startswith("backprop:"):
                fail(line)

    def finish(self):
        if self.start().wait() != 0:
            fail((self.path / "errors").read_text())
        self.take_note()
        return (self.path / "model").read_bytes()

    def clear(self):
        for file in self.path.iterdir():
            file.unlink()
        self.acknowledged = 0


def check_older(folder):
    """Every file that is kept must be whole: it is resumed in the place of the newest."""
    for file in sorted(folder.path.glob("run.[0-9]")):
        words = [str(file) if word == str(folder.path / "run") else word for word in folder.words]
        words[words.index("--output") + 1] = str(folder.path / "older")
        copy = file.read_bytes()
        result = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if result.returncode != 0 or "resumed" not in result.stderr:
            fail(f"{file.name}: {result.stderr}")
        yield (folder.path / "older").read_bytes()
        file.write_bytes(copy)


def main():
    program, count, seed = Path(sys.argv[1]).resolve(), int(sys.argv[2]), int(sys.argv[3])
    moments = random.Random(seed)
    kills = resumes = older = 0
    # A killed process takes nothing with it that it wrote; memory spares the disk some hundred thousand flushes.
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as temporary:
        for index, words in enumerate(RUNS):
            path = Path(temporary) / str(index)
            path.mkdir()
            folder = Folder(program, words, path)
            begin = time.monotonic()
            expected = folder.finish()
            length = time.monotonic() - begin
            folder.clear()
            goal = count * (index + 1) // len(RUNS)
            while kills < goal:
                # From the start, where files are read, to about a third of the run, so that it is resumed many times.
                process = folder.start()
                time.sleep(moments.uniform(0, length / 3))
                process.send_signal(signal.SIGKILL)
                if process.wait() == -signal.SIGKILL:
                    kills += 1
                folder.take_note()
                if process.returncode == 0 or moments.random() < 0.05 or kills == goal:
                    for model in check_older(folder):
                        older += 1
                        if model != expected:
                            fail("an older checkpoint led to another model")
                    resumes += 1
                    if folder.finish() != expected:
                        fail(f"the resumed run has another model, seed {seed}")
                    left = [file.name for file in path.iterdir() if file.name.endswith(".tmp")]
                    if left:
                        fail(f"left behind: {left}")
                    folder.clear()
    print(f"{kills} kills: 0 checkpoints damaged, 0 acknowledged ones lost; "
          f"{resumes} of {resumes} runs came to the same model, {older} of {older} from older checkpoints")


main()
