# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""Linear systems, hidden Markov models, delays and the reservoir, against their equations.

What is compared, over which sizes and calls: reference/template.py, reference/check.py.
"""

import sys

from reference import cells
from reference.template import Cell, main

S = {"s": "[N]"}
TAPS = {"x": "seq[T] [N]"}

main(sys.argv[1], [
    Cell("LinearSystem[N, M, K]", "N M K", cells.linear_system, S, {"u": "seq[T] [M]"}, {"y": "[K]"}),
    Cell("LinearFilter[N, M, K]", "N M K", cells.linear_filter, S, {"u": "seq[T] [M]", "y": "seq[T] [K]"},
         {"now": "[N]", "p": "[K]"}),
    Cell("HMM[S, V]", "S V", cells.hmm, {"a": "[S]"}, {"obs": "seq[T] token[V]"}, {"a": "[S]", "norm": "[1]"},
         cells.hmm_start),
    Cell("Delay[N]", "N", cells.delay, S, TAPS, {"y": "[N]"}),
    Cell("Window[N, 3]", "N", cells.window(3), {}, TAPS, {"w": "[3*N]"}),
    Cell("AutoRegressive[N, 3]", "N", cells.auto_regressive(3), {}, TAPS, {"y": "[N]"}),
    Cell("Reservoir[I, H]", "I H", cells.reservoir, {"h": "[H]"}),
])
