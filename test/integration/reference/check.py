"""A compiled model against its reference: everything that a call can give."""

import numpy

import rnn
from reference.differences import Differences
from reference.evaluate import Evaluation

FORWARD = 1e-9
GRADIENT = 1e-6
DUALITY = 1e-10


class Mismatch(AssertionError):
    pass


def draw_lengths(rng, steps, batch):
    """Lengths up to `steps`; in larger batches one is 0 and one is whole."""
    lengths = rng.integers(0, steps + 1, batch).astype(numpy.int32)
    if batch > 1:
        first, second = rng.choice(batch, 2, replace=False)
        lengths[first], lengths[second] = 0, steps
    return lengths


class Check:
    """One model, one reference, one size of call."""

    def __init__(self, model, reference, rng, steps, batch, lengths=None, given=True, cotangents=None, seed=None):
        self.model, self.rng, self.seed = model, rng, seed
        self.steps = list(steps) if isinstance(steps, (tuple, list)) else [steps] * len(model.axes)
        self.batch, self.given, self.cotangents = batch, given and bool(model.states), cotangents
        self.lengths = lengths if isinstance(lengths, list) else [lengths] * len(self.steps)
        self.params = model.random_params(rng)
        self.data = model.random_data(rng, self.steps, batch)
        self.spoil(numpy.nan, -1)
        self.start = model.random_state(rng, batch) if self.given else None
        chunk = int(rng.integers(1, max(self.steps, default=1) + 2))
        threads, slices = int(rng.integers(1, 4)), int(rng.integers(0, 4))
        self.plan = rnn.Plan(model, self.steps, batch, chunk=chunk, threads=threads, slices=slices,
                             wave=(threads + slices) % 3)
        self.evaluation = Evaluation(model, reference, self.steps, batch, self.lengths)
        self.expected = self.evaluation.run(self.values())

    def where(self, what):
        sizes = [p.shape for p in self.model.parameters.values()]
        return f"{self.model.name} {sizes} T={self.steps} B={self.batch} lengths={self.lengths}: {what}"

    def values(self):
        states = self.model.state_views(self.start) if self.given else {}
        return {**self.model.views(self.params), **states, **self.data}

    def state(self):
        """A copy that the call may overwrite; none where the model begins by itself."""
        if not self.given:
            return None
        state = self.model.zero_state(self.batch)
        state[:] = self.start
        return state

    def tensors(self):
        return {**self.model.inputs, **self.model.targets}

    def padding(self, tensor):
        """Which rows [T, B] of a tensor no call may read; none for one without time."""
        if tensor.axis < 0 or self.lengths[tensor.axis] is None:
            return None
        return numpy.arange(self.steps[tensor.axis])[:, None] >= self.lengths[tensor.axis][None, :]

    def spoil(self, number, token):
        for name, tensor in self.tensors().items():
            padding = self.padding(tensor)
            if padding is not None:
                self.data[name][padding] = token if tensor.vocabulary else number

    def same(self, what, got, expected, bound=FORWARD, scale=None):
        expected = numpy.asarray(expected)
        if got.shape != expected.shape:
            raise Mismatch(self.where(f"{what} has shape {got.shape}, not {expected.shape}"))
        scale = max(1, abs(expected).max(initial=0)) if scale is None else scale
        error = abs(got - expected).max(initial=0)
        if not error <= bound * scale:
            raise Mismatch(self.where(f"{what} differs by {error}:\n{got}\nexpected\n{expected}"))

    def call(self, **options):
        lengths = None if all(lengths is None for lengths in self.lengths) else self.lengths
        call = rnn.Call(self.model, self.data, self.state(), lengths=lengths, seed=self.seed, **options)
        for array in call.results():
            array.fill(numpy.nan)  # All of it is to be written.
        return call

    def all(self):
        """Everything; what is checked first explains what fails later."""
        self.forward()
        self.losses()
        gradient = self.gradient()
        if "tangent" in self.model.functions:
            self.tangent(gradient)
        if self.model.stream and self.seed is None:
            self.stream()
        return self

    def forward(self):
        call = self.call()
        self.plan.pack(self.params)
        self.plan.run_forward(call)
        for name, output in call.outputs.items():
            self.same(f"output {name}", output, self.expected.outputs[name])
            padding = self.padding(self.model.outputs[name])
            if padding is not None and output[padding].any():
                raise Mismatch(self.where(f"output {name} is not zero in the padding"))
        self.final_states(call)

    def final_states(self, call):
        if self.given:
            for name, state in self.model.state_views(call.state).items():
                self.same(f"final state {name}", state, self.expected.states[name])

    def losses(self):
        call = self.call()
        self.plan.run_loss(call)
        self.same("loss", call.loss[0], self.expected.loss)
        self.same("metrics", call.metrics, numpy.array(self.expected.metrics))
        self.final_states(call)

    def direction(self):
        """A tangent of the parameters; what is given for frozen ones is of no effect."""
        direction = self.rng.standard_normal(len(self.params))
        views = {n: v.copy() for n, v in self.model.views(direction).items()}
        for name, tensor in self.model.parameters.items():
            if tensor.frozen:
                views[name][:] = 0
        return direction, views

    def gradient(self):
        call = self.call(gradients=True)
        self.plan.run_gradient(self.params, call)
        self.same("gradient's loss", call.loss[0], self.expected.loss)
        self.final_states(call)
        gradients = call.gradients()
        self.along, views = self.direction()
        wanted = [n for n in gradients if self.given or n not in self.model.states]
        self.differences = Differences(self.evaluation, self.values(), wanted, [views], self.rng)
        self.against_differences(gradients)
        self.no_padding(call.input_gradients)
        self.same_whatever_the_padding(gradients)
        return call.gradient

    def against_differences(self, gradients):
        largest = max((abs(g).max() for g in gradients.values()), default=0)
        bound = GRADIENT * largest + 1e-9 * abs(self.expected.loss)
        for (name, place), slope in self.differences.elements:
            parameter = self.model.parameters.get(name)
            slope = 0 if parameter and parameter.frozen else slope
            if not abs(gradients[name][place] - slope) <= bound:
                text = f"gradient {name}{list(place)} is {gradients[name][place]}, the difference {slope} ± {bound}"
                raise Mismatch(self.where(text))

    def no_padding(self, input_gradients):
        for name, gradient in input_gradients.items():
            padding = self.padding(self.model.inputs[name])
            if padding is not None and gradient[padding].any():
                raise Mismatch(self.where(f"gradient of {name} is not zero in the padding"))

    def same_whatever_the_padding(self, gradients):
        """Bit for bit."""
        if all(self.padding(tensor) is None for tensor in self.tensors().values()):
            return
        self.spoil(1e30, 0)
        call = self.call(gradients=True)
        self.plan.run_gradient(self.params, call)
        again = call.gradients()
        for name, gradient in gradients.items():
            if not numpy.array_equal(gradient, again[name]):
                raise Mismatch(self.where(f"gradient of {name} depends on the padding"))
        self.spoil(numpy.nan, -1)

    def tangent(self, gradient):
        call = self.call(direction=self.along)
        self.plan.run_tangent(self.params, call)
        self.same("tangent's loss", call.loss[0], self.expected.loss)
        for name, output in call.outputs.items():
            self.same(f"tangent's output {name}", output, self.expected.outputs[name])
            slopes = self.differences.outputs_along[name][0]
            scale = max(1, abs(slopes).max(initial=0), 1e-3 * abs(output).max(initial=0))
            self.same(f"tangent of {name}", call.output_tangents[name], slopes, GRADIENT, scale)
        self.final_states(call)
        scale = max(1, abs(gradient) @ abs(self.along))
        self.same("loss tangent and gradient", call.loss_tangent[0], gradient @ self.along, DUALITY, scale)
        if self.cotangents:
            self.same("output tangents and gradient", self.pairing(call), gradient @ self.along, DUALITY, scale)

    def pairing(self, call):
        """<u, J v> where the loss is the sum of outputs times what `cotangents` names."""
        pairs = [(self.data[u], call.output_tangents[name]) for name, u in self.cotangents.items()]
        return sum((numpy.nan_to_num(u) * tangent).sum() for u, tangent in pairs)

    def stream(self):
        """Sequences one by one, step by step."""
        needs_context = "encode" in self.model.functions
        if needs_context and self.given:
            return  # A stream with context begins where the model does.
        records = self.plan.encode(self.params, self.inputs(), lengths=self.lengths) if needs_context else None
        for b in {0, self.batch - 1}:
            stream = rnn.Stream(self.model, self.params, records[b] if needs_context else None)
            if self.given:
                stream.state[:, : self.model.record] = self.start[b]
            for t in range(self.evaluation.length(stream.outputs[0], b)):
                for name, got in stream.step(**self.fed(stream, t, b)).items():
                    self.same(f"sequence {b}, step {t}, output {name}", got, self.expected.outputs[name][t, b])

    def inputs(self):
        return {name: self.data[name] for name in self.model.inputs}

    def fed(self, stream, t, b):
        """What a step is fed: an input with a start is told one step late."""
        fed = {}
        for tensor, start in zip(stream.inputs, stream.starts):
            value = self.data[tensor.name]
            if tensor.axis < 0:
                fed[tensor.name] = value[b]
            elif start < 0:
                fed[tensor.name] = value[t, b]
            else:
                fed[tensor.name] = value[t - 1, b] if t else start
        return fed
