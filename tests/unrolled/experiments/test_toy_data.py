"""Made-up data are what they claim to be."""

import re
from collections import Counter

import numpy as np
import pytest

from unrolled.experiments.toy_data import (
    TAGS,
    encode,
    number_words,
    sample_speech,
    sample_verdicts,
    sample_weather,
    scatter_images,
    tagged_sentences,
)
from unrolled.networks.ctc import ctc_collapse


def rng():
    return np.random.default_rng(7)


def test_words_are_numbered_and_padded():
    tokens, mask = encode([["b"], ["a", "c", "a"]], "abc")
    assert tokens.tolist() == [[1, 0, 0], [0, 2, 0]]
    assert mask.tolist() == [[True, False, False], [True, True, True]]
    assert encode([["b"]], "abc", n_steps=5)[0].shape == (1, 5)


def test_numbers_in_two_languages():
    assert number_words(40) == (["forty"], ["vierzig"])
    assert number_words(347)[1] == ["drei", "hundert", "sieben", "und", "vierzig"]
    assert number_words(500) == (["five", "hundred"], ["fünf", "hundert"])
    assert number_words(21) == (["twenty", "one"], ["ein", "und", "zwanzig"])
    allowed = [n for n in range(20, 1000) if n % 100 == 0 or n % 100 > 19]
    assert len({tuple(number_words(n)[1]) for n in allowed}) == len(allowed) == 809


def test_verdicts_depend_on_the_order_of_words_only():
    sentences, verdicts = sample_verdicts(300, rng=rng())
    for words, verdict in zip(sentences, verdicts, strict=True):
        counted = Counter(words)
        assert [counted[word] for word in ("not", "good", "bad")] == [1, 1, 1]
        assert (words[words.index("not") + 1] == "bad") == bool(verdict)
        assert 3 <= len(words) <= 9
    assert 100 < verdicts.sum() < 200


def test_every_beginning_goes_on_with_a_person_as_often_as_with_a_toy():
    cases = tagged_sentences()
    persons = Counter()
    for number, words, tags in cases:
        assert len(words) == len(tags)
        assert set(tags) <= set(TAGS)
        assert words[2] == "Teddy"
        assert (tags[2] == "PER") == (words[3] == "Roosevelt")
        assert tags[-1] == "LOC"
        persons[number, tags[2]] += 1
    assert len({number for number, _ in persons}) == 30
    assert set(persons.values()) == {12}
    assert len({tuple(words) for _, words, _ in cases}) == len(cases) == 720


def test_what_is_spoken_collapses_to_the_word():
    speech = sample_speech(200, noise=0.0, rng=rng())
    assert speech.frames.shape == (200, 20, 6)
    for word, spoken in zip(speech.words, speech.spoken, strict=True):
        assert "".join(ctc_collapse(spoken, blank="-")) == word
        assert len(spoken) == 20
        assert 2 <= len(word) <= 4
    silent = np.array([[letter == "-" for letter in row] for row in speech.spoken])
    assert not speech.frames[silent].any()
    assert (speech.frames[~silent].max(axis=1) == 2).all()


def test_weather_has_the_rhythm_of_days_and_years():
    weather = sample_weather(730, rng=rng())
    assert weather.shape == (730 * 144, 4)
    temperature = weather[:, 0].reshape(730, 144)
    by_hour = temperature.mean(axis=0)
    assert 80 < by_hour.argmax() < 110  # in the afternoon
    months = temperature.mean(axis=1)[:360].reshape(12, 30).mean(axis=1)
    assert 4 <= months.argmax() <= 7
    assert months.argmin() in (0, 1, 11)
    assert weather[:, 2].max() <= 100
    assert weather[:, 3].min() >= 0


def test_weather_of_today_says_something_of_tomorrow():
    days = sample_weather(730, rng=rng())[72::144, 0]
    season = np.cos(2 * np.pi * np.arange(730) / 365.25)
    left = days - season * (days @ season) / (season @ season)
    assert np.corrcoef(left[:-1], left[1:])[0, 1] > 0.3


def test_scattered_images_are_there_once():
    images = rng().random((11, 3, 5))
    large = scatter_images(images, 7, rng=rng())
    assert large.shape == (11, 7, 7, 1)
    assert large.dtype == np.float32
    np.testing.assert_allclose(large.sum(axis=(1, 2, 3)), images.sum(axis=(1, 2)), rtol=1e-6)
    corners = {tuple(np.argwhere(image[..., 0])[0]) for image in large}
    assert len(corners) > 3


def test_what_does_not_fit_is_named():
    cases = [
        (lambda: encode([["d"]], "abc"), "words must hold every word, got none of d."),
        (lambda: encode([["a", "b"]], "abc", n_steps=1), "n_steps must be at least 2, got 1."),
        (lambda: number_words(12), "number must be at least 20 and at most 999, got 12."),
        (lambda: number_words(112), "number must not end in 01 to 19, got 112."),
        (lambda: sample_verdicts(0, rng=rng()), "n_sentences must be at least 1, got 0."),
        (lambda: sample_speech(3, n_frames=18, rng=rng()), "n_frames must be at least 19, got 18."),
        (lambda: sample_weather(3, rng=7), "rng must be a numpy.random.Generator, got int."),
        (lambda: scatter_images(np.ones((1, 8, 8)), 7, rng=rng()), "size must be at least 8"),
    ]
    for call, complaint in cases:
        with pytest.raises(ValueError, match=re.escape(complaint)):
            call()


@pytest.mark.parametrize("n_steps", [None, 5])
def test_no_sentence_is_encoded_as_no_row(n_steps):
    tokens, mask = encode([], ["a", "b"], n_steps=n_steps)
    assert tokens.shape == mask.shape == (0, n_steps or 0)
    assert encode([[], []], ["a"], n_steps=n_steps)[0].shape == (2, n_steps or 0)
