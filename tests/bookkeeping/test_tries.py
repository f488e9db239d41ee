"""What the build writes beside a page for its exercises, and how their judge is measured."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bookkeeping.check.attempts import attempts_of, sides_of
from bookkeeping.check.formulas.faults import FormulaError
from bookkeeping.check.formulas.names import Names
from bookkeeping.check.tries import Fate, _change, _is_named, _report, _some
from bookkeeping.check.trying import judge
from bookkeeping.project import Project
from bookkeeping.texts import PageError
from small_book import SmallBook

TRIES = """\
sum:
  asks: s
  hint: Count both.
  forms: ['b + a', 'a + b + 0', '2 a - (a - b)']
  slips:
    - {tex: 'a - b', says: 'That is how many more there are.'}
  letters: []
  plain: {total: s}
doubling:
  asks: d(x)
  hint: Take it twice.
  forms: ['2 x', 'x 2', '3 x - x']
  slips:
    - {tex: 'x^2', says: 'That is its square.'}
"""


@pytest.fixture
def book(tmp_path, monkeypatch):
    book = SmallBook(tmp_path / "book")
    book.write_all()
    book.write("book/tries.yml", TRIES)
    for name, value in book.environment().items():
        monkeypatch.setenv(name, value)
    return book


def made(book: SmallBook) -> tuple[dict[str, dict[str, object]], str]:
    said: list[str] = []
    boxes = attempts_of(Project(book.root), said.append)
    return boxes, "\n".join(said)


def command(book: SmallBook, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bookkeeping", *arguments, "--root", str(book.root)],
        cwd=book.root, env=book.environment(), text=True, capture_output=True, check=False,
    )  # fmt: skip


def test_an_exercise_brings_the_values_of_its_tests_and_is_made_once(book):
    boxes, said = made(book)
    assert said == "exercises: 2 formulas to try, 2 with new values"
    box = boxes["sum"]
    assert json.loads(json.dumps(box)) == box
    assert [case["answers"] for case in box["cases"]] == [[5], [18]]
    assert box["cases"][1]["values"] == {"a": 7, "b": 11, "s": 18}
    assert (box["asks"], box["right"], box["plain"]) == ("s", "a + b", {"total": "s"})
    assert box["palette"] == ["a", "b", "+", "-", r"\frac{□}{□}", r"\left( □ \right)"]
    assert box["example"] == ["2 a + b"]
    assert judge(box, "b + a")["fate"] == "right"
    assert judge(box, "a - b")["slip"] == "That is how many more there are."
    assert judge(box, "a + 2 b")["where"] == "The factor $2$ is one too many."
    again, said = made(book)
    assert said == "exercises: 2 formulas to try, 0 with new values"
    assert again == boxes


def test_values_are_made_anew_where_the_test_the_entry_or_the_equation_changes(book):
    made(book)
    book.edit("book/tries.yml", "Count both.", "Count both of them.")
    boxes, said = made(book)
    assert said.endswith("1 with new values")
    assert boxes["sum"]["hint"] == "Count both of them."
    book.edit("tests/test_toy.py", "(7, 11, 18)", "(7, 13, 20)")
    boxes, said = made(book)
    assert said.endswith("2 with new values")  # both have their tests in this file
    assert boxes["sum"]["cases"][1]["answers"] == [20]
    book.edit("book/adding.md", "s = a + b", "s = b + a")
    boxes, said = made(book)
    assert said.endswith("1 with new values")
    assert boxes["sum"]["right"] == "b + a"


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("book/tries.yml", "'b + a'", "'b - a'", "tries.yml:1: sum: the right form 'b - a'"),
        ("book/tries.yml", "'a - b'", "'b + a'", "tries.yml:1: sum: the slip 'b + a' is right"),
        ("book/tries.yml", "asks: s", "asks: a", "begins with 's'"),
        ("book/tries.yml", "letters: []", "knows: ['a + b = s']", "defines no letter"),
        ("book/tries.yml", "'b + a'", "'b + n'", "letter 'n'"),
        ("book/tries.yml", "sum:", "zero:", "tries.yml:1: zero: no test evaluates"),
        ("book/tries.yml", "sum:", "none:", "tries.yml:1: none: no page types"),
        ("tests/test_toy.py", "(7, 11, 18)", "(2, 4, 6)", "'a' is 2 in all tests"),
        ("tests/test_toy.py", "(7, 11, 18)", "(7, 11, 19)", "its claim fails"),
    ],
)
def test_an_exercise_that_cannot_be_made_is_told_with_its_line(book, file, old, new, says):
    book.edit(file, old, new)
    with pytest.raises(PageError) as told:
        made(book)
    assert says in str(told.value)


def test_a_book_without_exercises_makes_none(book):
    (book.root / "book" / "tries.yml").unlink()
    assert made(book) == ({}, "")


def test_the_measurement_tells_what_became_of_right_and_of_changed_answers(book):
    run = command(book, "tries")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "right forms: 8 of 8 accepted" in run.stdout
    assert "0 right" not in run.stdout
    assert "✗" not in run.stdout
    book.edit("book/tries.yml", "'b + a', ", "")
    run = command(book, "tries", "sum")
    assert (run.returncode, "✗ sum: fewer than 3 right forms" in run.stdout) == (1, True)
    run = command(book, "tries", "nothing")
    assert (run.returncode, run.stdout) == (
        1, "no exercise asks for nothing: book/tries.yml lists them\n",
    )  # fmt: skip


def fates(**counts: int) -> list[Fate]:
    """One right form, and as many changed ones of each fate as are asked for."""
    changed = [
        Fate("x", "a", "a → b", fate.partition("_")[0], not fate.endswith("_unnamed"), 0.1)
        for fate, count in counts.items() for _ in range(count)
    ]  # fmt: skip
    return [Fate("x", "a", "", "right", False, 1.0), *changed]


@pytest.mark.parametrize(
    ("counts", "faults"),
    [
        ({"wrong": 90, "unreadable": 9, "undecided": 1}, []),
        ({"wrong": 90, "wrong_unnamed": 10}, []),
        ({"wrong": 99, "right": 1}, ["x: called right: a → b"]),
        ({"wrong": 97, "undecided": 3}, ["only 97 of 100 are refused",
                                         "3 of 100 could not be decided"]),
        ({"wrong": 98, "numbers": 2}, ["only 98 of 100 are refused"]),
        ({"wrong": 80, "unreadable_unnamed": 20}, ["the place of only 80 of 100 is named"]),
    ],
)  # fmt: skip
def test_a_measurement_that_falls_short_is_told(counts, faults):
    assert _report(fates(**counts)) == faults


def test_a_right_form_that_is_not_accepted_is_told():
    refused = [Fate("x", "b + a", "", "numbers", False, 1.0)]
    assert _report(refused) == ["x: a right form is numbers: b + a"]


NAMES = Names({"a": "number", "b": "number", "c": "number", "t": "index", "x^{(t)}": "vector"})


@pytest.mark.parametrize(
    ("tex", "sides"),
    [
        ("a = b + c", ["a", "b + c"]),
        (r"\begin{aligned} a &= b \\ &\quad + c \end{aligned}", ["a", "b + c"]),
        (r"\begin{aligned} a &= b \\ &= c \\ b &= c \end{aligned}", ["a", "b", "c"]),
        (r"\begin{aligned} &a \\ &\quad = b \end{aligned}", ["a", "b"]),
        (r"a = \sum_{t=1}^{3} a, \qquad b = c", ["a", r"\sum_{t=1}^{3} a"]),
        (r"a = {} - b", ["a", "- b"]),
        (r"x^{(t)} = \begin{cases} x^{(1)} & \text{if } a = b \\ x^{(2)} & \text{otherwise} "
         r"\end{cases}",
         ["x^{(t)}", r"\begin{cases} x^{(1)} & \text{if } a = b \\ x^{(2)} & \text{otherwise} "
          r"\end{cases}"]),
    ],
)  # fmt: skip
def test_the_sides_of_an_equation_are_told_apart_in_its_text(tex, sides):
    assert sides_of(tex, NAMES) == sides


def test_an_equation_that_cannot_be_read_has_no_sides():
    with pytest.raises(FormulaError):
        sides_of("a = q", NAMES)


@pytest.mark.parametrize(
    ("span", "named"),
    [([4, 5], True), ([0, 1], False), ([2, 5], True), (None, False), ([0, 40], False)],
)
def test_a_place_is_that_of_a_change_where_it_touches_it_and_is_not_all(span, named):
    right, changed = "a + b" + " + a" * 9, "a + c" + " + a" * 9
    assert _change(right, changed) == (3, 6)
    assert _is_named(span, _change(right, changed), changed) == named


def test_changes_are_taken_from_the_first_token_to_the_last():
    assert _some(list(range(7)), 9) == list(range(7))
    assert _some(list(range(100)), 4) == [0, 25, 50, 75]
