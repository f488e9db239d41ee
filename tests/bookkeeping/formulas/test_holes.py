"""Texts that look like one formula and were read as another: each is refused, and where."""

from __future__ import annotations

import pytest

from bookkeeping.check.formulas.faults import Misfit, Unreadable, Unusable
from bookkeeping.check.formulas.names import Names
from bookkeeping.check.formulas.plain import Plain
from bookkeeping.check.formulas.reading import read
from bookkeeping.check.formulas.trials import Trial

LETTERS = {
    "i": "index", "k": "index", "a": "number", "b": "number", "c": "number", "n": "number",
    "A": "matrix", "B": "matrix", "x": "vector", "y": "vector", "f": "function", "g": "function",
    "X": "tuple", "J": "number", "q": "random number", "r": "random number", "S": "set",
    "n_k": "number", "p": {"kind": "function", "bar": True},
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


@pytest.mark.parametrize("tex", ["a = 2 2 b", r"a = 2\,2 b", "a = {2}{2} b", "a = b 2 3^2"])
def test_two_numbers_side_by_side_are_no_product(names, tex):
    refused(names, tex, "look like one")


def test_a_product_after_a_slash_needs_brackets(names):
    refused(names, "a = b / 2 c", "after '/'", (1, 9))
    assert read("a = b / (2 c) + b c / 2", names)


@pytest.mark.parametrize(
    "tex",
    [
        r"a = \sin 2 b",
        r"a = \ln b c",
        r"a = \cos b (b + c)",
        r"a = \exp b \sum_{k=1}^{n} k",
        r"a = \mathbb{E} q r",
        r"a = \operatorname{tr} A B",
        r"a = \nabla f(x) b",
        r"a = \frac{d}{db} b c",
    ],
)
def test_what_stands_behind_an_argument_without_brackets_may_belong_to_it(names, tex):
    refused(names, tex, "brackets around what is meant")


def test_a_function_behind_an_argument_without_brackets_begins_a_factor(names):
    assert read(r"a = \sin b \ln c f(c) + \ln(b) c + \mathbb{E}[q] r", names)


@pytest.mark.parametrize(
    ("tex", "message"),
    [
        pytest.param(r"a = \nabla^2 f(x)", "without other marks", id="a second derivative"),
        pytest.param(r"a = \nabla' f(x)", "without other marks", id="a prime"),
        pytest.param(r"a = \nabla_{x, y} f(x)", "without other marks", id="by two"),
        pytest.param(r"a = \mathbb{E}_{q, r}[q r]", "one subscript", id="over two"),
        pytest.param(r"x \in \mathbb{R}_0^{n}", "not declared", id="a subscript of a space"),
        pytest.param(r"x \in \mathbb{R}'^{n}", "not declared", id="a prime of a space"),
        pytest.param(r"a = \sum^{k} n_k", "what .* runs over", id="an index above a sum"),
        pytest.param(r"a = \max^{k \in S} k", "what .* runs over", id="a condition above"),
    ],
)
def test_no_mark_is_passed_over(names, tex, message):
    refused(names, tex, message)


@pytest.mark.parametrize(
    ("tex", "values"),
    [
        (r"X = (a, b) + (b, a)", {"X": (1.0, 2.0, 2.0, 1.0), "a": 1.0, "b": 2.0}),
        (r"A \in \mathbb{R}^{1 \times n \times 2}", {"A": [[1.0, 2], [3, 4]], "n": 2}),
    ],
)
def test_lists_are_not_added_and_a_matrix_has_two_sizes(names, tex, values):
    with pytest.raises(Misfit):
        Trial(names, Plain(), values, 1e-12).run(tex)


@pytest.mark.parametrize(
    "tex",
    [
        pytest.param(r"a = f(b \mid c)", id="a function"),
        pytest.param(r"a = f(b : c)", id="a function, a colon"),
        pytest.param(r"a = p(b, c)", id="a function with a bar"),
        pytest.param(r"a = \operatorname{Cov}(q \mid r)", id="a covariance"),
        pytest.param(r"a = (A B)_{i \mid k}", id="an entry"),
        pytest.param(r"a = \langle x \mid y \rangle", id="an inner product"),
        pytest.param(r"S = \{a \mid b\}", id="a set"),
    ],
)
def test_a_bar_or_a_colon_is_no_comma(names, tex):
    refused(names, tex, "before the last of these")


def test_a_function_may_be_declared_with_a_bar(names):
    assert read(r"a = p(b, n \mid c)", names)


@pytest.mark.parametrize("tex", [r"a = f^{-1}(b)", r"a = \sin^{-1} b", r"a = \exp^{-1}(b)"])
def test_minus_one_at_the_name_of_a_function_would_be_its_inverse(names, tex):
    refused(names, tex, "behind the brackets")


@pytest.mark.parametrize(
    ("tex", "message"),
    [
        (r"a \approx b", "are equal"),
        (r"a \leftarrow b", "an assignment"),
        (r"a = b \leftarrow a", "an assignment"),
    ],
)
def test_a_weaker_relation_than_the_equality_that_holds_is_refused(names, tex, message):
    with pytest.raises(Unusable, match=message):
        Trial(names, Plain(), {"a": 2.0, "b": 2.0}, 1e-12).run(tex)


def test_a_function_without_brackets_is_not_divided(names):
    refused(names, r"a = b \sin c / 2", "what the function takes")
    assert read(r"a = b \sin(c) / 2 + \sin(c / 2)", names)


def test_a_line_that_begins_with_a_sign_is_no_equation_of_its_own(names):
    lines = r"\begin{aligned} a &= b \\ -b &= c \end{aligned}"
    refused(names, lines, "may go on with the line before", (1, 27))
    assert read(r"\begin{aligned} & a \\ & - \sum_{k=1}^{n} k = c \\ & - b \end{aligned}", names)


def test_of_several_cases_one_only_may_hold(names):
    tex = r"a = \begin{cases} 1 & \text{if } n \le 3 \\ 0 & \text{if } n \ge 3 \end{cases}"
    assert Trial(names, Plain(), {"a": 1, "n": 2}, 0).run(tex).error == 0
    with pytest.raises(Misfit, match="more than one"):
        Trial(names, Plain(), {"a": 1, "n": 3}, 0).run(tex)
