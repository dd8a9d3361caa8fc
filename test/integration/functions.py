# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""Functions of the language against NumPy: values, losses, gradients, tangents.

Matrices of parameters, sums within a step, comparisons and extrema, constant
vectors; with and without lengths.
"""

import sys

import numpy

import rnn
from reference.check import Check, draw_lengths
from reference.evaluate import Outcome, Reference, mean, total
from reference.functions import (
    Named, average, exp, scan, softmax, sqrt, stack, tanh, total as elements, transpose,
)

CALLS = ((1, 1), (2, 5), (9, 1), (9, 5))


def matrices(p, s, d):
    left = tanh(p.A) * p.F - 2 * p.A / (1 + p.F**2)
    right = transpose(numpy.maximum(p.A, p.F)[..., 1:, :])
    a = [transpose(softmax(p.A, -1)) @ v + left @ d.u for v in d.v]
    b = [softmax(-p.B / 2, -1) @ x + right @ d.u[..., 1:, :] for x in d.x]
    weights = 0.1 * elements(average_rows(p.A**2) * 3) + average(average_rows(exp(p.B))) * average(
        average_rows(abs(p.F)))
    terms = {"e": [t * (f + g) for t, f, g in zip(d.d, a, b)], "weights": [weights]}
    return Outcome({"a": a, "b": b}, {}, terms)


def average_rows(w):
    return w.mean(-1, keepdims=True)


def matrices_loss(terms):
    # The weights are the model's, and each sequence names them.
    return total(terms.e) + terms.weights[0][..., 0, 0]


def sums(p, s, x, w):
    n = elements((s.h - x) ** 2)
    weighted = elements(w**2 * x) / elements(w**2)
    h = tanh(x * n / (1 + elements(exp(s.h))) - average(s.h) + weighted + p.s)
    return (h, n), {"h": h}


def unit(x):
    return x / sqrt(elements(x**2) + 0.1)


def steps(p, s, d):
    results, states = scan(sums, p.part("sums"), s.part("sums"), d.v, [d.u] * len(d.v))
    h, n = [r[0] for r in results], [r[1] for r in results]
    units = [unit(v) for v in d.v]
    terms = {"e": [a * t for a, t in zip(h, d.d)] + n + [a * t for a, t in zip(units, d.d)] + [unit(d.u)]}
    outputs = {"h": h, "n": n, "unit_v": units, "unit_u": unit(d.u)}
    return Outcome(outputs, {"sums.h": states.h}, terms)


def masks(p, s, d):
    less = [1.0 * (v < d.u) for v in d.v]
    most = [1.0 * (v >= 0) * (v <= 1) * (d.u < 2) for v in d.v]
    bound = [numpy.maximum(numpy.minimum(p.s * v, 0.5), d.u) for v in d.v]
    told = [0.5 * stack(d.u, v) for v in d.v]
    ids = [x.argmax() for x in d.x]
    same = [1.0 * ((i < 2) == (s["position.1"] + t >= 1)) for t, i in enumerate(ids)]
    outputs = {"less": less, "most": most, "bound": bound, "told": told, "same": same}
    terms = {
        "plain": [t * (b + numpy.minimum(d.u, v) * m) for t, b, v, m in zip(d.d, bound, d.v, less)],
        "e": [(b[..., :3, :] - t) ** 2 for b, t in zip(told, d.d)], "w": most,
        "before": [numpy.full((1, 1), 1.0 * (i <= y.argmax())) for i, y in zip(ids, d.y)],
    }
    return Outcome(outputs, {"position.1": s["position.1"] + len(d.v)}, terms)


def carried(p, s, d):
    squashed = [tanh(v) for v in d.v]
    once = [s["shift.2"], *squashed][: len(d.v)]
    before = [s["shift.1"], *d.v]
    twice = [s["shift.3"], *once]
    places = [s["position.1"] + t for t in range(len(d.v))]
    h = [p.W @ v + u * (n >= 2) + 0.1 * w * n for v, u, w, n in zip(d.v, before, twice, places)]
    ends = {"shift.1": before[-1], "shift.2": ([s["shift.2"], *squashed])[-1], "shift.3": twice[-1],
            "position.1": s["position.1"] + len(d.v)}
    return Outcome({"h": h}, ends, {"e": [a * t for a, t in zip(h, d.d)]})


MODELS = {
    "Matrices": Reference(matrices, matrices_loss),
    "Steps": Reference(steps, lambda terms: total(terms.e), initial=lambda p: {"sums.h": numpy.full((3, 1), 0.5)}),
    "Masks": Reference(masks, lambda terms: total(terms.plain) + mean(terms.e, terms.w),
                       lambda terms: [numpy.zeros(()), mean(terms.before)]),
    "Carried": Reference(carried, lambda terms: total(terms.e), initial=lambda p: {
        "shift.1": numpy.full((3, 1), 0.5), "shift.2": numpy.ones((3, 1)), "shift.3": numpy.full((3, 1), 2.0)}),
}


def main(folder):
    rng = numpy.random.default_rng(8)
    for name, reference in MODELS.items():
        options = ("--functions=forward,loss,gradient,tangent",)
        model = rnn.compile_model(rnn.source("functions.rnn"), folder, name, options=options)
        for steps, batch in CALLS:
            for lengths in (None, draw_lengths(rng, steps, batch)):
                for given in (False, True) if model.states else (False,):
                    Check(model, reference, rng, steps, batch, lengths, given).all()
        print(name)


main(sys.argv[1])
