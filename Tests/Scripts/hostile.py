"""Gives the command hostile files, and fails unless each is refused by a message that names its fault, soon,
and in little memory: at most four times the file and 1 MB more than the same command takes to do all its work on a
small file that is sound.

    python3 Tests/Scripts/hostile.py [PROGRAM]       by default .build/release/backprop
"""

import json
import math
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
MEMORY_FACTOR, MEMORY_MORE = 4, 1 << 20
SECONDS = 60  # for 100 MB on a busy machine; most take a tenth of one


# ---- Files -------------------------------------------------------------------

def safetensors(header, data=b""):
    if not isinstance(header, bytes):
        header = json.dumps(header).encode()
    return struct.pack("<Q", len(header)) + header + data


def tensor(shape, begin, end, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def sealed(description, tensors, data, version="2"):
    """A model file with the checksum that it should have."""
    text = description if isinstance(description, str) else json.dumps(description)
    file = safetensors({"__metadata__": {"checksum": "0" * 16, "format": "backprop", "version": version,
                                         "model": text}, **tensors}, data)
    value = 0xCBF29CE484222325
    for byte in file:
        value = (value ^ byte) * 0x100000001B3 & (1 << 64) - 1
    return file.replace(b"0" * 16, b"%016x" % value, 1)


LAYER = {"units": 1, "activation": "identity", "bias": False}
MODEL = {"inputs": 1, "layers": [LAYER], "loss": "squaredError"}
WEIGHT = {"layers.0.weight": tensor([1, 1], 0, 4)}
ONE = struct.pack("<f", 1)


def models():
    """Names, bytes and what the message must say."""
    a = {"a": tensor([1], 0, 4)}
    yield "no bytes", b"", "ends within its header"
    yield "a size that overflows", safetensors({"a": tensor([1 << 63, 2], 0, 4)}, ONE), "does not fit|doesn't fit|64 bits"
    yield "a size of 2^62 floats", safetensors({"a": tensor([1 << 62], 0, 0)}), "64 bits"
    yield "a number of 2^64", safetensors({"a": tensor([1 << 64], 0, 4)}, ONE), "64 bits"
    yield "offsets at 2^63", safetensors({"a": tensor([1], (1 << 63) - 4, 1 << 63)}, ONE), "after the end of the file"
    yield "a negative offset", safetensors(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}'), "non-negative integer"
    yield "offsets that overlap", safetensors({**a, "b": tensor([1], 0, 4)}, ONE), "within the numbers of another"
    yield "offsets that leave a hole", safetensors({**a, "b": tensor([1], 8, 12)}, ONE * 3), "belong to none"
    yield "an end outside", safetensors({"a": tensor([2], 0, 8)}, ONE), "after the end of the file"
    yield "bytes after the last", safetensors(a, ONE * 2), "after the last tensor"
    yield "a name twice", safetensors(b'{"a":%s,"a":%s}' % ((json.dumps(a["a"]).encode(),) * 2), ONE), "twice|within the numbers of another"
    yield "text that is not UTF-8", safetensors(b'{"\xff":1}'), "UTF-8"
    yield "a header of more than 100 MB", struct.pack("<Q", 100_000_001) + b" " * 100_000_001, "100,000,000"
    yield "a header of 100 MB of brackets", safetensors(b'{"a":' + b"[" * 99_999_995), "array or object"
    yield "a header of 100 MB of one name", safetensors(b'{"' + b"a" * 99_999_998), "character"
    yield "a header of two million names", safetensors(
        b"{" + b",".join(b'"%07d":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}' % i for i in range(1_500_000)) + b"}"), "format"
    yield "deep JSON in the header", safetensors(b'{"a":' + b'{"a":' * 1_000_000), "array or object|key"
    yield "another format", safetensors(a, ONE), "format"
    yield "a version to come", sealed(MODEL, WEIGHT, ONE, "3"), "version"
    yield "a changed byte", sealed(MODEL, WEIGHT, ONE)[:-1] + b"\xff", "checksum"
    yield "a weight that is NaN", sealed(MODEL, WEIGHT, struct.pack("<f", float("nan"))), "not a number|infinite"
    yield "weights that are integers", sealed(MODEL, {"layers.0.weight": tensor([1, 1], 0, 4, "I32")}, ONE), "type"
    yield "zero layers", sealed({**MODEL, "layers": []}, WEIGHT, ONE), "layer"
    yield "a layer of no units", sealed({**MODEL, "layers": [{**LAYER, "units": 0}]}, WEIGHT, ONE), "unit"
    yield "a layer of 2^62 units", sealed({**MODEL, "layers": [{**LAYER, "units": 1 << 62}]}, WEIGHT, ONE), "."
    yield "a negative number of units", sealed({**MODEL, "layers": [{**LAYER, "units": -1}]}, WEIGHT, ONE), "unit"
    yield "2^63 inputs", sealed({**MODEL, "inputs": 1 << 63}, WEIGHT, ONE), "JSON"
    yield "a million layers", sealed('{"inputs":1,"layers":[' + "{}," * 999_999 + "{}]}", WEIGHT, ONE), "at most .* objects"
    yield "deep JSON in the description", sealed('{"inputs":' + "[" * 100_000, WEIGHT, ONE), "at most .* values"
    yield "a description that is no JSON", sealed("{", WEIGHT, ONE), "JSON"


def idx(kind, dimensions, data):
    return bytes([0, 0, kind, len(dimensions)]) + struct.pack(f">{len(dimensions)}I", *dimensions) + data


def images():
    most = (1 << 32) - 1
    yield "no bytes", b"", "IDX"
    yield "not IDX", b"\1\2\3\4", "two zero bytes"
    yield "no such type", idx(7, [1], b"\0"), "element type"
    yield "no dimensions", idx(8, [], b""), "at least 1 dimension"
    yield "a header that ends early", idx(8, [1] * 255, b"")[:900], "header of 1024 bytes"
    yield "sizes that overflow", idx(14, [most] * 3, b"\0"), r"more than 2\^63"
    yield "2^63 bytes", idx(14, [1 << 31, 1 << 29], b"\0"), "bytes of elements"
    yield "0 times 2^96", idx(8, [most, most, most, 0], b""), "images in 3 dimensions"
    yield "bytes that are not there", idx(8, [60000, 28, 28], b"\0" * 1000), "47040000 bytes"
    yield "bytes too many", idx(8, [1], b"\0" * 20_000_000), "1 bytes of elements"
    yield "elements that are NaN", idx(14, [2, 1, 1], struct.pack(">dd", 1, float("nan"))), "finite"


def tables():
    yield "no bytes", b"", "at least one"
    yield "a header alone", b"a,class\n", "at least one"
    yield "a ragged row after ten million", b"1,2\n" * 10_000_000 + b"3\n", "line 10000001: expected 2 fields"
    yield "ten million rows of a digit, and a ragged one", b"1\n" * 10_000_000 + b"1,2\n", "line 10000001: expected 1 fields"
    yield "quotes that never end", b'a,b\n1,"' + b"x" * 20_000_000, "closing quote"
    yield "text after quotes", b'a,b\n1,"x"y\n', "end of the field"
    yield "a million columns", b"1," * 1_000_000 + b"1\n", "at most 100000 columns"
    yield "a column twice", b"class,class\n1,2\n", "twice"
    yield "a number that is none", b"a,class\n1e999,1\n2,x\n", "finite number|text"
    yield "bytes that are not UTF-8", b"a,class\n\xff\xfe,x\n1,y\n", "number|text|column"
    yield "no such column", b"a,b\n1,2\n", "one of a, b"
    millions = b"a,class\n" + b"1,2\n" * 10_000_000
    yield "a text after ten million numbers", millions + b"x,2\n", "line 10000002, column a: expected a finite number, found x"
    yield "ten million targets, and none", millions + b"1,\n", "line 10000002, column class: expected a target, found nothing"
    yield "a million different texts", b"a,class\n" + b"".join(b"x%d,1\n" % i for i in range(1_000_000)), "more than 1000 different texts"
    yield "a text of 20 MB among numbers", b"a,class\n" + b"x" * 20_000_000 + b",1\n2,1\n", "column a: expected a finite number, found x{100}…"


def configurations():
    yield "no bytes", b"", "JSON object"
    yield "deep JSON", b'{"data":' + b"[" * 1_000_000, "JSON object"
    yield "not an object", b"[]", "JSON object"
    yield "not UTF-8", b'{"data":"\xff"}', "JSON object"
    yield "an unknown property", b'{"dta":1}', "unknown property|properties of a run"
    yield "a layer of no units", b'{"hidden":[0]}', "units from 1"
    yield "2^62 units", b'{"hidden":[4611686018427387904]}', "."
    yield "2^64 units", b'{"hidden":[18446744073709551616]}', "out of range|value as in"
    yield "a negative seed", b'{"seed":-1}', "whole number from 0"
    yield "2^63 threads", b'{"threads":9223372036854775808}', "from 1 to 1024"


def sound_case():
    """A step of a single sigmoid unit from weight 0 and bias 0 to 1 and 1, whose loss then is known in closed form."""
    case = json.loads((ROOT / "Tests/Fuzz/corpus/verification/sgd").read_text())
    case["expected"]["losses"][1] = (1 - 1 / (1 + math.exp(-2))) ** 2 / 2
    return case


def cases():
    yield "no bytes", b"", "JSON"
    yield "deep JSON", b'{"layers":' + b"[" * 1_000_000, "JSON"
    case = sound_case()
    yield "2^62 steps", json.dumps({**case, "steps": 1 << 62}).encode(), "expected a number before each of"
    yield "no layers", json.dumps({**case, "layers": []}).encode(), "layers"
    yield "2^62 outputs", json.dumps({**case, "layers": [{**case["layers"][0], "outputs": 1 << 62}]}).encode(), "rows of"


# ---- The command -------------------------------------------------------------

# Runs a command for us and writes how it ended: what the system counts as a process's peak begins with that of the
# process that started it, and ours has held the files.
LAUNCHER = """
import os, sys
_, status, usage = os.wait4(os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ), 0)
open(sys.argv[1], "w").write(f"{os.waitstatus_to_exitcode(status)} {usage.ru_maxrss}")
"""


def run(program, words, note):
    """The exit status, the message, the peak of memory in bytes and the seconds of a command."""
    begin = time.monotonic()
    output = subprocess.run([sys.executable, "-c", LAUNCHER, note, program, *words], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, errors="replace").stdout
    status, kilobytes = map(int, pathlib.Path(note).read_text().split())
    return status, output, kilobytes * 1024, time.monotonic() - begin


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / ".build/release/backprop")
    failed = count = 0
    worst, longest = (0.0, ""), (0.0, "")
    with tempfile.TemporaryDirectory() as folder:
        kinds = [
            ("model", models, "model.safetensors", lambda path: ["inspect", path]),
            ("IDX", images, "train-images-idx3-ubyte", lambda path: ["train", folder, "--epochs", "1", "--output", folder + "/out"]),
            ("CSV", tables, "table.csv", lambda path: ["train", path, "--target", "class", "--epochs", "1", "--output", folder + "/out"]),
            ("configuration", configurations, "run.json", lambda path: ["train", "iris", "--config", path, "--epochs", "1",
                                                                        "--output", folder + "/out"]),
            ("case", cases, "case.json", lambda path: ["verify", path]),
        ]
        sound = {"model": (ROOT / "Tests/Fuzz/corpus/model/float").read_bytes(), "IDX": idx(8, [2, 1, 1], b"\0\1"),
                 "CSV": b"a,class\n1,x\n2,y\n", "configuration": b"{}", "case": json.dumps(sound_case()).encode()}
        for kind, files, file_name, words in kinds:
            path, labels = os.path.join(folder, file_name), folder + "/train-labels-idx1-ubyte"
            if kind == "IDX":
                pathlib.Path(folder + "/t10k-images-idx3-ubyte").write_bytes(sound["IDX"])
                for part in (labels, folder + "/t10k-labels-idx1-ubyte"):
                    pathlib.Path(part).write_bytes(idx(8, [2], b"\0\1"))
            pathlib.Path(path).write_bytes(sound[kind])
            status, output, base, _ = run(program, words(path), folder + "/note")
            if status != 0:
                sys.exit(f"{kind}, a sound file: status {status}, {output}")
            pathlib.Path(folder + "/out").unlink(missing_ok=True)
            for name, content, pattern in files():
                pathlib.Path(path).write_bytes(content)
                status, output, memory, seconds = run(program, words(path), folder + "/note")
                more = memory - base
                allowed = MEMORY_FACTOR * len(content) + MEMORY_MORE
                wrong = []
                if status <= 0:
                    wrong.append(f"status {status}")
                if not re.search(pattern, output):
                    wrong.append(f"expected {pattern!r}, found {output[:300]!r}")
                if more > allowed:
                    wrong.append(f"{more / 1e6:.1f} MB for a file of {len(content) / 1e6:.1f} MB")
                if seconds > SECONDS:
                    wrong.append(f"{seconds:.0f} s")
                if os.path.exists(folder + "/out"):
                    wrong.append("a model was saved")
                    os.remove(folder + "/out")
                count += 1
                failed += bool(wrong)
                if len(content) > 1 << 20:
                    worst = max(worst, (more / len(content), f"{kind}, {name}"))
                longest = max(longest, (seconds, f"{kind}, {name}"))
                for what in wrong:
                    print(f"{kind}, {name}: {what}", flush=True)
            os.remove(path)
            pathlib.Path(labels).unlink(missing_ok=True)
    print(f"{count} hostile files, {failed} not refused as they should be; most memory {worst[0]:.2f} times the file "
          f"({worst[1]}), longest {longest[0]:.1f} s ({longest[1]})")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
