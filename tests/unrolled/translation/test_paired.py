"""Differences in BLEU: the counts are those of sacrebleu, and the interval is that of one draw."""

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU

from unrolled.translation.paired import bleu_from, compare, matches

REFERENCES = [
    ["Der Fuchs sah den alten Hund am Abend.", "Am Abend sah der Fuchs den Hund."],
    ["Sie hat das Buch noch nicht gelesen."],
    ["Wir rufen dich morgen an.", "Wir rufen Sie morgen an.", "Morgen rufen wir dich an."],
    ["Er war ein großer Regisseur und sie bewunderte ihn."],
]
GOOD = ["Der Fuchs sah den Hund am Abend.", "Sie hat das Buch nicht gelesen.",
        "Wir rufen dich morgen an.", "Er war ein guter Regisseur und sie liebte ihn."]  # fmt: skip
BAD = ["Der Fuchs sah den Hund.", "Sie hat das Buch.", "Wir rufen dich morgen an.", "Er war groß."]


def test_bleu_is_that_of_sacrebleu_with_several_references_each():
    streams = [[own[n] if n < len(own) else None for own in REFERENCES] for n in range(3)]
    wanted = BLEU().corpus_score(GOOD, streams).score
    assert bleu_from(matches(GOOD, REFERENCES).sum(axis=0)) == pytest.approx(wanted, abs=1e-9)
    short = BLEU().corpus_score(BAD[:1] + GOOD[1:], streams).score
    found = bleu_from(matches(BAD[:1] + GOOD[1:], REFERENCES).sum(axis=0))
    assert found == pytest.approx(short, abs=1e-9)


def test_nothing_in_common_is_zero_and_a_perfect_one_is_a_hundred():
    assert bleu_from(matches([""] * 4, REFERENCES).sum(axis=0)) == 0
    assert bleu_from(matches(["ja", "ja", "ja", "ja"], REFERENCES).sum(axis=0)) == 0
    perfect = [own[0] for own in REFERENCES]
    assert bleu_from(matches(perfect, REFERENCES).sum(axis=0)) == pytest.approx(100)


def test_a_difference_has_its_sign_and_an_interval_around_it():
    rng = np.random.default_rng(3)
    good, bad = (matches(one * 5, REFERENCES * 5) for one in (GOOD, BAD))
    better, worse = compare(good, bad, rng=rng), compare(bad, good, rng=rng)
    assert better.low < better.change < better.high
    assert better.low > 0 > worse.high
    assert better.change == pytest.approx(-worse.change)


def test_both_are_judged_on_the_same_draw():
    """Apart, two equal translators would differ by chance; in pairs they never do."""
    good = matches(GOOD, REFERENCES)
    assert compare(good, good, rng=np.random.default_rng(3)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("n", "references"), [(3, REFERENCES), (0, []), (4, [*REFERENCES[:3], []])]
)
def test_sentences_without_references_are_refused(n, references):
    with pytest.raises(ValueError, match="references must"):
        matches(GOOD[:n], references)


def test_counts_of_other_sentences_are_refused():
    good = matches(GOOD, REFERENCES)
    with pytest.raises(ValueError, match="counted must"):
        compare(good[:2], good, rng=np.random.default_rng(3))
    with pytest.raises(ValueError, match="rng"):
        compare(good, good, rng=3)
