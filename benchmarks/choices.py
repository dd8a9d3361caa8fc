"""What a plan chooses beside what else it could have chosen: kernels of the
library or generated ones, and chunks of other lengths.
"""

import numpy

import rnn
from growth import CPlan
from layers import Layer
from measure import in_turns
from rnn_abi import FORWARD, GRADIENT

FUNCTIONS = {"forward": FORWARD, "gradient": GRADIENT}


class Choice:
    """A layer under a plan that is made with some options."""

    def __init__(self, model, layer, way, **options):
        self.plan = rnn.Plan(model, layer.T, layer.B, functions=1 << FUNCTIONS[way], **options)
        self.way, rng = way, numpy.random.default_rng(17)
        self.params = model.random_params(rng, (1 / layer.H) ** 0.5)
        data = model.random_data(rng, layer.T, layer.B)
        self.plan.pack(self.params)
        self.call = rnn.Call(model, data if way == "gradient" else {"x": data["x"]}, gradients=way == "gradient")

    def run(self):
        if self.way == "gradient":
            self.plan.run_gradient(self.params, self.call)
        else:
            self.plan.run_forward(self.call)

    @property
    def chunk(self):
        return CPlan.from_address(self.plan.handle.value).frames[FUNCTIONS[self.way]].chunk[0]


def alternatives(chosen, layer):
    """Options of plans that the chosen one might have been, by name."""
    chunks = {max(chosen.chunk // 2, 1), min(chosen.chunk * 2, layer.T), layer.T} - {chosen.chunk}
    found = {f"chunk={steps}": {"chunk": steps} for steps in sorted(chunks)}
    found["gemm=generated"] = {"gemm": "generated"}
    if layer.B >= 4:
        found["gemm=library"] = {"gemm": "library"}
    return found


def choices(bench):
    """A ratio below 1 is an alternative that beats what was chosen."""
    sizes = [(100, 1, 64), (100, 1, 512), (50, 16, 64), (50, 16, 256), (50, 64, 256), (50, 16, 1024)]
    for T, B, H in bench.cases(sizes, [(5, 5, 16)]):
        model = rnn.Model(bench.shared_object("layer", "LSTM", H), "bench")
        for way in FUNCTIONS:
            layer = Layer("LSTM", T, B, H)
            chosen = Choice(model, layer, way)
            others = alternatives(chosen, layer)
            sides = [chosen, *(Choice(model, layer, way, **options) for options in others.values())]
            probe = bench.probe(layer.streamed)
            times = in_turns([side.run for side in sides], bench.rounds(9), bench.seconds, probes=[probe])
            bench.rows(f"choices-{way}", layer, times[0], dict(zip(others, times[1:])), probe.limits(),
                       way == "gradient")
