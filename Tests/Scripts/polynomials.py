#!/usr/bin/env python3
"""Prints the polynomial coefficients of Sources/CBackprop/math_template.h, and
of the cosine in Sources/Backprop/LearningRate.swift (the last, in f64 only).

Chebyshev fits in 60 digits (mpmath), ascending powers, rounded once to the
precision they are used in. The error printed is that of the unrounded fit.

    q(r) = (exp(r) - 1 - r) / r^2             |r| <= ln(2)/2
    R(v) = (2 atanh(s/2) / s - 1) / v, v = s^2   0 <= s <= 2/3
    G(v) = sin^2(pi x / 2) / v, v = x^2      0 <= x <= 1/2
"""
import struct

from mpmath import atanh, chebyfit, expm1, log, mp, mpf, nstr, pi, sin, sqrt

mp.dps = 60


def exp_tail(r):
    r = mpf(r)
    return mpf(1) / 2 + r / 6 if abs(r) < mpf(10) ** -15 else (expm1(r) - r) / r**2


def atanh_tail(v):
    v = mpf(v)
    if v < mpf(10) ** -25:
        return mpf(1) / 12 + v / 80
    s = sqrt(v)
    return (2 * atanh(s / 2) / s - 1) / v


def half_cosine(v):
    v = mpf(v)
    if v < mpf(10) ** -25:
        return pi**2 / 4 - pi**4 / 48 * v
    return sin(pi * sqrt(v) / 2) ** 2 / v


def rounded(value, precision):
    if precision == "f64":
        return float(value)
    return struct.unpack("f", struct.pack("f", float(value)))[0]


HALF_LN2 = log(2) / 2 * mpf("1.0001")
FITS = [
    ("exp_tail", exp_tail, -HALF_LN2, HALF_LN2, {"f32": 6, "f64": 12}),
    ("atanh_tail", atanh_tail, mpf(0), mpf(4) / 9, {"f32": 5, "f64": 10}),
    ("half_cosine", half_cosine, mpf(0), mpf(1) / 4, {"f64": 9}),
]

for name, function, low, high, terms in FITS:
    for precision, count in terms.items():
        coefficients, error = chebyfit(function, [low, high], count, error=True)
        print(f"{name} {precision}: {count} terms, |error| <= {nstr(error, 3)}")
        for c in reversed(coefficients):
            print(f"    {rounded(c, precision):.17g}  {float.hex(rounded(c, precision))}")
