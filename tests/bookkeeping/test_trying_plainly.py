"""Formulas typed plainly become TeX by one table and few rules."""

import json
from pathlib import Path

import pytest

from bookkeeping.check.plain_form import to_tex

EXAMPLES = json.loads(Path(__file__).with_name("plain_forms.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("example", EXAMPLES, ids=[each["typed"] for each in EXAMPLES])
def test_each_example_becomes_its_tex(example: dict[str, object]) -> None:
    assert to_tex(str(example["typed"]), example["table"]) == example["tex"]  # type: ignore[arg-type]


def test_tex_stays_as_it_is() -> None:
    assert to_tex(r"\frac{1}{2} dc(t)", {}) == r"\frac{1}{2} dc(t)"


def test_a_table_decides_on_letters_and_on_the_star() -> None:
    assert to_tex("e * q", {"e": r"\varepsilon", "*": r"\cdot"}) == r"\varepsilon \cdot q"


@pytest.mark.parametrize(
    "typed", ["(", ")", "^", "a^", "a/", "/", "'", "sum(", "sqrt(", "dx(t", "…"]
)
def test_what_is_not_finished_raises_nothing(typed: str) -> None:
    assert isinstance(to_tex(typed, {}), str)
