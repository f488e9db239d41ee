"""Pages under other kernels: what moves is told, what was tried is kept, what is late is named."""

from __future__ import annotations

import json
import os

import pytest

from bookkeeping.project import Project
from bookkeeping.run import machines
from bookkeeping.run.pages import executed_pages
from bookkeeping.run.runner import SECONDS
from small_book import SmallBook

PAGE = """\
# Sums

```{code-cell} python
import os

from myst_nb import glue

other = float(os.environ.get("TOY_KERNEL", 0))
glue("shown", 0.333 + 0.001 * other, display=False)
assert other < 7, "these words do not hold"
print("a sum of", 1.31 + 0.01 * other, "and", 4)
```

```{code-cell} python
1.5 + 0.3 * other
```

It is {glue:text}`shown:.2f`, or {glue:text}`shown:.4f`.
"""


@pytest.mark.parametrize(
    ("here", "there", "told"),
    [
        ("0.33 and 4", "0.34 and 4", []),
        ("0.33 and 4", "0.35 and 4", [("0.33", "0.35")]),
        ("[1.2, -3.40]", "[1.2, -3.42]", [("-3.40", "-3.42")]),
        ("2e-16", "3e-16", []),
        ("2.2e-16", "2.8e-16", [("2.2e-16", "2.8e-16")]),
        ("12 %", "14 %", [("12", "14")]),
        ("−0.5", "0.5", [("−0.5", "0.5")]),
        ("71.96111926", "71.96111923", [("71.96111926", "71.96111923")]),
        ("True", "False", [("True", "False")]),
        ("array([1.,  2.])", "array([1., 2.])", []),
        ("x1 is 2", "x1 is 2", []),
    ],
)
def test_a_number_moves_by_more_than_a_unit_of_its_last_digit(here, there, told):
    assert list(machines.moved(here, there)) == told


def test_this_processor_can_play_others():
    for machine in machines.machines():
        assert set(machine) <= {machines.BLAS, machines.ONEDNN, machines.NUMPY}
        assert all(machine.values())
    assert machines.processor()


@pytest.fixture
def book(tmp_path, monkeypatch) -> SmallBook:
    monkeypatch.delenv("TOY_KERNEL", raising=False)
    book = SmallBook(tmp_path / "book")
    book.write_all()
    book.add({"book/sums.md": PAGE})
    return book


def kernels(monkeypatch, *values):
    monkeypatch.setattr(machines, "machines", lambda: [{"TOY_KERNEL": v} for v in values])


def test_what_moves_is_told_and_kept(book, monkeypatch):
    kernels(monkeypatch, "0.0001", "1", "8")
    said = []
    assert machines.try_pages(Project(book.root), ["sums", "adding"], say=said.append) == 1
    assert [line for line in said if line.startswith("book/")] == [
        "book/sums.md:15: 1.5 / 1.8  (TOY_KERNEL=1)",
        "book/sums.md:18: shown 0.3330 / shown 0.3340  (TOY_KERNEL=1)",
        "book/sums.md:10: a cell raised AssertionError: these words do not hold  (TOY_KERNEL=8)",
    ]
    assert "TOY_KERNEL" not in os.environ
    kept = json.loads(book.read(machines.RECORD))
    assert kept["processor"] == machines.processor()
    assert kept["kernels"] == ["TOY_KERNEL=0.0001", "TOY_KERNEL=1", "TOY_KERNEL=8"]
    assert kept["pages"]["adding"]["moved"] == {}
    assert len(kept["pages"]["sums"]["moved"]["TOY_KERNEL=1"]) == 2
    assert machines.try_pages(Project(book.root), new=True, say=said.append) == 0
    assert said[-1].startswith("machines: 1 pages tried")  # counting, which was not named before


def test_new_pages_are_tried_once_and_those_not_reached_are_named(book, monkeypatch):
    kernels(monkeypatch, "1", "2")
    said = []
    project = Project(book.root)
    assert machines.try_pages(project, new=True, seconds=-1, say=said.append) == 0
    assert said[-1] == "machines: not reached: adding, counting, sums"
    assert machines.try_pages(project, new=True, seconds=500, say=said.append) == 1
    assert not any("TOY_KERNEL=2" in line for line in said)
    assert not (book.root / machines.RECORD).exists()
    assert executed_pages(project).load(SECONDS) is None  # times are those of builds
