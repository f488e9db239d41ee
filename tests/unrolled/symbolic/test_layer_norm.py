"""The derivatives of layer normalisation, found by SymPy and held against the book's."""

import numpy as np
import pytest
import sympy

from unrolled.networks.layer_norm import (
    EPSILON,
    LayerNormParams,
    layer_norm_backward,
    layer_norm_forward,
)
from unrolled.symbolic.layer_norm import layer_norm, loss_gradient, normalised
from unrolled.symbolic.skip_gram import vector

LETTERS = ("x", "g", "b", "y")  # y stands for the slopes of the loss at the output


def drawn(d_model):
    """A token, gains, biases and slopes: as symbols, and as numbers."""
    symbols = [vector(name, d_model) for name in LETTERS]
    numbers = np.random.default_rng(d_model).normal(size=(4, d_model))
    return symbols, numbers


def put(matrix, symbols, numbers):
    flat = dict(zip(sympy.Matrix(symbols), np.ravel(numbers), strict=True))
    return np.array(matrix.subs(flat).evalf(30), dtype=float).ravel()


def test_two_numbers_by_hand():
    """Mean 3 and variance 4; of two numbers only the sign of the difference survives."""
    x = sympy.Matrix(sympy.symbols("low high", real=True))
    at = {x[0]: 1, x[1]: 5}
    assert normalised(x, sympy.Integer(0)).subs(at) == sympy.Matrix([-1, 1])
    slopes = loss_gradient(normalised(x, sympy.Integer(0)), sympy.Matrix([1, 0]), x)
    assert sympy.simplify(slopes.subs(at)) == sympy.zeros(2, 1)


@pytest.mark.parametrize("d_model", [3, 5])
def test_function_differentiates_as_sympy_does(evidence, d_model):
    symbols, numbers = drawn(d_model)
    x, gain, bias, d_y = symbols
    y = layer_norm(x, gain, bias, sympy.Float(EPSILON, 30))
    params = LayerNormParams(gain=numbers[1], bias=numbers[2])
    ours, cache = layer_norm_forward(params, numbers[0])
    evidence.agrees(ours, put(y, symbols, numbers), witness="SymPy", within=1e-14)
    gradients = layer_norm_backward(params, cache, numbers[3])
    for by, found in ((x, gradients.x), (gain, gradients.params.gain), (bias, numbers[3])):
        theirs = put(loss_gradient(y, d_y, by), symbols, numbers)
        evidence.agrees(found, theirs, witness="SymPy", within=1e-12)
