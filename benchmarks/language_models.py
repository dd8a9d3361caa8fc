"""Training: min-char-rnn against the NumPy script, and a character LSTM of two
layers against PyTorch; microseconds an iteration, optimiser included.
"""

import os

import numpy

import rnn
from layers import CELLS, TANH, LanguageModel
from measure import ROOT, Row, agree, in_turns

VOCABULARY = 65


def random_text(length):
    """Every symbol occurs, so that the vocabulary is full."""
    rng = numpy.random.default_rng(3)
    symbols = numpy.concatenate([numpy.arange(VOCABULARY), rng.integers(0, VOCABULARY, length - VOCABULARY)])
    return "".join(chr(ord("!") + symbol) for symbol in symbols)


def emit(bench, name, model, times, peer, probe):
    bench.emit(Row("training", name, model.T, model.B, model.units, times[0], peer, times[1],
                   model.flops / times[0] * 1e-3, model.limit(probe.limits())))


def example(name):
    return os.path.join(ROOT, "examples", name)


def min_char_rnn(bench):
    """100 units, 25 steps, Adagrad: an iteration of each, losses compared."""
    from min_char_rnn import CLIP, HIDDEN, NAMES, RATE, STEPS, MinCharRNN

    path = example("min-char-rnn/min-char-rnn.rnn")
    model = rnn.compile_model(path, bench.folder, sizes={"V": VOCABULARY}, element_type="f32")
    text = random_text(20000)
    trainer = rnn.Trainer(model, text.encode(), "adagrad", RATE, CLIP, 1, STEPS)
    start = model.views(trainer.params)
    named = {name: start[name if name in start else "rnn." + name] for name in NAMES}
    script = MinCharRNN(text, {name: p.reshape(len(p), -1).astype(numpy.float64) for name, p in named.items()})

    def iteration():
        inputs, targets, _ = script.window()
        loss, gradients, last = script.loss_and_gradients(inputs, targets)
        script.update(gradients, last)
        return loss

    # Adagrad's first steps go by the signs of gradients alone, so f32 and f64 part
    # soon; its memory holds the squared gradients of the first.
    agree("min-char-rnn: the loss", numpy.array([trainer.step()]), numpy.array([iteration()]))
    memory = model.views(trainer.memory)
    agree("min-char-rnn: the gradient", memory["Why"], script.memory["Why"])
    probe = bench.probe()
    times = in_turns([trainer.step, iteration], bench.rounds(15), bench.seconds, probes=[probe])
    least = LanguageModel(STEPS, 1, (TANH,), HIDDEN, HIDDEN**2, VOCABULARY, trainer.params.size, "adagrad")
    emit(bench, "min-char-rnn", least, times, "numpy", probe)


class TorchCharacters:
    """Two LSTM layers over one-hot characters, a read-out, and Adam."""

    def __init__(self, H, data):
        import torch

        self.torch = torch
        self.lstm = torch.nn.LSTM(VOCABULARY, H, 2)
        self.out = torch.nn.Linear(H, VOCABULARY)
        leaves = [*self.lstm.parameters(), *self.out.parameters()]
        self.adam = torch.optim.Adam(leaves, lr=1e-3)
        self.x, self.y = (torch.tensor(data[name].astype(numpy.int64)) for name in "xy")

    def load(self, given):
        """Our parameters."""
        copy = lambda to, value: to.copy_(self.torch.tensor(value))
        with self.torch.no_grad():
            for layer in (1, 2):
                W, b = (in_their_order(given[f"lstm.{layer}.{name}"]) for name in "Wb")
                units = len(b) // 4
                copy(getattr(self.lstm, f"weight_hh_l{layer - 1}"), W[:, :units])
                copy(getattr(self.lstm, f"weight_ih_l{layer - 1}"), W[:, units:])
                copy(getattr(self.lstm, f"bias_ih_l{layer - 1}"), b)
                getattr(self.lstm, f"bias_hh_l{layer - 1}").zero_()
            copy(self.out.weight, given["out.W"])
            copy(self.out.bias, given["out.b"])

    def step(self):
        functional = self.torch.nn.functional
        self.adam.zero_grad(set_to_none=True)
        hidden, _ = self.lstm(functional.one_hot(self.x, VOCABULARY).float())
        loss = functional.cross_entropy(self.out(hidden).flatten(0, 1), self.y.flatten())
        loss.backward()
        self.adam.step()
        return loss.item()


def in_their_order(rows):
    """Gates i, f, o, g of ours as i, f, g, o."""
    i, f, o, g = numpy.split(rows, 4)
    return numpy.concatenate([i, f, g, o])


def characters(bench):
    """Characters a second of 2 x 128 units, 50 sequences of 50 steps."""
    if not bench.has("torch"):
        return
    import torch

    torch.set_num_threads(1)
    T, B, H = bench.cases((50, 50, 128), (5, 3, 16))
    sizes = {"V": VOCABULARY, "H": H}
    model = rnn.compile_model(example("charlm/charlm.rnn"), bench.folder, sizes=sizes, element_type="f32")
    trainer = rnn.Trainer(model, random_text(200000).encode(), "adam", 1e-3, 0.0, B, T)
    data = model.random_data(numpy.random.default_rng(5), T, B)
    theirs = TorchCharacters(H, data)
    params = trainer.params.copy()
    theirs.load(model.views(params))
    loss, _ = rnn.Plan(model, T, B).gradient(params, data)
    agree("charlm: the loss", numpy.array([loss]), numpy.array([theirs.step()]))
    probe = bench.probe()
    times = in_turns([trainer.step, theirs.step], bench.rounds(9), bench.seconds, probes=[probe])
    least = LanguageModel(T, B, 2 * (CELLS["LSTM"],), H, 4 * H * 3 * H, VOCABULARY, trainer.params.size, "adam")
    emit(bench, "charlm 2 layers", least, times, "pytorch", probe)
