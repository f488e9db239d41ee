from __future__ import annotations

import pytest

from bookkeeping.check.claims import Claim
from bookkeeping.site.ledger import (
    Equation,
    _faults,
    counted,
    how_checked,
    mark_of,
    power_of_ten,
    sentence,
)


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (0.0, "exact"), (1e-9, "10⁻⁹"), (1.0001e-9, "10⁻⁸"), (9.9e-10, "10⁻⁹"), (3e-16, "10⁻¹⁵"),
        (0.05, "10⁻¹"), (1.0, "10⁰"), (2.0, "10¹"), (5e-324, "10⁻³²³"),
    ],
)  # fmt: skip
def test_an_error_is_rounded_up_to_a_power_of_ten(error, shown):
    assert power_of_ten(error) == shown


def claim(*checks: tuple[str, str, float], trust: str = "", tried: object = ()) -> Claim:
    return Claim(
        "label", "a = b", "tests/test_a.py", 1, 2, "test_a", checks, trust, dict(tried), True, ""
    )  # fmt: skip


def equation(kind: str = "", source: str = "") -> Equation:
    return Equation("page", 3, "label", "a = b", False, source, kind)


def test_the_mark_names_each_witness_of_the_text_once_with_its_largest_error():
    claims = [
        claim(("evaluated", "simulation", 0.02), ("identity", "SymPy", 0.0)),
        claim(("evaluated", "simulation", 0.004), ("evaluated", "Keras", 0.0)),
    ]
    assert how_checked(claims) == "simulation 10⁻¹ · Keras"


def test_there_are_three_marks_and_a_sentence_for_each():
    whole = [claim(("evaluated", "Keras", 0.0))]
    assert mark_of(equation(), whole) == "evaluated"
    assert sentence(equation(), whole) == "The printed formula, evaluated, against Keras."
    part = [claim(("evaluated", "Keras", 0.0), trust="that E is a mean")]
    assert mark_of(equation(), part) == "in part"
    assert sentence(equation(), part).endswith("; taken on trust: that E is a mean.")
    assert mark_of(equation(), [*part, *whole]) == "evaluated"
    declared = equation("definition", "Peano")
    assert mark_of(declared, []) == "definition"
    assert sentence(declared, []) == "Nothing was compared: this is a definition, Peano."
    assert mark_of(equation(), []) == ""


def test_marks_are_counted_openly():
    claims = {"label": [claim(("evaluated", "Keras", 0.0))]}
    assert counted([equation()], claims) == (
        "1 displayed equation: 1 evaluated, 0 in part, 0 definitions or quotations."
    )
    assert counted([equation("quotation", "x"), equation("definition", "y")], {}) == (
        "2 displayed equations: 0 evaluated, 0 in part, 2 definitions or quotations."
    )


def test_a_number_has_to_be_tried_at_two_values_in_all_tests_together():
    once, other = (claim(("evaluated", "x", 0.0), tried={"n": [v]}) for v in ("3", "5"))
    assert [fault for fault in _faults(equation(), [once]) if "'n'" in fault]
    assert list(_faults(equation(), [once, other])) == []
