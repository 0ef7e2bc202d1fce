#!/usr/bin/env python3
"""Measures how fast `backprop predict` answers a stream of rows, and how much memory it takes.

    swift build -c release --product backprop
    Benchmarks/predict_stream.py [PROGRAM] [ROWS]     .build/release/backprop, 1000000

A 64-32-10 classifier of the digits is given rows of 64 whole numbers (as the digits are) and of 64 decimals of five
digits, through a pipe. The rows a second are by the processor time that the program took, which other work on the
machine lengthens less than the clock's; both are printed, with the load. Peak memory is that of the whole run.
"""
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

program = sys.argv[1] if len(sys.argv) > 1 else ".build/release/backprop"
rows = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
BLOCK = 2000


def block(number):
    random.seed(1)
    return "".join(",".join(number() for _ in range(64)) + "\n" for _ in range(BLOCK)).encode()


def measure(what, lines, model):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    with open(os.devnull, "w") as nowhere:
        process = subprocess.Popen([program, "predict", model], stdin=subprocess.PIPE, stdout=nowhere)
        for _ in range(rows // BLOCK):
            process.stdin.write(lines)
        process.stdin.close()
        if process.wait():
            sys.exit(f"backprop predict ended with {process.returncode}")
    seconds = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{what}: {rows / spent:,.0f} rows a second and core ({len(lines) / BLOCK:.0f} bytes a row; {spent:.2f} s of "
          f"processor time, {seconds:.2f} s by the clock), peak {after.ru_maxrss / 1024:.1f} MiB of all runs so far, "
          f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)


with tempfile.TemporaryDirectory() as folder:
    model = str(Path(folder) / "model.safetensors")
    subprocess.run([program, "train", "--hidden", "32", "--epochs", "1", "--output", model], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    measure("whole numbers", block(lambda: str(random.choice([0, 0, 0, random.randint(0, 16)]))), model)
    measure("decimals", block(lambda: f"{random.random() * 16:.4f}"), model)
