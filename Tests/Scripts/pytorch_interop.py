"""Compares predictions on MNIST between Backprop and PyTorch, both ways; run by Tests/pytorch_interop.sh.

    python pytorch_interop.py MNIST_FOLDER MODEL.safetensors PROGRAM_FLOAT PROGRAM_DOUBLE EXPORT.json

1. MODEL, which `backprop train MNIST_FOLDER --hidden 128` saved, goes into torch.nn.Linear layers; what they
   predict is compared with the programs (Tests/CTests/interop.c) on the same file.
2. Networks that PyTorch trained go into the programs: names as torch.nn.Sequential gives them and as
   attributes of a module, and the weights as F32, F64, F16 and BF16.

3. What `backprop export MODEL --safetensors` wrote, as EXPORT.json says, goes into the module that it names.

What is the same to a tolerance is as numpy.allclose() has it: |a - b| <= tolerance * (1 + |b|) for every output
of every image. The double precision shows that the parameters are the same ones; what float differs by is
rounding, as the two add in another order. PyTorch's own float is up to 8e-7 from its double here.
"""

import copy
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

folder, model_path, *programs, export_path = sys.argv[1:6]
PRECISIONS = [  # of the program, of PyTorch, of what the program writes; the tolerance
    (programs[0], torch.float32, numpy.float32, 1e-6),
    (programs[1], torch.float64, numpy.float64, 1e-12),
]
failures = 0


def idx(name, offset):
    return numpy.fromfile(Path(folder) / name, numpy.uint8)[offset:]


def compare(what, path, module, inputs, layers):
    """Predicts with both in both precisions and prints the largest differences."""
    global failures
    texts = []
    for program, precision, number, tolerance in PRECISIONS:
        with torch.no_grad():
            logits = copy.deepcopy(module).to(precision)(torch.from_numpy(inputs).to(precision))
            expected = torch.softmax(logits, dim=1).numpy()
        with tempfile.TemporaryDirectory() as work:
            samples, results = f"{work}/samples", f"{work}/results"
            inputs.astype("<f4").tofile(samples)
            subprocess.run([program, path, samples, results, "784", *layers], check=True)
            found = numpy.fromfile(results, number).reshape(expected.shape)
        differences = numpy.abs(found.astype(float) - expected)
        scaled = float((differences / (1 + numpy.abs(expected.astype(float)))).max())
        failures += not scaled <= tolerance
        texts.append(f"{number.__name__} {scaled:.2g} <= {tolerance:g} (absolute {differences.max():.2g})")
    print(f"{what}: {len(inputs)} images, {', '.join(texts)}", flush=True)


def scaled(metadata):
    """Pixels as the model takes them."""
    scaling = json.loads(metadata["model"])["inputScaling"]
    return ((pixels - numpy.array(scaling["offsets"])) * numpy.array(scaling["factors"])).astype(numpy.float32)


def saved_here():
    """A model of Backprop in layers of PyTorch."""
    with safe_open(model_path, "pt") as file:
        metadata = file.metadata()
        state = {name: file.get_tensor(name) for name in file.keys()}
    inputs = scaled(metadata)
    first, second = (torch.nn.Linear(784, 128), torch.nn.Linear(128, 10))
    first.load_state_dict({"weight": state["layers.0.weight"], "bias": state["layers.0.bias"]})
    second.load_state_dict({"weight": state["layers.1.weight"], "bias": state["layers.1.bias"]})
    module = torch.nn.Sequential(first, torch.nn.Sigmoid(), second)
    compare("saved by Backprop", model_path, module, inputs, ["128:sigmoid", "10:softmax"])
    with open(export_path) as file:
        [export] = json.load(file)["files"]
    module = eval(export["module"], {"nn": torch.nn})
    module.load_state_dict(load_file(export["path"]))
    # Without softmax, which the comparison adds.
    compare("exported by Backprop", export["path"], module[:-1], inputs, ["128:sigmoid", "10:softmax"])


class Named(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = torch.nn.Linear(784, 64)
        self.output = torch.nn.Linear(64, 10)

    def forward(self, x):
        return self.output(torch.relu(self.hidden(x)))


def trained(module):
    """Some steps on MNIST, so that the numbers are those of a network that has learned."""
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    images = torch.from_numpy((train_pixels / 255).astype(numpy.float32))
    labels = torch.from_numpy(train_labels.astype(numpy.int64))
    for start in range(0, 32 * 300, 32):
        optimizer.zero_grad()
        rows = slice(start, start + 32)
        torch.nn.functional.cross_entropy(module(images[rows]), labels[rows]).backward()
        optimizer.step()
    return module


def saved_there():
    """State dictionaries of PyTorch in Backprop."""
    linear = torch.nn.Linear
    sequential = torch.nn.Sequential(linear(784, 64), torch.nn.ReLU(), linear(64, 10))
    inputs = (pixels / 255).astype(numpy.float32)
    with tempfile.TemporaryDirectory() as work:
        for name, module in [("Sequential", sequential), ("module", Named())]:
            trained(module)
            for dtype in [torch.float32, torch.float64, torch.float16, torch.bfloat16]:
                path = f"{work}/state.safetensors"
                save_file({key: value.to(dtype) for key, value in module.state_dict().items()}, path)
                # What half precision loses is lost in saving: PyTorch predicts with the same numbers.
                module.load_state_dict({key: value.float() for key, value in load_file(path).items()})
                what = f"saved by PyTorch, {name}, {str(dtype).removeprefix('torch.')}"
                compare(what, path, module, inputs, ["64:relu", "10:softmax"])


torch.manual_seed(1)
torch.set_num_threads(1)
pixels = idx("t10k-images-idx3-ubyte", 16).reshape(-1, 784)
train_pixels = idx("train-images-idx3-ubyte", 16).reshape(-1, 784)[: 32 * 300]
train_labels = idx("train-labels-idx1-ubyte", 8)[: 32 * 300]
saved_here()
saved_there()
sys.exit(failures > 0)
