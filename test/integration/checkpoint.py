# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""What a gradient computes again is what it would have kept.

Loss, gradients, final states and Gauss-Newton products of every --checkpoint
mode agree in f64 to 1e-12 of the largest, with and without lengths and dropout,
for chunks that do and do not fill the sequence.
"""

import sys

import numpy

import rnn

MODES = ("every:3", "log")


def results(model, params, data, state, chunk, options):
    """Everything that the reverse pass gives, by name."""
    batch = state.shape[0]
    plan = rnn.Plan(model, 23, batch, chunk=chunk)
    working = state.copy()
    call = rnn.Call(model, data, working, gradients=True, **options)
    found = {"loss": numpy.array(plan.run_gradient(params, call)), **call.gradients()}
    found.update({f"final {name}": value.copy() for name, value in model.state_views(working).items()})
    if "gauss_newton" not in model.functions:
        return found
    product = rnn.Call(model, data, state.copy(), gradients=True, direction=params[::-1].copy(), **options)
    plan.run_gauss_newton(params, product)
    found["product"] = product.gradient.copy()
    return found


def compare(kept, again, where):
    for name, value in kept.items():
        error = abs(value - again[name]).max(initial=0)
        bound = 1e-12 * max(1, abs(value).max(initial=0))
        assert error <= bound, f"{where}: {name} differs by {error}"


def check(source, name, folder, rng):
    def compiled(mode):
        functions = "gradient" if source in WITHOUT_PRODUCT else "gradient,gauss-newton"
        options = (f"--functions={functions}", f"--checkpoint={mode}")
        return rnn.compile_model(rnn.source(source), folder, name, options=options)

    none, others = compiled("none"), {mode: compiled(mode) for mode in MODES}
    for steps, batch, chunk in ((1, 2, 0), (9, 1, 2), (23, 3, 1), (17, 4, 5)):
        params, data = none.random_params(rng), none.random_data(rng, steps, batch)
        state = none.random_state(rng, batch)
        lengths = [rng.integers(0, steps + 1, batch).astype(numpy.int32) for _ in none.axes]
        for options in ({}, {"seed": 5}, {"lengths": lengths, "seed": 6}):
            kept = results(none, params, data, state, chunk, options)
            for mode, model in others.items():
                where = f"{name} {mode} T={steps} B={batch} chunk={chunk} {options}"
                compare(kept, results(model, params, data, state, chunk, options), where)


def main(folder):
    rng = numpy.random.default_rng(11)
    for source, names in MODELS.items():
        for name in names:
            check(source, name, folder, rng)


# One direction, both, and two axes; a cell of several products; dropout.
MODELS = {
    "stack.rnn": ("LSTMStack",),
    "sequences.rnn": ("ManyToOne", "Translation", "Bidirectional"),
    "topologies.rnn": ("Multiplicative",),
    "dropout.rnn": ("Dropped",),
}
WITHOUT_PRODUCT = ("dropout.rnn",)  # Its loss is linear.
main(sys.argv[1])
