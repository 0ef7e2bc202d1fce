"""Compares predictions of exported models between Backprop and onnxruntime; run by Tests/onnx_interop.sh.

    python onnx_interop.py PROGRAM DIRECTORY

DIRECTORY/digits.txt is written by Tests/Scripts/digits.py. Outputs are the same if |a - b| <= tolerance * (1 + the
largest |b| of that output): one near 0 that comes from numbers in the thousands is as exact as those.
"""

import csv
import json
import random
import subprocess
import sys
from pathlib import Path

import numpy
import onnx
import onnxruntime

program, folder = sys.argv[1], Path(sys.argv[2])
ACTIVATIONS = "identity sigmoid tanh relu leakyReLU elu softplus silu gelu softmax".split()
TYPES = {"f32": (numpy.float32, 1e-6), "f64": (numpy.float64, 1e-12)}
failures = 0


def backprop(*words):
    result = subprocess.run([program, *map(str, words)], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"backprop {' '.join(map(str, words))}: {result.stderr}")
    return result.stdout


def write_table(path, header, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def inputs(names, header, rows):
    """Rows of a table as the inputs of those names: numbers, or 1 where a column=category is that of the row."""
    columns = {name: index for index, name in enumerate(header)}
    result = []
    for row in rows:
        values = []
        for name in names:
            column, _, category = name.partition("=")
            values.append(float(row[columns[column]] == category) if category else float(row[columns[column]]))
        result.append(values)
    return numpy.array(result)


def compare(what, precision, header, rows, *words):
    """Trains with these words, exports, and prints the largest difference over all rows."""
    global failures
    number, tolerance = TYPES[precision]
    model, exported, table = folder / "m.safetensors", folder / "m.onnx", folder / "rows.csv"
    backprop("train", *words, "--precision", precision, "--output", model)
    backprop("export", model, "--onnx", exported)
    write_table(table, header, rows)
    answers = [json.loads(line) for line in backprop("predict", model, table, "--json-lines").splitlines()]
    expected = numpy.array([answer["outputs"] for answer in answers])

    onnx.checker.check_model(str(exported), full_check=True)
    session = onnxruntime.InferenceSession(str(exported), providers=["CPUExecutionProvider"])
    metadata = session.get_modelmeta().custom_metadata_map
    samples = inputs(json.loads(metadata["input_names"]), header, rows).astype(number)
    outputs = session.run(None, {"input": samples})
    # Any number of samples at once.
    single = numpy.concatenate([session.run(["output"], {"input": samples[s : s + 1]})[0] for s in range(5)])
    difference = numpy.abs(outputs[0].astype(float) - expected)
    scaled = float((difference / (1 + numpy.abs(expected).max(axis=0))).max())
    apart = float(numpy.abs(single - outputs[0][:5]).max())
    wrong = not scaled <= tolerance or not apart <= 10 * tolerance * (1 + float(numpy.abs(outputs[0]).max()))
    classes = ""
    if "prediction" in answers[0]:
        names = json.loads(metadata["class_names"])
        same = sum(names[c] == answer["prediction"] for c, answer in zip(outputs[1], answers))
        classes = f", {same} of {len(rows)} classes the same"
        wrong = wrong or same < len(rows)
    failures += wrong
    print(f"{'WRONG: ' if wrong else ''}{what}, {precision}: {scaled:.2g} <= {tolerance:g}, "
          f"absolute {difference.max():.2g}, {len(rows)} samples{classes}", flush=True)


random.seed(1)
single = lambda value: float(numpy.float32(value))  # so that both precisions are given the same numbers
header = ["small", "large", "far", "still", "kind", "y", "class", "side"]
rows = []
for _ in range(300):
    a, b, c, kind = random.gauss(0, 0.01), random.gauss(-50, 200), random.gauss(1e5, 3), random.choice("uvw")
    y = 1000 + 3 * b + 100 * (kind == "u")
    label = "high" if b > 50 else "low, or “none”" if b > -100 else kind
    rows.append([single(a), single(b), single(c), 7, kind, y, label, "no" if b < 0 else "yes"])
narrow = lambda target: [header.index(name) for name in header[:5] + [target]]


def table(target):
    """The table with one of the targets."""
    columns = narrow(target)
    chosen = [[row[c] for c in columns] for row in rows]
    write_table(folder / "train.csv", [header[c] for c in columns], chosen)
    return [header[c] for c in columns], chosen


for precision in TYPES:
    for activation in ACTIVATIONS:
        names, chosen = table("y")
        compare(f"regression, {activation}", precision, names, chosen, folder / "train.csv", "--target", "y",
                "--task", "regress", "--hidden", "9,7", "--activation", activation, "--epochs", 3)
    names, chosen = table("class")
    compare("classes", precision, names, chosen, folder / "train.csv", "--target", "class", "--epochs", 3)
    names, chosen = table("side")
    compare("two classes, one output", precision, names, chosen, folder / "train.csv", "--target", "side",
            "--loss", "binary-cross-entropy", "--epochs", 3, "--scale", "minmax")
    write_table(folder / "train.csv", header[:5], [row[:5] for row in rows])
    compare("autoencoder with tied weights", precision, header[:5], [row[:5] for row in rows], folder / "train.csv",
            "--autoencoder", 3, "--tie-weights", "--optimizer", "adam", "--epochs", 200)
    pixels = [f"pixel{i}" for i in range(64)]
    digits = [[ord(letter) - ord("A") for letter in line[:64]]
              for line in (folder / "digits.txt").read_text().splitlines()]
    compare("digits", precision, pixels, digits, "digits", "--epochs", 20)

sys.exit(f"{failures} failed" if failures else None)
