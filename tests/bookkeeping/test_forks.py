"""A kernel that is forked is as one that is started anew."""

from __future__ import annotations

import pytest

from bookkeeping.project import Project
from bookkeeping.run import forks, runner
from bookkeeping.run.pages import Pages
from small_book import SmallBook

LARGE = """\
# Large

```{code-cell} python
import os
import sys

import sympy

print(sympy.sqrt(8), os.environ["PYTHONHASHSEED"], os.getcwd() in sys.path, "toy" in sys.modules)
print(set("abcdefgh"))
```
"""
SMALL = """\
# Small

```{code-cell} python
import sys

from numpy.linalg import norm

print(norm([3, 4]), "toy" in sys.modules)
```
"""


@pytest.mark.skipif(not forks.POSSIBLE, reason="no forks here")
def test_outputs_and_provenance_are_those_of_a_kernel_started_anew(tmp_path, monkeypatch):
    book = SmallBook(tmp_path / "book")
    book.write_all()
    book.add({"book/large.md": LARGE, "book/small.md": SMALL})
    records = {}
    for possible in (True, False):
        monkeypatch.setenv("BOOKKEEPING_BUILD", f"_build/{possible}")
        monkeypatch.setattr(runner, "POSSIBLE", possible)
        project = Project(book.root)
        runner.run_stale_pages(project, lambda said: None)
        records[possible] = {page.docname: page.record() for page in Pages(project).with_code()}
    for docname, record in records[True].items():
        assert record["outputs"] == records[False][docname]["outputs"]
        shown = {"numpy", "sympy", "mpmath", "toy", "myst_nb"}
        here, there = (set(r[docname]["top_level"]) & shown for r in records.values())
        assert here == there
    assert "sympy" not in records[True]["small"]["top_level"]
    assert {"sympy", "mpmath"} <= set(records[True]["large"]["top_level"])
