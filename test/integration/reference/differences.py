"""Central differences of a reference, many at once.

Each changed element is one entry of an axis in front of every array, so that
one run of the reference gives all differences.
"""

import numpy

STEP = 1e-5
SAMPLE = 40


def places(array, rng):
    """All places of a small array, some of a large one."""
    found = list(numpy.ndindex(array.shape))
    if len(found) <= 1.5 * SAMPLE:
        return found
    return [found[i] for i in rng.choice(len(found), SAMPLE, replace=False)]


class Differences:
    """`elements`: the slope of the loss at (name, place); `along`: slopes of loss and
    outputs along directions, each values by name."""

    def __init__(self, evaluation, values, wanted, directions, rng):
        self.where = [(name, place) for name in wanted for place in places(values[name], rng)]
        count = 2 * (len(self.where) + len(directions))
        changed = {n: numpy.repeat(v[None], count, 0) if v.dtype.kind == "f" else v for n, v in values.items()}
        for i, (name, place) in enumerate(self.where):
            changed[name][(2 * i, *place)] += STEP
            changed[name][(2 * i + 1, *place)] -= STEP
        for i, direction in enumerate(directions, len(self.where)):
            for name, value in direction.items():
                changed[name][2 * i] += STEP * value
                changed[name][2 * i + 1] -= STEP * value
        result = evaluation.run(changed)
        slopes = self.slopes(numpy.broadcast_to(result.loss, (count,)))
        self.elements = list(zip(self.where, slopes))
        self.loss_along = slopes[len(self.where):]
        self.outputs_along = {n: self.slopes(numpy.broadcast_to(v, (count, *evaluation.shape(n))))[len(self.where):]
                              for n, v in result.outputs.items()}

    @staticmethod
    def slopes(values):
        return (values[0::2] - values[1::2]) / (2 * STEP)
