#!/usr/bin/env python3
"""Trains on a file system that gets full: the run must end with an error that says so, the checkpoint must stay
whole, and the run that goes on elsewhere must come to the model of one that had room.

    python3 Tests/Reliability/full.py PROGRAM FOLDER
"""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

WORDS = ["train", "--hidden", "200", "--optimizer", "adam", "--epochs", "2", "--every", "1", "--keep"]


def run(program, path, keep):
    words = [program, *WORDS, str(keep), "--checkpoint", str(path / "run"), "--output", str(path / "model")]
    return subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def main():
    program, disk = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as temporary:
        room = Path(temporary)
        assert run(program, room, 0).returncode == 0
        expected = (room / "model").read_bytes()
        for file in room.iterdir():
            file.unlink()

        full = run(program, disk, 1000)
        saved = [int(steps) for steps in re.findall(r"^saved .* (\d+) steps? done$", full.stderr, re.M)]
        assert full.returncode != 0 and "run: can't be written: no space left" in full.stderr, full.stderr
        assert saved, "nothing was saved before the disk was full"
        assert not list(disk.glob("*.tmp")), "a temporary file is left"
        # The newest and every older one.
        files = list(disk.iterdir())
        for file in files:
            shutil.copy(file, room / "run")
            again = run(program, room, 0)
            assert again.returncode == 0 and "resumed" in again.stderr, again.stderr
            assert file.name != "run" or f" {saved[-1]} step" in again.stderr.splitlines()[0], again.stderr
            assert (room / "model").read_bytes() == expected, "another model"
        print(f"a full disk: told after {len(saved)} checkpoints, status {full.returncode}; {len(files)} of {len(files)} "
              "files whole, each resumed to the same model")


main()
