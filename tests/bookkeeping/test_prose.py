from __future__ import annotations

import pytest

from bookkeeping.site.prose import ADDRESS, DECIMAL, INTEGER


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a share of 0.0199 remains", ["0.0199"]),
        ("about .5 of it", [".5"]),
        ("1.5 to 2.5", ["1.5", "2.5"]),
        ("1.5–2.5 and (0.3).", ["1.5", "2.5", "0.3"]),
        ("12.5% or 0.5x", ["12.5", "0.5"]),
        ("2e-3 or 1.5e6 or 1e−4", ["2e-3", "1.5e6", "1e−4"]),
        (r"x_{0.5} \cdot 0.25^2", ["0.5", "0.25"]),
        ("version 3.11.7, NumPy v2.1, file1.2", []),
        ("It ended in 2017. 9 years later", []),
        ("12 and 1,000", []),
    ],
)
def test_decimals_are_found(text, found):
    assert DECIMAL.findall(text) == found


@pytest.mark.parametrize("text", ["see section ", "in Chapter ", "Exercise ", "§", "§ "])
def test_after_these_words_a_number_is_an_address(text):
    assert ADDRESS.search(text)


def test_integers_above_nine_are_counted():
    assert INTEGER.findall("3 cats, 37 sheep, 10000 pairs, 3.14, v20, 2017.") == [
        "37", "10000", "2017",
    ]  # fmt: skip
