"""Pairs of numbers and their sums, as digits [N, T, 1], the highest first."""

import sys

import numpy

import tensors


def digits(numbers, count):
    shifts = numpy.arange(count - 1, -1, -1)
    return ((numbers[:, None] >> shifts) & 1).astype(numpy.float32)[:, :, None]


def write(path, pairs, bits):
    """A sum has a digit more than its terms."""
    b, c = pairs.T
    tensors.write(path, {"b": digits(b, bits + 1), "c": digits(c, bits + 1), "y": digits(b + c, bits + 1)})


def main(folder):
    rng = numpy.random.default_rng(1)
    pairs = rng.permutation(1 << 16)[:6000]
    pairs = numpy.stack([pairs >> 8, pairs & 255], 1)
    write(f"{folder}/train.safetensors", pairs[:5000], 8)
    write(f"{folder}/held-out.safetensors", pairs[5000:], 8)
    write(f"{folder}/sixteen.safetensors", rng.integers(0, 1 << 16, (1000, 2)), 16)


main(sys.argv[1])
