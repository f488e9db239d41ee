"""Boxes in which readers try an equation: what they hold, and what stops the book."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from bookkeeping.check.boxes import boxes_of
from bookkeeping.check.displayed import equations_of
from bookkeeping.check.formulas.reading import read
from bookkeeping.check.notation import names_of
from bookkeeping.site.again import differences
from bookkeeping.site.your_turn import _begins, _spaced
from bookkeeping.texts import PageError
from small_book import from_nothing

BOOK = Path(__file__).parents[2] / "book"
BOXES, TYPED = boxes_of(BOOK), equations_of(BOOK)
TRIES = """\
sum:
  asks: s
  hint: Count $a$, then *go on*.
  slips: [{tex: a - b, says: It grows.}]
  forms: [b + a, a + b + 0, (a + b)]
"""
PAGE = """
## Your turn

```{your-turn} sum
What do $a$ and $b$ make?
```
"""


@pytest.mark.parametrize("label", BOXES)
def test_every_answer_of_a_box_can_be_read_and_none_is_given_twice(label):
    box, equation = BOXES[label], TYPED[label]
    names = names_of(BOOK, equation.docname)
    answers = [*box.forms, *(slip.tex for slip in box.slips)]
    found = [read(f"{box.asks} = {tex}", names).statements for tex in answers]
    assert all(len(statements) == 1 for statements in found)
    printed = read(equation.tex, names).statements[0].first.sides[box.side]
    sides = [printed, *(statements[0].first.sides[-1] for statements in found)]
    assert all(one not in sides[:number] for number, one in enumerate(sides))
    assert all(len(read(f"{letter} = {letter}", names).names) > 0 for letter in box.letters)


def test_there_are_three_boxes_or_more_on_a_page_that_has_some():
    pages = [TYPED[label].docname for label in BOXES]
    assert {page: n for page in set(pages) if (n := pages.count(page)) < 3} == {}


@pytest.mark.parametrize(
    ("tex", "side", "begins"),
    [
        (r"\delta W = \delta a \, x^{\top}", r"\delta W", True),
        ("\\begin{aligned}\na &= b \\\\\n&= c\n\\end{aligned}", "a", True),
        (r"a_j = b", "a", False),
        (r"a = b", "a = b", False),
        (r"a < b", "a", False),
        (r"a = b", r"\unknown", False),
        (r"a = b", "", False),
    ],
)
def test_a_box_asks_for_the_first_side(tex, side, begins):
    assert _begins(tex, side) == begins


@pytest.mark.parametrize(
    ("tex", "spaced"),
    [
        (
            "a &= \\frac{1}{2} \\\\\n&= \\frac{2}{4}",
            "a &= \\frac{1}{2} \\\\[0.8em]\n&= \\frac{2}{4}",
        ),
        ("a &= \\frac{1}{2} \\\\\n&= b \\\\\n&= c", None),
        ("a &= \\frac{1}{2}\n+ b \\\\\n&= \\frac{2}{4}", None),
        ("a = b", None),
    ],
)
def test_two_lines_of_fractions_stand_apart(tex, spaced):
    assert _spaced(tex) == (spaced or tex)


def test_a_box_holds_the_task_a_hint_and_the_solution(small_book, tmp_path):
    small_book.write("book/tries.yml", TRIES)
    small_book.edit("book/adding.md", "# Adding\n", f"# Adding\n{PAGE}")
    built = small_book.build()
    assert built.status == 0, built.output
    page = BeautifulSoup(small_book.page("adding"), "html.parser")
    (box,) = page.select("section.your-turn")
    assert (box["id"], box["data-label"]) == ("try-sum", "sum")
    asks, field, hint, solution = box.find_all(recursive=False)
    assert asks["id"] == box["aria-labelledby"]
    assert asks.strong.text == "Your turn."
    assert asks.text.startswith("Your turn. Find ")
    assert r"s = \ldots" in asks.select(".math")[0].annotation.text
    assert " What do " in asks.text
    assert (field["class"], field.contents) == (["your-turn-field"], [])
    assert [fold.name for fold in (hint, solution)] == ["details", "details"]
    assert not hint.has_attr("open") | solution.has_attr("open")
    assert [fold.summary.text for fold in (hint, solution)] == ["Hint", "Solution"]
    assert (hint.em.text, len(hint.select(".katex"))) == ("go on", 1)
    assert solution.annotation.text == "s = a + b"
    assert not solution.select(".eqno, .equation-mark")
    assert solution.a["href"] == "#equation-sum"
    assert ", with its derivation below." in solution.text
    # What is told again is no equation of its own, and in no list.
    assert small_book.page("back/equations").count(">s = a + b<") == 1
    words = ["".join(c["source"]) for c in small_book.notebook("adding")["cells"]]
    (told,) = [text for text in words if "Your turn." in text]
    assert "> **Hint**" in told
    assert "> **Solution**" in told
    # Other words make the page and its data anew, and no page runs again.
    small_book.edit("book/tries.yml", "Count", "Weigh")
    small_book.edit("book/tries.yml", "It grows.", "It grows still.")
    again = small_book.build()
    assert (again.status, again.executed) == (0, set())
    assert "Weigh" in small_book.page("adding")
    assert "It grows still." in small_book.read("_build/html/_static/tries/sum.json")
    assert differences(small_book.site(), from_nothing(small_book, tmp_path)) == []


def test_what_keeps_a_reader_from_trying_stops_the_book(small_book):
    loose = TRIES.replace("sum:", "zero:") + TRIES.replace("sum:", "lost:")
    small_book.write("book/tries.yml", TRIES + loose)
    boxes = ["sum", "zero", "doubling", "product"]
    more = "".join(f"\n```{{your-turn}} {label}\n```\n" for label in boxes)
    page = PAGE.replace("make?\n", "make?\n\nThey add up.\n") + more
    small_book.edit("book/adding.md", "# Adding\n", f"# Adding\n{page}")
    small_book.edit(
        "book/counting.md", "# Counting\n", "# Counting\n\n```{your-turn} doubling\n```\n"
    )
    built = small_book.build()
    assert built.status == 1
    wanted = {
        "book/adding.md:8": ["'sum': its task is one paragraph, since a field for the answer"],
        "book/adding.md:14": ["'sum': stands on the page twice"],
        "book/adding.md:17": [
            "'zero': tries.yml:6 asks for s, which is not the equation's first side"
        ],
        "book/adding.md:20": [
            "'doubling': its equation stands on the page counting; put the box there",
            "'doubling': tries.yml says nothing of it; give the label an entry there",
        ],
        "book/adding.md:23": [
            "'product': no page types an equation of this label",
            "'product': tries.yml says nothing of it; give the label an entry there",
        ],
        "book/counting.md:3": ["'doubling': tries.yml says nothing of it"],
        "book/tries.yml:11": ["no page has a box for 'lost'; write {your-turn} on that of its"],
    }
    told = built.complaints
    for place, faults in wanted.items():
        here = [complaint for complaint in told if complaint.startswith(f"{place}: ")]
        assert len(here) == len(faults), built.output
        assert all(any(says in text for text in here) for says in faults), built.output
    assert len(told) == sum(map(len, wanted.values())), built.output


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("  hint: Count $a$, then *go on*.\n", "", "tries.yml:1: sum: 'hint' is a required"),
        ("b + a, ", "", "tries.yml:5: sum.forms: ['a + b + 0', '(a + b)'] is too short"),
        ("asks: s", "asks: 7", "tries.yml:2: sum.asks: 7 is not a text"),
        ("says: It", "says: It, tells: It", "tries.yml:4: sum.slips[0]: "),
    ],
)
def test_an_entry_that_lacks_something_is_told_by_its_line(tmp_path, old, new, says):
    assert TRIES.count(old) == 1
    (tmp_path / "tries.yml").write_text(TRIES.replace(old, new), encoding="utf-8")
    with pytest.raises(PageError) as told:
        boxes_of(tmp_path)
    assert says in str(told.value)


def test_a_book_need_not_have_any(tmp_path):
    assert boxes_of(tmp_path) == {}
