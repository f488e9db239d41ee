"""Questions such as "man is to woman as king is to what?", answered with word vectors.

A question is a row of four words: a is to b as c is to d. The fourth is the right answer.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.language.embeddings import cosines
from unrolled.language.intervals import Interval, wilson_interval
from unrolled.shapes import check_floats, check_integer, check_integers, check_number, check_shape

__all__ = [
    "CAPITALS",
    "RELATIONS",
    "RelationScore",
    "answers",
    "capital_sentences",
    "cos_add",
    "cos_mul",
    "known_pairs",
    "like_third",
    "nearest_to",
    "offset_agreement",
    "offset_plane",
    "questions_of",
    "score_relations",
]

Floats = NDArray[Any]
Ids = NDArray[np.int64]
Pair = tuple[str, str]


def _pairs(words: str) -> tuple[Pair, ...]:
    """Read pairs from words that stand one after the other."""
    listed = words.split()
    return tuple(zip(listed[::2], listed[1::2], strict=True))


RELATIONS: Mapping[str, tuple[Pair, ...]] = {
    name: _pairs(words)
    for name, words in {
        "plural": "dog dogs book books girl girls boy boys car cars friend friends cat cats"
        " letter letters flower flowers student students child children man men woman women"
        " tree trees bird birds day days year years house houses apple apples egg eggs horse"
        " horses shoe shoes word words question questions problem problems country countries"
        " bag bags city cities",
        "past": "go went see saw come came take took give gave eat ate buy bought make made think"
        " thought know knew say said tell told write wrote drink drank run ran get got leave"
        " left find found want wanted ask asked work worked live lived play played look"
        " looked help helped call called try tried",
        "-ing": "go going see seeing come coming take taking give giving eat eating buy buying"
        " make making think thinking say saying tell telling write writing read reading drink"
        " drinking run running get getting leave leaving ask asking work working live living"
        " play playing look looking wait waiting sleep sleeping talk talking",
        "third person": "go goes see sees come comes take takes give gives eat eats make makes"
        " think thinks know knows say says tell tells write writes read reads drink drinks"
        " run runs get gets want wants work works live lives play plays look looks need needs"
        " like likes love loves speak speaks",
        "comparative": "big bigger old older young younger fast faster easy easier strong"
        " stronger cheap cheaper large larger low lower happy happier hard harder smart"
        " smarter late later early earlier good better bad worse close closer long longer"
        " high higher warm warmer short shorter small smaller heavy heavier",
        "superlative": "big biggest old oldest good best bad worst tall tallest great greatest"
        " large largest fast fastest",
        "negation": "do don't did didn't is isn't was wasn't have haven't has hasn't had hadn't"
        " are aren't were weren't could couldn't should shouldn't would wouldn't does doesn't"
        " will won't can can't",
        "gender": "man woman boy girl father mother brother sister son daughter uncle aunt"
        " grandfather grandmother husband wife boyfriend girlfriend actor actress he she his"
        " her himself herself he's she's men women boys girls brothers sisters prince"
        " princess dad mom waiter waitress",
        "language": "japan japanese france french germany german england english italy italian"
        " spain spanish china chinese korea korean",
        "capital": "japan tokyo england london france paris italy rome america washington",
        "opposite": "happy unhappy lucky unlucky able unable usual unusual likely unlikely"
        " expected unexpected reliable unreliable possible impossible patient impatient legal"
        " illegal",
        "adverb": "quick quickly slow slowly careful carefully sudden suddenly complete"
        " completely easy easily real really quiet quietly serious seriously certain"
        " certainly obvious obviously clear clearly final finally safe safely bad badly"
        " perfect perfectly exact exactly close closely loud loudly terrible terribly deep"
        " deeply usual usually general generally",
    }.items()
}
"""Pairs of English words, by what relates the second to the first."""

CAPITALS = {
    "japan": ("tokyo", "sushi"),
    "vietnam": ("hanoi", "pho"),
    "italy": ("rome", "pasta"),
    "france": ("paris", "quiche"),
    "peru": ("lima", "ceviche"),
}
"""Countries of a small world, each with its capital and a dish."""


class RelationScore(NamedTuple):
    """How often the questions of one relation are answered rightly."""

    n_pairs: int
    n_questions: int
    accuracy: float
    interval: Interval  # as if each pair had been asked once


def capital_sentences() -> list[str]:
    """Tell of the countries and capitals of `CAPITALS`, of each in the same words.

    Returns
    -------
    list of str
        Countries and capitals of one nation share a dish, and all countries, and all capitals,
        share the rest. So the difference between a capital and its country is always the same.

    Notes
    -----
    Page ``analogies``.
    """
    sentences = []
    for country, (capital, dish) in CAPITALS.items():
        sentences += [f"people in {place} like {dish}" for place in (country, capital)]
        sentences += [f"the government of {country} met", f"the mayor of {capital} spoke"]
    return sentences


def known_pairs(pairs: Sequence[Pair], words: Sequence[str]) -> list[Pair]:
    """Keep the pairs whose words both have vectors.

    Parameters
    ----------
    pairs : sequence of pairs of str
    words : sequence of str
        The vocabulary.

    Returns
    -------
    list of pairs of str
    """
    vocabulary = set(words)
    return [pair for pair in pairs if vocabulary.issuperset(pair)]


def questions_of(pairs: Sequence[Pair], words: Sequence[str]) -> Ids:
    """Ask for the second word of each pair with each other pair as the example.

    Parameters
    ----------
    pairs : sequence of pairs of str
    words : sequence of str
        The vocabulary; pairs with another word are left out.

    Returns
    -------
    ndarray of int of shape (n_questions, 4)
        Places in the vocabulary: ``n * (n - 1)`` questions for `n` pairs, those that ask for the
        same word one after the other.
    """
    number = {word: place for place, word in enumerate(words)}
    known = [(number[one], number[other]) for one, other in known_pairs(pairs, words)]
    rows = [(*example, *pair) for pair in known for example in known if example != pair]
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def cos_add(vectors: ArrayLike, questions: ArrayLike) -> Floats:
    """Score each word by its cosine with b - a + c, all three of norm one: 3CosAdd.

    Parameters
    ----------
    vectors : array_like of float64 or float32, of shape (n_words, n_dims)
        None of them zero; their norms do not matter.
    questions : array_like of int of shape (n_questions, 4)
        The last column, the right answer, is not used.

    Returns
    -------
    ndarray of shape (n_questions, n_words)

    Raises
    ------
    ValueError
        If a shape or a number is not as described, or b - a + c is zero.

    Notes
    -----
    Mikolov, Yih and Zweig (2013); the name is that of Levy and Goldberg (2014). Page ``analogies``,
    equation ``cos-add``.
    """
    asked, (to_a, to_b, to_c) = _compared(vectors, questions)
    each, b, c = np.arange(len(asked)), asked[:, 1], asked[:, 2]
    squares = 3 + 2 * (to_b[each, c] - to_a[each, b] - to_a[each, c])  # norms of b - a + c
    if (squares < 1e-6).any():
        raise ValueError(
            f"questions must have b - a + c different from zero, got {int(squares.argmin())} with"
            " it. Leave that question out."
        )
    scores: Floats = (to_b - to_a + to_c) / np.sqrt(squares)[:, None]
    return scores


def cos_mul(vectors: ArrayLike, questions: ArrayLike, *, epsilon: float = 1e-3) -> Floats:
    """Score each word by a product of similarities over a similarity: 3CosMul.

    Parameters
    ----------
    vectors : array_like of float64 or float32, of shape (n_words, n_dims)
        None of them zero.
    questions : array_like of int of shape (n_questions, 4)
    epsilon : float, optional
        Prevents division by zero; above 0.

    Returns
    -------
    ndarray of shape (n_questions, n_words)
        Cosines are moved to the range from 0 to 1 first.

    Raises
    ------
    ValueError
        If a shape or a number is not as described.

    Notes
    -----
    Levy and Goldberg (2014), equation 4. Page ``analogies``, equation ``cos-mul``.
    """
    epsilon = check_number("epsilon", epsilon, above=0)
    _, near = _compared(vectors, questions)
    like_a, like_b, like_c = ((1 + table.clip(-1, 1)) / 2 for table in near)
    scores: Floats = like_b * like_c / (like_a + epsilon)
    return scores


def like_third(vectors: ArrayLike, questions: ArrayLike) -> Floats:
    """Score each word by its cosine with c alone, as if there were no example.

    Parameters
    ----------
    vectors : array_like of float64 or float32, of shape (n_words, n_dims)
        None of them zero.
    questions : array_like of int of shape (n_questions, 4)

    Returns
    -------
    ndarray of shape (n_questions, n_words)

    Raises
    ------
    ValueError
        If a shape or a number is not as described.

    Notes
    -----
    Linzen (2016). Page ``analogies``.
    """
    _, (_, _, to_c) = _compared(vectors, questions)
    return to_c


def answers(scores: ArrayLike, questions: ArrayLike, *, exclude: bool = True) -> Ids:
    """Choose the word with the highest score for each question.

    Parameters
    ----------
    scores : array_like of shape (n_questions, n_words)
    questions : array_like of int of shape (n_questions, 4)
    exclude : bool, optional
        Do not let a word of the question be its answer.

    Returns
    -------
    ndarray of int of shape (n_questions,)

    Raises
    ------
    ValueError
        If a shape does not fit.
    """
    table = np.array(scores, dtype=float)
    n_questions, n_words = check_shape("scores", table, "n_questions n_words")
    asked = _check_questions(questions, n_words, n_questions=n_questions)
    if exclude:
        np.put_along_axis(table, asked[:, :3], -np.inf, axis=1)
    given: Ids = table.argmax(axis=1)
    return given


def nearest_to(
    vectors: ArrayLike, target: ArrayLike, n_nearest: int, *, leave_out: Sequence[int] = ()
) -> Ids:
    """List the words whose vectors point most nearly in the direction of any vector.

    Parameters
    ----------
    vectors : array_like of float64 or float32, of shape (n_words, n_dims)
        None of them zero.
    target : array_like of the same type, of shape (n_dims,)
        Not zero: a sum of words' vectors for instance.
    n_nearest : int
        At most as many as there are words that are not left out.
    leave_out : sequence of int, optional
        Words that are not wanted, such as those of the sum.

    Returns
    -------
    ndarray of int of shape (n_nearest,)
        The nearest first.

    Raises
    ------
    ValueError
        If a shape or a number is not as described.
    """
    (near,) = cosines(np.asarray(target)[None], vectors)
    out = check_integers("leave_out", leave_out, at_least=0, at_most=len(near) - 1)
    order = np.argsort(-near, kind="stable")
    kept = order[~np.isin(order, out)]
    return kept[: check_integer("n_nearest", n_nearest, at_most=len(kept))]


def score_relations(
    words: Sequence[str],
    vectors: ArrayLike,
    method: Callable[[ArrayLike, ArrayLike], Floats] = cos_add,
    *,
    relations: Mapping[str, Sequence[Pair]] = RELATIONS,
    exclude: bool = True,
) -> dict[str, RelationScore]:
    """Say for each relation how many of its questions get the right answer.

    Parameters
    ----------
    words : sequence of str
        The vocabulary.
    vectors : array_like of float64 or float32, of shape (n_words, n_dims)
        None of them zero.
    method : callable, optional
        `cos_add`, `cos_mul`, `like_third`, or another one from vectors and questions to scores.
    relations : mapping of str to sequence of pairs of str, optional
    exclude : bool, optional
        Do not let a word of the question be its answer.

    Returns
    -------
    dict of str to RelationScore
        Without relations of which fewer than two pairs are known.

    Raises
    ------
    ValueError
        If a shape or a number is not as described.

    Notes
    -----
    Questions with a pair in common are not independent, so the interval is computed as if each pair
    had given one answer. Page ``analogies``, equation ``wilson-interval``.
    """
    found = {}
    for name, pairs in relations.items():
        questions = questions_of(pairs, words)
        if len(questions):
            given = answers(method(vectors, questions), questions, exclude=exclude)
            accuracy = float(np.mean(given == questions[:, 3]))
            n_pairs = len(known_pairs(pairs, words))
            interval = wilson_interval(accuracy, n_pairs)
            found[name] = RelationScore(n_pairs, len(questions), accuracy, interval)
    return found


def offset_agreement(first: ArrayLike, second: ArrayLike) -> float:
    """Compute the mean cosine between the offsets of different pairs.

    Parameters
    ----------
    first, second : array_like of float64 or float32, of shape (n_pairs, n_dims)
        Vectors of the first and the second words of at least two pairs, none of them equal.

    Returns
    -------
    float
        One if all offsets point in the same direction, near zero if they have nothing in common.

    Raises
    ------
    ValueError
        If a shape or a number is not as described.

    Notes
    -----
    Page ``analogies``, equation ``offset-agreement``.
    """
    one, other = _two_sides(first, second)
    between = cosines(other - one)
    n_pairs = len(between)
    return float((between.sum() - np.trace(between)) / (n_pairs * (n_pairs - 1)))


def offset_plane(first: ArrayLike, second: ArrayLike) -> Floats:
    """Project pairs onto a plane in which their mean offset points to the right.

    Parameters
    ----------
    first, second : array_like of float64 or float32, of shape (n_pairs, n_dims)
        Vectors of the first and the second words of at least two pairs, none of them equal.

    Returns
    -------
    ndarray of shape (n_pairs, 2, 2)
        For each pair and word, how far to the right and how far up. Upwards is the direction at a
        right angle to the mean offset along which all these words differ most.

    Raises
    ------
    ValueError
        If a shape or a number is not as described, or the mean offset is zero.
    """
    one, other = _two_sides(first, second)
    words = np.stack([one, other], axis=1)
    offset = (other - one).mean(axis=0)
    norm = float(np.linalg.norm(offset))
    if norm < 1e-12 * float(np.abs(words).max()):
        raise ValueError("second must differ from first on average, got a mean offset of zero.")
    right = words @ (offset / norm)
    rest = words - right[..., None] * offset / norm
    around = rest.reshape(-1, rest.shape[-1])
    around = around - around.mean(axis=0)
    upwards = np.linalg.svd(around, full_matrices=False)[2][0]
    upwards = upwards * np.sign(upwards[np.abs(upwards).argmax()])  # so that it does not flip
    return np.stack([right, rest @ upwards], axis=-1)


def _two_sides(first: ArrayLike, second: ArrayLike) -> tuple[Floats, ...]:
    sides = check_floats({"first": first, "second": second})
    n_pairs, n_dims = check_shape("first", sides[0], "n_pairs n_dims")
    check_shape("second", sides[1], "n_pairs n_dims", n_pairs=n_pairs, n_dims=n_dims)
    if n_pairs < 2:
        raise ValueError(f"first must hold at least two pairs, got {n_pairs}.")
    return sides


def _compared(vectors: ArrayLike, questions: ArrayLike) -> tuple[Ids, list[Floats]]:
    """Return the words of questions, and the cosines of a, of b and of c with all words."""
    rows = np.asarray(vectors)
    n_words, _ = check_shape("vectors", rows, "n_words n_dims")
    asked = _check_questions(questions, n_words)[:, :3]
    used, places = np.unique(asked, return_inverse=True)
    near = cosines(rows[used], rows)
    return asked, [near[place] for place in places.reshape(asked.shape).T]


def _check_questions(questions: ArrayLike, n_words: int, **sizes: int) -> Ids:
    check_shape("questions", questions, "n_questions four_words", four_words=4, **sizes)
    return check_integers("questions", questions, at_least=0, at_most=n_words - 1)
