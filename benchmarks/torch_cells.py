"""The cells of the literature as PyTorch users write them: a scripted loop over
time. `p` are the parameters in the order in which the prelude declares them.
"""

from typing import List

import torch
from torch import Tensor
from torch.nn.functional import linear


@torch.jit.script
def gru(x: Tensor, p: List[Tensor]) -> Tensor:
    Wxr, Whr, br, Wxz, Whz, bz, Wxh, Whh, bh = p
    h = torch.zeros(x.size(1), Whh.size(0))
    ys: List[Tensor] = []
    for t in range(x.size(0)):
        r = torch.sigmoid(linear(x[t], Wxr, br) + linear(h, Whr))
        z = torch.sigmoid(linear(x[t], Wxz, bz) + linear(h, Whz))
        n = torch.tanh(linear(x[t], Wxh, bh) + linear(r * h, Whh))
        h = z * h + (1 - z) * n
        ys.append(h)
    return torch.stack(ys)


@torch.jit.script
def mut1(x: Tensor, p: List[Tensor]) -> Tensor:
    Wxz, Wxr, Whr, Whh, bz, br, bh = p
    h = torch.zeros(x.size(1), Whh.size(0))
    ys: List[Tensor] = []
    for t in range(x.size(0)):
        z = torch.sigmoid(linear(x[t], Wxz, bz))
        r = torch.sigmoid(linear(x[t], Wxr, br) + linear(h, Whr))
        h = torch.tanh(linear(r * h, Whh, bh) + torch.tanh(x[t])) * z + h * (1 - z)
        ys.append(h)
    return torch.stack(ys)


@torch.jit.script
def mut2(x: Tensor, p: List[Tensor]) -> Tensor:
    Wxz, Whz, Whr, Wxh, Whh, bz, br, bh = p
    h = torch.zeros(x.size(1), Whh.size(0))
    ys: List[Tensor] = []
    for t in range(x.size(0)):
        z = torch.sigmoid(linear(x[t], Wxz, bz) + linear(h, Whz))
        r = torch.sigmoid(x[t] + linear(h, Whr, br))
        h = torch.tanh(linear(r * h, Whh) + linear(x[t], Wxh, bh)) * z + h * (1 - z)
        ys.append(h)
    return torch.stack(ys)


@torch.jit.script
def mut3(x: Tensor, p: List[Tensor]) -> Tensor:
    Wxz, Wxr, Wxh, Whz, Whr, Whh, bz, br, bh = p
    h = torch.zeros(x.size(1), Whh.size(0))
    ys: List[Tensor] = []
    for t in range(x.size(0)):
        z = torch.sigmoid(linear(x[t], Wxz, bz) + linear(torch.tanh(h), Whz))
        r = torch.sigmoid(linear(x[t], Wxr, br) + linear(h, Whr))
        h = torch.tanh(linear(r * h, Whh) + linear(x[t], Wxh, bh)) * z + h * (1 - z)
        ys.append(h)
    return torch.stack(ys)


@torch.jit.script
def lstm_peephole(x: Tensor, p: List[Tensor]) -> Tensor:
    Wz, Wi, Wf, Wo, Rz, Ri, Rf, Ro, pi, pf, po, bz, bi, bf, bo = p
    h = torch.zeros(x.size(1), Rz.size(0))
    c = torch.zeros_like(h)
    ys: List[Tensor] = []
    for t in range(x.size(0)):
        z = torch.tanh(linear(x[t], Wz, bz) + linear(h, Rz))
        i = torch.sigmoid(linear(x[t], Wi, bi) + linear(h, Ri) + pi * c)
        f = torch.sigmoid(linear(x[t], Wf, bf) + linear(h, Rf) + pf * c)
        c = z * i + c * f
        o = torch.sigmoid(linear(x[t], Wo, bo) + linear(h, Ro) + po * c)
        h = torch.tanh(c) * o
        ys.append(h)
    return torch.stack(ys)


@torch.jit.script
def multiplicative(x: Tensor, p: List[Tensor]) -> Tensor:
    Wfx, Wfh, Whf, Whx = p
    h = torch.zeros(x.size(1), Whx.size(0))
    ys: List[Tensor] = []
    for t in range(x.size(0)):
        f = linear(x[t], Wfx) * linear(h, Wfh)
        h = torch.tanh(linear(f, Whf) + linear(x[t], Whx))
        ys.append(h)
    return torch.stack(ys)


@torch.jit.script
def recurrent_highway(x: Tensor, p: List[Tensor]) -> Tensor:
    WH, WT, RH, RT, bH, bT, WT2, WH2, bT2, bH2 = p
    s = torch.zeros(x.size(1), RH.size(0))
    ys: List[Tensor] = []
    for t in range(x.size(0)):
        g = torch.sigmoid(linear(x[t], WT, bT) + linear(s, RT))
        y = torch.tanh(linear(x[t], WH, bH) + linear(s, RH)) * g + s * (1 - g)
        g = torch.sigmoid(linear(y, WT2, bT2))
        s = torch.tanh(linear(y, WH2, bH2)) * g + y * (1 - g)
        ys.append(s)
    return torch.stack(ys)


@torch.jit.script
def lstm_layer_norm(x: Tensor, p: List[Tensor]) -> Tensor:
    Wh, Wx, b, gh, bh, gx, bx, gc, bc = p
    h = torch.zeros(x.size(1), Wh.size(1))
    c = torch.zeros_like(h)
    ys: List[Tensor] = []
    for t in range(x.size(0)):
        u = torch.layer_norm(linear(h, Wh), [Wh.size(0)], gh, bh)
        v = torch.layer_norm(linear(x[t], Wx), [Wx.size(0)], gx, bx)
        f, i, o, g = torch.chunk(u + v + b, 4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(torch.layer_norm(c, [c.size(1)], gc, bc))
        ys.append(h)
    return torch.stack(ys)


LOOPS = {
    "GRU": gru,
    "MUT1": mut1,
    "MUT2": mut2,
    "MUT3": mut3,
    "LSTMPeephole": lstm_peephole,
    "Multiplicative": multiplicative,
    "RecurrentHighway": recurrent_highway,
    "LSTMLayerNorm": lstm_layer_norm,
}
