"""Small made-up data for tasks on sequences: weather, verdicts, names, numbers, and speech."""

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.shapes import check_floats, check_generator, check_integer, check_shape

__all__ = [
    "TAGS",
    "Speech",
    "encode",
    "number_words",
    "sample_speech",
    "sample_verdicts",
    "sample_weather",
    "scatter_images",
    "tagged_sentences",
]

TAGS = ("O", "PER", "LOC")
WHO = ("he", "she", "mother", "nobody", "somebody", "everybody")
DID = ("said", "heard", "thought", "wrote", "knew")
FILLERS = ("the", "film", "plot", "was", "and", "really")
TENS = {
    2: ("twenty", "zwanzig"), 3: ("thirty", "dreißig"), 4: ("forty", "vierzig"),
    5: ("fifty", "fünfzig"), 6: ("sixty", "sechzig"), 7: ("seventy", "siebzig"),
    8: ("eighty", "achtzig"), 9: ("ninety", "neunzig"),
}  # fmt: skip
UNITS = {
    1: ("one", "ein"), 2: ("two", "zwei"), 3: ("three", "drei"), 4: ("four", "vier"),
    5: ("five", "fünf"), 6: ("six", "sechs"), 7: ("seven", "sieben"), 8: ("eight", "acht"),
    9: ("nine", "neun"),
}  # fmt: skip


class Speech(NamedTuple):
    """Made-up recordings: frames of sound, and what was said, without the times."""

    frames: NDArray[np.float64]  # (n_words, n_frames, n_bands)
    words: list[str]
    spoken: list[str]  # what each frame holds; the network does not get this


def sample_weather(
    n_days: int, *, per_day: int = 144, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Sample weather with daily and yearly cycles, and noise that lasts for days.

    Parameters
    ----------
    n_days : int
    per_day : int, optional
        Measurements per day; 144 is one every ten minutes.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (n_days * per_day, 4)
        Temperature in °C, pressure in hPa, relative humidity in %, wind in m/s.
    """
    n_days, per_day = check_integer("n_days", n_days), check_integer("per_day", per_day)
    day = np.arange(n_days * per_day) / per_day
    front, high, breeze = (
        _wander(len(day), keep ** (1 / per_day), rng) for keep in (0.6, 0.75, 0.3)
    )
    sun = -np.cos(2 * np.pi * (day - 0.13))  # warmest in the afternoon
    season = -np.cos(2 * np.pi * day / 365.25)
    temperature = 10 + 9 * season + (3 + 1.5 * season) * sun + 3 * front - high
    pressure = 1015 + 7 * high - 3 * front
    humidity = 72 - 11 * sun - 5 * season - 8 * high
    wind = 3.5 + 1.2 * sun - 1.5 * high + 1.5 * breeze
    exact = np.stack([temperature, pressure, humidity, wind], axis=1)
    measured = exact + rng.normal(size=exact.shape) * (0.2, 0.1, 1, 0.4)
    return np.clip(measured, [-np.inf, 0, 5, 0], [np.inf, np.inf, 100, np.inf])


def scatter_images(
    images: NDArray[Any], size: int, *, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Put each image at a random position on a larger, empty one.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width)
    size : int
        Height and width of the larger images.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of float32, of shape (n_images, size, size, 1)
        Channels last.
    """
    (pixels,) = check_floats({"images": images})
    n, height, width = check_shape("images", pixels, "n_images height width")
    size = check_integer("size", size, at_least=max(height, width))
    large = np.zeros((n, size, size, 1), np.float32)
    corners = check_generator("rng", rng).integers(0, (size - height + 1, size - width + 1), (n, 2))
    for there, image, (top, left) in zip(large, pixels, corners, strict=True):
        there[top : top + height, left : left + width, 0] = image
    return large


def encode(
    sentences: Sequence[Sequence[str]], words: Sequence[str], *, n_steps: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Replace each word of some sentences by its index, and pad them to one length.

    Parameters
    ----------
    sentences : sequence of sequence of str
    words : sequence of str
        All words; the index of each is its position.
    n_steps : int, optional
        Length of the rows; that of the longest sentence by default, or zero without any.

    Returns
    -------
    tokens : ndarray of int, of shape (n_sentences, n_steps)
        Zero where padded.
    mask : ndarray of bool, of the same shape
        True is a real word.

    Raises
    ------
    ValueError
        When a word is unknown, or a sentence is too long.
    """
    number = {word: n for n, word in enumerate(words)}
    unknown = {word for sentence in sentences for word in sentence} - set(number)
    if unknown:
        raise ValueError(f"words must hold every word, got none of {', '.join(sorted(unknown))}.")
    lengths = np.array([len(sentence) for sentence in sentences], np.int64)
    longest = int(lengths.max(initial=0))
    n_steps = longest if n_steps is None else check_integer("n_steps", n_steps, at_least=longest)
    mask = np.arange(n_steps) < lengths[:, None]
    tokens = np.zeros(mask.shape, np.int64)
    tokens[mask] = [number[word] for sentence in sentences for word in sentence]
    return tokens, mask


def sample_verdicts(
    n_sentences: int, *, rng: np.random.Generator
) -> tuple[list[list[str]], NDArray[np.int64]]:
    """Sample film reviews that differ only in the order of their words.

    Parameters
    ----------
    n_sentences : int
    rng : numpy.random.Generator

    Returns
    -------
    sentences : list of list of str
        Each holds "not", "good" and "bad" once, and some neutral words.
    verdicts : ndarray of int, of shape (n_sentences,)
        1 where "not" stands directly before "bad", 0 where directly before "good".
    """
    n_sentences = check_integer("n_sentences", n_sentences)
    verdicts = check_generator("rng", rng).integers(2, size=n_sentences)
    fillers = rng.choice(FILLERS, (n_sentences, 6)).tolist()
    cuts = np.sort(rng.integers(0, 7, (n_sentences, 4)), axis=1)
    turned = rng.integers(2, size=n_sentences)
    sentences = []
    for verdict, extra, (a, b, c, d), turn in zip(verdicts, fillers, cuts, turned, strict=True):
        parts = [["not", "bad"], ["good"]] if verdict else [["not", "good"], ["bad"]]
        one, other = parts[::-1] if turn else parts
        sentences.append([*extra[a:b], *one, *extra[b:c], *other, *extra[c:d]])
    return sentences, verdicts


def tagged_sentences() -> list[tuple[int, list[str], list[str]]]:
    """List sentences in which the word after "Teddy" says whether a person is meant.

    Returns
    -------
    list of (int, list of str, list of str)
        The number of the beginning, the words, and a tag of `TAGS` for each. Every beginning
        occurs equally often with a person and with a toy.
    """
    beginnings = list(product(WHO, DID))
    toys = ("bears are on sale in", "bears are soft in", "bears came from")
    people = ("Roosevelt was president in", "Roosevelt was born in", "Roosevelt came from")
    cities = ("Boston", "Berlin", "Kyoto", "Lima")
    found = []
    for n, (who, did) in enumerate(beginnings):
        for end, city in product((*toys, *people), cities):
            words = [who, did, "Teddy", *end.split(), city]
            person = {"Teddy", "Roosevelt"} if end in people else set()
            tags = ["PER" if w in person else "LOC" if w in cities else "O" for w in words]
            found.append((n, words, tags))
    return found


def number_words(number: int) -> tuple[list[str], list[str]]:
    """Write a number in English and in German, word by word.

    Parameters
    ----------
    number : int
        From 20 to 999, without those that end in 01 to 19.

    Returns
    -------
    english, german : list of str
        German writes these words as one; here they are kept apart.

    Examples
    --------
    >>> number_words(347)
    (['three', 'hundred', 'forty', 'seven'], ['drei', 'hundert', 'sieben', 'und', 'vierzig'])
    """
    number = check_integer("number", number, at_least=20, at_most=999)
    hundreds, rest = divmod(number, 100)
    tens, units = divmod(rest, 10)
    if rest and tens < 2:
        raise ValueError(f"number must not end in 01 to 19, got {number}. These are irregular.")
    english, german = [], []
    if hundreds:
        english += [UNITS[hundreds][0], "hundred"]
        german += [UNITS[hundreds][1], "hundert"]
    if tens:
        english.append(TENS[tens][0])
    if units:
        english.append(UNITS[units][0])
        german += [UNITS[units][1], "und"]
    if tens:
        german.append(TENS[tens][1])
    return english, german


def sample_speech(
    n_words: int, *, n_frames: int = 20, noise: float = 0.5, rng: np.random.Generator
) -> Speech:
    """Sample recordings of short words: every letter is a sound that lasts for some frames.

    Parameters
    ----------
    n_words : int
    n_frames : int, optional
        Length of a recording, at least 19; the rest is silence.
    noise : float, optional
        Standard deviation of the noise in each of six bands.
    rng : numpy.random.Generator

    Returns
    -------
    Speech
        Words of two to four letters out of ``ehlo``. Each letter lasts for one to three frames;
        silence may precede it, and always separates two equal letters.
    """
    n_words = check_integer("n_words", n_words)
    n_frames = check_integer("n_frames", n_frames, at_least=19)
    sounds = dict(zip("ehlo", np.eye(6)[[0, 2, 3, 5]] * 2, strict=True))
    sounds["-"] = np.zeros(6)
    lengths = check_generator("rng", rng).integers(2, 5, n_words)
    words = ["".join(rng.choice(list("ehlo"), length)) for length in lengths]
    spoken = [_pronounce(word, rng).ljust(n_frames, "-") for word in words]
    exact = np.array([[sounds[letter] for letter in row] for row in spoken])
    return Speech(exact + noise * rng.normal(size=exact.shape), words, spoken)


def _pronounce(word: str, rng: np.random.Generator) -> str:
    """Let each letter last, and put silence before some."""
    lasting, silence = rng.integers(1, 4, len(word)), rng.integers(0, 2, len(word))
    spoken = ""
    for letter, n, pause in zip(word, lasting, silence, strict=True):
        spoken += "-" * max(pause, spoken[-1:] == letter) + letter * n
    return spoken


def _wander(n_steps: int, keep: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Sample an autoregressive series with variance one."""
    kicks = check_generator("rng", rng).normal(size=n_steps) * np.sqrt(1 - keep**2)
    kicks[0] /= np.sqrt(1 - keep**2)
    found = np.empty(n_steps)
    state = 0.0
    for n, kick in enumerate(kicks.tolist()):
        state = keep * state + kick
        found[n] = state
    return found
