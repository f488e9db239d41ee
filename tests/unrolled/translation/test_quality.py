"""Scores of translations: by hand, by their laws, and what sacrebleu would swallow."""

import json
import math

import numpy as np
import pytest

from unrolled.language.corpora import OWN, Corpus, open_corpus
from unrolled.translation import quality
from unrolled.translation.pairs import learn_tokenizer, split
from unrolled.translation.quality import judge, references_of
from unrolled.translation.shipped import load_translator, save_translator
from unrolled.translation.transformer import Sizes, initial_weights

SENTENCES = [
    "Das ist ein kleines rotes Haus.",
    "Wir rufen dich morgen früh wieder an.",
    "Sie hat ihm das Buch nicht gegeben.",
]


def test_bleu_by_hand():
    """Seven of seven words, but one is another: by n-grams 6/7, 4/6, 2/5, 1/4."""
    found = judge(
        ["Das ist ein kleines blaues Haus."], [["Das ist ein kleines rotes Haus."]], n_bootstrap=1
    )["BLEU"]
    expected = 100 * math.exp(sum(math.log(p) for p in (6 / 7, 4 / 6, 2 / 5, 1 / 4)) / 4)
    assert found.score == pytest.approx(expected)
    assert "case:mixed" in found.signature
    assert "tok:13a" in found.signature


def test_a_translation_that_is_too_short_is_punished():
    short = "Wir rufen dich morgen früh"
    found = judge([short], [[SENTENCES[1]]], n_bootstrap=1)["BLEU"]
    assert found.score == pytest.approx(100 * math.exp(1 - 8 / 5))


def test_a_sentence_with_fewer_references_than_another_is_punished_as_well():
    """An empty string in the place of those that it has not would be the closest in length."""
    references = [[SENTENCES[0], "Dies ist ein kleines rotes Haus."], [SENTENCES[1]]]
    translations = [SENTENCES[0], "Wir rufen dich"]
    found = judge(translations, references, n_bootstrap=1)["BLEU"]
    assert found.score == pytest.approx(100 * math.exp(1 - (7 + 8) / (7 + 3)))


def test_what_equals_any_reference_is_perfect():
    references = [
        ["Etwas ganz anderes steht hier geschrieben.", sentence] for sentence in SENTENCES
    ]
    for score in judge(SENTENCES, references).values():
        assert (score.score, score.low, score.high) == pytest.approx((100, 100, 100))


def test_more_references_never_harm():
    translations = [
        "Das ist ein kleines Haus.",
        "Wir rufen morgen an.",
        "Sie gab ihm das Buch nicht.",
    ]
    few = [[sentence] for sentence in SENTENCES]
    more = [[SENTENCES[0], "Das ist ein kleines Haus."], *few[1:]]
    one, other = judge(translations, few), judge(translations, more)
    assert other["BLEU"].score > one["BLEU"].score
    assert other["chrF"].score > one["chrF"].score


def test_the_interval_holds_the_score_and_shrinks_with_more_sentences():
    translations = ["Das ist ein kleines Haus.", "Wir rufen dich morgen wieder an.", SENTENCES[2]]
    widths = []
    for times in (5, 80):
        score = judge(translations * times, [[each] for each in SENTENCES] * times)["BLEU"]
        assert score.low < score.score < score.high
        widths.append(score.high - score.low)
    assert widths[1] < widths[0] / 2


def test_a_sentence_without_any_match_has_an_interval_too():
    found = judge(["Das ist gut so.", "xyz"], [["Das ist gut so."], ["Ja!"]], n_bootstrap=100)
    assert found["chrF"].low < found["chrF"].score < found["chrF"].high


@pytest.mark.parametrize(
    ("translations", "references", "complaint"),
    [
        (SENTENCES, [["eins"], ["zwei"]], "as many as the translations"),
        ([], [], "one at least"),
        (["eins"], [[]], r"references\[0\] must be a list of sentences, got \[\]"),
        (["eins"], [["eins", " "]], r"references\[0\]"),
        (["eins"], ["eins"], r"references\[0\]"),
    ],
)
def test_what_cannot_be_judged_is_refused(translations, references, complaint):
    with pytest.raises(ValueError, match=complaint):
        judge(translations, references)


def test_references_are_gathered_by_source():
    pairs = (("a", "x"), ("b", "y"), ("a", "z"), ("a", "x"))
    assert references_of(Corpus("", pairs, "")) == {"a": ["x", "z"], "b": ["y"]}


@pytest.fixture
def model(tmp_path):
    """An untrained translator that says it was trained on the book's own sentences."""
    corpus = open_corpus(OWN)
    tokenizer = learn_tokenizer(split(corpus).training, 300)
    sizes = Sizes(300, d_model=22, n_heads=11, d_ff=19, n_layers=1)
    weights = initial_weights(sizes, rng=np.random.default_rng(1))
    card = {"n_heads": 11, "digest": corpus.digest}
    save_translator(tmp_path / "translator.npz", weights, tokenizer, card)
    return tmp_path / "translator.npz"


def test_the_program_judges_the_test_set(model, tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", "")
    monkeypatch.setattr(quality, "BEAMS", (1, 4))
    monkeypatch.setattr(quality, "WIDE", (1, 3))
    monkeypatch.setattr(quality, "N_BEGINNINGS", 7)
    before = load_translator(model)
    quality.main([str(model), str(tmp_path / "quality.json")])
    results = json.loads((tmp_path / "quality.json").read_text("utf-8"))
    test = references_of(split(open_corpus(OWN)).test)
    assert results["n_sentences"] == len(test)
    assert set(results["scores"]) == {"1", "4"}
    assert all(source in test and test[source] == own for source, _, own in results["examples"])
    assert sum(each["n"] for each in results["by_length"]) == results["n_judged"] == len(test)
    for alpha in ("alpha 0", "alpha 1"):
        assert all(len(row) == 2 for row in results["wide"][alpha].values())
    assert results["mistakes"]["n"] > 0
    for source, texts, logs, lengths in results["exact"]["rows"]:
        assert source in test
        assert len(texts) == len(logs) == len(lengths) == 4
        assert logs[0] == max(logs)
    after = load_translator(model)
    assert after.card["scores"] == results["scores"]
    assert all((after.weights[name] == weight).all() for name, weight in before.weights.items())


def test_a_mistake_that_does_not_matter_leaves_all_as_it_was(model, monkeypatch):
    """A translator that always writes the same token is right where the reference has it."""

    class Stubborn:
        bos, eos = 1, 2

        def start(self, sources):
            return None

        def step(self, state, ids):
            logits = np.zeros((1, 300))
            logits[0, 7] = 1
            return logits, None

    class Fixed:
        stepper = Stubborn()

        def encode(self, text):
            return [1, *map(int, text.split()), 2]

    own = {"3": ["7 5 6 7 7 5 7"], "4": ["7 7"], "5": ["7 7 7 7 7 7 9 9"]}
    found = quality._after_mistakes(Fixed(), [*own], own)
    assert found == {"n": 2, "place": 3, "true": [2, 2, 1, 1], "spoilt": [2, 2, 1, 1]}


def test_another_corpus_than_that_of_the_training_is_refused(model, tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", "")
    shipped = load_translator(model)
    card = {**shipped.card, "digest": "another"}
    save_translator(model, shipped.weights, shipped.tokenizer, card)
    with pytest.raises(ValueError, match="trained on another corpus"):
        quality.main([str(model), str(tmp_path / "quality.json")])
    assert not (tmp_path / "quality.json").exists()
