import mpmath
import numpy as np
import pytest
import sympy
from sympy import Matrix, Rational, Symbol, tanh

from unrolled.symbolic.vectors import (
    Activation,
    Delta,
    Diag,
    Entry,
    Inequality,
    Juxtaposed,
    Named,
    Negative,
    Norm,
    Parameter,
    Plus,
    Power,
    ProductDown,
    ProductOver,
    Quantity,
    Ratio,
    Scalar,
    Square,
    SumOver,
    T,
    Transpose,
    Unit,
    VectorEquation,
    derivative_of,
    k,
    s,
    sigma,
    t,
)

A, B = Parameter("A", "A"), Parameter("B", "B_{out}")
u, v = Quantity("u", "u"), Quantity("v", r"\bar{v}")
alpha = Scalar("alpha", r"\alpha")
LETTERS = {
    A: Matrix([[1, 2], [3, 4], [5, 6]]),
    B: Matrix([[0, 1], [-1, 2]]),
    u: Matrix([7, -1]),
    v: Matrix([2, 5]),
    alpha: Rational(1, 3),
}
meaning = LETTERS.__getitem__


@pytest.mark.parametrize(
    ("term", "value"),
    [
        (A @ u, Matrix([5, 17, 29])),
        (u * v, Matrix([14, -5])),
        (u + v, Matrix([9, 4])),
        (u - v, Matrix([5, -6])),
        (1 - u, Matrix([-6, 2])),
        (Square(u), Matrix([49, 1])),
        (u @ v.T, Matrix([[14, 35], [-2, -5]])),
        (B.T @ u, Matrix([1, 5])),
        (Diag(u) @ v, Matrix([14, -5])),
        (Negative(u), Matrix([-7, 1])),
        (Unit(u, 1), 7),
        (Entry(A, 3, 1), 5),
        (Juxtaposed(Unit(u, 1), Unit(v, 2), alpha), Rational(35, 3)),
        (Ratio(Unit(v, 1), alpha), 6),
        (Power(Unit(v, 1), sympy.S(3)), 8),
        (Named("Y", u + v), Matrix([9, 4])),
        (u * v * u, Matrix([98, 5])),
        (Transpose(B @ B), Matrix([[-1, -2], [2, 3]])),
    ],
    ids=repr,
)
def test_by_hand(term, value):
    assert term.on(meaning) == value


@pytest.mark.parametrize("matrix", [[[3, 0], [0, 3]], [[0, 3], [0, 0]], [[1, 2], [3, 4]], [[3, 4]]])
def test_norm_is_the_largest_stretch(matrix):
    ours = Norm(A).on(lambda _: Matrix(matrix))
    assert float(ours) == pytest.approx(np.linalg.norm(np.array(matrix, dtype=float), 2), rel=1e-14)


def test_products_run_up_or_down_and_may_be_empty():
    times = {u.at(1): B_AT[1], u.at(2): B_AT[2], u.at(3): B_AT[3]}
    body = u.at(s)
    up, down = ProductOver(body, s, 1, 3), ProductDown(body, s, 3, 1)
    assert up.on(times.__getitem__) == B_AT[1] * B_AT[2] * B_AT[3]
    assert down.on(times.__getitem__) == B_AT[3] * B_AT[2] * B_AT[1]
    assert ProductOver(body, s, 4, 3).on(times.__getitem__) == 1
    assert ProductDown(body, s, 3, 4).on(times.__getitem__) == 1
    assert SumOver(body, s, 2, 3).on(times.__getitem__) == B_AT[2] + B_AT[3]


B_AT = {1: Matrix([[1, 1], [0, 1]]), 2: Matrix([[1, 0], [2, 1]]), 3: Matrix([[0, 1], [1, 0]])}


def test_a_bound_index_stays_bound():
    body = SumOver(u, t, 1, T)
    assert body.subs(t, 5) == body
    assert body.subs(T, 3).terms() == (u.at(1), u.at(2), u.at(3))
    assert SumOver(u.at(s), s, 1, t).subs(t, 2) == SumOver(u.at(s), s, 1, 2)


def test_terms_after_the_last_step_are_left_out():
    equation = VectorEquation(Delta(u), Plus(Delta(v), B @ Delta(u.at(t + 1))))
    assert equation.at(t=2, T=3).rhs == Plus(Delta(v.at(2)), B @ Delta(u.at(3)))
    assert equation.at(t=3, T=3).rhs == Delta(v.at(3))
    assert equation.at(T=3).rhs == equation.rhs


def test_replacing_changes_all_sides_but_the_first():
    equation = VectorEquation(u, A @ u)
    assert equation.replace(u, v).sides == (u, A @ v)
    with pytest.raises(ValueError, match="old must occur in the equation, got B_"):
        equation.replace(B, A)


def test_shapes_that_differ_have_no_product_by_entries():
    with pytest.raises(ValueError, match=r"⊙ must join equal shapes, got \(2, 1\) and \(3, 1\)"):
        (u * (A @ v)).on(meaning)
    with pytest.raises(TypeError):
        2 - u


def test_sigma_is_the_logistic_function():
    argument = Symbol("argument")
    by_formula = 1 / (1 + sympy.exp(-argument))
    assert sigma(argument).doit() == by_formula
    difference = (sigma(argument).diff(argument).doit() - by_formula.diff(argument)).simplify()
    assert difference == 0
    for number in (-800, -3, 0, Rational(1, 2), 800):
        ours = sigma(sympy.Float(number, 40)).evalf(40)
        assert abs(ours - mpmath.mpf(1) / (1 + mpmath.exp(-mpmath.mpf(number)))) < 1e-15


def test_derivatives_of_functions_are_sympys():
    value = Symbol("value")
    assert derivative_of(tanh, 0)(value) == tanh(value)
    assert derivative_of(tanh, 1)(value) == 1 - tanh(value) ** 2
    assert derivative_of(sympy.sin, 2)(value) == -sympy.sin(value)
    slope = Activation("tanh").prime(u).on(meaning)
    assert slope == Matrix([1 - tanh(7) ** 2, 1 - tanh(-1) ** 2])


@pytest.mark.parametrize(
    ("term", "tex"),
    [
        (A @ (u + v), r"A \left(u^{(t)} + \bar{v}^{(t)}\right)"),
        ((u + v) * u, r"\left(u^{(t)} + \bar{v}^{(t)}\right) \odot u^{(t)}"),
        (u - v, r"u^{(t)} - \bar{v}^{(t)}"),
        (u * (1 - u), r"u^{(t)} \odot \left(1 - u^{(t)}\right)"),
        (Delta(u) @ u.at(t - 1).T, r"\delta u^{(t)} u^{(t - 1)\top}"),
        (B.T @ Delta(v.at(t + 1)), r"B_{out}^{\top} \delta \bar{v}^{(t + 1)}"),
        (Unit(Delta(v), k), r"\delta \bar{v}_{k}^{(t)}"),
        (Unit(B, k), r"B_{out,k}"),
        (Entry(A, Symbol("j"), Symbol("i")), r"A_{ji}"),
        (Square(Activation("tanh")(u)), r"\tanh^{2}(u^{(t)})"),
        (Activation("g").prime(u), r"g'(u^{(t)})"),
        (Activation("sigma")(v), r"\sigma(\bar{v}^{(t)})"),
        (Power(Norm(A), t - k), r"\left\lVert A \right\rVert^{t - k}"),
        (SumOver(u + v, t, 1, T), r"\sum_{t=1}^{T} \left(u^{(t)} + \bar{v}^{(t)}\right)"),
    ],
)
def test_terms_read_as_in_books(term, tex):
    assert term._repr_latex_() == rf"$\displaystyle {tex}$"
    assert repr(term) == tex


def test_inequalities_say_so():
    assert repr(Inequality(Norm(u), Norm(v))).count(r"\leq") == 1
