# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""Simple recurrent networks and what goes with them, against their equations.

What is compared, over which sizes and calls: reference/template.py, reference/check.py.
"""

import sys

from reference import cells
from reference.functions import relu, sigmoid, tanh
from reference.template import Cell, main

H = {"h": "[H]"}
SAME = {"x": "seq[T] [N]"}

main(sys.argv[1], [
    Cell("Vanilla[I, H]", "I H", cells.vanilla(tanh), H),
    Cell("VanillaSigmoid[I, H]", "I H", cells.vanilla(sigmoid), H),
    Cell("VanillaRelu[I, H]", "I H", cells.vanilla(relu), H),
    Cell("VanillaStacked[I, H]", "I H", cells.vanilla_stacked, H),
    Cell("Captioning[I, K, H]", "I K H", cells.captioning, H, {"x": "seq[T] [I]", "v": "[K]"}),
    Cell("Highway[N]", "N", cells.highway, inputs=SAME, results={"y": "[N]"}),
    Cell("RecurrentHighway[I, H, 3]", "I H", cells.recurrent_highway(3), {"s": "[H]"}),
    Cell("Dense[I, H]", "I H", cells.dense),
    Cell("Embedding[V, H]", "V H", cells.embedding, inputs={"x": "seq[T] token[V]"}),
])
