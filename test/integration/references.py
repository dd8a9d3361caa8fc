"""The prelude's cells in NumPy, from their equations.

Cells take their parameters by name, a step of inputs [B, I] and the states
[B, H], and return the next states, the first of which is the result.
"""

import numpy


def sigmoid(x):
    return 1 / (1 + numpy.exp(-x))


def softmax(x):
    e = numpy.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def cross_entropy(logits, y):
    return -numpy.log(numpy.take_along_axis(softmax(logits), y[..., None], -1)[..., 0])


def vanilla(p, x, h):
    return (numpy.tanh(h @ p["Whh"].T + x @ p["Wxh"].T + p["bh"]),)


def lstm(p, x, h, c):
    i, f, o, g = numpy.split(numpy.concatenate([h, x], 1) @ p["W"].T + p["b"], 4, 1)
    c = sigmoid(f) * c + sigmoid(i) * numpy.tanh(g)
    return sigmoid(o) * numpy.tanh(c), c


def gru(p, x, h):
    r = sigmoid(x @ p["Wxr"].T + h @ p["Whr"].T + p["br"])
    z = sigmoid(x @ p["Wxz"].T + h @ p["Whz"].T + p["bz"])
    return (z * h + (1 - z) * numpy.tanh(x @ p["Wxh"].T + (r * h) @ p["Whh"].T + p["bh"]),)


CELLS = {"Vanilla": (vanilla, ("h",)), "LSTM": (lstm, ("h", "c")), "GRU": (gru, ("h",))}


def part(values, prefix):
    return {name[len(prefix):]: value for name, value in values.items() if name.startswith(prefix)}


def run_layer(cell, params, states, prefix, x):
    """A layer over a sequence [T, B, I]; `states` (by name) is left at the last."""
    step, names = CELLS[cell]
    mine, outputs = part(params, prefix), []
    current = [states[prefix + name] for name in names]
    for t in range(len(x)):
        current = step(mine, x[t], *current)
        outputs.append(current[0])
    states.update({prefix + name: value for name, value in zip(names, current)})
    return numpy.stack(outputs)


def run_stack(cell, layers, params, states, data):
    """models/stack.rnn: outputs, loss and final states by name, in f64."""
    params, states = double(params), double(states)
    h = data["x"].astype(numpy.float64)
    for layer in range(1, layers + 1):
        h = run_layer(cell, params, states, f"rnn.{layer}.", h)
    logits = h @ params["out.W"].T + params["out.b"]
    loss = cross_entropy(logits, data["y"]).mean() + 0.1 * (h * h).mean()
    return {"hs": h, "p": softmax(logits)}, loss, states


def run_tokens(params, states, data):
    """models/tokens.rnn: outputs, loss, metrics and final states, in f64."""
    params, states = double(params), double(states)
    one_hot = numpy.eye(params["Emb"].shape[1])[data["x"]]
    h = run_layer("GRU", params, states, "a.", one_hot @ params["Emb"].T)
    h = h + data["v"].astype(numpy.float64) @ params["Wv"].T
    s = run_layer("LSTM", params, states, "b.", one_hot) * h
    logits = numpy.concatenate([s, h], -1) @ params["out.W"].T + params["out.b"]
    metrics = [(logits.argmax(-1) == data["y"]).mean(), (s * s).sum()]
    return {"s": s, "p": softmax(logits)}, cross_entropy(logits, data["y"]).mean(), metrics, states


def double(values):
    return {name: value.astype(numpy.float64) for name, value in values.items()}
