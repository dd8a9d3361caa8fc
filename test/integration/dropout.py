# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""Dropout drops what its generator says, bit for bit, in every function.

The masks are computed here from their definition. Outputs, gradients and
tangents of models/dropout.rnn agree with the equations under these masks, with
lengths too; without a seed nothing is dropped.
"""

import sys

import numpy

import rnn
from reference import philox
from reference.check import Check, draw_lengths
from reference.evaluate import Outcome, Reference, total
from reference.functions import scan, sigmoid, stack, tanh

SEEDS = (0, 1, 0x123456789ABCDEF0)


def known_answers():
    """Published with the generator (Random123, kat_vectors)."""
    for counter, key, expected in (
        (0, 0, 0xFF1DAE59),
        (0xFFFFFFFFFFFFFFFF, 0xFFFFFFFF, 0x2C3F628B),
        (0x85A308D3243F6A88, 0x13198A2E, 0xDD7CE038),
    ):
        got = int(philox.philox2x32(counter, key))
        assert got == expected, f"counter {counter:x}, key {key:x}: {got:x}, not {expected:x}"


def reference(seed):
    """Sites are counted as they stand in the file, the cell's where it is called."""

    def sequence(p, s, d):
        def drop(site, rate, value, t, once=False):
            row = d["#sequence"] + (0 if once else t * d["#batch"])
            return value if seed is None else value * philox.mask(seed, site, rate, row, value.shape[-2])

        def step(p, s, t, x):
            k = drop(1, 0.25, s.h, t, once=True)
            r = sigmoid(p.Wr @ stack(k, x))
            z = sigmoid(p.Wz @ stack(k, x))
            h = z * s.h + (1 - z) * drop(2, 0.5, tanh(p.Wh @ stack(r * k, x)), t)
            return h, {"h": h}

        steps = range(len(d.x))
        h, end = scan(step, p.part("rnn"), s.part("rnn"), steps, [drop(0, 0.3, x, t) for t, x in enumerate(d.x)])
        told = drop(5, 0.6, d.v, 0, once=True)
        y = [drop(3, 0.5, v, t, once=True) + drop(4, 0.1, v, t) * told for t, v in enumerate(h)]
        terms = [u * v for u, v in zip(d.u, y)] + [d.w * end.h]
        return Outcome({"y": y, "end": end.h}, {"rnn.h": end.h}, {"loss": terms})

    return Reference(sequence, lambda terms: total(terms.loss))


def main(folder):
    known_answers()
    rng = numpy.random.default_rng(8)
    options = ("--functions=forward,loss,gradient,tangent,step",)
    model = rnn.compile_model(rnn.source("dropout.rnn"), folder, options=options)
    for seed in (None, *SEEDS):
        for steps, batch in ((1, 1), (2, 5), (9, 1), (9, 5)):
            for lengths in (None, draw_lengths(rng, steps, batch)):
                Check(model, reference(seed), rng, steps, batch, lengths, seed=seed).all()


main(sys.argv[1])
