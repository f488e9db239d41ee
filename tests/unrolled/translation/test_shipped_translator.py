"""The shipped weights: NumPy and TensorFlow write the same, and what they write is good enough.

Sentences are held-out ones of the corpus where `UNROLLED_DATA` names it; without it the two
programs are compared on the book's own sentences.
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from unrolled.language.corpora import OWN, open_corpus
from unrolled.translation.decoding import greedy
from unrolled.translation.pairs import EOS, split
from unrolled.translation.quality import judge, references_of
from unrolled.translation.shipped import SHIPPED, load_translator
from unrolled.translation.steppers import Cached
from unrolled.translation.transformer import Sizes, Transformer
from unrolled.translation.translator import Translator

RESULTS = Path(__file__).parents[3] / "book" / "translation"
FLOOR = 42  # BLEU of greedy translations; the shipped model has 48 on these sentences
N_JUDGED, N_COMPARED, BATCH = 400, 200, 50
CLOSE = 1e-3  # how far the scores of the two programs may be apart; they reach 20

pytestmark = pytest.mark.skipif(
    not SHIPPED.exists(), reason=f"{SHIPPED.name} is not there: nox -s train makes it"
)


@pytest.fixture(scope="module")
def shipped():
    return load_translator()


@pytest.fixture(scope="module")
def translator(shipped):
    return Translator(shipped)


@pytest.fixture(scope="module")
def held_out(translator):
    """Sentences that the training has not seen, with their references; nothing without a corpus."""
    if not os.environ.get("UNROLLED_DATA"):
        return {}
    corpus = open_corpus()
    if corpus.digest != translator.card["digest"]:
        return {}
    found = references_of(split(corpus).test)
    return {source: own for source, own in found.items() if translator.fits(source)}


def spread(sources, n):
    """So many sentences, evenly from the whole."""
    return [*sources][:: max(1, len(sources) // n)][:n]


def follow(stepper, sources, tokens):
    """The logits at each step when these tokens are written, (steps, sentences, n_tokens)."""
    state, ids, found = stepper.start(sources), np.full(len(sources), stepper.bos), []
    for following in tokens.T:
        logits, state = stepper.step(state, ids)
        found.append(logits)
        ids = following
    return np.array(found)


@pytest.mark.parametrize("name", ["quality.json", "heads.json", "baseline.json"])
def test_results_on_the_pages_are_of_these_weights(shipped, name):
    results = json.loads((RESULTS / name).read_text(encoding="utf-8"))
    assert results["translator"] == shipped.fingerprint, f"make {name} anew: nox -s train"


def test_numpy_and_tensorflow_choose_the_same_tokens(shipped, translator, held_out):
    """Wherever the margin of the best score exceeds the difference of the two programs' scores."""
    sources = held_out or references_of(open_corpus(OWN))
    ids = sorted(map(translator.encode, spread(sources, N_COMPARED)), key=len)
    assert len(ids) == N_COMPARED
    twin = Cached(Transformer(Sizes(**shipped.card["sizes"]), shipped.weights))
    n_places = n_clear = 0
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        ours, theirs = (
            [[*each.ids, *[EOS] * each.is_finished] for each in greedy(model, batch, limit=60)]
            for model in (translator.stepper, twin)
        )
        longest = max(map(len, ours))
        tokens = np.array([[*each, *[EOS] * (longest - len(each))] for each in ours])
        real = np.arange(longest) < np.array([len(each) for each in ours])[:, None]
        scores, others = (
            follow(model, batch, tokens).swapaxes(0, 1) for model in (translator.stepper, twin)
        )
        np.testing.assert_array_equal(scores.argmax(axis=-1)[real], tokens[real])
        written = np.isfinite(scores[0, 0])  # all but PAD and BOS
        scores, others = scores[..., written], others[..., written]
        difference = np.abs(scores - others).max(axis=-1)
        assert difference[real].max() < CLOSE
        second, best = np.partition(scores, -2, axis=-1)[..., -2:].transpose(2, 0, 1)
        clear = best - second > difference
        same = scores.argmax(axis=-1) == others.argmax(axis=-1)
        assert same[real & clear].all()
        for one, other, row in zip(ours, theirs, (clear | ~real).all(axis=1), strict=True):
            assert one == other or not row
        n_places, n_clear = n_places + real.sum(), n_clear + (real & clear).sum()
    assert n_places > 5 * N_COMPARED
    assert n_clear > 0.99 * n_places


def test_held_out_sentences_are_translated_well_enough(translator, held_out):
    if not held_out:
        pytest.skip("UNROLLED_DATA names no corpus, or another than that of the training")
    sources = spread(held_out, N_JUDGED)
    translations = translator.translate(sources, n_beams=1)
    found = judge(translations, [held_out[source] for source in sources], n_bootstrap=1)
    assert found["BLEU"].score > FLOOR
    assert found["chrF"].score > FLOOR
