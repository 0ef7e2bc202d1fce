"""Verification cases computed by PyTorch in float64: random networks, data, losses and optimizers.

    python3 pytorch_cases.py FOLDER [COUNT] [SEED]

writes COUNT files for `backprop verify FOLDER/*.json`, in the format that the page
"Verification cases" describes. Needs torch. Penalties and clipping go with every optimizer.
"""
import json
import os
import random
import sys

import torch

torch.set_default_dtype(torch.float64)

ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leakyReLU": lambda z: torch.nn.functional.leaky_relu(z, 0.01),
    "elu": torch.nn.functional.elu,
    # PyTorch's own is linear above a threshold.
    "softplus": lambda z: torch.logaddexp(z, torch.zeros(())),
    "silu": torch.nn.functional.silu,
    "gelu": lambda z: torch.nn.functional.gelu(z, approximate="tanh"),
    "softmax": lambda z: torch.softmax(z, 1),
}
LOSSES = ["squaredError", "meanSquaredError", "meanAbsoluteError", "huber", "crossEntropy", "binaryCrossEntropy"]


def choose_optimizer(pick):
    decay = pick.choice([0, 0, 0.01])
    name, numbers = pick.choice([
        ("sgd", {"learningRate": 0.1}),
        ("momentum", {"learningRate": 0.05, "momentum": 0.8}),
        ("nesterov", {"learningRate": 0.05, "momentum": 0.8}),
        ("rmsprop", {"learningRate": 0.01, "decay": 0.95, "epsilon": 1e-7}),
        ("adagrad", {"learningRate": 0.05, "epsilon": 1e-9}),
        ("adam", {"learningRate": 0.01, "beta1": 0.85, "beta2": 0.99, "epsilon": 1e-7}),
        ("adamW", {"learningRate": 0.01, "beta1": 0.85, "beta2": 0.99, "epsilon": 1e-7, "weightDecay": 0.02}),
        ("rprop", {"learningRate": 0.01, "etaMinus": 0.4, "etaPlus": 1.3, "minimumStep": 1e-5, "maximumStep": 1}),
    ])
    numbers = dict(numbers)
    if decay and name not in ("adamW", "rprop"):
        numbers["weightDecay"] = decay
    if pick.random() < 0.3:
        numbers["clipGlobalNorm"] = 0.3
    return name, numbers


def make_optimizer(name, n, weights, biases):
    groups = [{"params": weights, "weight_decay": n.get("weightDecay", 0)}, {"params": biases, "weight_decay": 0}]
    groups = [group for group in groups if group["params"]]
    rate = n["learningRate"]
    if name == "rprop":
        return torch.optim.Rprop(weights + biases, lr=rate, etas=(n["etaMinus"], n["etaPlus"]),
                                 step_sizes=(n["minimumStep"], n["maximumStep"]))
    make = {
        "sgd": lambda: torch.optim.SGD(groups, lr=rate),
        "momentum": lambda: torch.optim.SGD(groups, lr=rate, momentum=n["momentum"]),
        "nesterov": lambda: torch.optim.SGD(groups, lr=rate, momentum=n["momentum"], nesterov=True),
        "rmsprop": lambda: torch.optim.RMSprop(groups, lr=rate, alpha=n["decay"], eps=n["epsilon"]),
        "adagrad": lambda: torch.optim.Adagrad(groups, lr=rate, eps=n["epsilon"]),
        "adam": lambda: torch.optim.Adam(groups, lr=rate, betas=(n["beta1"], n["beta2"]), eps=n["epsilon"]),
        "adamW": lambda: torch.optim.AdamW(groups, lr=rate, betas=(n["beta1"], n["beta2"]), eps=n["epsilon"]),
    }
    return make[name]()


def sample_losses(loss, z, o, t):
    e = o - t
    if loss == "squaredError":
        return (e * e).sum(1) / 2
    if loss == "meanSquaredError":
        return (e * e).mean(1)
    if loss == "meanAbsoluteError":
        return e.abs().mean(1)
    if loss == "huber":
        return torch.nn.functional.huber_loss(o, t, reduction="none").mean(1)
    if loss == "crossEntropy":
        return -(t * torch.log_softmax(z, 1)).sum(1)
    return torch.nn.functional.binary_cross_entropy_with_logits(z, t, reduction="none").mean(1)


def make_case(name, pick):
    loss = pick.choice(LOSSES)
    depth = pick.randint(1, 4)
    sizes = [pick.choice([1, 2, 3, 5, 8, 17, 33]) for _ in range(depth + 1)]
    if loss == "crossEntropy":
        sizes[-1] = max(sizes[-1], 2)
    last = {"crossEntropy": "softmax", "binaryCrossEntropy": "sigmoid"}.get(loss) or pick.choice(list(ACTIVATIONS))
    names = [pick.choice([f for f in ACTIVATIONS if f != "softmax"]) for _ in range(depth - 1)] + [last]
    has_bias = [pick.random() < 0.8 for _ in range(depth)]
    batch = pick.choice([1, 2, 4, 7, 16, 31])
    weights = [torch.randn(b, a) / a ** 0.5 for a, b in zip(sizes, sizes[1:])]
    biases = [torch.randn(b) / 4 if has else None for b, has in zip(sizes[1:], has_bias)]
    inputs = torch.randn(batch, sizes[0])
    if loss == "crossEntropy":
        targets = torch.nn.functional.one_hot(torch.randint(sizes[-1], (batch,)), sizes[-1]).double()
    elif loss == "binaryCrossEntropy":
        targets = torch.randint(2, (batch, sizes[-1])).double()
    else:
        targets = torch.randn(batch, sizes[-1])
    layers = [{"inputs": a, "outputs": b, "activation": f, "bias": has, "weights": w.tolist(),
               **({"biases": bias.tolist()} if has else {})}
              for a, b, f, has, w, bias in zip(sizes, sizes[1:], names, has_bias, weights, biases)]
    for tensor in weights + [b for b in biases if b is not None]:
        tensor.requires_grad_()

    def forward():
        z = x = inputs
        for f, w, b in zip(names, weights, biases):
            z = x @ w.T + (b if b is not None else 0)
            x = ACTIVATIONS[f](z)
        return x, sample_losses(loss, z, x, targets).mean()

    method, numbers = choose_optimizer(pick)
    trained = [b for b in biases if b is not None]
    optimizer = make_optimizer(method, numbers, weights, trained)
    steps, losses, expected = 10, [], {}
    for step in range(steps + 1):
        optimizer.zero_grad()
        output, value = forward()
        losses.append(value.item())
        if step == steps:
            break
        value.backward()
        if step == 0:
            expected = {"output": output.tolist(), "loss": value.item(),
                        "weightGradients": [w.grad.tolist() for w in weights],
                        "biasGradients": [b.grad.tolist() if b is not None else None for b in biases]}
        if "clipGlobalNorm" in numbers:
            torch.nn.utils.clip_grad_norm_(weights + trained, numbers["clipGlobalNorm"])
        optimizer.step()
    expected["losses"] = losses
    expected["finalWeights"] = [w.tolist() for w in weights]
    expected["finalBiases"] = [b.tolist() if b is not None else None for b in biases]
    return {"name": name, "source": f"PyTorch {torch.__version__} float64", "layers": layers, "loss": loss,
            "optimizer": {"name": method, **numbers}, "batch": batch, "inputs": inputs.tolist(),
            "targets": targets.tolist(), "steps": steps, "expected": expected}


def main():
    folder = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(seed)
    pick = random.Random(seed)
    for index in range(count):
        case = make_case(f"random-{seed}-{index:04}", pick)
        with open(os.path.join(folder, f"{case['name']}.json"), "w") as file:
            json.dump(case, file)


main()
