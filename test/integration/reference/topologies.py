"""The references of models/sequences.rnn, starts.rnn, targets.rnn, shared.rnn, stack.rnn
and tokens.rnn.

Each function is of one sequence; see evaluate.py.
"""

import numpy

from reference import cells, lstm
from reference.evaluate import Outcome, Reference, mean, total
from reference.functions import (
    Named, cross_entropy, exp, log, scan, sigmoid, softmax, softplus, stack, tanh, transpose,
)

vanilla = cells.vanilla(tanh)


def layer(cell, p, s, name, *sequences, **start):
    """A layer of a model from the model's states, or from those given by name; results and final states."""
    return scan(cell, p.part(name), Named({**s.part(name), **start}), *sequences)


def dense(p, name, x):
    return cells.dense(p.part(name), Named(), x)[0]


def final(name, states):
    return {f"{name}.{n}": value for n, value in states.items()}


def shift(xs, fill):
    """Tokens one step later, after one that is always the same."""
    return [fill, *xs][: len(xs)]


def last(xs, size):
    return xs[-1] if xs else numpy.zeros((size, 1))


def first(xs, size):
    return xs[0] if xs else numpy.zeros((size, 1))


def token(size, index):
    return numpy.eye(size)[:, index : index + 1]


def right(logits, y):
    """1 where the largest is the target's, else 0."""
    return numpy.take_along_axis(y + 0 * logits, logits.argmax(-2)[..., None, :], -2)


def cross_entropies(terms):
    return mean(terms.e)


# models/sequences.rnn


def one_to_one(p, s, d):
    y = dense(p, "out", tanh(dense(p, "hidden", d.x)))
    return Outcome({"y": y}, {}, {"e": (y - d.d) ** 2})


def one_to_many(p, s, d):
    previous = shift(d.y, token(4, 0))
    h, _ = layer(cells.gru, p, s, "rnn", previous, h=tanh(p.Wv @ d.v))
    logits = [dense(p, "out", v) for v in h]
    terms = [cross_entropy(z, y) for z, y in zip(logits, d.y)]
    return Outcome({"p": [softmax(z) for z in logits]}, {}, {"e": terms})


def many_to_one(p, s, d):
    h, end = layer(lstm.lstm, p, s, "rnn", d.x)
    size = s["rnn.h"].shape[-2]
    logits = dense(p, "out", last(h, size)) + 0.5 * dense(p, "out", first(h, size))
    terms = {"e": cross_entropy(logits, d.y), "right": right(logits, d.y)}
    return Outcome({"p": softmax(logits)}, final("rnn", end), terms)


def translation(p, s, d):
    _, code = layer(lstm.lstm, p, s, "enc", d.source)
    h, _ = layer(lstm.lstm, p, s, "dec", shift(d.y, token(6, 1)), h=code.h, c=code.c)
    logits = [dense(p, "out", v) for v in h]
    terms = {"e": [cross_entropy(z, y) for z, y in zip(logits, d.y)],
             "right": [right(z, y) for z, y in zip(logits, d.y)]}
    return Outcome({"p": [softmax(z) for z in logits]}, final("enc", code), terms)


def bidirectional(p, s, d):
    h, ends = d.x, {}
    for number in (1, 2):
        forth, end = layer(cells.gru, p, s, f"forth.{number}", h)
        ends.update(final(f"forth.{number}", end))
        back, end = layer(lstm.lstm, p, s, f"back.{number}", h[::-1])
        ends.update(final(f"back.{number}", end))
        h = [stack(a, b) for a, b in zip(forth, back[::-1])]
    logits = [dense(p, "out", v) for v in h]
    terms = [cross_entropy(z, y) for z, y in zip(logits, d.y)]
    return Outcome({"hs": h, "p": [softmax(z) for z in logits]}, ends, {"e": terms})


def carried(s, name, xs):
    """shift of real values: the state that it carries stands first; all, and the final state."""
    return [s[name], *xs][: len(xs)], {name: [s[name], *xs][-1]}


def counted(s, name, xs):
    """position goes on from a state, too."""
    return [s[name] + t for t in range(len(xs))], {name: s[name] + len(xs)}


def positions(p, s, d):
    steps, size = len(d.x), s["rnn.h"].shape[-2]
    number, counter = counted(s, "position.1", d.x)
    before, inputs = carried(s, "shift.1", d.x)
    remaining = [numpy.array([[float(t)]]) for t in range(steps)][::-1]
    h, end = layer(vanilla, p, s, "rnn", [stack(*parts) for parts in zip(before, number, remaining)])
    shown, second = carried(s, "shift.2", h)
    shifted, third = carried(s, "shift.3", h)
    terms = [v * u * (n < 3) for v, u, n in zip(h, d.d, number)]
    terms += [v * u * (n >= 1) for v, u, n in zip(shifted, d.d[::-1], remaining)]
    late = 3 * first(h, size) - 2 * last(h, size)
    ends = {**counter, **inputs, **second, **third, **final("rnn", end)}
    return Outcome({"hs": h, "late": late, "before": shown}, ends, {"e": terms})


def positions_start(p):
    return {"shift.1": numpy.full((3, 1), 0.5), "shift.2": numpy.full((4, 1), -1), "shift.3": numpy.full((4, 1), 0.25)}


# models/starts.rnn


def some_learned(p, s, x):
    h = tanh(p.W @ stack(s.h, x))
    return h, {"h": h}


def told(p, s, x, v):
    u = p.U @ v
    rest = numpy.zeros((s.h.shape[-2] - u.shape[-2], 1))
    h = tanh(p.W @ stack(s.h, x) + stack(u, rest))
    return h, {"h": h}


def learned_start(p, s, d):
    h, end = layer(some_learned, p, s, "rnn", d.x)
    terms = [u * v for u, v in zip(d.d, h)] + [exp(end.h)]
    return Outcome({"h": h}, final("rnn", end), {"e": terms})


def learned_initial(p):
    h0 = p["rnn.h0"]
    return {"rnn.h": stack(h0, numpy.zeros((p["rnn.W"].shape[-2] - h0.shape[-2], 1)))}


def given_start(p, s, d):
    h, end = layer(lstm.lstm, p, s, "rnn", d.x, h=tanh(dense(p, "start", d.v)), c=d.w)
    return Outcome({"h": h}, {}, {"e": [u * v for u, v in zip(d.d, h)] + [end.h * end.c]})


def first_input(p, s, d):
    number, counter = counted(s, "position.1", d.x)
    inputs = [stack(x, (n == 0) * d.v) for x, n in zip(d.x, number)]
    h, end = layer(cells.gru, p, s, "rnn", inputs)
    return Outcome({"h": h}, {**counter, **final("rnn", end)}, {"e": [u * v for u, v in zip(d.d, h)]})


def told_units(p, s, d):
    h, end = layer(told, p, s, "rnn", d.x, [d.v] * len(d.x))
    return Outcome({"h": h}, final("rnn", end), {"e": [u * v for u, v in zip(d.d, h)]})


# models/targets.rnn


def last_step(p, s, d):
    h, end = layer(vanilla, p, s, "rnn", d.x)
    return Outcome({}, final("rnn", end), {"e": (last(h, s["rnn.h"].shape[-2]) - d.d) ** 2})


def last_steps(p, s, d):
    h, end = layer(vanilla, p, s, "rnn", d.x)
    terms = [(v - u) ** 2 for v, u in zip(h, d.d)]
    return Outcome({}, final("rnn", end), {"e": terms[-3:]})


def some_units(p, s, d):
    h, end = layer(vanilla, p, s, "rnn", d.x)
    terms = {"e": [(v[..., :2, :] - u) ** 2 for v, u in zip(h, d.d)], "rest": [abs(v[..., 2:, :]) for v in h]}
    return Outcome({}, final("rnn", end), terms)


def weighted(p, s, d):
    h, end = layer(vanilla, p, s, "rnn", d.x)
    whole = cross_entropy(dense(p, "out", last(h, s["rnn.h"].shape[-2])), d.z)
    steps = [cross_entropy(dense(p, "out", v), y) for v, y in zip(h, d.y)]
    return Outcome({}, final("rnn", end), {"steps": steps, "w": d.w, "whole": whole, "u": d.u})


def weighted_losses(terms):
    return [mean(terms.steps, terms.w), 0.3 * mean(terms.whole, terms.u)]


def losses(p, s, d):
    h, end = layer(cells.gru, p, s, "rnn", d.x)
    logits = [dense(p, "yesno", v) for v in h]
    wanted = [sigmoid(b) for b in d.b]
    terms = {
        "likelihood": [-log((softmax(v) * y).sum(-2, keepdims=True)) for v, y in zip(h, d.y)],
        "entropy": [cross_entropy(v, y) for v, y in zip(h, d.y)],
        "binary": [-(b * log(sigmoid(z)) + (1 - b) * log(1 - sigmoid(z))) for z, b in zip(logits, wanted)],
        "squared": [(z - b) ** 2 for z, b in zip(logits, d.b)],
        "soft": [numpy.minimum(softplus(v), 1) for v in h],
        "w": d.w,
    }
    return Outcome({}, final("rnn", end), terms)


def all_losses(terms):
    def wide(weights):
        return [w * numpy.ones((4, 1)) for w in weights]

    return [
        mean(terms.likelihood, terms.w),
        mean(terms.entropy, [w * w for w in terms.w]),
        mean(terms.binary, wide([(w > 0) * 1.0 for w in terms.w])),
        mean(terms.squared, wide([numpy.maximum(w, 0) for w in terms.w])),
        0.1 * total(terms.soft),
    ]


# models/shared.rnn


def tied_everywhere(p, s, d):
    deep = p.part("deep")
    h, _ = layer(cells.gru, p, s, "a", [p.E @ x for x in d.x], h=numpy.zeros((4, 1)))
    h = [cells.highway(deep, None, cells.highway(deep, None, v)[0])[0] for v in h]
    h, _ = layer(cells.gru, p, s, "a", h, h=numpy.zeros((4, 1)))
    logits = [transpose(p.E) @ v for v in h]
    terms = [cross_entropy(z, y) for z, y in zip(logits, d.y)]
    return Outcome({"p": [softmax(z) for z in logits]}, {}, {"e": terms})


def symbols(p, s, d):
    table = p["emb.E"]
    a, end_a = layer(lstm.lstm, p, s, "a", d.x)
    pairs = [stack(transpose(table) @ before, transpose(table) @ x) for before, x in zip(shift(d.x, token(5, 4)), d.x)]
    b, end_b = layer(vanilla, p, s, "b", pairs)
    logits = [dense(p, "out", u + v + p.U @ d.z) for u, v in zip(a, b)]
    terms = {"e": [cross_entropy(z, y) for z, y in zip(logits, d.y)],
             "right": [right(z, y) for z, y in zip(logits, d.y)]}
    return Outcome({"p": [softmax(z) for z in logits]}, {**final("a", end_a), **final("b", end_b)}, terms)


def last_words(p, s, d):
    seen, end = layer(cells.window(3), p, s, "words", [transpose(p["emb.E"]) @ x for x in d.x])
    logits = [dense(p, "out", tanh(dense(p, "hidden", w))) + 0.5 * w[..., :1, :] for w in seen]
    terms = [cross_entropy(z, y) for z, y in zip(logits, d.y)]
    return Outcome({"p": [softmax(z) for z in logits]}, final("words", end), {"e": terms})


# models/stack.rnn, any number of layers deep


def deep(cell, layers):
    def sequence(p, s, d):
        h, ends = d.x, {}
        for number in range(1, layers + 1):
            h, end = layer(cell, p, s, f"rnn.{number}", h)
            ends.update(final(f"rnn.{number}", end))
        logits = [dense(p, "out", v) for v in h]
        terms = {"e": [cross_entropy(z, y) for z, y in zip(logits, d.y)], "size": [v * v for v in h]}
        return Outcome({"hs": h, "p": [softmax(z) for z in logits]}, ends, terms)

    return Reference(sequence, lambda terms: mean(terms.e) + 0.1 * mean(terms.size))


# models/tokens.rnn


def tokens(p, s, d):
    h, end_a = layer(cells.gru, p, s, "a", [p.Emb @ x for x in d.x])
    h = [v + p.Wv @ d.v for v in h]
    b, end_b = layer(lstm.lstm, p, s, "b", d.x)
    b = [u * v for u, v in zip(b, h)]
    logits = [dense(p, "out", stack(u, v)) for u, v in zip(b, h)]
    terms = {"e": [cross_entropy(z, y) for z, y in zip(logits, d.y)],
             "right": [right(z, y) for z, y in zip(logits, d.y)], "squares": [v * v for v in b]}
    outputs = {"s": b, "p": [softmax(z) for z in logits]}
    return Outcome(outputs, {**final("a", end_a), **final("b", end_b)}, terms)


def summed(terms):
    return total(terms.e)


def both(terms):
    return [mean(terms.right)]


MODELS = {
    "stack.rnn": {
        "VanillaStack": deep(vanilla, 3),
        "LSTMStack": deep(lstm.lstm, 3),
        "GRUStack": deep(cells.gru, 3),
    },
    "tokens.rnn": {
        "Tokens": Reference(tokens, cross_entropies, lambda terms: [mean(terms.right), total(terms.squares)]),
    },
    "sequences.rnn": {
        "OneToOne": Reference(one_to_one, cross_entropies),
        "OneToMany": Reference(one_to_many, cross_entropies),
        "ManyToOne": Reference(many_to_one, cross_entropies, both),
        "Translation": Reference(translation, cross_entropies, both),
        "Bidirectional": Reference(bidirectional, cross_entropies),
        "Positions": Reference(positions, summed, initial=positions_start),
    },
    "starts.rnn": {
        "LearnedStart": Reference(learned_start, summed, initial=learned_initial),
        "GivenStart": Reference(given_start, summed),
        "FirstInput": Reference(first_input, summed),
        "ToldUnits": Reference(told_units, summed),
    },
    "targets.rnn": {
        "LastStep": Reference(last_step, cross_entropies),
        "LastSteps": Reference(last_steps, cross_entropies),
        "SomeUnits": Reference(some_units, cross_entropies, lambda terms: [mean(terms.rest)]),
        "Weighted": Reference(weighted, lambda terms: sum(weighted_losses(terms)), weighted_losses),
        "Losses": Reference(losses, lambda terms: sum(all_losses(terms)), all_losses),
    },
    "shared.rnn": {
        "TiedEverywhere": Reference(tied_everywhere, cross_entropies),
        "Symbols": Reference(symbols, cross_entropies, both),
        "LastWords": Reference(last_words, cross_entropies),
    },
}
