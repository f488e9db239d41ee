"""What a reader may press in a box: enough for every answer; and examples that give none away."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from bookkeeping.check.attempts import Maker, exercises_of, sides_of
from bookkeeping.check.formulas.names import Names
from bookkeeping.check.formulas.reading import nodes_of
from bookkeeping.check.formulas.tokens import tokens
from bookkeeping.check.palette import BLANK, example_of, plainly
from bookkeeping.check.plain_form import to_tex
from bookkeeping.check.written import expression
from bookkeeping.project import Project

EXERCISES = exercises_of(Project(Path(__file__).parents[2]))


def made(label: str) -> tuple[Maker, dict[str, str]]:
    exercise = EXERCISES[label]
    names = Names(*exercise.declared)
    sides = sides_of(exercise.equation.tex, names)
    right = sides[int(exercise.entry.get("side", -1))]
    maker = Maker(names, sides[0], right, exercise)
    return maker, {**maker.sums(), **(exercise.entry.get("plain") or {})}


def pieces(tex: str) -> tuple[str, ...]:
    """The tokens of a formula, as the keys write it."""
    tex = re.sub(
        r"\^\{(\([^{}]*\))\\top\}", r"^{\1} ^{\\top}", tex
    )  # a transposed letter of a step
    tex = re.sub(
        r"(\\tanh)\^\{2\}([^{}]*\{[^{}]*\}\))", r"\1\2 ^{2}", tex
    )  # a key's power goes there
    tex = re.sub(r"([_^])(\w)", r"\1{\2}", tex)
    return tuple(piece.text for piece in tokens(tex.replace(BLANK, " ")) if piece.text not in "{}")


def missing(tex: str, palette: list[str]) -> list[str]:
    """What of a formula no key gives, nor the digits of any keyboard."""
    parts = {pieces(part) for key in palette for part in key.split(BLANK) if part.strip("{} ")}
    wanted, lacks = pieces(tex), []
    while wanted:
        fits = [part for part in parts if part and wanted[: len(part)] == part]
        if not fits and not wanted[0].isdigit():
            lacks.append(wanted[0])
        wanted = wanted[max(map(len, fits), default=1) :]
    return lacks


@pytest.mark.parametrize("label", EXERCISES)
def test_each_answer_can_be_put_together_from_the_keys_and_digits(label):
    maker, _ = made(label)
    assert missing(maker.right, maker.palette()) == []


@pytest.mark.parametrize("label", EXERCISES)
def test_an_example_is_read_and_no_part_of_an_answer(label):
    maker, table = made(label)
    example = example_of(maker.palette(), maker.right, maker.answers, table, maker.names)
    assert 1 <= len(example) <= 4
    for piece in example:
        if piece in {"A^-1 b", "a/(2 b)"}:  # of letters that the box has not
            continue
        node = expression(to_tex(piece, table), maker.names)
        for tex in maker.answers:
            assert node not in nodes_of(expression(tex, maker.names)), piece


def test_an_example_has_what_its_answer_needs():
    wanted = {
        "lstm-delta-c": ["tanh(f(t))^2", "f(t) * dfbar(t)"],
        "lstm-gradient-R": ["sum(t=1..3) y(t)", "y(t)^T dstarbar(1)"],
        "fisher-criterion": ["S_B^T w", "a/(2 b)"],
        "weight-slope": ["2 s + delta_jl"],
        "dense-delta-a": ["g'(x)", "x * a"],
    }
    for label, example in wanted.items():
        maker, table = made(label)
        there = example_of(maker.palette(), maker.right, maker.answers, table, maker.names)
        assert there == example, label


def test_a_letter_is_typed_by_its_name_or_by_that_of_the_table():
    names = Names({"x": "vector", r"\hat{y}": "vector", "d_k": "number", r"\delta x": "vector"})
    assert plainly(r"\hat{y}", {}, names) == "yhat"
    assert plainly("d_k", {"dk": "d_k"}, names) == "d_k"
    assert plainly(r"\delta x", {}, names) == "dx"
    assert plainly(r"\delta x", {"dx": "x", "change": r"\delta x"}, names) == "change"
    assert plainly(r"\frac{x}{d_k}", {}, names) == ""


def test_keys_have_the_indices_powers_and_derivatives_of_their_box():
    slope, _ = made("pca-slope")
    assert {"S_{11}", "S_{12}", "S_{13}", "w_1", r"\lambda"} <= set(slope.palette())
    assert not [key for key in slope.palette() if key.startswith(BLANK)]  # a sum's end is no power
    assert f"{BLANK}^{{2}}" in made("fisher-maximum")[0].palette()
    assert f"{BLANK}^{{-1}}" in made("fisher-direction")[0].palette()
    assert {"a_j", "a_l", r"\delta_{jl}"} <= set(made("weight-slope")[0].palette())
    assert rf"\frac{{d {BLANK}}}{{d {BLANK}}}" in made("chain-immediate")[0].palette()
    assert f"e^{{{BLANK}}}" in made("cross-entropy-logits")[0].palette()


@pytest.mark.parametrize(
    ("answers", "typed"),
    [
        ([r"1 - \sum_{j=1}^{n} a_j^2", r"1 - \sum_{l=1}^{n} a_l^2"], {"sum", "sum_j", "sum_l"}),
        ([r"\sum_{k=K + 1}^{D} \lambda_k"], set()),
        ([r"\sum_{k=K + 1}^{D} b_k", r"\sum_{k=1}^{D} b_k - \sum_{k=1}^{K} b_k"], set()),
        (["a_1", r"\sum_{k=K + 1}^{D} b_k"], set()),
        ([r"\frac{\sum_{k=1}^{K} \lambda_k}{\sum_{k=1}^{D} \lambda_k}"], set()),
        (
            [r"\sum_{t=1}^{T} y_t", r"\sum_{t=0}^{T-1} y_t", r"y_1 + \sum_{t=2}^{T} y_t"],
            {"sum", "sum_t"},
        ),
    ],
)
def test_bounds_are_filled_in_where_a_sum_runs_over_everything_and_nowhere_else(answers, typed):
    """Where they are what is asked for, a sum without them is no answer."""
    table = Maker.sums(SimpleNamespace(answers=answers))
    assert set(table) == typed
    assert all(bounds in answers[0] or "_{l=" in bounds for bounds in table.values())
