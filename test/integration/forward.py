# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""Outputs, losses, metrics and final states against NumPy's, of odd sizes.

f64 agrees to 1e-12 and f32 to 1e-5. The same runs also go step by step through
the stream function, in two parts with the state carried, and through plans of
larger capacity.
"""

import sys

import numpy

import rnn
from reference import cells, lstm
from reference.evaluate import Evaluation
from reference.functions import tanh
from reference.topologies import MODELS, deep

BOUNDS = {"f64": 1e-12, "f32": 1e-5}
CELLS = {"Vanilla": cells.vanilla(tanh), "LSTM": lstm.lstm, "GRU": cells.gru}


def double(values):
    return {name: value.astype(numpy.float64) if value.dtype.kind == "f" else value for name, value in values.items()}


class Case:
    def __init__(self, model, bound, reference):
        self.model, self.bound, self.reference = model, bound, reference
        self.where = ""

    def same(self, what, got, expected):
        error = numpy.max(abs(numpy.asarray(got, numpy.float64) - expected))
        scale = max(1, numpy.max(abs(numpy.asarray(expected))))
        assert got.shape == expected.shape, f"{self.where}: {what} has shape {got.shape}, not {expected.shape}"
        assert error <= self.bound * scale, f"{self.where}: {what} differs by {error}"

    def all_same(self, what, got, expected):
        assert sorted(got) == sorted(expected), f"{self.where}: {sorted(got)}, not {sorted(expected)}"
        for name in expected:
            self.same(f"{what} {name}", got[name], expected[name])

    def check(self, rng, steps, batch):
        model = self.model
        self.where = f"{model.name} {model.dtype} {[p.shape for p in model.parameters.values()]} T={steps} B={batch}"
        self.params = model.random_params(rng)
        self.data = model.random_data(rng, steps, batch)
        start = model.random_state(rng, batch)
        self.views = model.views(self.params)
        self.start = {n: v.copy() for n, v in model.state_views(start).items()}
        self.evaluation = Evaluation(model, self.reference, [steps], batch, [None])
        self.expected = self.evaluation.run(double({**self.views, **self.start, **self.data}))
        self.plan = rnn.Plan(model, steps, batch)
        self.check_whole(start)
        self.check_loss(start)
        self.check_own_start(batch)
        self.check_capacity(start, steps, batch)
        if steps > 1:
            self.check_carried(start, steps)
        if batch == 1:
            self.check_stream(start, steps)

    def state(self, start):
        kept = self.model.zero_state(len(start))
        kept[:] = start
        return kept

    def check_whole(self, start):
        state = self.state(start)
        outputs = self.plan.forward(self.params, self.data, state)
        self.all_same("output", outputs, self.expected.outputs)
        self.all_same("final state", self.model.state_views(state), self.expected.states)

    def check_loss(self, start):
        for gradients in (False, True):
            state = self.state(start)
            call = rnn.Call(self.model, self.data, state, gradients)
            self.plan.pack(self.params)
            if gradients:
                self.plan.run_gradient(self.params, call)
            else:
                self.plan.run_loss(call)
            kind = "gradient's" if gradients else "loss's"
            self.same("loss", call.loss, numpy.array([self.expected.loss]))
            assert not any(o.any() for o in call.outputs.values()), f"{self.where}: outputs are forward's"
            self.all_same(f"{kind} final state", self.model.state_views(state), self.expected.states)
            if self.model.metrics:
                self.same(f"{kind} metrics", call.metrics, numpy.array(self.expected.metrics))

    def check_own_start(self, batch):
        """Without a state: what `reset` gives, here zeros."""
        expected = self.evaluation.run(double({**self.views, **self.data}))
        self.all_same("output", self.plan.forward(self.params, self.data), expected.outputs)
        state = self.model.reset(self.params, batch)
        self.all_same("output from reset", self.plan.forward(self.params, self.data, state), expected.outputs)

    def check_capacity(self, start, steps, batch):
        """A plan made for more does less as well."""
        plan = rnn.Plan(self.model, steps + 3, batch + 5)
        state = self.state(start)
        self.all_same("output of a larger plan", plan.forward(self.params, self.data, state), self.expected.outputs)
        self.all_same("final state of a larger plan", self.model.state_views(state), self.expected.states)
        _, gradients = plan.gradient(self.params, self.data, self.state(start))
        _, expected = self.plan.gradient(self.params, self.data, self.state(start))
        self.all_same("gradient of a larger plan", gradients, double(expected))

    def check_carried(self, start, steps):
        state, half = self.state(start), steps // 2
        parts = []
        for piece in (slice(0, half), slice(half, steps)):
            data = {n: numpy.ascontiguousarray(v[piece]) if self.model.inputs[n].axis >= 0 else v
                    for n, v in self.data.items() if n in self.model.inputs}
            parts.append(self.plan.forward(self.params, data, state))
        joined = {n: numpy.concatenate([part[n] for part in parts]) for n in parts[0]}
        self.all_same("output in two parts", joined, self.expected.outputs)
        self.all_same("final state in two parts", self.model.state_views(state), self.expected.states)

    def check_stream(self, start, steps):
        stream = rnn.Stream(self.model, self.params)
        assert not stream.state.any(), f"{self.where}: reset leaves {stream.state}"
        stream.state[:] = start
        for t in range(steps):
            inputs = {n: self.data[n][t, 0] if tensor.axis >= 0 else self.data[n][0]
                      for n, tensor in self.model.inputs.items()}
            for name, got in stream.step(**inputs).items():
                self.same(f"output {name} of step {t}", got, self.expected.outputs[name][t, 0])
        self.all_same("final state of the stream", self.model.state_views(stream.state), self.expected.states)


def stack_case(folder, cell, kind, sizes):
    model = rnn.compile_model(rnn.source("stack.rnn"), folder, f"{cell}Stack", sizes, kind)
    return Case(model, BOUNDS[kind], deep(CELLS[cell], sizes["L"]))


def learned_reset(folder, kind):
    """`reset` evaluates the learned initial state, for every record."""
    model = rnn.compile_model(rnn.source("learned.rnn"), folder, "LSTM2", {}, kind)
    params = model.random_params(numpy.random.default_rng(5))
    views, states = double(model.views(params)), model.state_views(model.reset(params, 3))
    for layer in "ab":
        for name, expected in ((f"{layer}.h", numpy.tanh(views[f"{layer}.h0"])), (f"{layer}.c", 2 * views[f"{layer}.c0"])):
            error = abs(states[name] - expected).max()
            assert error <= BOUNDS[kind], f"reset: {name} differs by {error}"


def main(folder):
    rng = numpy.random.default_rng(4)
    for kind in ("f64", "f32"):
        cases = []
        for cell in CELLS:
            for sizes in ({"I": 1, "H": 1, "L": 1, "V": 2}, {"I": 13, "H": 3, "L": 2, "V": 9},
                          {"I": 3, "H": 21, "L": 1, "V": 5}):
                cases.append(stack_case(folder, cell, kind, sizes))
        tokens = rnn.compile_model(rnn.source("tokens.rnn"), folder, "Tokens", {}, kind)
        cases.append(Case(tokens, BOUNDS[kind], MODELS["tokens.rnn"]["Tokens"]))
        for case in cases:
            for steps, batch in ((1, 1), (1, 6), (8, 1), (7, 2), (19, 5)):
                case.check(rng, steps, batch)
        learned_reset(folder, kind)


main(sys.argv[1])
