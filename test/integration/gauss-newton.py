# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""Gauss-Newton products against the matrix, written out: sum of J' H J over all rows.

H is the loss's second derivative on paper, J once the compiled tangents along
every unit vector (to 1e-10), once central differences of the equations (to
1e-6). Structural damping adds damping / rows times the sum of J' J of the
hidden states. Products are symmetric and not negative.
"""

import sys

import numpy

import rnn
from reference.check import Check, draw_lengths
from reference.curvature import MODELS
from reference.differences import Differences

EXACT, DIFFERENT = 1e-10, 1e-6


def explicit(curved, check, jacobians, damping):
    """The matrix, of outputs' derivatives [P, T, B, F] by name."""
    steps, batch = check.steps[0], check.batch
    lengths = check.lengths[0]
    lengths = numpy.full(batch, steps) if lengths is None else lengths
    valid = numpy.arange(steps)[:, None] < lengths[None, :]
    matrix = 0
    for name, second in curved.curvature(check.expected.outputs, check.data, valid).items():
        j = jacobians[name]
        j, second = j.reshape(len(j), -1, j.shape[-1]), second.reshape(-1, *second.shape[-2:])
        matrix = matrix + numpy.einsum("prf,rfg,qrg->pq", j, second, j)
    for name in curved.hidden:
        j = jacobians[name]
        matrix = matrix + damping / valid.sum() * numpy.einsum("ptbf,qtbf->pq", j, j)
    return matrix


def tangents(check):
    """J by the compiled forward mode."""
    found = []
    for direction in numpy.eye(len(check.params)):
        call = check.call(direction=direction)
        check.plan.run_tangent(check.params, call)
        found.append(call.output_tangents)
    return {name: numpy.stack([tangent[name] for tangent in found]) for name in found[0]}


def differences(check, rng):
    """J by central differences of the reference."""
    directions = [check.model.views(unit) for unit in numpy.eye(len(check.params))]
    return Differences(check.evaluation, check.values(), [], directions, rng).outputs_along


def product(check, direction, damping):
    call = check.call(gradients=True, direction=direction, damping=damping)
    check.plan.run_gauss_newton(check.params, call)
    check.same("product's loss", call.loss[0], check.expected.loss)
    return call.gradient


def check_products(curved, check, rng):
    first, second = rng.standard_normal((2, len(check.params)))
    jacobians = ((EXACT, tangents(check)), (DIFFERENT, differences(check, rng)))
    for damping in (0.0, 0.7):
        products = [product(check, v, damping) for v in (first, second)]
        for bound, jacobian in jacobians:
            matrix = explicit(curved, check, jacobian, damping)
            for v, got in zip((first, second), products):
                scale = max(1e-3, abs(matrix @ v).max())
                check.same(f"product, damping {damping}", got, matrix @ v, bound, scale)
        scale = max(1, abs(first) @ abs(products[1]))
        check.same("symmetry", first @ products[1], second @ products[0], EXACT, scale)
        assert first @ products[0] >= 0, check.where(f"negative curvature {first @ products[0]}")


def main(folder):
    rng = numpy.random.default_rng(12)
    for name, curved in MODELS.items():
        options = ("--functions=forward,loss,gradient,tangent,gauss-newton",)
        model = rnn.compile_model(rnn.source("gauss-newton.rnn"), folder, name, options=options)
        for steps, batch in ((1, 1), (2, 5), (9, 1), (9, 5)):
            whole = numpy.maximum(draw_lengths(rng, steps, batch), 1) if batch == 1 else draw_lengths(rng, steps, batch)
            for lengths in (None, whole):
                check = Check(model, curved.reference, rng, steps, batch, lengths)
                check.all()
                check_products(curved, check, rng)
        print(name)


main(sys.argv[1])
