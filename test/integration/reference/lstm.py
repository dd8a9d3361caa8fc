"""Long short-term memory and its relatives, a step of each from its paper.

Every function takes the parameters, the states and the inputs of one step, and
gives the result and all next states.
"""

from reference.functions import average, sigmoid, split, sqrt, stack, tanh


def lstm(p, s, x):
    """Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000."""
    i, f, o, g = split(p.W @ stack(s.h, x) + p.b, 4)
    c = sigmoid(f) * s.c + sigmoid(i) * tanh(g)
    h = sigmoid(o) * tanh(c)
    return h, {"h": h, "c": c}


def lstm_gates(p, s, x):
    """Olah 2015: one matrix a gate."""
    hx = stack(s.h, x)
    f = sigmoid(p.Wf @ hx + p.bf)
    i = sigmoid(p.Wi @ hx + p.bi)
    candidate = tanh(p.Wc @ hx + p.bc)
    c = f * s.c + i * candidate
    o = sigmoid(p.Wo @ hx + p.bo)
    h = o * tanh(c)
    return h, {"h": h, "c": c}


def lstm_two_matrix(p, s, x):
    """A matrix for the input and one for the state, no biases."""
    i = sigmoid(p.U_i @ x + p.W_i @ s.h)
    f = sigmoid(p.U_f @ x + p.W_f @ s.h)
    o = sigmoid(p.U_o @ x + p.W_o @ s.h)
    g = tanh(p.U_g @ x + p.W_g @ s.h)
    c = f * s.c + i * g
    h = o * tanh(c)
    return h, {"h": h, "c": c}


def lstm_without_forget_gate(p, s, x):
    """As it was in 1997: what is in the cell stays."""
    i, o, g = split(p.W @ stack(s.h, x) + p.b, 3)
    c = s.c + sigmoid(i) * tanh(g)
    h = sigmoid(o) * tanh(c)
    return h, {"h": h, "c": c}


def greff(no_input=False, no_forget=False, no_output=False, activation_in=tanh, activation_out=tanh, coupled=False):
    """Greff et al. 2015: the vanilla LSTM with peepholes, and what leaves out one thing of it."""

    def step(p, s, x):
        y, c = s.h, s.c
        z = activation_in(p.Wz @ x + p.Rz @ y + p.bz)
        i = 1 if no_input else sigmoid(p.Wi @ x + p.Ri @ y + p.pi * c + p.bi)
        if no_forget:
            f = 1
        elif coupled:
            f = 1 - i
        else:
            f = sigmoid(p.Wf @ x + p.Rf @ y + p.pf * c + p.bf)
        c = z * i + c * f
        o = 1 if no_output else sigmoid(p.Wo @ x + p.Ro @ y + p.po * c + p.bo)
        y = activation_out(c) * o
        return y, {"h": y, "c": c}

    return step


def lstm_full_gate_recurrence(p, s, x):
    """Greff et al. 2015, FGR: each gate also sees all gates of the step before."""
    y, c = s.h, s.c
    z = tanh(p.Wz @ x + p.Rz @ y + p.bz)
    i = sigmoid(p.Wi @ x + p.Ri @ y + p.pi * c + p.bi + p.Rii @ s.i + p.Rfi @ s.f + p.Roi @ s.o)
    f = sigmoid(p.Wf @ x + p.Rf @ y + p.pf * c + p.bf + p.Rif @ s.i + p.Rff @ s.f + p.Rof @ s.o)
    c = z * i + c * f
    o = sigmoid(p.Wo @ x + p.Ro @ y + p.po * c + p.bo + p.Rio @ s.i + p.Rfo @ s.f + p.Roo @ s.o)
    y = tanh(c) * o
    return y, {"h": y, "c": c, "i": i, "f": f, "o": o}


def layer_norm(gain, bias, x, epsilon=1e-5):
    """Ba et al. 2016: over the units of a layer."""
    mean = average(x)
    deviation = sqrt(average((x - mean) ** 2) + epsilon)
    return gain * (x - mean) / deviation + bias


def lstm_layer_norm(p, s, x):
    """Ba et al. 2016: each product and the cell's value are normalised."""
    ofh, ofx, ofc = p.part("lnh"), p.part("lnx"), p.part("lnc")
    gates = layer_norm(ofh.g, ofh.b, p.Wh @ s.h) + layer_norm(ofx.g, ofx.b, p.Wx @ x) + p.b
    f, i, o, g = split(gates, 4)
    c = sigmoid(f) * s.c + sigmoid(i) * tanh(g)
    h = sigmoid(o) * tanh(layer_norm(ofc.g, ofc.b, c))
    return h, {"h": h, "c": c}


def lstm_projected(p, s, x):
    """Sak et al. 2014: what recurs is a projection of the output."""
    i = sigmoid(p.Wix @ x + p.Wir @ s.r + p.wic * s.c + p.bi)
    f = sigmoid(p.Wfx @ x + p.Wfr @ s.r + p.wfc * s.c + p.bf)
    c = f * s.c + i * tanh(p.Wcx @ x + p.Wcr @ s.r + p.bc)
    o = sigmoid(p.Wox @ x + p.Wor @ s.r + p.woc * c + p.bo)
    m = o * tanh(c)
    r = p.Wrm @ m
    return r, {"r": r, "c": c}
