"""What pages say of sacrebleu, run on the locked version."""

import math

import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

LONG = "Wir rufen dich morgen früh wieder an."  # eight tokens, the full stop among them
SHORT = "Wir rufen dich morgen"


def bleu(translations, *streams, **options):
    return BLEU(**options).corpus_score(translations, [*streams])


@pytest.mark.library("sacrebleu-empty-reference")
def test_an_empty_reference_cancels_the_brevity_penalty():
    penalised = bleu([SHORT], [LONG])
    assert penalised.bp == pytest.approx(math.exp(1 - 8 / 4))
    cancelled = bleu([SHORT], [LONG], [""])
    assert (cancelled.bp, cancelled.score) == pytest.approx((1, 100))
    missing = bleu([SHORT], [LONG], [None])  # says that there is none, and changes nothing
    assert missing.score == penalised.score


@pytest.mark.library("sacrebleu-short-streams")
def test_streams_of_references_that_are_too_short_cut_the_corpus():
    translations = [LONG, "Das ist etwas ganz anderes hier."]
    references = [LONG, "Sie hat ihm das Buch nicht gegeben."]
    assert bleu(translations, references).score < 60
    assert bleu(translations, references[:1]).score == pytest.approx(100)
    # The slip: references gathered by sentence and not by stream.
    per_sentence = [[LONG], ["Sie hat ihm das Buch nicht gegeben."]]
    cut = BLEU().corpus_score(translations, per_sentence)
    assert cut.score == pytest.approx(100)
    assert cut.sys_len == 8


@pytest.mark.library("sacrebleu-three-words")
def test_a_corpus_of_three_words_that_all_match_scores_zero():
    assert bleu(["Ich bin müde"], ["Ich bin müde"]).score == 0
    assert bleu(["Ich bin müde"], ["Ich bin müde"], effective_order=True).score == pytest.approx(
        100
    )
    assert CHRF().corpus_score(["Ich bin müde"], [["Ich bin müde"]]).score == pytest.approx(100)
    assert bleu(["Ich bin müde."], ["Ich bin müde."]).score == pytest.approx(100)


@pytest.mark.library("sacrebleu-german-quotes")
def test_german_quotation_marks_stay_on_their_words():
    tokenize = BLEU().tokenizer
    assert tokenize("Er sagte „ja“ .").split() == ["Er", "sagte", "„ja“", "."]
    assert tokenize('Er sagte "ja" .').split() == ["Er", "sagte", '"', "ja", '"', "."]
    international = BLEU(tokenize="intl").tokenizer
    assert international("Er sagte „ja“ .").split() == ["Er", "sagte", "„", "ja", "“", "."]


@pytest.mark.library("sacrebleu-signature")
def test_a_signature_says_how_the_score_was_computed():
    metric = BLEU()
    metric.corpus_score([LONG], [[LONG]])
    assert metric.get_signature().format() == (
        "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"
    )


@pytest.mark.library("sacrebleu-case-counts")
def test_case_counts_unless_it_is_switched_off():
    assert bleu([LONG.lower()], [LONG]).score < 90
    assert bleu([LONG.lower()], [LONG], lowercase=True).score == pytest.approx(100)


@pytest.mark.library("sacrebleu-chrf-interval")
def test_the_interval_of_chrf_fails_where_a_resampled_test_set_has_no_match():
    translations, references = ["Das ist gut so.", "xyz"], [["Das ist gut so.", "Ja!"]]
    assert bleu(translations, *references).score > 0
    with pytest.raises(TypeError, match="coerce"):
        CHRF().corpus_score(translations, references, n_bootstrap=100)
