import mpmath
import pytest
import sympy
from sympy import Matrix, Rational, Symbol, tanh

from unrolled.symbolic.vectors import (
    Activation,
    Delta,
    Diag,
    Negative,
    Parameter,
    Plus,
    Quantity,
    Square,
    SumOver,
    T,
    Transpose,
    VectorEquation,
    derivative_of,
    sigma,
    t,
)

A, B = Parameter("A", "A"), Parameter("B", "B_{out}")
u, v = Quantity("u", "u"), Quantity("v", r"\bar{v}")
LETTERS = {
    A: Matrix([[1, 2], [3, 4], [5, 6]]),
    B: Matrix([[0, 1], [-1, 2]]),
    u: Matrix([7, -1]),
    v: Matrix([2, 5]),
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
        (u * v * u, Matrix([98, 5])),
        (Transpose(B @ B), Matrix([[-1, -2], [2, 3]])),
    ],
    ids=repr,
)
def test_by_hand(term, value):
    assert term.evaluate(meaning) == value


def test_sums_run_over_the_steps():
    values = {u.at(1): Matrix([1, 0]), u.at(2): Matrix([3, 5]), u.at(3): Matrix([7, -2])}
    assert SumOver(u, t, 2, 3).evaluate(values.__getitem__) == Matrix([10, 3])


def test_a_bound_index_stays_bound():
    s = Symbol("s", integer=True)
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
        (u * (A @ v)).evaluate(meaning)
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
    derivative = Activation("tanh").prime(u).evaluate(meaning)
    assert derivative == Matrix([1 - tanh(7) ** 2, 1 - tanh(-1) ** 2])


@pytest.mark.parametrize(
    ("term", "tex"),
    [
        (A @ (u + v), r"A \left(u^{(t)} + \bar{v}^{(t)}\right)"),
        ((u + v) * u, r"\left(u^{(t)} + \bar{v}^{(t)}\right) \odot u^{(t)}"),
        (u - v, r"u^{(t)} - \bar{v}^{(t)}"),
        (u * (1 - u), r"u^{(t)} \odot \left(1 - u^{(t)}\right)"),
        (Delta(u) @ u.at(t - 1).T, r"\delta u^{(t)} u^{(t - 1)\top}"),
        (B.T @ Delta(v.at(t + 1)), r"B_{out}^{\top} \delta \bar{v}^{(t + 1)}"),
        (Square(Activation("tanh")(u)), r"\tanh^{2}(u^{(t)})"),
        (Activation("g").prime(u), r"g'(u^{(t)})"),
        (Activation("sigma")(v), r"\sigma(\bar{v}^{(t)})"),
        (SumOver(u + v, t, 1, T), r"\sum_{t=1}^{T} \left(u^{(t)} + \bar{v}^{(t)}\right)"),
    ],
)
def test_terms_read_as_in_books(term, tex):
    assert repr(term) == tex
