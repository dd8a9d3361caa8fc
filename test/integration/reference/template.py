"""A model around any one cell, and its reference.

The loss is <u, y> for results and final states y and targets u, so that a
gradient is the vector-Jacobian product of a random u.
"""

import os
import zlib
from dataclasses import dataclass, field

import numpy

import rnn
from reference.check import Check, draw_lengths
from reference.evaluate import Outcome, Reference, total
from reference.functions import scan

FUNCTIONS = "--functions=forward,loss,gradient,tangent,step"
CALLS = [(steps, batch) for steps in (1, 2, 9) for batch in (1, 5)]


@dataclass
class Cell:
    """How a cell of the prelude is called, and its equations."""

    layer: str  # what stands right of `layer net =`
    sizes: str  # of the model
    step: callable
    states: dict = field(default_factory=dict)  # shapes, in the order of their declaration
    inputs: dict = field(default_factory=lambda: {"x": "seq[T] [I]"})
    results: dict = field(default_factory=lambda: {"y": "[H]"})  # shapes
    initial: callable = lambda p: {}  # first states, where they are not zeros

    @property
    def name(self):
        return self.layer.split("[")[0]


def model_text(cell):
    """A file with one model, Of<cell>."""
    lines = [f"model Of{cell.name}[{', '.join(cell.sizes.split())}] {{"]
    lines += [f"input {name}: {shape}" for name, shape in cell.inputs.items()]
    lines += [f"target u_{name}: seq[T] {shape}" for name, shape in cell.results.items()]
    lines += [f"target u_end_{name}: {shape}" for name, shape in cell.states.items()]
    lines += [f"layer net = {cell.layer}"]
    ends = ["end_" + name for name in cell.states]
    final = f", ({', '.join(ends)})" if ends else ""
    shown = [*cell.results, *ends]
    lines += [f"{', '.join(cell.results)}{final} = net({', '.join(cell.inputs)})"]
    lines += [f"output {name}" for name in shown]
    lines += ["loss " + " + ".join(f"sum(u_{name} * {name})" for name in shown)]
    lines += [f"stream step({', '.join(cell.inputs)}) -> {', '.join(cell.results)}"]
    return "\n  ".join(lines) + "\n}\n"


def reference(cell):
    def sequence(p, s, d):
        steps = len(next(d[name] for name, shape in cell.inputs.items() if shape.startswith("seq")))
        inputs = [d[name] if isinstance(d[name], list) else [d[name]] * steps for name in cell.inputs]
        found, final = scan(cell.step, p.part("net"), s.part("net"), *inputs)
        found = [result if isinstance(result, tuple) else (result,) for result in found]
        results = {name: [step[i] for step in found] for i, name in enumerate(cell.results)}
        ends = {"end_" + name: final[name] for name in cell.states}
        terms = [u * value for name in results for u, value in zip(d["u_" + name], results[name])]
        terms += [d["u_" + name] * value for name, value in ends.items()]
        return Outcome({**results, **ends}, {"net." + n: v for n, v in final.items()}, {"loss": terms})

    def initial(p):
        return {"net." + name: value for name, value in cell.initial(p.part("net")).items()}

    return Reference(sequence, lambda terms: total(terms.loss), initial=initial)


def cotangents(cell):
    return {name: "u_" + name for name in [*cell.results, *("end_" + state for state in cell.states)]}


def draw_sizes(cell, rng):
    """Two sets of sizes, which all differ: narrower and wider than a vector."""
    names = cell.sizes.split()
    for low, high in ((1, 8), (5, 19)):
        yield dict(zip(names, (int(n) for n in rng.choice(numpy.arange(low, high), len(names), replace=False))))


def check_cell(folder, cell):
    rng = numpy.random.default_rng(zlib.crc32(cell.name.encode()))
    path = os.path.join(folder, cell.name + ".rnn")
    with open(path, "w", encoding="utf-8") as file:
        file.write(model_text(cell))
    expected, paired = reference(cell), cotangents(cell)
    for sizes in draw_sizes(cell, rng):
        model = rnn.compile_model(path, folder, sizes=sizes, options=(FUNCTIONS,))
        for steps, batch in CALLS:
            for lengths in (None, draw_lengths(rng, steps, batch)):
                Check(model, expected, rng, steps, batch, lengths, cotangents=paired).all()
        Check(model, expected, rng, 3, 2, given=False, cotangents=paired).all()
        print(f"{cell.name} {sizes}")


def main(folder, cells):
    assert cells, "no cells"
    for cell in cells:
        check_cell(folder, cell)
