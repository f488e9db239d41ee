"""The plugin through which tests claim equations: what it asserts, records and refuses."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

import bookkeeping
from bookkeeping.check.formulas.tokens import plain_tokens
from bookkeeping.check.pytest_plugin import Evidence


@pytest.fixture
def shown() -> Evidence:
    return Evidence()


def error_of(shown: Evidence) -> float:
    (check,) = shown.checks
    return check["error"]


@pytest.mark.parametrize(
    ("ours", "theirs", "within", "message"),
    [
        pytest.param([1.0, -2.0], [1.0, 2.0], 0.1, "off by 2 of", id="a wrong sign"),
        pytest.param([[1.0, 2], [3, 4]], [[1.0, 3], [2, 4]], 0.1, "off by", id="a transposition"),
        pytest.param([[1.0, 2, 3]], [[1.0], [2], [3]], 9.0, "shapes differ", id="another shape"),
        pytest.param(1.0, [1.0], 0.1, "shapes differ", id="a number and a list"),
        pytest.param([], [], 0.1, "nothing was compared", id="nothing"),
        pytest.param([math.nan], [1.0], 9.0, "ours holds a number that is not", id="NaN of ours"),
        pytest.param([1.0], [math.nan], 9.0, "theirs holds a number that is", id="NaN of theirs"),
        pytest.param([math.inf], [math.inf], 9.0, "ours holds a number that is not", id="infinity"),
        pytest.param([0, 1], [0.0, math.nan], 9.0, "not finite", id="NaN beside integers"),
        pytest.param(
            np.array([0.0, math.nan], object), [0.0, 1.0], 9.0, "not finite", id="NaN as object"
        ),
        pytest.param([1.0 + 1e-15], [1.0], 0, "off by", id="not exactly"),
        pytest.param([2**80 + 1], [2**80], 0, "off by", id="big integers, one apart"),
        pytest.param([2**62 + 1], [2**62], 0, "off by", id="integers that floats confuse"),
        pytest.param(["a"], ["a"], 9.0, "ours holds no numbers", id="words"),
        pytest.param(np.uint8([0]), np.uint8([1]), 0.5, "off by 1 of", id="unsigned integers"),
        pytest.param(1.0, 1.0, math.nan, "off by 0", id="within NaN"),
    ],
)
def test_agrees_refuses(shown, ours, theirs, within, message):
    with pytest.raises(AssertionError, match=message):
        shown.agrees(ours, theirs, witness="by hand", within=within)
    assert shown.checks == []


@pytest.mark.parametrize(
    ("ours", "theirs", "error"),
    [
        pytest.param([1.0, 5.0], [1.0, 4.0], 0.25, id="as a share of the largest value"),
        pytest.param([0.25], [0.0], 0.25, id="beside zero as it is"),
        pytest.param([3 + 4j], [0j], 5.0, id="complex"),
        pytest.param([2**80], [2**80], 0.0, id="big integers"),
        pytest.param(10**400, 10**400, 0.0, id="integers no float can hold"),
        pytest.param([True, False], [True, False], 0.0, id="truth values"),
        pytest.param(-(2**63), 2**63 - 1, 2.0, id="integers whose difference overflows"),
        pytest.param(Fraction(1, 3), Fraction(1, 2), 1 / 3, id="fractions"),
        pytest.param(sp.Rational(1, 2), 0.5, 0.0, id="a SymPy number"),
        pytest.param([1, 2], [1.0, 2.5], 0.2, id="integers beside floats"),
    ],
)
def test_agrees_records_the_error_reached(shown, ours, theirs, error):
    shown.agrees(ours, theirs, witness="by hand", within=10)
    assert error_of(shown) == pytest.approx(error, rel=1e-15, abs=0)
    assert shown.checks[0]["kind"] == "agrees"
    assert shown.checks[0]["witness"] == "by hand"


x, y = sp.symbols("x y")
n = sp.symbols("n", integer=True, positive=True)


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param((x + y) ** 2 - x**2 - 2 * x * y - y**2, id="expanded"),
        pytest.param(sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1, id="simplified"),
        pytest.param(sp.Eq(x * (x + 1), x**2 + x), id="an equation"),
        pytest.param(sp.Matrix([x - x, 0]), id="a matrix"),
        pytest.param(sp.sqrt(6) - sp.sqrt(2) * sp.sqrt(3), id="without symbols"),
        pytest.param(sp.factorial(n + 1) - (n + 1) * sp.factorial(n), id="integers"),
    ],
)
def test_identity_accepts(shown, expression):
    shown.identity(expression)
    assert error_of(shown) < 1e-25


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param(x + y - (x - y), id="a wrong sign"),
        pytest.param(sp.Matrix([[x, y], [0, 0]]) - sp.Matrix([[x, 0], [y, 0]]), id="transposed"),
        pytest.param(sp.nan, id="NaN"),
        pytest.param(sp.Integer(1), id="a number"),
        pytest.param(sp.Abs(x - 2) - (2 - x), id="true for small numbers only"),
        pytest.param(sp.Matrix([]), id="nothing"),
        pytest.param(sp.Function("f")(x), id="what has no value"),
        pytest.param(x * sp.Rational(1, 10**12), id="a small thing"),
    ],
)
def test_identity_refuses(shown, expression):
    with pytest.raises(AssertionError):
        shown.identity(expression)
    assert shown.checks == []


def test_identity_of_a_large_expression_is_tried_at_random_points(shown):
    terms = [sp.sin(k * x) ** 2 + sp.cos(k * x) ** 2 - 1 for k in range(2, 60)]
    shown.identity(sum(terms))
    assert error_of(shown) < 1e-25
    with pytest.raises(AssertionError, match="not zero, but"):
        shown.identity(sum(terms) + x / 10**9)


def test_tex_is_compared_up_to_spaces():
    assert plain_tokens(r"a_1  +\frac{b}{c}") == plain_tokens("a_1+\\frac {b}\n{c}")
    assert plain_tokens(r"\alpha x") != plain_tokens(r"\alphax")
    assert plain_tokens("a_1") != plain_tokens("a_2")
    assert plain_tokens(r"\{a\}") != plain_tokens("{a}")
    assert plain_tokens(r"a \\ b") == plain_tokens(r"a\\b")


PAGE = """\
$$ a = b $$ (good)

$$ a = 2 + (a - 2) $$ (first)

$$ b = 2 + (b - 2) $$ (second)

$$ a = b $$ (wrong)
"""
NOTATION = """\
- title: Letters
  pages: [page]
  letters:
    - means: two numbers
      names: {a: number, b: number}
"""
CLAIMS = """
import pytest

@pytest.mark.equation("good")
def test_good(evidence):
    evidence.evaluates({"a": 1.0, "b": 1.5}, witness="by hand", within=1)

@pytest.mark.equation("first")
@pytest.mark.equation("second")
@pytest.mark.parametrize("size", [2, 3])
def test_both(evidence, size):
    evidence.evaluates({"a": size}, label="first", witness="counted", within=0)
    evidence.evaluates({"b": size}, label="second", witness="counted", within=0, trust="b")

def test_claims_nothing(evidence):
    evidence.agrees(1, 1, witness="by hand", within=0)

@pytest.mark.equation("nothing-shown")
def test_nothing_shown(evidence):
    pass

@pytest.mark.equation("no-fixture")
def test_no_fixture():
    pass

@pytest.mark.equation("unread")
def test_unread(evidence):
    evidence.agrees(1, 1, witness="by hand", within=0)

@pytest.mark.equation("good")
def test_step_alone(evidence):
    evidence.evaluates({"a": 1.0, "b": 1.0}, tex="b = a", witness="by hand", within=0)

@pytest.mark.equation("wrong")
def test_wrong_step(evidence):
    evidence.evaluates({"a": 1.0, "b": 2.0}, tex="b = 3 a", witness="by hand", within=0)

@pytest.mark.equation("wrong")
def test_wrong(evidence):
    evidence.evaluates({"a": 1.0, "b": 2.0}, witness="by hand", within=0)

@pytest.fixture
def broken():
    raise ValueError("broken fixture")

@pytest.mark.equation("broken")
def test_broken(broken, evidence):
    pass

@pytest.mark.equation("skipped")
def test_skipped(evidence):
    evidence.agrees(1, 1, witness="by hand", within=0)
    pytest.skip("not today")

@pytest.mark.skip(reason="never")
@pytest.mark.equation("never")
def test_never(evidence):
    pass

@pytest.mark.xfail(strict=False)
@pytest.mark.equation("excused")
def test_excused(evidence):
    evidence.agrees(1, 2, witness="by hand", within=0)
"""


@pytest.mark.parametrize("processes", ["0", "2"])
def test_the_plugin_writes_what_was_shown_and_what_failed(pytester, monkeypatch, processes):
    monkeypatch.setenv("PYTHONPATH", str(Path(bookkeeping.__file__).parents[1]))
    pytester.makepyfile(test_claims=CLAIMS)
    pytester.mkdir("book")
    Path("book/page.md").write_text(PAGE, encoding="utf-8")
    Path("book/notation.yml").write_text(NOTATION, encoding="utf-8")
    pytester.makeini("[pytest]\naddopts = -p bookkeeping.check.pytest_plugin --strict-markers\n")
    result = pytester.runpytest_subprocess(
        "-n", processes, "-p", "no:cacheprovider", "--evidence-file", "evidence.json"
    )
    result.assert_outcomes(passed=4, failed=6, errors=1, skipped=2, xfailed=1)
    entries = json.loads(Path("evidence.json").read_text())
    by_name = {entry["name"]: entry for entry in entries.values()}
    assert "test_claims_nothing" not in by_name

    good = by_name["test_good"]
    assert good["outcome"] == "passed"
    assert good["labels"] == ["good"]
    (check,) = good["checks"]
    assert (check["kind"], check["label"], check["error"]) == ("evaluated", "good", 1 / 3)
    assert good["read"]["good"]["tex"] == "a = b"
    assert good["tried"]["good"] == {"a": ["1.0"], "b": ["1.5"]}
    lines = CLAIMS.strip().splitlines()
    assert lines[good["line"] - 1] == '@pytest.mark.equation("good")'
    assert lines[good["end"] - 1].lstrip().startswith("evidence.evaluates")
    assert good["file"] == "test_claims.py"

    for size in (2, 3):
        both = by_name[f"test_both[{size}]"]
        assert set(both["labels"]) == set(both["read"]) == {"first", "second"}
        assert [check["trust"] for check in both["checks"]] == ["", "b"]

    assert by_name["test_step_alone"]["shown"] == {"good": ["b = a"]}
    assert by_name["test_wrong_step"]["shown"] == {}

    messages = {
        "test_step_alone": "claims good and does not evaluate it",
        "test_wrong_step": "wrong, as a step: both sides differ by 0.333 of the largest value in b",
        "test_nothing_shown": "claims nothing-shown and does not evaluate it",
        "test_no_fixture": "needs `evidence`",
        "test_unread": "claims unread and does not evaluate it",
        "test_wrong": "book/page.md:7: wrong: both sides differ by 0.5",
        "test_broken": "broken fixture",
        "test_skipped": "not today",
        "test_never": "never",
        "test_excused": "by hand: off by 0.5",
    }
    for name, message in messages.items():
        assert by_name[name]["outcome"] == "failed", name
        assert message in by_name[name]["message"], name
