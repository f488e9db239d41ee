"""Long equations are broken into lines that fit a phone, and say the same as before."""

import pytest

from unrolled.symbolic import gru, lstm
from unrolled.symbolic.lines import ROOM, beneath, in_lines, width_of
from unrolled.symbolic.vectors import (
    Negative,
    Parameter,
    Plus,
    VectorEquation,
)

A, B, C = (Parameter(letter, letter) for letter in "ABC")
LONG, WIDE = (Parameter(letter, letter * times) for letter, times in (("L", 20), ("M", 30)))
# Widths that KaTeX gives at a size of 16 pixels.
MEASURED = (
    (lstm.delta_output(), 293),
    (lstm.delta_forget(), 267),
    (lstm.delta_c(), 680),
    (lstm.delta_y(), 444),
    (lstm.delta_x(), 345),
    (gru.delta_update(), 329),
    (gru.delta_reset(), 356),
)


def aligned(lines):
    return rf"\begin{{aligned}} {lines} \end{{aligned}}"


@pytest.mark.parametrize(("equation", "pixels"), MEASURED, ids=str)
def test_widths_are_estimated_well(equation, pixels):
    assert width_of(repr(equation)) == pytest.approx(pixels / 16, rel=0.1)


def test_what_fits_stays_on_one_line():
    for equation in (VectorEquation(A, B, C), VectorEquation(A, Plus(B, Negative(C), A))):
        assert repr(in_lines(equation)) == repr(equation)
    assert r"\\" not in repr(in_lines(lstm.delta_forget()))


def test_each_summand_of_a_long_sum_has_a_line():
    shown = in_lines(VectorEquation(A, Plus(LONG, Negative(C), LONG)))
    assert repr(shown) == aligned(rf"A &= {'L' * 20} \\ &\quad -C \\ &\quad + {'L' * 20}")


def test_each_side_of_a_long_chain_has_a_line():
    shown = in_lines(VectorEquation(A, LONG, LONG))
    assert repr(shown) == aligned(rf"A &= {'L' * 20} \\ &= {'L' * 20}")


def test_a_long_product_is_broken_before_a_factor():
    shown = in_lines(VectorEquation(A, LONG * LONG * B))
    assert repr(shown) == aligned(rf"A &= {'L' * 20} \\ &\quad \quad \odot {'L' * 20} \odot B")
    shown = in_lines(VectorEquation(A, LONG @ B @ LONG @ C))
    assert repr(shown) == aligned(rf"A &= {'L' * 20} B \\ &\quad \quad \cdot {'L' * 20} C")


def test_a_side_that_leaves_no_room_has_a_line_of_its_own():
    shown = in_lines(VectorEquation(LONG, WIDE))
    assert repr(shown) == aligned(rf"&{'L' * 20} \\ &\quad = {'M' * 30}")


@pytest.mark.parametrize("equation", [e for e, _ in MEASURED], ids=str)
def test_the_same_is_said_as_in_one_line(equation):
    shown = in_lines(equation)
    broken = repr(shown)
    for layout in (r"\begin{aligned}", r"\end{aligned}", "&", r"\quad", r"\\", r"\cdot"):
        broken = broken.replace(layout, " ")
    whole = repr(shown.equation).replace(r"\,", " ")
    assert broken.replace(r"\,", " ").split() == whole.split()


@pytest.mark.parametrize("equation", [e for e, _ in MEASURED], ids=str)
def test_no_line_is_wider_than_a_phone(equation):
    rows = repr(in_lines(equation)).replace(r"\begin{aligned}", "").replace(r"\end{aligned}", "")
    assert all(width_of(row) <= ROOM for row in rows.split(r"\\"))


def test_equations_stand_beneath_one_another():
    shown = beneath(VectorEquation(A, B), VectorEquation(B, C, A))
    assert repr(shown) == aligned(r"A &= B \\ B &= C = A")
    shown = beneath(VectorEquation(A, B), VectorEquation(B, WIDE * LONG))
    lines = rf"A &= B \\ B &= {'M' * 30} \\ &\quad \quad \odot {'L' * 20}"
    assert repr(shown) == aligned(lines)
