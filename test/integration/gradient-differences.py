# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""Gradients against central differences, in f64.

Every parameter, input and initial state of one and two layers of each cell:
`|a - n| <= 1e-6 max|g| + 1e-9 |loss|`, all elements of small tensors and 40
random ones of large ones. With initial states that are given, and with the
model's own, which are learned in half of the models.
"""

import sys

import numpy

import rnn

SAMPLE = 40
STEP = 1e-5


def differentiable(plan, call, params, state):
    """What the loss depends on, by name, as arrays that can be changed in place."""
    parameters = plan.model.parameters
    found = {n: view for n, view in plan.model.views(params).items() if not parameters[n].frozen}
    found.update({n: call.data[n] for n, t in plan.model.inputs.items() if t.dtype == plan.model.dtype})
    if state is not None:
        found.update(plan.model.state_views(state))
    return found


def difference(evaluate, array, index):
    kept = array[index]
    array[index] = kept + STEP
    above = evaluate()
    array[index] = kept - STEP
    below = evaluate()
    array[index] = kept
    return (above - below) / (2 * STEP)


def check(plan, rng, steps, batch, given):
    model = plan.model
    params = model.random_params(rng)
    state = model.random_state(rng, batch) if given else None
    working = None if state is None else model.zero_state(batch)
    data = model.random_data(rng, steps, batch)
    call = rnn.Call(model, data, working, gradients=True)

    def start():
        if given:
            working[:] = state

    def evaluate():
        start()
        plan.pack(params)
        return plan.run_loss(call)

    start()
    loss = plan.run_gradient(params, call)
    assert abs(loss - evaluate()) <= 1e-13 * abs(loss), "the gradient's loss is another"
    gradients = call.gradients()
    assert not any(gradients[n].any() for n, p in model.parameters.items() if p.frozen), "a frozen gradient"
    largest = max(abs(g).max() for g in gradients.values())
    bound = 1e-6 * largest + 1e-9 * abs(loss)
    count = 0
    for name, array in differentiable(plan, call, params, state).items():
        places = list(numpy.ndindex(array.shape))
        if len(places) > 1.5 * SAMPLE:
            places = [places[i] for i in rng.choice(len(places), SAMPLE, replace=False)]
        for place in places:
            a, n = gradients[name][place], difference(evaluate, array, place)
            where = f"{model.name} T={steps} B={batch} given={given}: {name}{list(place)}"
            assert abs(a - n) <= bound, f"{where}: gradient {a}, difference {n}, bound {bound}"
            count += 1
    return count


def main(folder):
    cells = ("Vanilla", "LSTM", "GRU")
    wide = {"I": 3, "H": 17}
    cases = [("stack.rnn", f"{cell}Stack", {"L": layers, **(wide if layers == 2 else {})})
             for cell in cells for layers in (1, 2)]
    cases += [("topologies.rnn", name, {}) for name in
              ("Peephole", "Multiplicative", "EncoderDecoder", "Tied", "Memoryless", "Filter")]
    cases += [("learned.rnn", f"{cell}{layers}", {}) for cell in cells for layers in (1, 2)]
    cases += [("matrices.rnn", name, {}) for name in ("Hidden", "Masks")]
    rng = numpy.random.default_rng(1)
    for file, name, sizes in cases:
        model = rnn.compile_model(rnn.source(file), folder, name, sizes)
        count = 0
        for steps in (1, 2, 17):
            for batch in (1, 3, 8):
                # A chunk in the middle, so that several meet in the pass back.
                plan = rnn.Plan(model, steps, batch, chunk=5)
                for given in (False, True) if model.states else (False,):
                    count += check(plan, rng, steps, batch, given)
        print(f"{name} {sizes}: {count} elements agree")


main(sys.argv[1])
