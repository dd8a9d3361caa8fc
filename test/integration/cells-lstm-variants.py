# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""The LSTM with peepholes and the eight variants of Greff et al. 2015, against their equations.

What is compared, over which sizes and calls: reference/template.py, reference/check.py.
"""

import sys

from reference.lstm import greff, lstm_full_gate_recurrence
from reference.template import Cell, main

HC = {"h": "[H]", "c": "[H]"}
GATES = {name: "[H]" for name in "hcifo"}


def linear(x):
    return x


main(sys.argv[1], [
    Cell("LSTMPeephole[I, H]", "I H", greff(), HC),
    Cell("LSTMNoInputGate[I, H]", "I H", greff(no_input=True), HC),
    Cell("LSTMNoForgetGate[I, H]", "I H", greff(no_forget=True), HC),
    Cell("LSTMNoOutputGate[I, H]", "I H", greff(no_output=True), HC),
    Cell("LSTMNoInputActivation[I, H]", "I H", greff(activation_in=linear), HC),
    Cell("LSTMNoOutputActivation[I, H]", "I H", greff(activation_out=linear), HC),
    Cell("LSTMCoupled[I, H]", "I H", greff(coupled=True), HC),
    Cell("LSTMFullGateRecurrence[I, H]", "I H", lstm_full_gate_recurrence, GATES),
])
