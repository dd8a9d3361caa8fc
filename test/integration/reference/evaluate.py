"""A model's reference on arrays laid out as the model's.

A reference is a function of one sequence, from columns to columns, and a loss
of what all sequences of the batch contribute. Padding is out of its reach: each
sequence is cut to its own length before the function sees it.
"""

from dataclasses import dataclass, field

import numpy

from reference.functions import Named, one_hot


@dataclass
class Outcome:
    """Of one sequence: outputs are columns or lists of them, as in the model;
    terms are what the loss and the metrics are made of."""

    outputs: dict
    states: dict = field(default_factory=dict)
    terms: dict = field(default_factory=dict)


@dataclass
class Reference:
    """`sequence(p, s, d)` gives the Outcome of parameters, initial states and data;
    `loss(terms)` has the terms of all sequences joined, in lists; so have `metrics`."""

    sequence: callable
    loss: callable
    metrics: callable = lambda terms: []
    # Initial states of parameters, for calls that give none; zeros otherwise.
    initial: callable = lambda p: {}


@dataclass
class Result:
    outputs: dict
    loss: numpy.ndarray
    states: dict
    metrics: list


def total(terms):
    """The sum of all elements of all terms."""
    return sum((term.sum((-1, -2)) for term in terms), numpy.zeros(()))


def mean(terms, weights=None):
    """The mean over all terms [1], perhaps weighted; 0 where there are none."""
    if weights is not None:
        weight = total(weights)
        return total([w * e for w, e in zip(weights, terms)]) / numpy.where(weight == 0, 1, weight)
    count = sum(term.shape[-1] * term.shape[-2] for term in terms)
    return total(terms) / max(count, 1)


def columns(tensors, values):
    """Parameters as matrices and columns."""
    return Named({n: values[n][..., None] if len(t.shape) == 1 else values[n] for n, t in tensors.items()})


def of_sequence(tensor, value, b, steps):
    """What one sequence of the batch has of an input or target."""
    if tensor.vocabulary:
        ids = value[:steps, b] if tensor.axis >= 0 else value[b : b + 1]
        found = [one_hot(tensor.vocabulary, token) for token in ids]
    elif tensor.axis >= 0:
        found = [value[..., t, b, :, None] for t in range(steps)]
    else:
        found = [value[..., b, :, None]]
    return found if tensor.axis >= 0 else found[0]


def padded(tensor, steps, per_sequence):
    """Outputs [.., T, B, F] or [.., B, F] of lists of columns; zero where there is no step."""
    if tensor.axis < 0:
        return numpy.stack(numpy.broadcast_arrays(*[value[..., 0] for value in per_sequence]), -2)
    steps = steps[tensor.axis]
    lead = numpy.broadcast_shapes(*(c.shape[:-2] for value in per_sequence for c in value), ())
    result = numpy.zeros(lead + (steps, len(per_sequence)) + tensor.shape)
    for b, value in enumerate(per_sequence):
        for t, column in enumerate(value):
            result[..., t, b, :] = column[..., 0]
    return result


class Evaluation:
    """A reference with a model's names and shapes, the batch and the lengths."""

    def __init__(self, model, reference, steps, batch, lengths):
        self.model, self.reference = model, reference
        self.steps, self.batch, self.lengths = steps, batch, lengths

    def length(self, tensor, b):
        if tensor.axis < 0:
            return None
        lengths = self.lengths[tensor.axis]
        return self.steps[tensor.axis] if lengths is None else int(lengths[b])

    def shape(self, output):
        return self.model.outputs[output].in_batch(self.steps, self.batch)

    def start(self, p, values, b):
        """Given initial states, or the model's own."""
        if all(name in values for name in self.model.states):
            return Named({name: values[name][..., b, :, None] for name in self.model.states})
        own = {name: numpy.zeros((t.size, 1)) for name, t in self.model.states.items()}
        return Named({**own, **self.reference.initial(p)})

    def run(self, values):
        """`values`: parameters, data and perhaps initial states by name, each perhaps with an axis in front."""
        model = self.model
        p = columns(model.parameters, values)
        tensors = {**model.inputs, **model.targets}
        outcomes = []
        for b in range(self.batch):
            d = Named({n: of_sequence(t, values[n], b, self.length(t, b)) for n, t in tensors.items()})
            d["#sequence"], d["#batch"] = b, self.batch
            s = self.start(p, values, b)
            outcomes.append(self.reference.sequence(p, s, d))
        terms = Named({n: [o.terms[n] for o in outcomes] for n in outcomes[0].terms})
        for name, found in terms.items():
            if isinstance(found[0], list):
                terms[name] = [term for part in found for term in part]
        outputs = {n: padded(t, self.steps, [o.outputs[n] for o in outcomes])
                   for n, t in model.outputs.items()}
        states = {n: numpy.stack(numpy.broadcast_arrays(*[o.states[n][..., 0] for o in outcomes]), -2)
                  for n in model.states}
        return Result(outputs, self.reference.loss(terms), states, self.reference.metrics(terms))
