"""The cells that are no LSTM, a step of each from its paper.

Every function takes the parameters, the states and the inputs of one step, and
gives the result and all next states.
"""

from reference.functions import sigmoid, softmax, stack, tanh, total, transpose


def vanilla(activation):
    """Elman 1990."""

    def step(p, s, x):
        h = activation(p.Whh @ s.h + p.Wxh @ x + p.bh)
        return h, {"h": h}

    return step


def vanilla_stacked(p, s, x):
    h = tanh(p.W @ stack(s.h, x) + p.b)
    return h, {"h": h}


def gru(p, s, x):
    """Cho et al. 2014."""
    r = sigmoid(p.Wxr @ x + p.Whr @ s.h + p.br)
    z = sigmoid(p.Wxz @ x + p.Whz @ s.h + p.bz)
    candidate = tanh(p.Wxh @ x + p.Whh @ (r * s.h) + p.bh)
    h = z * s.h + (1 - z) * candidate
    return h, {"h": h}


def mut1(p, s, x):
    """Jozefowicz et al. 2015, as the next two."""
    z = sigmoid(p.Wxz @ x + p.bz)
    r = sigmoid(p.Wxr @ x + p.Whr @ s.h + p.br)
    h = tanh(p.Whh @ (r * s.h) + tanh(x) + p.bh) * z + s.h * (1 - z)
    return h, {"h": h}


def mut2(p, s, x):
    z = sigmoid(p.Wxz @ x + p.Whz @ s.h + p.bz)
    r = sigmoid(x + p.Whr @ s.h + p.br)
    h = tanh(p.Whh @ (r * s.h) + p.Wxh @ x + p.bh) * z + s.h * (1 - z)
    return h, {"h": h}


def mut3(p, s, x):
    z = sigmoid(p.Wxz @ x + p.Whz @ tanh(s.h) + p.bz)
    r = sigmoid(p.Wxr @ x + p.Whr @ s.h + p.br)
    h = tanh(p.Whh @ (r * s.h) + p.Wxh @ x + p.bh) * z + s.h * (1 - z)
    return h, {"h": h}


def multiplicative(p, s, x):
    """Sutskever, Martens & Hinton 2011: the input scales the factors of the transition."""
    f = (p.Wfx @ x) * (p.Wfh @ s.h)
    h = tanh(p.Whf @ f + p.Whx @ x)
    return h, {"h": h}


def highway(p, s, x):
    """Srivastava et al. 2015."""
    g = sigmoid(p.WT @ x + p.bT)
    return g * tanh(p.WH @ x + p.bH) + (1 - g) * x, {}


def recurrent_highway(depth):
    """Zilly et al. 2017: highway layers in one step, the first of which sees the input."""

    def step(p, s, x):
        h = tanh(p.WH @ x + p.RH @ s.s + p.bH)
        t = sigmoid(p.WT @ x + p.RT @ s.s + p.bT)
        y = h * t + s.s * (1 - t)
        for layer in range(2, depth + 1):
            y, _ = highway(p.part(f"depth.{layer}"), None, y)
        return y, {"s": y}

    return step


def captioning(p, s, x, v):
    """Karpathy & Fei-Fei 2015."""
    h = tanh(p.Wxh @ x + p.Whh @ s.h + p.Wih @ v)
    return h, {"h": h}


def linear_system(p, s, u):
    """The output is what is seen of the state that the step begins with."""
    return p.C @ s.s, {"s": p.A @ s.s + p.B @ u}


def linear_filter(p, s, u, y):
    """A fixed gain corrects the state by what its prediction of y was off."""
    prediction = p.C @ s.s
    following = p.A @ s.s + p.B @ u + p.G @ (y - prediction)
    return (following, prediction), {"s": following}


def hmm(p, s, x):
    """The forward filter, Rabiner 1989, with a row of probabilities a hidden state; x is one-hot."""
    transition, emission = softmax(p.A, -1), softmax(p.B, -1)
    joint = (transpose(transition) @ s.a) * (emission @ x)
    norm = total(joint)
    return (joint / norm, norm), {"a": joint / norm}


def hmm_start(p):
    return {"a": softmax(p.p)}


def delay(p, s, x):
    return s.s, {"s": x}


def window(taps):
    """The last inputs, the newest first, through delays in a row."""

    def step(p, s, x):
        seen = [x] + [s[f"delay.{k}.s"] for k in range(2, taps + 1)]
        return stack(*seen), {f"delay.{k}.s": seen[k - 2] for k in range(2, taps + 1)}

    return step


def auto_regressive(taps):
    """A linear function of the last inputs."""

    def step(p, s, x):
        seen, following = window(taps)(p, s, x)
        return p.A @ seen + p.b, following

    return step


def reservoir(p, s, x):
    """Jaeger 2001."""
    h = tanh(p.Whh @ s.h + p.Wxh @ x)
    return h, {"h": h}


def embedding(p, s, x):
    """A row a token."""
    return transpose(p.E) @ x, {}


def dense(p, s, x):
    return p.W @ x + p.b, {}
