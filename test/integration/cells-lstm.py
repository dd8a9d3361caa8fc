# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""Long short-term memory in its forms, normalised and projected, against its equations.

What is compared, over which sizes and calls: reference/template.py, reference/check.py.
"""

import sys

from reference import lstm
from reference.template import Cell, main

HC = {"h": "[H]", "c": "[H]"}


def layer_norm(p, s, x):
    return lstm.layer_norm(p.g, p.b, x), {}


main(sys.argv[1], [
    Cell("LSTM[I, H]", "I H", lstm.lstm, HC),
    Cell("LSTMGates[I, H]", "I H", lstm.lstm_gates, HC),
    Cell("LSTMTwoMatrix[I, H]", "I H", lstm.lstm_two_matrix, HC),
    Cell("LSTMWithoutForgetGate[I, H]", "I H", lstm.lstm_without_forget_gate, HC),
    Cell("LayerNorm[N]", "N", layer_norm, inputs={"x": "seq[T] [N]"}, results={"y": "[N]"}),
    Cell("LSTMLayerNorm[I, H]", "I H", lstm.lstm_layer_norm, HC),
    Cell("LSTMProjected[I, P, H]", "I P H", lstm.lstm_projected, {"r": "[P]", "c": "[H]"}, results={"y": "[P]"}),
])
