"""Changed equations: which there are, what becomes of them, and the quick check of a label."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bookkeeping.check.arrays import Arrays
from bookkeeping.check.displayed import displayed
from bookkeeping.check.formulas.names import Names
from bookkeeping.check.formulas.trials import Trial
from bookkeeping.check.mutation import Verdict, judge, table
from bookkeeping.check.tex_mutants import mutants
from small_book import SmallBook


def changed(tex: str, kind: str) -> set[str]:
    return {m.tex.replace(" ", "") for m in mutants(tex) if m.kind == kind}


@pytest.mark.parametrize(
    ("tex", "kind", "some"),
    [
        ("a = b + c", "sign", "a=b-c"),
        ("a = b + c", "letter", "a=c+c"),
        ("a = b c", "factor", "a=2bc"),
        ("a = b c", "exchange", "a=cb"),
        ("a = b^2", "exponent", "a=b"),
        ("a = b^2", "exponent", "a=b^3"),
        ("x_1 = 2", "index", "x_2=2"),
        ("h^{(t)} = 2", "time step", "h^{(t-1)}=2"),
        (r"a = X^\top b", "transposition", "a=Xb"),
        ("a = X b", "transposition", r"a=X^{\top}b"),
        (r"a = \sum_{k=1}^{n} k", "bound", r"a=\sum_{k=1}^{n-1}k"),
        (r"a = \sum_{k=1}^n k", "bound", r"a=\sum_{k=1}^{n-1}k"),
        (r"a = \hat{b}", "accent", "a={b}"),
        (r"a \le b", "relation", "a<b"),
        (r"a = \frac{d b}{d c}", "derivative", r"a=\frac{\partialb}{\partialc}"),
        (r"a = \frac{\partial b^{(t)}}{\partial c}", "derivative", r"a=\frac{db^{(t)}}{dc}"),
        (r"a = \sin b", "function", r"a=\cosb"),
        (r"a = x \odot y", "product", r"a=x\cdoty"),
        (r"\begin{cases} 1 & \text{if } a \text{ and } b \end{cases}", "words",
         r"\begin{cases}1&\text{if}a\text{or}b\end{cases}"),
    ],
)  # fmt: skip
def test_an_equation_is_changed_by_one_token(tex, kind, some):
    assert some in changed(tex, kind)


def test_a_word_in_a_subscript_is_one_name():
    assert not changed("W_{out} = 1", "letter") & {"W_{uut}=1", "W_{tut}=1"}


def test_no_mutant_is_the_equation_itself_and_none_comes_twice():
    found = mutants(r"\hat{w} = \left(X^{\top} X\right)^{-1} X^{\top} y")
    texts = [mutant.tex for mutant in found]
    assert len(texts) == len(set(texts)) > 9


NAMES = Names({"a": "number", "b": "number", "c": "number", "x": "vector", "y": "vector"})


def fates(tex: str, values: dict[str, object]) -> dict[str, str]:
    trial = Trial(NAMES, Arrays(), values, 1e-12)
    return {v.mutant.tex.replace(" ", ""): v.fate for v in judge("some", tex, [trial])}


def test_a_mutant_is_noticed_by_value_by_shape_or_as_unreadable():
    found = fates("a = b + c", {"a": 5.0, "b": 2.0, "c": 3.0})
    assert found["a=b-c"] == "value"
    assert found["a=2b+c"] == "value"
    found = fates(r"x = y \odot x", {"x": [2.0, 0.0], "y": [1.0, 5.0]})
    assert found[r"x=yx"] == "shape"


def test_what_no_test_notices_survives_and_what_means_the_same_is_told_apart():
    found = fates("a = b c", {"a": 4.0, "b": 2.0, "c": 2.0})
    assert found["a=cb"] == "same"
    assert found["a=cc"] == "survived"


def test_the_table_counts_by_kind_and_fate():
    sign, factor = mutants("a = b + c")[0], mutants("a = b c")[0]
    lines = table([Verdict("x", sign, "value"), Verdict("x", factor, "survived")]).splitlines()
    assert lines[0].split() == ["value", "shape", "unreadable", "same", "survived"]
    assert lines[-1].split() == ["all", "1", "0", "0", "0", "1"]


def test_an_equation_is_found_in_a_page_with_its_line():
    text = (
        "# Title\n\n```{math}\n:label: one\n\na = b\n```\n\n$$ c = d $$ (two)\n\n"
        "::::{note}\n:::{math}\n:label: three\ne = f\n:::\n::::\n\n$$ g = h $$\n"
    )
    found = {e.label: (e.tex, e.line) for e in displayed(text, "page")}
    assert found == {"one": ("a = b", 6), "two": ("c = d", 9), "three": ("e = f", 14)}


def command(book: SmallBook, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bookkeeping", *arguments, "--root", str(book.root)],
        cwd=book.root, env=book.environment(), text=True, capture_output=True, check=False,
    )  # fmt: skip


@pytest.fixture
def unbuilt_book(tmp_path):
    book = SmallBook(tmp_path / "book")
    book.write_all()
    return book


def test_the_quick_check_tells_a_line_for_each_label(unbuilt_book):
    good = command(unbuilt_book, "check", "doubling")
    assert (good.returncode, good.stdout) == (0, "✓ doubling: evaluated: by hand, 0e+00\n")
    unbuilt_book.edit("book/counting.md", "d(x) = x + x", "d(x) = x - x")
    bad = command(unbuilt_book, "check", "doubling", "zero", "nowhere")
    assert bad.returncode == 1
    lines = bad.stdout.splitlines()
    assert lines[0].startswith("✗ doubling: book/counting.md:29: doubling: both sides differ")
    assert lines[1:] == [
        "✗ zero: is claimed by no test", "✗ nowhere: is claimed by no test and stands on no page",
    ]  # fmt: skip


def test_a_survivor_stops_the_measurement_unless_it_is_known(unbuilt_book):
    unbuilt_book.edit("tests/test_toy.py", 'evaluates({"d"', 'evaluates({"a": 0.0, "d"')
    unbuilt_book.edit("book/notation.yml", "x: number", "a: number, x: number")
    unbuilt_book.edit("book/counting.md", "d(x) = x + x", "d(x) = x + x + a")
    run = command(unbuilt_book, "mutants")
    assert run.returncode == 1, run.stdout + run.stderr
    survivors = [
        line.split("doubling: survived: ")[1].rsplit(" (", 1)[0]
        for line in run.stdout.splitlines()
        if line.startswith("book/counting.md:29: doubling: survived: ")
    ]
    assert "token 9: + → -" in survivors
    known = "doubling:\n" + "".join(f"  '{s}': nothing is added\n" for s in survivors)
    unbuilt_book.write("tests/survivors.yml", known)
    run = command(unbuilt_book, "mutants")
    assert run.returncode == 0, run.stdout + run.stderr
    unbuilt_book.write("tests/survivors.yml", known + "  'token 99: a → b': gone\n")
    stale = command(unbuilt_book, "mutants")
    assert stale.returncode == 1
    assert "does not survive any more" in stale.stdout
