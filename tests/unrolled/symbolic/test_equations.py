"""How an equation shows itself: as TeX, with or without a notebook around it."""

from sympy import Identity, MatrixSymbol, Symbol, symbols

from unrolled.symbolic.equations import Equation
from unrolled.symbolic.principal_components import MatrixEquation


def test_an_equation_names_itself_by_its_tex():
    a, b = symbols("a b")
    equation = Equation(Symbol("c"), a * b, a * b)
    assert repr(equation) == "c = a b = a b"
    assert equation._repr_latex_() == r"$\displaystyle c = a b = a b$"


def test_a_transposed_matrix_has_an_upright_sign_in_both():
    matrix = MatrixSymbol("V", 2, 2)
    equation = MatrixEquation(matrix.T * matrix, Identity(2))
    assert repr(equation).startswith(r"V^{\top} V = ")
    assert equation._repr_latex_() == rf"$\displaystyle {equation!r}$"
