# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""Gated units, the mutations and the multiplicative network, against their equations.

What is compared, over which sizes and calls: reference/template.py, reference/check.py.
"""

import sys

from reference import cells
from reference.template import Cell, main

H = {"h": "[H]"}
AS_WIDE = {"x": "seq[T] [H]"}

main(sys.argv[1], [
    Cell("GRU[I, H]", "I H", cells.gru, H),
    Cell("MUT1[H]", "H", cells.mut1, H, AS_WIDE),
    Cell("MUT2[H]", "H", cells.mut2, H, AS_WIDE),
    Cell("MUT3[I, H]", "I H", cells.mut3, H),
    Cell("Multiplicative[I, F, H]", "I F H", cells.multiplicative, H),
])
