# REQUIRES: numpy, torch
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""f32 losses and gradients against PyTorch's, to 1e-4 of the largest.

The cells are written here from their equations: PyTorch's own GRU is another
(its reset gate comes after the product), and its LSTM has two biases.
"""

import sys

import numpy
import torch

import rnn

torch.set_num_threads(1)


def vanilla(p, x, state):
    (h,) = state
    h = torch.tanh(h @ p["Whh"].T + x @ p["Wxh"].T + p["bh"])
    return (h,)


def lstm(p, x, state):
    h, c = state
    i, f, o, g = (torch.cat([h, x], 1) @ p["W"].T + p["b"]).chunk(4, 1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def gru(p, x, state):
    (h,) = state
    r = torch.sigmoid(x @ p["Wxr"].T + h @ p["Whr"].T + p["br"])
    z = torch.sigmoid(x @ p["Wxz"].T + h @ p["Whz"].T + p["bz"])
    candidate = torch.tanh(x @ p["Wxh"].T + (r * h) @ p["Whh"].T + p["bh"])
    return (z * h + (1 - z) * candidate,)


CELLS = {"Vanilla": (vanilla, ["h"]), "LSTM": (lstm, ["h", "c"]), "GRU": (gru, ["h"])}


def loss_of(cell, layers, leaves, y):
    step, states = CELLS[cell]
    x = leaves["x"]
    for layer in range(1, layers + 1):
        prefix = f"rnn.{layer}."
        params = {n[len(prefix):]: v for n, v in leaves.items() if n.startswith(prefix)}
        state, outputs = tuple(leaves[prefix + s] for s in states), []
        for t in range(x.shape[0]):
            state = step(params, x[t], state)
            outputs.append(state[0])
        x = torch.stack(outputs)
    logits = x @ leaves["out.W"].T + leaves["out.b"]
    entropy = torch.nn.functional.cross_entropy(logits.flatten(0, 1), torch.from_numpy(y).long().flatten())
    return entropy + 0.1 * (x * x).mean()


def check(model, cell, layers, rng, steps, batch):
    params = model.random_params(rng, 0.3)
    state = model.random_state(rng, batch)
    data = model.random_data(rng, steps, batch)
    arrays = {**model.views(params), **model.state_views(state), "x": data["x"]}
    leaves = {n: torch.from_numpy(a.copy()).requires_grad_() for n, a in arrays.items()}
    loss = loss_of(cell, layers, leaves, data["y"])
    loss.backward()
    got, gradients = rnn.Plan(model, steps, batch).gradient(params, data, state)
    where = f"{model.name} layers={layers} T={steps} B={batch}"
    assert abs(got - loss.item()) <= 1e-5 * abs(loss.item()), f"{where}: loss {got}, expected {loss.item()}"
    largest = max(leaf.grad.abs().max().item() for leaf in leaves.values())
    assert sorted(gradients) == sorted(leaves), where
    for name, leaf in leaves.items():
        error = abs(gradients[name] - leaf.grad.numpy()).max()
        assert error <= 1e-4 * largest, f"{where}: {name} differs by {error}, the largest gradient is {largest}"


def main(folder):
    rng = numpy.random.default_rng(2)
    for cell in CELLS:
        for layers, size in ((1, 7), (2, 48)):
            sizes = {"I": 5, "H": size, "L": layers}
            model = rnn.compile_model(rnn.source("stack.rnn"), folder, f"{cell}Stack", sizes, "f32")
            for steps in (1, 2, 17):
                for batch in (1, 3, 8):
                    check(model, cell, layers, rng, steps, batch)


main(sys.argv[1])
