"""Sequences of a, b, c and d with two of X and Y in them, and which two, in order."""

import sys

import numpy

import tensors

STEPS, DISTRACTORS, SIGNALS = 100, 4, 2


def write(path, rng, count):
    """One signal at a tenth to two tenths of the time, one at four to five tenths."""
    x = rng.integers(0, DISTRACTORS, (count, STEPS)).astype(numpy.int32)
    first, second = rng.integers(0, SIGNALS, (2, count))
    every = numpy.arange(count)
    x[every, rng.integers(STEPS // 10, STEPS // 5, count)] = DISTRACTORS + first
    x[every, rng.integers(4 * STEPS // 10, STEPS // 2, count)] = DISTRACTORS + second
    tensors.write(path, {"x": x, "class": (SIGNALS * first + second).astype(numpy.int32)})


def main(folder, count):
    rng = numpy.random.default_rng(11)
    write(f"{folder}/train.safetensors", rng, int(count))
    write(f"{folder}/held-out.safetensors", rng, 1000)


main(*sys.argv[1:])
