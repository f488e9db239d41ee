"""The derivatives of skip-gram with negative sampling, held against the printed ones."""

import numpy as np
import pytest
import sympy

from unrolled.language.skip_gram import SkipGramParams, skip_gram_gradient
from unrolled.symbolic.skip_gram import pair_gradient, pair_loss, vector

PAIRS = pytest.mark.parametrize(("n_dims", "n_noise"), [(3, 4), (2, 5)])


def differentiated(n_dims, n_noise):
    """Draw the vectors of a pair, and put them into the derivatives."""
    v, u = vector("v", n_dims), [vector(f"u_{k}", n_dims) for k in range(1 + n_noise)]
    rng = np.random.default_rng(n_noise)
    symbols = sympy.Matrix([v, *u])
    numbers = dict(zip(symbols, rng.normal(size=len(symbols)), strict=True))

    def put(matrix):
        return np.array(matrix.subs(numbers).evalf(30), dtype=float).ravel()

    d_v, d_u = pair_gradient(v, u)
    loss = float(pair_loss(v, u).subs(numbers))
    return put(v), np.array([put(one) for one in u]), loss, put(d_v), np.array(list(map(put, d_u)))


def numbered(rows):
    return dict(enumerate(rows, 1))


def test_one_dimension_by_hand():
    """At zero all is a coin toss: each word costs ln 2, and its derivative is half the other."""
    v, u = vector("v", 1), [vector("u_0", 1), vector("u_1", 1)]
    at = {v[0]: 0, u[0][0]: 3, u[1][0]: 5}
    assert pair_loss(v, u).subs(at) == 2 * sympy.log(2)
    d_v, d_u = pair_gradient(v, u)
    assert d_v.subs(at) == sympy.Matrix([sympy.Rational(5 - 3, 2)])
    assert [one.subs(at) for one in d_u] == [sympy.zeros(1), sympy.zeros(1)]


@pytest.mark.equation("skip-gram-gradient")
@PAIRS
def test_printed_gradient_is_the_derivative_of_the_loss(evidence, n_dims, n_noise):
    v, u, _, d_v, d_u = differentiated(n_dims, n_noise)
    slopes = [float(np.dot(d, v) / np.dot(v, v)) for d in d_u]
    evidence.evaluates(
        {
            "v": v, "u": u[0], r"\tilde{u}_k": numbered(u[1:]), "K": n_noise,
            r"\delta s": slopes[0], r"\delta \tilde{s}_k": numbered(slopes[1:]),
            r"\delta v": d_v, r"\delta u": d_u[0], r"\delta \tilde{u}_k": numbered(d_u[1:]),
        },
        at={"k": range(1, n_noise + 1)}, witness="SymPy", within=1e-13,
    )  # fmt: skip


@PAIRS
def test_function_differentiates_as_sympy_does(evidence, n_dims, n_noise):
    v, u, loss, d_v, d_u = differentiated(n_dims, n_noise)
    params = SkipGramParams(np.tile(v, (1 + n_noise, 1)), u)
    losses, gradient = skip_gram_gradient(params, [0], [range(1 + n_noise)])
    evidence.agrees(losses, [loss], witness="SymPy", within=1e-14)
    evidence.agrees(gradient.v[0], d_v, witness="SymPy", within=1e-14)
    evidence.agrees(gradient.u, d_u, witness="SymPy", within=1e-14)
