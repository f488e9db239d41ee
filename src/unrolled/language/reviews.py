"""Short reviews written by a small grammar, with labels; or read from a file that a reader has."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.shapes import check_generator, check_integer

__all__ = [
    "FORMS",
    "GENERAL",
    "PADDING",
    "TOPICS",
    "UNKNOWN",
    "Polar",
    "Review",
    "Topic",
    "build_vocabulary",
    "encode",
    "read_reviews",
    "split_words",
    "with_pairs",
    "write_reviews",
]

PADDING, UNKNOWN = "[pad]", "[unknown]"


class Polar(NamedTuple):
    """Words of praise and words of blame."""

    good: tuple[str, ...]
    bad: tuple[str, ...]


class Topic(NamedTuple):
    """What is reviewed: its parts, and the adjectives that only this topic uses."""

    things: tuple[str, ...]
    adjectives: Polar


class Review(NamedTuple):
    """A review as its tokens, and what its writer thinks."""

    tokens: tuple[str, ...]
    label: int  # 1 is favourable, 0 unfavourable
    kind: str  # a key of `FORMS`; empty if it was read from a file
    topic: str  # a key of `TOPICS`; empty if it was read from a file


# {own} is an adjective that agrees with the writer's opinion, {other} one that says the opposite.
FORMS = {
    "plain": "the {thing} was {own}.",
    "negated": "the {thing} was not {other}.",
    "distant": "nobody would say that the {thing} was {other}.",
    "turned": "the {thing} was {other}, but the {thing} was {own}.",
    "story": "it shows a king who is {other}, with {other} speeches and {other} guards. "
    "the {thing} was {own}.",
}

GENERAL = Polar(good=("good", "superb", "pleasant"), bad=("bad", "awful", "poor"))
TOPICS = {
    "film": Topic(
        ("plot", "cast", "music", "ending", "humour", "action"),
        Polar(("witty", "lively", "clever", "charming"), ("dull", "stupid", "absurd", "boring")),
    ),
    "book": Topic(
        ("story", "style", "hero", "language", "preface"),
        Polar(("wise", "subtle", "elegant", "vivid"), ("shallow", "clumsy", "mindless", "stilted")),
    ),
    "restaurant": Topic(
        ("soup", "dessert", "bread", "coffee", "salad"),
        Polar(("tasty", "fresh", "delicious"), ("bland", "stale", "tasteless")),
    ),
    "phone": Topic(
        ("screen", "camera", "keyboard", "charger", "battery"),
        Polar(("fast", "reliable", "sturdy"), ("slow", "faulty", "flimsy")),
    ),
}

_STORIES = ("film", "book")  # the topics that tell a story
_AGREES = 0.9  # share of the plain sentences that agree with the writer's opinion of the whole
_LENGTHS = {"turned": (1, 2), "story": (1, 1)}  # sentences of a review; of other kinds 2 to 4
_USUAL = 0.8  # share of plain reviews if all kinds are wanted


def write_reviews(
    n_reviews: int, *, rng: np.random.Generator, kinds: Sequence[str] | None = None
) -> list[Review]:
    """Write reviews: one half is favourable on average.

    Parameters
    ----------
    n_reviews : int
    rng : numpy.random.Generator
    kinds : sequence of str, optional
        Keys of `FORMS`, each as likely as the others. By default eight reviews in ten are plain,
        and the other kinds are equally likely.

    Returns
    -------
    list of Review

    Raises
    ------
    ValueError
        If a kind is unknown, or an argument has the wrong type.

    Notes
    -----
    Page ``sentiment``.
    """
    n_reviews = check_integer("n_reviews", n_reviews, at_least=0)
    check_generator("rng", rng)
    names = list(FORMS if kinds is None else kinds)
    if not names or not set(names) <= FORMS.keys():
        raise ValueError(f"kinds must be some of {', '.join(FORMS)}, got {', '.join(names)!r}.")
    rare = (1 - _USUAL) / (len(FORMS) - 1)
    shares = [_USUAL if name == "plain" else rare for name in names] if kinds is None else None
    return [_write(str(kind), rng) for kind in rng.choice(names, n_reviews, p=shares)]


def _write(kind: str, rng: np.random.Generator) -> Review:
    topic = _pick(_STORIES if kind == "story" else tuple(TOPICS), rng)
    label = int(rng.integers(2))
    fewest, most = _LENGTHS.get(kind, (2, 4))
    things = list(rng.permutation(TOPICS[topic].things))
    sentences = [
        _sentence(kind, topic, label, things, rng) for _ in range(rng.integers(fewest, most + 1))
    ]
    return Review(split_words(" ".join(sentences)), label, kind, topic)


def _sentence(
    kind: str, topic: str, label: int, things: list[str], rng: np.random.Generator
) -> str:
    """Fill the form of one sentence; each thing is mentioned once."""
    if kind == "plain" and rng.random() > _AGREES:
        label = 1 - label
    adjectives = TOPICS[topic].adjectives
    bad, good = GENERAL.bad + adjectives.bad, GENERAL.good + adjectives.good
    own, other = (good, bad) if label else (bad, good)

    def fill(gap: re.Match[str]) -> str:
        return things.pop() if gap[1] == "thing" else _pick(own if gap[1] == "own" else other, rng)

    return re.sub(r"\{(\w+)\}", fill, FORMS[kind])


def _pick(options: Sequence[str], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]


def read_reviews(path: str | Path) -> list[Review]:
    """Read reviews from a text file with two columns.

    Parameters
    ----------
    path : str or Path
        UTF-8. Each line is a label, 0 or 1, a tab, and the text of a review.

    Returns
    -------
    list of Review

    Raises
    ------
    ValueError
        If the file is not UTF-8, or a line has another form; the message names the line.
    """
    reviews = []
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"path must be a file in UTF-8, got {path}: {error}.") from None
    for n, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        label, _, words = line.partition("\t")
        if label not in ("0", "1") or not words.strip():
            raise ValueError(
                f"{path}, line {n}, must be 0 or 1, a tab and the text of a review, "
                f"got {line[:40]!r}."
            )
        reviews.append(Review(split_words(words), int(label), "", ""))
    return reviews


def split_words(text: str) -> tuple[str, ...]:
    """Split a text into words in lower case and punctuation marks.

    Parameters
    ----------
    text : str

    Returns
    -------
    tuple of str
        An apostrophe or a hyphen between letters belongs to its word.
    """
    return tuple(re.findall(r"\w+(?:[-'’]\w+)*|[^\w\s]", text.lower()))


def with_pairs(tokens: Sequence[str]) -> tuple[str, ...]:
    """Append each two neighbouring tokens, as a token of their own.

    Parameters
    ----------
    tokens : sequence of str

    Returns
    -------
    tuple of str
    """
    return (*tokens, *map(" ".join, pairwise(tokens)))


def build_vocabulary(texts: Iterable[Sequence[str]]) -> dict[str, int]:
    """Give each token of some texts a number: the most frequent first, after two of our own.

    Parameters
    ----------
    texts : iterable of sequence of str

    Returns
    -------
    dict of str to int
        `PADDING` is 0, `UNKNOWN` is 1. Tokens of one frequency are in alphabetical order.
    """
    counts = Counter(token for text in texts for token in text)
    own = {PADDING: 0, UNKNOWN: 0}
    ordered = sorted(counts.keys() - own, key=lambda token: (-counts[token], token))
    return {token: n for n, token in enumerate((*own, *ordered))}


def encode(
    texts: Sequence[Sequence[str]], vocabulary: dict[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Turn texts into one table of token ids, padded to the longest.

    Parameters
    ----------
    texts : sequence of sequence of str
        At least one, none of them empty.
    vocabulary : dict of str to int
        From `build_vocabulary`.

    Returns
    -------
    ids : ndarray of int of shape (n_texts, longest)
        `PADDING` after the end of a text, `UNKNOWN` for a token that the vocabulary lacks.
    mask : ndarray of bool of shape (n_texts, longest)
        True is a token of the text.

    Raises
    ------
    ValueError
        If there is no text, or one without a token.
    """
    lengths = np.array([len(text) for text in texts], dtype=int)
    if not lengths.size or not lengths.all():
        got = f"an empty one at place {lengths.argmin()}" if lengths.size else "none"
        raise ValueError(f"texts must each have a token, got {got}. Leave empty texts out first.")
    mask = lengths[:, None] > np.arange(lengths.max())
    ids = np.full(mask.shape, vocabulary[PADDING])
    unknown = vocabulary[UNKNOWN]
    ids[mask] = [vocabulary.get(token, unknown) for text in texts for token in text]
    return ids, mask
