"""What a page asked while it was written is asked again, and a changed answer is noticed."""

from __future__ import annotations

import contextlib
from collections import defaultdict

import pytest
from docutils import nodes

from bookkeeping.site.questions import Asked, Of, Watched, answer


def held():
    return {
        "titles": {"adding": nodes.title("", "Adding"), "counting": nodes.title("", "Counting")},
        "metadata": defaultdict(dict, {"adding": {"slugs": {"a-part": 7}}}),
        "labels": {"sum": ("adding", "sum"), "zero": ("adding", "zero")},
    }


def change(dictionaries, name, key, value):
    dictionaries[name][key] = value
    return dictionaries


def drop(dictionaries, name, key):
    del dictionaries[name][key]
    return dictionaries


@pytest.mark.parametrize(
    ("ask", "otherwise", "same"),
    [
        (
            lambda d: d["titles"]["adding"],
            lambda d: change(d, "titles", "adding", nodes.title("", "Sums")),
            lambda d: change(d, "titles", "counting", nodes.title("", "Sheep")),
        ),
        (
            lambda d: d["labels"].get("product"),
            lambda d: change(d, "labels", "product", ("adding", "product")),
            lambda d: drop(d, "labels", "zero"),
        ),
        (
            lambda d: "sum" in d["labels"],
            lambda d: drop(d, "labels", "sum"),
            lambda d: change(d, "labels", "sum", ("counting", "sum")),
        ),
        (
            lambda d: d["metadata"]["adding"]["slugs"].get("a-part"),
            lambda d: drop(d["metadata"]["adding"], "slugs", "a-part") and d,
            lambda d: change(d, "metadata", "counting", {"slugs": {"a-part": 8}}),
        ),
        (
            lambda d: d["metadata"]["other"],
            lambda d: change(d, "metadata", "other", {"orphan": True}),
            lambda d: drop(d, "metadata", "adding"),
        ),
        (
            lambda d: list(d["labels"]),
            lambda d: drop(d, "labels", "zero"),
            lambda d: change(d, "labels", "zero", ("counting", "zero")),
        ),
        (
            lambda d: dict(d["labels"]),
            lambda d: change(d, "labels", "product", ("adding", "product")),
            lambda d: change(d, "titles", "adding", nodes.title("", "Sums")),
        ),
        (
            lambda d: list(d["labels"].values()),
            lambda d: change(d, "labels", "zero", ("counting", "zero")),
            lambda d: drop(d, "titles", "adding"),
        ),
    ],
    ids=["value", "absent", "membership", "nested", "default", "names", "copy", "all"],
)
def test_only_another_answer_makes_a_page_stale(ask, otherwise, same):
    asked = Asked()
    watched = {name: Watched(value, asked, name) for name, value in held().items()}
    asked.begin("page")
    with contextlib.suppress(KeyError):
        ask(watched)
    questions = asked.pages["page"]
    told = {question: answer(held(), question) for question in questions}
    now, unchanged = otherwise(held()), same(held())
    assert any(answer(now, question) != told[question] for question in questions)
    assert all(answer(unchanged, question) == told[question] for question in questions)


def test_what_is_asked_for_a_shared_part_is_asked_by_every_page_that_shows_it():
    asked = Asked()
    titles = Watched(held()["titles"], asked, "titles")
    asked.begin("first")
    part, questions = asked.of(lambda: titles["adding"].astext())
    assert part == "Adding"
    assert asked.pages == {"first": set()}
    asked.note_all(questions)
    asked.begin("second")
    asked.note_all(questions)
    assert asked.pages["first"] == asked.pages["second"] == questions
    assert ("titles", "adding") in questions
    assert Of.ALL not in {part for question in questions for part in question}


def test_a_watched_dictionary_is_the_dictionary():
    plain = held()["labels"]
    watched = Watched(plain, Asked(), "labels")
    assert watched == plain
    assert dict(watched) == {**watched} == plain
    assert list(watched.items()) == list(plain.items())
    assert len(watched) == 2
    assert watched.setdefault("product", 3) == watched["product"] == 3
    with pytest.raises(KeyError):
        watched["quotient"]
