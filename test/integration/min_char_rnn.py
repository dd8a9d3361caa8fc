"""Karpathy's min-char-rnn in NumPy, with its state in an object.

The loss, the pass back through time, the update and the walk over the text are
those of https://gist.github.com/karpathy/d4dee566867f8291f086; what differs is
that a step can be looked at from outside, and that clipping makes new arrays.
"""

import numpy

HIDDEN, STEPS, RATE, CLIP = 100, 25, 1e-1, 5
NAMES = ("Wxh", "Whh", "Why", "bh", "by")


class MinCharRNN:
    def __init__(self, text, params):
        chars = sorted(set(text))
        self.ix = {c: i for i, c in enumerate(chars)}
        self.vocab = len(chars)
        self.data = numpy.array([self.ix[c] for c in text], numpy.int32)
        self.params = {n: params[n].copy() for n in NAMES}  # biases are columns
        self.memory = {n: numpy.zeros_like(p) for n, p in self.params.items()}
        self.hprev = numpy.zeros((HIDDEN, 1))
        self.n = self.p = 0

    def window(self):
        """Moves to the next window: its inputs, targets, and if it begins anew."""
        anew = self.p + STEPS + 1 >= len(self.data) or self.n == 0
        if anew:
            self.hprev = numpy.zeros((HIDDEN, 1))
            self.p = 0
        inputs = self.data[self.p : self.p + STEPS]
        targets = self.data[self.p + 1 : self.p + STEPS + 1]
        return inputs, targets, anew

    def loss_and_gradients(self, inputs, targets):
        """The sum of the cross-entropies, its gradients, and the last hidden state."""
        Wxh, Whh, Why, bh, by = (self.params[n] for n in NAMES)
        xs, hs, ps = {}, {-1: self.hprev.copy()}, {}
        loss = 0
        for t in range(len(inputs)):
            xs[t] = numpy.zeros((self.vocab, 1))
            xs[t][inputs[t]] = 1
            hs[t] = numpy.tanh(Wxh @ xs[t] + Whh @ hs[t - 1] + bh)
            y = Why @ hs[t] + by
            ps[t] = numpy.exp(y) / numpy.sum(numpy.exp(y))
            loss += -numpy.log(ps[t][targets[t], 0])
        d = {n: numpy.zeros_like(p) for n, p in self.params.items()}
        dhnext = numpy.zeros_like(hs[0])
        for t in reversed(range(len(inputs))):
            dy = numpy.copy(ps[t])
            dy[targets[t]] -= 1
            d["Why"] += dy @ hs[t].T
            d["by"] += dy
            dh = Why.T @ dy + dhnext
            dhraw = (1 - hs[t] * hs[t]) * dh
            d["bh"] += dhraw
            d["Wxh"] += dhraw @ xs[t].T
            d["Whh"] += dhraw @ hs[t - 1].T
            dhnext = Whh.T @ dhraw
        return loss, d, hs[len(inputs) - 1]

    def update(self, gradients, last):
        """Clips, takes Adagrad's step, and goes on to the next window."""
        for name, gradient in gradients.items():
            clipped = numpy.clip(gradient, -CLIP, CLIP)
            self.memory[name] += clipped * clipped
            self.params[name] += -RATE * clipped / numpy.sqrt(self.memory[name] + 1e-8)
        self.hprev = last
        self.p += STEPS
        self.n += 1


class Smoothed:
    """The loss that min-char-rnn prints."""

    def __init__(self, vocab):
        self.value = -numpy.log(1.0 / vocab) * STEPS

    def add(self, loss):
        self.value = self.value * 0.999 + loss * 0.001
        return self.value
