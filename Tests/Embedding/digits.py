#!/usr/bin/env python3
"""Digits trained from Python by ctypes. NumPy's arrays are used as they are; nothing is copied.

    python3 digits.py LIBRARY DIGITS_TXT
"""
import ctypes
import sys

import numpy as np

BP_TANH, BP_SOFTMAX, BP_CROSS_ENTROPY = 2, 9, 4
PIXELS, SAMPLES, STEPS = 64, 16, 1000


class Layer(ctypes.Structure):
    _fields_ = [
        ("outputs", ctypes.c_size_t),
        ("activation", ctypes.c_int),
        ("flags", ctypes.c_uint32),
        ("dropout", ctypes.c_float),
        ("tied", ctypes.c_uint32),
        ("custom", ctypes.c_void_p),
    ]


class Workspace(ctypes.Structure):
    _fields_ = [("memory", ctypes.c_void_p), ("bytes", ctypes.c_size_t), ("pool", ctypes.c_void_p)]


class Batch(ctypes.Structure):
    _fields_ = [
        ("samples", ctypes.c_size_t),
        ("inputs", ctypes.c_void_p),
        ("targets", ctypes.c_void_p),
        ("classes", ctypes.c_void_p),
        ("weights", ctypes.c_void_p),
        ("first", ctypes.c_size_t),
        ("of", ctypes.c_size_t),
    ]


class Objective(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("loss", ctypes.c_int),
        ("reduction", ctypes.c_int),
        ("label_smoothing", ctypes.c_float),
        ("seed", ctypes.c_uint64),
        ("step", ctypes.c_uint64),
        ("custom", ctypes.c_void_p),
    ]


class Optimizer(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("method", ctypes.c_int), ("order", ctypes.c_int)] + [
        (name, ctypes.c_float)
        for name in (
            "rate momentum beta1 beta2 decay epsilon shrink grow minimum_step maximum_step "
            "weight_decay l1 clip_value clip_norm"
        ).split()
    ]


class State(ctypes.Structure):
    _fields_ = [("steps", ctypes.c_uint64), ("slots", ctypes.c_void_p), ("gradients", ctypes.c_void_p)]


def library(path):
    """The functions that are used, with the types that ctypes cannot guess."""
    core = ctypes.CDLL(path)
    core.bp_status_text.restype = ctypes.c_char_p
    for name in ("bp_network_size", "bp_network_parameters", "bp_train_size_f32"):
        getattr(core, name).restype = ctypes.c_size_t
    core.bp_network_size.argtypes = [ctypes.c_size_t]
    core.bp_network_parameters.argtypes = [ctypes.c_void_p]
    core.bp_train_size_f32.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    core.bp_initialize_f32.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p]
    core.bp_initialize_f32.restype = None
    core.bp_network_init.argtypes = [
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.POINTER(Layer),
        ctypes.c_size_t,
        ctypes.POINTER(ctypes.c_void_p),
    ]
    core.bp_step_f32.argtypes = [
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.POINTER(Batch),
        ctypes.POINTER(Objective),
        ctypes.POINTER(Optimizer),
        ctypes.POINTER(State),
        ctypes.POINTER(Workspace),
        ctypes.c_void_p,
    ]
    return core


def main():
    core = library(sys.argv[1])

    def check(status):
        if status != 0:
            sys.exit(core.bp_status_text(status).decode())

    letters = np.array([list(line.strip().encode()) for line in open(sys.argv[2])], dtype=np.uint8)
    inputs = (letters[:, :PIXELS] - ord("A")).astype(np.float32) / np.float32(16)
    classes = letters[:, PIXELS].astype(np.int32) - ord("0")

    kernels, network = ctypes.c_void_p(), ctypes.c_void_p()
    check(core.bp_kernels_named(None, ctypes.byref(kernels)))
    layers = (Layer * 2)(Layer(outputs=32, activation=BP_TANH), Layer(outputs=10, activation=BP_SOFTMAX))
    memory = np.empty(core.bp_network_size(2), dtype=np.uint8)
    check(core.bp_network_init(memory.ctypes.data, memory.nbytes, kernels, PIXELS, layers, 2, ctypes.byref(network)))

    parameters = np.empty(core.bp_network_parameters(network), dtype=np.float32)
    core.bp_initialize_f32(network, 1, parameters.ctypes.data)
    room = np.empty(core.bp_train_size_f32(network, SAMPLES), dtype=np.uint8)
    workspace = Workspace(room.ctypes.data, room.nbytes, None)
    objective = Objective(ctypes.sizeof(Objective), loss=BP_CROSS_ENTROPY)
    descent = Optimizer(ctypes.sizeof(Optimizer), rate=0.1)
    state = State()
    for step in range(STEPS):
        first = step % (len(inputs) // SAMPLES) * SAMPLES
        rows = slice(first, first + SAMPLES)
        batch = Batch(SAMPLES, inputs=inputs[rows].ctypes.data, classes=classes[rows].ctypes.data)
        check(core.bp_step_f32(network, parameters.ctypes.data, batch, objective, descent, state, workspace, None))

    weight_hash = 0xCBF29CE484222325
    for bits in parameters.view(np.uint32).tolist():
        weight_hash = (weight_hash ^ bits) * 0x100000001B3 % 2**64
    print(f"{weight_hash:016x}")


main()
