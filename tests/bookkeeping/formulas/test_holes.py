"""Texts that look like one formula and were read as another: each is refused, and where."""

from __future__ import annotations

import pytest

from bookkeeping.formulas.faults import Unreadable
from bookkeeping.formulas.names import Names
from bookkeeping.formulas.reading import read

LETTERS = {
    "i": "index", "k": "index", "a": "number", "b": "number", "c": "number", "n": "number",
    "A": "matrix", "B": "matrix", "x": "vector", "y": "vector", "f": "function", "g": "function",
    "X": "tuple", "J": "number", "q": "random number", "r": "random number", "S": "set",
    "n_k": "number",
}  # fmt: skip


@pytest.fixture(scope="module")
def names():
    return Names(LETTERS)


def refused(names, tex, message, place=None):
    with pytest.raises(Unreadable, match=message) as caught:
        read(tex, names)
    if place:
        assert (caught.value.line, caught.value.column) == place


@pytest.mark.parametrize(
    "tex",
    [
        pytest.param("a = 2 {b + c}", id="a sum"),
        pytest.param("a = {b + c}^2", id="a sum with a power"),
        pytest.param("a = b - {-c}", id="a sign"),
        pytest.param("a = {b c}^2", id="a product with a power"),
        pytest.param("a = b / {1 + c}", id="what is divided by"),
        pytest.param("a = {b^1}^2", id="a power with a power"),
        pytest.param(r"a = {\sum_{k=1}^{n} k} b", id="a sum sign"),
    ],
)
def test_braces_that_are_not_shown_hold_nothing_together(names, tex):
    refused(names, tex, "braces alone are not shown", (1, tex.index("{") + 1))


@pytest.mark.parametrize("tex", ["a = {b}^2", r"a = {\frac{b}{c}} n", "a = b{(c)}", "{x}_{k} = 1"])
def test_braces_around_what_shows_its_own_end_are_harmless(names, tex):
    assert read(tex, names)


@pytest.mark.parametrize(
    "tex",
    [
        pytest.param("a = b^{}2", id="a power"),
        pytest.param("a = b^{1}{}^{2}", id="two powers"),
        pytest.param(r"a = \frac{}{b}{c}", id="a fraction"),
        pytest.param(r"a = \sqrt{}{b}", id="a root"),
        pytest.param("a = 2{}2", id="two numbers"),
    ],
)
def test_braces_around_nothing_move_no_script_and_no_argument(names, tex):
    refused(names, tex, "braces around nothing", (1, tex.index("{}") + 1))


def test_braces_around_nothing_may_follow_a_relation_or_a_sign(names):
    assert read(r"\begin{aligned} a ={}& b \\ &{}+ c \end{aligned}", names)


@pytest.mark.parametrize(
    "tex",
    [r"a = \frac b 12", r"a = \frac 1 23", r"a = \frac123", r"a = \sqrt 12", r"a = \binom n 12"],
)
def test_of_a_number_without_braces_tex_takes_one_digit(names, tex):
    refused(names, tex, "TeX takes the first digit")


def test_brackets_right_after_a_new_line_are_a_distance(names):
    refused(names, r"\begin{aligned} a &= b \\[1in] &= c \end{aligned}", "distance", (1, 24))
