"""A language model over 50,000 words: a training step's loss and gradients
against PyTorch, and the memory that it takes.
"""

import numpy

import rnn
from growth import buffer_bytes
from language_models import in_their_order
from layers import CELLS, LanguageModel
from measure import FOLDER, Row, agree, in_turns
from rnn_abi import GRADIENT


class Ours:
    """A compiled model, and a plan that computes gradients alone."""

    def __init__(self, bench, T, B, V, H):
        sizes = {"V": V, "H": H}
        self.model = rnn.compile_model(f"{FOLDER}/vocabulary.rnn", bench.folder, sizes=sizes, element_type="f32")
        rng = numpy.random.default_rng(13)
        self.params = self.model.random_params(rng, H**-0.5)
        self.data = self.model.random_data(rng, T, B)
        self.plan = rnn.Plan(self.model, T, B, functions=1 << GRADIENT)
        self.call = rnn.Call(self.model, self.data, gradients=True)

    def run(self):
        self.plan.run_gradient(self.params, self.call)


class Theirs:
    """The same of PyTorch's modules."""

    def __init__(self, ours, V, H):
        import torch

        self.torch = torch
        self.embedding, self.lstm = torch.nn.Embedding(V, H), torch.nn.LSTM(H, H)
        self.out = torch.nn.Linear(H, V)
        self.leaves = [*self.embedding.parameters(), *self.lstm.parameters(), *self.out.parameters()]
        self.x, self.y = (torch.tensor(ours.data[name].astype(numpy.int64)) for name in "xy")
        self.load(ours.model.views(ours.params), H)

    def load(self, given, H):
        copy = lambda to, value: to.copy_(self.torch.tensor(value))
        W, b = in_their_order(given["lstm.W"]), in_their_order(given["lstm.b"])
        with self.torch.no_grad():
            copy(self.embedding.weight, given["embedding.E"])
            copy(self.lstm.weight_hh_l0, W[:, :H])
            copy(self.lstm.weight_ih_l0, W[:, H:])
            copy(self.lstm.bias_ih_l0, b)
            self.lstm.bias_hh_l0.zero_()
            copy(self.out.weight, given["out.W"])
            copy(self.out.bias, given["out.b"])

    def run(self):
        for leaf in self.leaves:
            leaf.grad = None
        hidden, _ = self.lstm(self.embedding(self.x))
        cross_entropy = self.torch.nn.functional.cross_entropy
        cross_entropy(self.out(hidden).flatten(0, 1), self.y.flatten()).backward()


def compare(ours, theirs):
    ours.run()
    theirs.run()
    found = ours.model.views(ours.call.gradient)
    agree("vocabulary: the gradient of E", found["embedding.E"], theirs.embedding.weight.grad.numpy())
    agree("vocabulary: the gradient of the output layer", found["out.W"], theirs.out.weight.grad.numpy())


def vocabulary(bench):
    """Time against PyTorch; buffers against logits of all steps, which we do not keep."""
    V = bench.cases(50000, 500)
    for T, B, H in bench.cases([(35, 16, 128), (35, 16, 256)], [(5, 3, 16)]):
        ours, name = Ours(bench, T, B, V, H), f"LSTM V={V}"
        least = LanguageModel(T, B, (CELLS["LSTM"],), H, 8 * H**2, V)
        if bench.has("torch"):
            import torch

            torch.set_num_threads(1)
            theirs = Theirs(ours, V, H)
            compare(ours, theirs)
            probe = bench.probe()
            times = in_turns([ours.run, theirs.run], bench.rounds(5), 0, probes=[probe])
            bench.emit(Row("vocabulary", name, T, B, H, times[0], "pytorch", times[1],
                           least.flops / times[0] * 1e-3, least.limit(probe.limits())))
        bench.emit(Row("vocabulary-bytes", name, T, B, H, buffer_bytes(ours.plan, GRADIENT), "logits", 4 * T * B * V))
