"""A translator on text: any string, in any batch, and the maps of what it did; by its command."""

import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.language.bpe import Tokenizer, learn_merges
from unrolled.networks.transformer import BOS, EOS
from unrolled.translation import __main__ as command
from unrolled.translation.pairs import SPECIAL
from unrolled.translation.shipped import Shipped, save_translator
from unrolled.translation.transformer import Sizes, initial_weights
from unrolled.translation.translator import Translator

TOKENIZER = Tokenizer(learn_merges(["the fox and the hen saw the fox"], 11), SPECIAL)
SIZES = Sizes(len(TOKENIZER.vocabulary), d_model=22, n_heads=11, d_ff=19, n_layers=3)
SENTENCES = ["the fox", "a hen saw the fox and the hen", "The fox!", "hen", "saw the hen"]


def draw_weights():
    rng = np.random.default_rng(3)
    return {
        name: 2 * weight + rng.normal(size=weight.shape) / 9
        for name, weight in initial_weights(SIZES, rng=rng).items()
    }


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    found = tmp_path_factory.mktemp("translator") / "translator.npz"
    save_translator(found, draw_weights(), TOKENIZER, {"n_heads": SIZES.n_heads, "longest": 24})
    return found


@pytest.fixture(scope="module")
def translator(path):
    return Translator(path)


def test_a_sentence_is_translated_alone_as_in_a_batch(translator):
    together = translator.translate(SENTENCES)
    assert [translator.translate([sentence])[0] for sentence in SENTENCES] == together
    assert len(set(together)) > 2


def test_one_beam_is_greedy(translator):
    sources = [translator.encode(sentence) for sentence in SENTENCES]
    found = translator.search(sources, n_beams=1)
    assert all(each.score == each.log_probability for each in found)
    better = translator.search(sources, n_beams=5)
    assert sum(b.score for b in better) > sum(
        f.log_probability / ((5 + len(f.ids) + f.is_finished) / 6) for f in found
    )


@settings(max_examples=30)
@given(st.text(max_size=30))
def test_any_string_is_translated_or_refused_with_a_reason(translator, text):
    if len(TOKENIZER.encode(text.strip())) > 22:
        with pytest.raises(ValueError, match="text must have at most 22 tokens"):
            translator.translate([text])
    else:
        (found,) = translator.translate([text], n_beams=1)
        assert isinstance(found, str)
        assert text.strip() or not found


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u3000"])
def test_of_nothing_the_translation_is_nothing(translator, text):
    assert translator.translate([text, "hen"]) == ["", *translator.translate(["hen"])]


def test_what_is_too_long_is_refused(translator):
    words = "x" * 22
    assert len(translator.encode(words)) == 24
    with pytest.raises(ValueError, match="at most 22 tokens, got 23"):
        translator.encode(words + "x")


def test_half_a_character_is_refused(translator):
    with pytest.raises(ValueError, match="text must be proper Unicode"):
        translator.translate(["\ud800"])


def test_a_single_string_is_refused(translator):
    with pytest.raises(ValueError, match=r"Write \[text\]"):
        translator.translate("hen")


def test_maps_have_a_row_for_each_token(translator):
    maps = translator.maps("the hen", n_beams=1)
    (best,) = translator.search([translator.encode("the hen")], n_beams=1)
    assert maps.source == ["[BOS]", *map(translator_name, TOKENIZER.tokens("the hen")), "[EOS]"]
    assert maps.target[0] == "[BOS]"
    assert maps.target[1:] == maps.written[: len(maps.target) - 1] == translator.names(best.ids)
    n_source, n_target = len(maps.source), len(maps.target)
    assert maps.encoder.shape == (3, 11, n_source, n_source)
    assert maps.decoder.shape == (3, 11, n_target, n_target)
    assert maps.cross.shape == (3, 11, n_target, n_source)
    for each in (maps.encoder, maps.decoder, maps.cross):
        np.testing.assert_allclose(each.sum(axis=-1), 1, atol=1e-5)


def translator_name(token):
    return token.decode().replace(" ", "␣")


def test_both_ends_are_read(translator):
    assert translator.encode(" hen ") == [BOS, *TOKENIZER.encode("hen"), EOS]


def test_weights_that_do_not_fit_are_refused():
    weights = draw_weights()
    weights["decoder_norm.gain"] = weights["decoder_norm.gain"][:-1]
    with pytest.raises(ValueError, match=r"decoder_norm\.gain"):
        Translator(Shipped(weights, TOKENIZER, {"n_heads": SIZES.n_heads}))


# The command ---------------------------------------------------------------------------------


def test_the_command_prints_translations(translator, path, capsys):
    assert command.main(["--model", str(path), *SENTENCES[:2]]) == 0
    assert capsys.readouterr().out.splitlines() == translator.translate(SENTENCES[:2])


def test_the_command_reads_lines(translator, path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", iter(["the fox\n", "\n", "hen\n"]))
    assert command.main(["--model", str(path), "--beams", "2"]) == 0
    expected = translator.translate(["the fox", "", "hen"], n_beams=2)
    assert capsys.readouterr().out == "".join(f"{line}\n" for line in expected)


def test_the_command_draws_a_map_for_each_head(path, tmp_path, capsys):
    drawing = tmp_path / "maps.svg"
    assert command.main(["--model", str(path), "hen", "--attention", str(drawing)]) == 0
    assert capsys.readouterr().out
    axes = ElementTree.parse(drawing).iterfind(".//*[@id]")
    n_axes = sum(each.get("id").startswith("axes_") for each in axes)
    assert n_axes == SIZES.n_layers * SIZES.n_heads


def test_signs_that_cannot_be_seen_or_mean_a_formula_are_drawn_as_they_are():
    assert command._drawable("a$b") == r"a\$b"
    assert command._drawable("\x03␣é") == "\\x03␣é"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["x" * 40], "at most 22 tokens"),
        (["hen", "--beams", "0"], "n_beams must"),
        (["hen", "--model", "/nowhere.npz"], "/nowhere.npz"),
        (["hen", "fox", "--attention", "maps.svg"], "needs one sentence"),
    ],
)
def test_the_command_says_what_is_wrong(path, capsys, arguments, complaint):
    assert command.main(["--model", str(path), *arguments]) == 1
    assert complaint in capsys.readouterr().err
