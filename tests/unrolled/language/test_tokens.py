"""Claims of the page about tokens, which computes with what Python has."""

import re
from collections import Counter

import numpy as np
import pytest

TEXT = "to be or not to be that is the question whether it is nobler to suffer the slings"
NEW = "to die to sleep to sleep perchance to dream ay that is the rub"


def ways(text):
    """All ways to cut a text, by its first piece and the ways to cut the rest."""
    if not text:
        return [[]]
    return [[text[:k], *rest] for k in range(1, len(text) + 1) for rest in ways(text[k:])]


@pytest.mark.equation("token-cuts")
@pytest.mark.parametrize("text", ["頭", "頭が", "頭が赤い魚", "頭が赤い魚を食べる猫"])
def test_each_gap_is_cut_or_not(evidence, text):
    listed = {tuple(pieces) for pieces in ways(text)}
    evidence.evaluates(
        {r"\text{ways to cut}": len(listed), "n": len(text)}, within=0,
        witness="all ways listed, from the first piece on",
    )  # fmt: skip


@pytest.mark.equation("unseen-share")
@pytest.mark.parametrize(("seen", "new"), [(TEXT, NEW), (TEXT[:40], NEW[:34])])
def test_unseen_running_words_are_counted_by_word(evidence, seen, new):
    missing = [re.search(rf"\b{word}\b", seen) is None for word in new.split()]
    counts = Counter(new.split())
    evidence.evaluates(
        {"u": np.mean(missing), "N": counts.total(), "n_w": counts,
         r"\mathcal{V}": frozenset(seen.split())},
        ranges={"w": counts}, within=1e-15,
        witness="a search for each running word in the text that was seen",
    )  # fmt: skip


@pytest.mark.equation("unseen-once")
@pytest.mark.parametrize("text", [TEXT, TEXT[:40], NEW])
def test_a_word_taken_out_is_unseen_if_it_occurs_once(evidence, text):
    words = text.split()
    missing = [word not in words[:k] + words[k + 1 :] for k, word in enumerate(words)]
    once = [n for n in Counter(words).values() if n == 1]
    evidence.evaluates(
        {r"\bar{u}": np.mean(missing), "s": len(once), "N": len(words)}, within=1e-15,
        witness="each running word taken out in turn, and searched for in the others",
    )  # fmt: skip
