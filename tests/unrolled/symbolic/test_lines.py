from unrolled.symbolic import lstm
from unrolled.symbolic.lines import beneath, in_lines
from unrolled.symbolic.vectors import (
    Diag,
    Inequality,
    Negative,
    Parameter,
    Plus,
    VectorEquation,
)

A, B, C = (Parameter(letter, letter) for letter in "ABC")


def test_each_summand_has_a_line():
    shown = in_lines(VectorEquation(A, Plus(B, Negative(C), A)))._repr_latex_()
    lines = r"A &= B \\ &\quad -C \\ &\quad + A"
    assert shown == rf"$\displaystyle \begin{{aligned}} {lines} \end{{aligned}}$"


def test_what_is_no_sum_stays_on_one_line_and_names_come_first():
    shown = in_lines(VectorEquation(A, B, C))._repr_latex_()
    assert shown == r"$\displaystyle \begin{aligned} A = B &= C \end{aligned}$"


def test_the_same_is_said_as_in_one_line():
    equation = lstm.cell_jacobian()
    broken = in_lines(equation)._repr_latex_()
    assert broken.count(r"\\") == len(equation.rhs.args) - 1 == 3
    for layout in (r"\begin{aligned} ", r" \end{aligned}", "&", r"\quad ", r" \\"):
        broken = broken.replace(layout, "")
    assert broken == equation._repr_latex_()


def test_equations_stand_beneath_one_another():
    shown = beneath(VectorEquation(A, B), VectorEquation(B, C, A))._repr_latex_()
    assert shown == r"$\displaystyle \begin{aligned} A &= B \\ B &= C = A \end{aligned}$"


def test_a_folded_side_begins_a_line():
    shown = in_lines(Inequality(A, B), fold=True)._repr_latex_()
    assert shown == r"$\displaystyle \begin{aligned} &A \\ &\quad \leq B \end{aligned}$"


def test_the_diagonal_of_a_sum_is_broken_too():
    shown = in_lines(VectorEquation(A, Diag(Plus(B, C)))).equation.rhs
    assert shown == Plus(Diag(B), Diag(C))
