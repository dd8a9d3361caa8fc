"""What the equations are written with.

A vector is a column [..., N, 1] and a matrix [..., N, M], so that `W @ x + b`
is what a paper prints; the axes in front are for many evaluations at once,
with a value changed in each. A sequence is the list of its valid steps.
"""

import numpy


class Named(dict):
    """Values by name, read as attributes."""

    __getattr__ = dict.__getitem__

    def part(self, layer):
        """The values of a layer, under the names of its cell."""
        prefix = layer + "."
        return Named({name[len(prefix):]: value for name, value in self.items() if name.startswith(prefix)})


def sigmoid(x):
    return 1 / (1 + numpy.exp(-x))


tanh, exp, log, sqrt = numpy.tanh, numpy.exp, numpy.log, numpy.sqrt


def relu(x):
    return numpy.maximum(x, 0)


def softplus(x):
    return numpy.logaddexp(0, x)


def softmax(x, axis=-2):
    """Over the elements of a vector; axis=-1 over each row of a matrix."""
    e = exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def total(x):
    """The sum of a vector's elements."""
    return x.sum(-2, keepdims=True)


def average(x):
    """The mean of a vector's elements."""
    return x.mean(-2, keepdims=True)


def stack(*parts):
    """[a; b; ...]"""
    lead = numpy.broadcast_shapes(*(part.shape[:-2] for part in parts))
    return numpy.concatenate([numpy.broadcast_to(part, lead + part.shape[-2:]) for part in parts], -2)


def split(x, count):
    return numpy.split(x, count, -2)


def transpose(w):
    return numpy.swapaxes(w, -1, -2)


def one_hot(size, token):
    column = numpy.zeros((size, 1))
    column[int(token)] = 1
    return column


def cross_entropy(logits, y):
    """-log softmax(logits)[y], y a one-hot column."""
    return -total(y * log(softmax(logits)))


def scan(cell, p, s, *sequences):
    """A cell over sequences, first step to last: its results and final states."""
    s, results = Named(s), []
    for step in zip(*sequences):
        result, following = cell(p, s, *step)
        results.append(result)
        s = Named(following)
    return results, s
