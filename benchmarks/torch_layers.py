"""Suites against PyTorch, forward and backward: its own LSTM and GRU, and every
other cell as a scripted loop. Also every cell against our LSTM.
"""

import time

import numpy

import rnn
from layers import CELLS, Layer
from measure import agree, in_turns

SEED = 7


class Ours:
    """A compiled layer with random weights and data, and a call that stays."""

    def __init__(self, bench, layer, threads=1):
        self.model = rnn.Model(bench.shared_object("layer", layer.cell, layer.H), "bench")
        assert matrix_elements(self.model) == sum(layer.weights), layer.cell
        rng = numpy.random.default_rng(SEED)
        self.params = self.model.random_params(rng, (1 / layer.H) ** 0.5)
        self.data = self.model.random_data(rng, layer.T, layer.B)
        self.plan = rnn.Plan(self.model, layer.T, layer.B, threads=threads)
        self.plan.pack(self.params)
        self.training = rnn.Call(self.model, self.data, gradients=True)
        self.inference = rnn.Call(self.model, {"x": self.data["x"]})

    def gradient(self):
        self.plan.run_gradient(self.params, self.training)

    def forward(self):
        self.plan.run_forward(self.inference)

    def parameters(self):
        return {name.removeprefix("net."): value for name, value in self.model.views(self.params).items()}


def matrix_elements(model):
    return sum(t.size for t in model.parameters.values() if len(t.shape) == 2)


class Theirs:
    """Forward and backward of a function of x and parameters in PyTorch."""

    def __init__(self, ours, function, parameters):
        import torch

        self.x = torch.tensor(ours.data["x"], requires_grad=True)
        self.dy = torch.tensor(ours.data["dy"])
        self.function, self.parameters = function, parameters
        for _ in range(3):  # Scripts are optimised when they have run.
            self.gradient()

    def gradient(self):
        for leaf in (self.x, *self.parameters):
            leaf.grad = None
        self.y = self.function(self.x)
        self.y.backward(self.dy)


def compare(name, ours, theirs):
    ours.forward()
    ours.gradient()
    agree(f"{name}: y", ours.inference.outputs["y"], theirs.y.detach().numpy())
    agree(f"{name}: the gradient of x", ours.training.input_gradients["x"], theirs.x.grad.numpy())


def rows_of(order, blocks, H):
    """Rows of gates, which ours has in the order `order`, one gate after another
    as PyTorch has them."""
    return numpy.concatenate([blocks[order.index(gate) * H :][:H] for gate in "ifgo"])


def lstm_module(ours, H):
    """PyTorch's LSTM with our weights."""
    import torch

    net, given = torch.nn.LSTM(H, H), ours.parameters()
    W, b = rows_of("ifog", given["W"], H), rows_of("ifog", given["b"], H)
    with torch.no_grad():
        net.weight_hh_l0.copy_(torch.tensor(W[:, :H]))
        net.weight_ih_l0.copy_(torch.tensor(W[:, H:]))
        net.bias_ih_l0.copy_(torch.tensor(b))
        net.bias_hh_l0.zero_()
    return net


def modules(bench):
    """PyTorch's LSTM, and its GRU, which resets the state after the product, so
    that it does as much but computes something else."""
    if not bench.has("torch"):
        return
    import torch

    sizes = [(100, 1, H) for H in (64, 128, 256, 512)] + [(50, B, H) for B in (16, 64) for H in (256, 512)]
    sizes = bench.cases(sizes, [(5, 3, 16)], sizes[:-1])
    for threads in bench.numbers_of_threads():
        torch.set_num_threads(threads)
        clock = time.process_time if threads == 1 else time.perf_counter
        for T, B, H in sizes:
            for cell in ("LSTM", "GRU"):
                layer = Layer(cell, T, B, H)
                ours = Ours(bench, layer, threads)
                net = lstm_module(ours, H) if cell == "LSTM" else torch.nn.GRU(H, H)
                theirs = Theirs(ours, lambda x: net(x)[0], list(net.parameters()))
                if cell == "LSTM":
                    compare("LSTM", ours, theirs)
                probe = bench.probe(layer.streamed, threads)
                times = in_turns([ours.gradient, theirs.gradient], bench.rounds(9), bench.seconds, clock, [probe])
                bench.rows("pytorch", layer, times[0], {"pytorch": times[1]}, probe.limits(), True, threads)


def loops(bench):
    """The other cells against PyTorch's scripted loops."""
    if not bench.has("torch"):
        return
    import torch

    from torch_cells import LOOPS

    torch.set_num_threads(1)
    sizes = [(50, B, H) for B in (1, 16) for H in (128, 256)]
    for cell, loop in LOOPS.items():
        for T, B, H in bench.cases(sizes, [(5, 3, 16)]):
            layer = Layer(cell, T, B, H)
            ours = Ours(bench, layer)
            leaves = [torch.tensor(value, requires_grad=True) for value in ours.parameters().values()]
            theirs = Theirs(ours, lambda x: loop(x, leaves), leaves)
            compare(cell, ours, theirs)
            probe = bench.probe(layer.streamed)
            times = in_turns([ours.gradient, theirs.gradient], bench.rounds(7), bench.seconds, probes=[probe])
            bench.rows("cells-pytorch", layer, times[0], {"pytorch-script": times[1]}, probe.limits(), True)


def cells(bench):
    """Shares of the peak beside our LSTM's: its time is reduced to as many
    products as the cell has, so that the ratio is that of their rates."""
    for T, B, H in bench.cases([(50, 16, 256)], [(5, 3, 16)]):
        lstm = Layer("LSTM", T, B, H)
        reference = Ours(bench, lstm)
        for way, backward in (("forward", False), ("gradient", True)):
            for cell in CELLS:
                layer = Layer(cell, T, B, H)
                ours = Ours(bench, layer)
                turns = [getattr(side, way) for side in (ours, reference)]
                probe = bench.probe(layer.streamed)
                times = in_turns(turns, bench.rounds(15), bench.seconds, probes=[probe])
                as_much = times[1] * layer.flops() / lstm.flops()
                bench.rows(f"cells-{way}", layer, times[0], {"rnnc-LSTM": as_much}, probe.limits(), backward)
