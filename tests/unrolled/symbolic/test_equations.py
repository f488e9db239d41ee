"""How an equation shows itself: as TeX, with or without a notebook around it."""

from sympy import Symbol, symbols

from unrolled.symbolic.equations import Equation


def test_an_equation_names_itself_by_its_tex():
    a, b = symbols("a b")
    equation = Equation(Symbol("c"), a * b, a * b)
    assert repr(equation) == "c = a b = a b"
    assert equation._repr_latex_() == r"$\displaystyle c = a b = a b$"
