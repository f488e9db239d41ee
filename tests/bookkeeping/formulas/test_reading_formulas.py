"""What the language of displayed equations reads, and what it refuses, with the place."""

from __future__ import annotations

import pytest

from bookkeeping.check.formulas.faults import FormulaError, Unreadable
from bookkeeping.check.formulas.names import Names
from bookkeeping.check.formulas.reading import read
from bookkeeping.check.formulas.tokens import plain_tokens, tokens

LETTERS = {
    "t": "index", "j": "index", "k": "index", "T": "number", "n": "number", "W": "matrix",
    "W_{for}": "matrix", "x": "vector", "h^{(t)}": "vector", r"\bar{h}^{(t)}": "vector",
    "a_{jk}": "number", r"p_{j \mid k}": "number", "g": "function", r"\delta h^{(t)}": "vector",
    r"\varepsilon": "random number", r"\ell": "tuple", r"\ell'": "tuple", "y_{(k)}": "number",
    "y_k": "number",
}  # fmt: skip


@pytest.fixture(scope="module")
def names():
    return Names(LETTERS)


@pytest.mark.parametrize(
    ("tex", "name", "indices", "entry"),
    [
        ("h^{(t - 1)} = 1", "h^{(t)}", 1, 0),
        ("h_k^{(t)} = 1", "h^{(t)}", 1, 1),
        (r"\bar h^{(t)}_{k} = 1", r"\bar{h}^{(t)}", 1, 1),
        (r"\delta h_{k}^{(T)} = 1", r"\delta h^{(t)}", 1, 1),
        ("W_{jk} = 1", "W", 0, 2),
        ("W_{j, k + 1} = 1", "W", 0, 2),
        ("W_{for} = 1", "W_{for}", 0, 0),
        ("W_{for,jk} = 1", "W_{for}", 0, 2),
        ("a_{kj} = 1", "a_{jk}", 2, 0),
        (r"p_{k \mid j} = 1", r"p_{j \mid k}", 2, 0),
        ("{x}_{k} = 1", "x", 0, 1),
        (r"\ell'_k = 1", r"\ell'", 0, 1),
        ("y_{(k + 1)} = 1", "y_{(k)}", 1, 0),
        ("y_{k + 1} = 1", "y_k", 1, 0),
    ],
)
def test_a_name_is_a_letter_with_its_marks(names, tex, name, indices, entry):
    node = read(tex, names).statements[0].first.sides[0]
    entries = 0
    if node.op == "entry":
        node, entries = node.args[0], len(node.args[1])
    assert node.args[0].tex == name
    assert (len(node.args[1]), entries) == (indices, entry)


@pytest.mark.parametrize(
    ("tex", "message", "place"),
    [
        pytest.param(r"n = \frac{1", "found 'the end of the formula'", (1, 12), id="not closed"),
        pytest.param("n = 2 +\n  ) 3", r"found '\)'", (2, 3), id="a bracket too many"),
        pytest.param(r"n = \foo{2}", "no formula of this book may hold .*foo", (1, 5), id="TeX"),
        pytest.param("n = 2 &", "'&' outside", (1, 7), id="an ampersand"),
        pytest.param(r"\begin{array} n", "no environment 'array'", (1, 1), id="environment"),
        pytest.param("n = q", "the letter 'q' is not declared", (1, 5), id="an unknown letter"),
        pytest.param(r"n = \hat{x}_1", "is not declared", (1, 5), id="an unknown accent"),
        pytest.param("n = h", "with|declared are", (1, 5), id="a letter without its step"),
        pytest.param("n = n_{k}", "is not declared", (1, 5), id="an entry of a number"),
        pytest.param("n = g'", "expected an argument in brackets", (1, 5), id="a bare slope"),
        pytest.param(r"n = \tanh", "expected what this is applied to", (1, 5), id="a bare tanh"),
        pytest.param(
            r"n = \frac{\partial n}{d n}", "same sign of a derivative", (1, 11), id="mixed"
        ),
        pytest.param(r"n = \sum k", "expected what", (1, 5), id="a sum over nothing"),
        pytest.param(r"\frac{n}{2}", "needs a relation", (1, 7), id="no relation"),
        pytest.param(r"n = 1 + \dots", "dots", (0, 0), id="dots without an end"),
        pytest.param(r"n = \int_0^1 n", "differential", (1, 15), id="no differential"),
        pytest.param(r"n = \sum_{y_k=1}^{n} k", "expected an index", (1, 11), id="a bound y_k"),
        pytest.param(r"n = \operatorname{Foo}(n)", "not declared", (1, 5), id="an unknown word"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(names, tex, message, place):
    with pytest.raises(Unreadable, match=message) as caught:
        read(tex, names)
    if place != (0, 0):
        assert (caught.value.line, caught.value.column) == place


def test_a_line_that_begins_with_an_operator_goes_on(names):
    tex = "\\begin{aligned}\nn &= 1 \\\\\n &\\quad + 2 \\\\\nT &= 3\n\\end{aligned}"
    first, second = read(tex, names).statements
    assert first.first.sides[1].op == "sum"
    assert second.first.sides[0].args[0].tex == "T"


def test_two_statements_may_stand_on_a_line(names):
    assert len(read(r"n = 4, \quad T = n", names).statements) == 2


def test_tex_takes_one_digit_after_a_script():
    assert [t.text for t in tokens("x^23")] == ["x", "^", "2", "3"]
    assert [t.text for t in tokens("x^{23}")] == ["x", "^", "{", "23", "}"]


def test_layout_says_nothing(names):
    plain = read("n = 2 T", names)
    assert (
        read(r"n \;=\; 2\,\, \Big. T".replace(r"\Big.", ""), names).statements == plain.statements
    )
    assert plain_tokens("n  =\n2") == ("n", "=", "2")


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"x": "nothing"}, "a kind is one of"),
        ({"x": "sometimes vector"}, "a kind is one of"),
        ({"x": {"kind": "vector", "colour": "red"}}, "options that no name has: colour"),
        ({"x_k": "number", "x_{k}": "vector", "k": "index"}, "declared twice"),
        ({"x + y": "number"}, "is not a letter"),
    ],
)
def test_a_wrong_declaration_is_refused(declared, message):
    with pytest.raises(FormulaError, match=message):
        Names(declared)
