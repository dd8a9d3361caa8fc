"""The references of models/gauss-newton.rnn, and the curvature of their losses.

`curvature` gives, for each output that a convex function ends in, its second
derivative in one row, of the model's outputs and targets; `hidden` names the
outputs that are hidden states.
"""

from dataclasses import dataclass

import numpy

from reference import cells, lstm
from reference.evaluate import Outcome, Reference, mean, total
from reference.functions import cross_entropy, log, scan, sigmoid, stack, tanh
from reference.topologies import dense, final, last

vanilla = cells.vanilla(tanh)


@dataclass
class Curved:
    reference: Reference
    hidden: tuple
    # (outputs, targets, valid [T, B]) to {output: [T, B, F, F], or [B, F, F]}
    curvature: callable


def diagonal(values):
    return values[..., None] * numpy.eye(values.shape[-1])


def symbol(p, s, d):
    h, end = scan(vanilla, p.part("rnn"), s.part("rnn"), d.x)
    z = [dense(p, "out", v) for v in h]
    return Outcome({"h": h, "z": z}, final("rnn", end), {"e": [cross_entropy(v, y) for v, y in zip(z, d.y)]})


def of_symbol(outputs, data, valid):
    e = numpy.exp(outputs["z"])
    q = e / e.sum(-1, keepdims=True)
    return {"z": (diagonal(q) - q[..., :, None] * q[..., None, :]) / valid.sum()}


def distance(p, s, d):
    def step(p, s, x):
        h, following = lstm.lstm(p, s, x)
        return (h, following["c"]), following

    found, end = scan(step, p.part("rnn"), s.part("rnn"), d.x)
    h, c = [v for v, _ in found], [v for _, v in found]
    terms = {"e": [(v - u) ** 2 for v, u in zip(h, d.d)], "w": [w * w * numpy.ones((3, 1)) for w in d.w]}
    return Outcome({"h": h, "c": c}, final("rnn", end), terms)


def of_distance(outputs, data, valid):
    weight = numpy.where(valid[..., None], data["w"] ** 2, 0) * numpy.ones(3)
    return {"h": diagonal(2 * weight / weight.sum())}


def mixed(p, s, d):
    g, end_g = scan(vanilla, p.part("below"), s.part("below"), d.x)
    h, end_h = scan(cells.gru, p.part("above"), s.part("above"), g)
    z = [dense(p, "out", stack(a, b)) for a, b in zip(g, h)]
    wanted = [sigmoid(b) for b in d.b]
    binary = [-(b * log(sigmoid(v)) + (1 - b) * log(1 - sigmoid(v))) for v, b in zip(z, wanted)]
    end = last(h, 3)
    outputs = {"g": g, "h": h, "z": z, "end": end}
    return Outcome(outputs, {**final("below", end_g), **final("above", end_h)}, {"e": binary, "end": end * end})


def of_mixed(outputs, data, valid):
    q = sigmoid(outputs["z"])
    return {"z": diagonal(0.3 * q * (1 - q) / (2 * valid.sum())), "end": diagonal(numpy.ones_like(outputs["end"]))}


MODELS = {
    "Symbol": Curved(Reference(symbol, lambda terms: mean(terms.e)), ("h",), of_symbol),
    "Distance": Curved(Reference(distance, lambda terms: mean(terms.e, terms.w)), ("h", "c"), of_distance),
    "Mixed": Curved(Reference(mixed, lambda terms: 0.3 * mean(terms.e) + 0.5 * total(terms.end)), ("g", "h"),
                    of_mixed),
}
