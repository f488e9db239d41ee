"""Heads that are measured, silenced and shuffled, in a small translator with random weights."""

import json

import numpy as np
import pytest

from unrolled.language.alignment import learn_word_translations
from unrolled.language.bpe import Tokenizer, learn_merges
from unrolled.language.corpora import open_corpus
from unrolled.networks import transformer
from unrolled.networks.pytrees import leaves_of
from unrolled.translation import heads as program
from unrolled.translation.decoding import greedy
from unrolled.translation.heads import (
    Head,
    ShuffledStepper,
    all_heads,
    measure_alignment,
    measure_maps,
    without_heads,
    word_maps,
    words_of_tokens,
)
from unrolled.translation.pairs import SPECIAL, encode_pairs
from unrolled.translation.shipped import save_translator
from unrolled.translation.transformer import Sizes, initial_weights
from unrolled.translation.translator import NumPyStepper, Translator

TOKENIZER = Tokenizer(learn_merges(["the fox and the hen saw the fox"], 11), SPECIAL)
SIZES = Sizes(len(TOKENIZER.vocabulary), d_model=30, n_heads=5, d_ff=19, n_layers=3)
SENTENCE = "the hen saw the fox"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    rng = np.random.default_rng(3)
    weights = {
        name: 2 * weight + rng.normal(size=weight.shape) / 9
        for name, weight in initial_weights(SIZES, rng=rng).items()
    }
    found = tmp_path_factory.mktemp("heads") / "translator.npz"
    card = {"n_heads": SIZES.n_heads, "longest": 24, "digest": open_corpus().digest}
    save_translator(found, weights, TOKENIZER, card)
    return found


@pytest.fixture(scope="module")
def translator(path):
    return Translator(path)


@pytest.fixture(scope="module")
def pairs():
    rng = np.random.default_rng(5)
    words = rng.integers(3, SIZES.n_tokens, size=(7, 2, 4))
    return [([1, *source, 2], [1, *target, 2]) for source, target in words.tolist()]


def outputs(params, source, target):
    memory, encoder = transformer.encode(params, [source], n_heads=SIZES.n_heads)
    logits, own = transformer.decode(params, [target], memory, n_heads=SIZES.n_heads)
    return memory.tokens, encoder, logits, *own


def test_all_heads_are_listed_once(translator):
    heads = all_heads(translator.params, SIZES.n_heads)
    assert len(set(heads)) == len(heads) == 3 * 3 * 5
    assert (heads[0], heads[-1]) == (("encoder", 0, 0), ("cross", 2, 4))


@pytest.mark.parametrize("attention", ["encoder", "decoder", "cross"])
def test_a_silent_head_is_one_whose_values_are_zero(translator, pairs, attention):
    """The witness makes the head give nothing, instead of letting nobody listen."""
    source, target = pairs[0]
    silent = without_heads(translator.params, [Head(attention, 1, 3)], n_heads=5)
    name = {"encoder": "encoder.1.attention", "decoder": "decoder.1.self_attention",
            "cross": "decoder.1.cross_attention"}[attention]  # fmt: skip
    leaves = {key: leaf.copy() for key, leaf in leaves_of(translator.params).items()}
    leaves[f"{name}.value.W"][:, 18:24] = 0
    leaves[f"{name}.value.b"][18:24] = 0
    witness = transformer.params_from(leaves)
    for ours, theirs in zip(
        outputs(silent, source, target), outputs(witness, source, target), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
    before, after = (outputs(params, source, target)[2] for params in (translator.params, silent))
    assert np.abs(before - after).max() > 1e-3


def test_silencing_leaves_the_translator_as_it_was(translator):
    before = {key: leaf.copy() for key, leaf in leaves_of(translator.params).items()}
    without_heads(translator.params, all_heads(translator.params, 5), n_heads=5)
    for key, leaf in leaves_of(translator.params).items():
        np.testing.assert_array_equal(leaf, before[key])


@pytest.mark.parametrize("head", [("encoder", 3, 0), ("cross", 0, 5), ("both", 0, 0)])
def test_a_head_that_is_not_there_is_refused(translator, head):
    with pytest.raises(ValueError, match="heads must be in this translator"):
        without_heads(translator.params, [Head(*head)], n_heads=5)


class Same:
    """Deals every weight to the key that has it already."""

    def permutation(self, n):
        return np.arange(n)


def test_shuffled_values_are_the_same_ones_of_the_same_head_only(translator, pairs):
    sources = [source for source, _ in pairs] + [[1, 5, 2]]
    plain = NumPyStepper(translator.params, 5).start(sources)
    mixed = ShuffledStepper(
        translator.params, 5, [Head("cross", 1, 3)], rng=np.random.default_rng(3)
    ).start(sources)
    for layer, (one, other) in enumerate(zip(plain.layers, mixed.layers, strict=True)):
        np.testing.assert_array_equal(one.source.keys, other.source.keys)
        for head in range(5):
            values, dealt = one.source.values[:, head], other.source.values[:, head]
            if (layer, head) == (1, 3):
                assert (values != dealt).any()
                np.testing.assert_allclose(np.sort(values, axis=1), np.sort(dealt, axis=1))
                np.testing.assert_array_equal(values[-1, 3:], dealt[-1, 3:])  # padding stays
            else:
                np.testing.assert_array_equal(values, dealt)


def test_shuffling_changes_translations_and_shuffling_nothing_does_not(translator):
    sources = [translator.encode(SENTENCE), translator.encode("a fox and a hen")]
    cross = [one for one in all_heads(translator.params, 5) if one.attention == "cross"]
    rng = np.random.default_rng(3)
    steppers = [NumPyStepper(translator.params, 5)]
    steppers += [ShuffledStepper(translator.params, 5, some, rng=rng) for some in ([], cross)]
    plain, none, every = (
        [one.ids for one in greedy(stepper, sources, limit=11)] for stepper in steppers
    )
    assert plain == none != every


def test_only_cross_attention_is_shuffled(translator):
    rng = np.random.default_rng(3)
    with pytest.raises(ValueError, match="'encoder'"):
        ShuffledStepper(translator.params, 5, [Head("encoder", 0, 0)], rng=rng)
    with pytest.raises(ValueError, match="rng"):
        ShuffledStepper(translator.params, 5, [], rng=3)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["[BOS]", "He", "␣adm", "ired", "␣her", ".", "[EOS]"],
         ["[BOS]", "He", "admired", "her", ".", "[EOS]"]),
        (["[BOS]", "The", "␣dog", "␣didn", "'t", ",", "␣“", "no", "”", "[EOS]"],
         ["[BOS]", "The", "dog", "didn't", ",", "“no", "”", "[EOS]"]),
        ([], []),
    ],
)  # fmt: skip
def test_tokens_become_words(names, words):
    found, numbers = words_of_tokens(names)
    assert found == words
    assert len(numbers) == len(names)
    assert sorted(set(numbers)) == list(range(len(words)))
    assert numbers == sorted(numbers)


def test_word_maps_have_a_row_for_each_word_and_rows_that_sum_to_one(translator):
    maps = translator.maps(SENTENCE)
    joined = word_maps(maps)
    assert list(joined) == ["encoder", "decoder", "cross"]
    for queries, keys, weights, entropy in joined.values():
        assert weights.shape == (3, 5, len(queries), len(keys))
        assert entropy.shape == (3, 5)
        np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-5)
    assert joined["encoder"].keys == ["[BOS]", "the", "hen", "saw", "the", "fox", "[EOS]"]


def test_maps_are_measured_as_a_loop_over_rows_does(translator, pairs):
    measured = measure_maps(translator, pairs)
    wanted = {name: [] for name in ("encoder", "decoder", "cross")}
    for source, target in pairs:
        _, encoder, _, own, cross = outputs(translator.params, source, target[:-1])
        wanted["encoder"].append([
            np.mean([encoder[2, 0, 4, row, row] for row in range(6)]),
            np.mean([encoder[2, 0, 4, row, 0] + encoder[2, 0, 4, row, 5] for row in range(6)]),
            np.mean([encoder[2, 0, 4, row, row - 1] for row in range(1, 6)]),
        ])  # fmt: skip
        wanted["decoder"].append([
            np.mean([own[2, 0, 4, row, row] for row in range(5)]),
            np.mean([own[2, 0, 4, row, 0] for row in range(5)]),
            np.mean([own[2, 0, 4, row, row - 1] for row in range(1, 5)]),
        ])  # fmt: skip
        wanted["cross"].append(np.mean(cross[2, 0, 4, :, 0] + cross[2, 0, 4, :, -1]))
    for name in ("encoder", "decoder"):
        found = [measured[name][kind][2][4] for kind in ("diagonal", "ends", "previous")]
        np.testing.assert_allclose(found, np.mean(wanted[name], axis=0), atol=1e-4)
    assert measured["cross"]["ends"][2][4] == pytest.approx(np.mean(wanted["cross"]), abs=1e-4)
    assert "diagonal" not in measured["cross"]
    assert measured["encoder"]["chance"] == pytest.approx(
        {"ends": 2 / 6, "diagonal": 1 / 6, "previous": 1 / 6}, abs=1e-4
    )
    harmonic = np.mean(1 / np.arange(1, 6))
    assert measured["decoder"]["chance"] == pytest.approx(
        {"ends": harmonic, "diagonal": harmonic, "previous": np.mean(1 / np.arange(2, 6))}, abs=1e-4
    )
    assert measured["cross"]["chance"] == pytest.approx({"ends": 2 / 6}, abs=1e-4)


def test_agreement_counts_rows_by_what_they_write_or_read(translator):
    """Of one pair whose words are known, each token is looked up by hand."""
    source, target = [1, 5, 7, 9, 2], [1, 11, 13, 17, 2]
    apart = [([1, word], [other]) for word, other in zip(source[1:-1], target[1:-1], strict=True)]
    table = learn_word_translations(apart * 3 + [([1], [19])] * 9, SIZES.n_tokens)
    found = measure_alignment(translator, [(source, target)], table)
    cross = outputs(translator.params, source, target[:-1])[4][:, 0]
    best = 1 + cross[..., 1:-1].argmax(axis=-1)
    written = np.mean([best[..., place] == place + 1 for place in range(3)], axis=0)
    read = np.mean([best[..., place + 1] == place + 1 for place in range(3)], axis=0)
    np.testing.assert_allclose(found["written"], written, atol=1e-4)
    np.testing.assert_allclose(found["read"], read, atol=1e-4)
    assert (found["position"], found["n_tokens"]) == (1, 3)
    with pytest.raises(ValueError, match="pairs must"):
        measure_alignment(translator, [([1, 2], [1, 2])], table)


def test_the_program_writes_what_the_page_shows(path, tmp_path, monkeypatch, capsys):
    corpus = open_corpus()._replace(pairs=tuple((f"the fox {n}", f"hen {n}") for n in range(99)))
    monkeypatch.setattr(program, "open_corpus", lambda: corpus)
    monkeypatch.setattr(program, "REMOVED", (5, 13))
    results = tmp_path / "heads.json"
    program.main([str(path), str(results), "--sentences", "2", "--learnt", "5"])
    found = json.loads(results.read_text())
    assert {name: np.shape(found["removed"][name]) for name in program.ATTENTIONS} == dict.fromkeys(
        program.ATTENTIONS, (3, 5, 3)
    )
    assert np.shape(found["shuffled"]["cross"]) == (3, 5, 4)
    assert [row[0] for row in found["together"]] == [5, 13]
    assert len({tuple(one) for one in found["order"]}) == 45
    assert capsys.readouterr().out.count("\n") == 45


def test_pairs_of_the_tests_are_what_the_encoder_reads(translator):
    corpus = open_corpus()._replace(pairs=(("the fox", "hen"),))
    ((source, target),) = encode_pairs(corpus, translator.tokenizer)
    assert source == translator.encode("the fox")
    assert (target[0], target[-1]) == (1, 2)
