"""N-gram language models: count which token follows which, and turn the counts into probabilities.

A model predicts the words of its vocabulary and `EOS`, which ends a sentence; what it knows of a
sentence are the ``order - 1`` tokens before, of which those before the first word are `BOS`.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from fractions import Fraction
from numbers import Real
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.shapes import check_generator, check_integer

__all__ = [
    "BOS",
    "EOS",
    "UNK",
    "NGramCounts",
    "NGramModel",
    "add_k",
    "choose_vocabulary",
    "continuations",
    "count_ngrams",
    "kneser_ney",
    "log_probabilities",
    "maximum_likelihood",
    "next_probabilities",
    "pad",
    "probability",
    "sample_sentence",
]

BOS, EOS = "<s>", "</s>"  # a sentence begins, and ends
UNK = "<unk>"  # stands for each word that is not in the vocabulary

Context = tuple[str, ...]
Table = dict[Context, dict[str, int]]
Number = float | Fraction

LEAST = 1e-9  # of smoothing: with less, products of a few shares would be rounded to zero


class NGramCounts(NamedTuple):
    """How often each token followed each context."""

    order: int
    vocabulary: frozenset[str]  # the words, with `UNK` or without, but neither `BOS` nor `EOS`
    table: Table  # by the order - 1 tokens before, how often each token came next

    @property
    def n_tokens(self) -> int:
        """How many tokens may come next: the words of the vocabulary, and `EOS`."""
        return len(self.vocabulary) + 1


class NGramModel(NamedTuple):
    """Counts, and the rule that makes probabilities of them."""

    counts: NGramCounts
    rule: Callable[[str, Context], Number]  # of a token, after the order - 1 tokens before it


def choose_vocabulary(sentences: Iterable[Sequence[str]], *, at_least: int = 1) -> frozenset[str]:
    """Choose the words that a model knows: the frequent ones, and `UNK` for all others.

    Parameters
    ----------
    sentences : iterable of sequence of str
        Each a sequence of words.
    at_least : int, optional
        How often a word has to occur.

    Returns
    -------
    frozenset of str

    Raises
    ------
    ValueError
        If a sentence is a string or holds a mark such as `BOS`, or `at_least` is below one.
    """
    at_least = check_integer("at_least", at_least)
    occurs = Counter(word for sentence in _checked(sentences) for word in sentence)
    return frozenset(word for word, count in occurs.items() if count >= at_least) | {UNK}


def pad(sentence: Sequence[str], order: int) -> Context:
    """Put as many `BOS` before a sentence as its first word needs, and a single `EOS` behind it.

    Parameters
    ----------
    sentence : sequence of str
    order : int

    Returns
    -------
    tuple of str
        ``order - 1`` times `BOS`, the words, and `EOS`.

    Raises
    ------
    ValueError
        If the order is below one, or the sentence is a string.

    Examples
    --------
    >>> pad(["You've", "got"], 3)
    ('<s>', '<s>', "You've", 'got', '</s>')
    """
    order = check_integer("order", order)
    (words,) = _checked([sentence])
    return (*(BOS,) * (order - 1), *words, EOS)


def count_ngrams(
    sentences: Iterable[Sequence[str]], order: int, vocabulary: Set[str] | None = None
) -> NGramCounts:
    """Count the n-grams of one order, the end of each sentence included.

    Parameters
    ----------
    sentences : iterable of sequence of str
        Each a sequence of words.
    order : int
        Length of an n-gram: 1 for single tokens, 2 for pairs.
    vocabulary : set of str, optional
        The words that the model knows. Others count as `UNK` if that is one of them. The words of
        the sentences, without `UNK`, when None.

    Returns
    -------
    NGramCounts

    Raises
    ------
    ValueError
        If there is no sentence, a sentence is a string or holds a mark such as `BOS`, a word is not
        in the vocabulary and `UNK` is not, or the order is below one.

    Notes
    -----
    Page ``n-grams``, equation ``lm-count``.
    """
    order = check_integer("order", order)
    read = _checked(sentences)
    if not read:
        raise ValueError("sentences must hold at least one sentence, got none.")
    if vocabulary is None:
        vocabulary = {word for sentence in read for word in sentence}
    elif marks := {BOS, EOS} & set(vocabulary):
        raise ValueError(f"vocabulary must hold words only, got the mark {min(marks)!r}.")
    known = frozenset(vocabulary)
    grams: Counter[Context] = Counter()
    for sentence in read:
        padded = pad(_with_unknown(sentence, known), order)
        grams.update(zip(*(padded[first:] for first in range(order)), strict=False))
    table: Table = {}
    for gram, count in grams.items():
        table.setdefault(gram[:-1], {})[gram[-1]] = count
    return NGramCounts(order, known, table)


def continuations(table: Table) -> Table:
    """Count for each n-gram without its first token how many different tokens precede it.

    Parameters
    ----------
    table : dict of tuple to dict
        Of n-grams, as in `NGramCounts`, of order two or more.

    Returns
    -------
    dict of tuple to dict
        Of the n-grams that are shorter by one token.

    Notes
    -----
    Page ``n-grams``, equation ``lm-continuation``.
    """
    shorter: Table = {}
    for context, followers in table.items():
        counted = shorter.setdefault(context[1:], {})
        for token in followers:
            counted[token] = counted.get(token, 0) + 1
    return shorter


def maximum_likelihood(counts: NGramCounts) -> NGramModel:
    """Let probabilities be relative frequencies: what was not seen is impossible.

    Parameters
    ----------
    counts : NGramCounts

    Returns
    -------
    NGramModel
        After a context that was never seen it has no probabilities, and says so.

    Notes
    -----
    Page ``n-grams``, equation ``lm-count``.
    """
    return add_k(counts, 0)


def add_k(counts: NGramCounts, k: Number) -> NGramModel:
    """Count each token after each context k times in addition to what was seen.

    Parameters
    ----------
    counts : NGramCounts
    k : float or Fraction
        0, which is maximum likelihood, or from 1e-9 to 1e9. With a fraction all probabilities are
        fractions.

    Returns
    -------
    NGramModel

    Raises
    ------
    ValueError
        If k is no such number.

    Notes
    -----
    Page ``n-grams``, equation ``lm-add-k``.
    """
    k = _check_real("k", k, 1e9)
    totals = {context: sum(followers.values()) for context, followers in counts.table.items()}

    def rule(token: str, context: Context) -> Number:
        total = totals.get(context, 0) + k * counts.n_tokens
        if not total:
            raise ValueError(
                f"context must occur in the text that was counted, got {' '.join(context)!r}. "
                "Smooth: add_k with k above 0, or kneser_ney."
            )
        seen = counts.table.get(context, {}).get(token, 0)
        return (seen + k) / total

    return NGramModel(counts, rule)


def kneser_ney(counts: NGramCounts, discount: Number = 0.75) -> NGramModel:
    """Discount every count, and spread what was taken by the model of the next lower order.

    Parameters
    ----------
    counts : NGramCounts
    discount : float or Fraction, optional
        What is taken from each count: 0, or from 1e-9 to 1. With a fraction all probabilities are
        fractions.

    Returns
    -------
    NGramModel

    Raises
    ------
    ValueError
        If the discount is no such number.

    Notes
    -----
    Interpolated, with one discount for all orders (Chen and Goodman 1999, section 2.7). The highest
    order counts how often an n-gram occurs, lower ones how many different tokens precede it, and
    below the lowest all tokens are equally likely. Contexts that reach to the front of a sentence
    are contexts like others. Page ``n-grams``, equation ``lm-kneser-ney``.
    """
    discount = _check_real("discount", discount, 1)
    tables = [counts.table]
    while len(tables) < counts.order:
        tables.append(continuations(tables[-1]))
    levels = [
        {context: (sum(seen.values()), seen) for context, seen in table.items()}
        for table in reversed(tables)
    ]
    uniform = 0 * discount + Fraction(1, counts.n_tokens)

    def rule(token: str, context: Context) -> Number:
        share = uniform
        for before, level in enumerate(levels):
            found = level.get(context[len(context) - before :])
            if found is None:  # nor were longer contexts seen that end like this
                break
            total, seen = found
            left = max(seen.get(token, 0) - discount, 0)
            share = (left + discount * len(seen) * share) / total
        return share

    return NGramModel(counts, rule)


def probability(model: NGramModel, token: str, before: Sequence[str]) -> Number:
    """Probability that a token comes next.

    Parameters
    ----------
    model : NGramModel
    token : str
        A word, or `EOS`.
    before : sequence of str
        The sentence up to there, of which a model of order n looks at the last n - 1 tokens. Where
        there are fewer, it sees `BOS` in front of them.

    Returns
    -------
    float or Fraction

    Raises
    ------
    ValueError
        If a word is not in the vocabulary and `UNK` is not, the token is `BOS`, or the model has no
        probabilities after this context.
    """
    vocabulary = model.counts.vocabulary
    if token != EOS:
        ((token,),) = _checked([[token]])
        (token,) = _with_unknown([token], vocabulary)
    (sentence,) = _checked([before])
    return model.rule(token, _context(model, _with_unknown(sentence, vocabulary)))


def next_probabilities(model: NGramModel, before: Sequence[str]) -> dict[str, Number]:
    """Probabilities of all tokens that may come next.

    Parameters
    ----------
    model : NGramModel
    before : sequence of str
        The sentence up to there.

    Returns
    -------
    dict of str to float or Fraction
        The words of the vocabulary in their order, and `EOS`; together one.

    Raises
    ------
    ValueError
        As `probability`.

    Notes
    -----
    Page ``n-grams``, equation ``lm-normalised``.
    """
    vocabulary = model.counts.vocabulary
    (sentence,) = _checked([before])
    context = _context(model, _with_unknown(sentence, vocabulary))
    return {token: model.rule(token, context) for token in (*sorted(vocabulary), EOS)}


def log_probabilities(
    model: NGramModel, sentences: Iterable[Sequence[str]]
) -> list[NDArray[np.float64]]:
    """Logarithms of the probabilities of all tokens of given sentences, `EOS` included.

    Parameters
    ----------
    model : NGramModel
    sentences : iterable of sequence of str

    Returns
    -------
    list of ndarray of shape (n_words + 1,)
        For each sentence the natural logarithms; their sum is that of the sentence. Minus infinity
        at a token of probability zero, and from there to the end of the sentence.

    Raises
    ------
    ValueError
        If a sentence is a string or holds a mark such as `BOS`, or a word is not in the vocabulary
        and `UNK` is not.

    Notes
    -----
    Page ``n-grams``, equation ``lm-chain-rule``.
    """
    order, vocabulary, _ = model.counts
    found = []
    for sentence in _checked(sentences):
        padded = pad(_with_unknown(sentence, vocabulary), order)
        logs = np.full(len(sentence) + 1, -np.inf)
        for place in range(len(logs)):
            end = place + order - 1
            share = model.rule(padded[end], padded[place:end])
            if not share:
                break
            logs[place] = math.log(share)
        found.append(logs)
    return found


def sample_sentence(
    model: NGramModel, *, rng: np.random.Generator, max_words: int = 100
) -> tuple[str, ...]:
    """Write a sentence: draw one token after the other until `EOS` is drawn.

    Parameters
    ----------
    model : NGramModel
    rng : numpy.random.Generator
    max_words : int, optional
        Where a sentence is cut off that has not ended by itself.

    Returns
    -------
    tuple of str
        The words, without `EOS`.

    Raises
    ------
    ValueError
        If `rng` is not a generator, or `max_words` is below one.
    """
    rng, max_words = check_generator("rng", rng), check_integer("max_words", max_words)
    words: list[str] = []
    while len(words) < max_words:
        shares = next_probabilities(model, words)
        cumulated = np.cumsum([float(share) for share in shares.values()])
        drawn = np.searchsorted(cumulated, rng.random() * cumulated[-1], side="right")
        token = list(shares)[drawn]
        if token == EOS:
            break
        words.append(token)
    return tuple(words)


def _checked(sentences: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
    """Return sentences, each of which is a sequence of words."""
    read = []
    for number, sentence in enumerate(sentences):
        if isinstance(sentence, str) or not isinstance(sentence, Iterable):
            raise ValueError(
                f"sentence {number} must be a sequence of words, got {sentence!r}. "
                "Split a string first, into words with split() or into characters with list()."
            )
        read.append(tuple(sentence))
        for word in read[-1]:
            if not isinstance(word, str) or word in {BOS, EOS}:
                raise ValueError(
                    f"sentence {number} must hold words, got {word!r}. "
                    "The marks of beginning and end are added here."
                )
    return read


def _with_unknown(sentence: Sequence[str], vocabulary: frozenset[str]) -> list[str]:
    """Put `UNK` in place of words that are not in the vocabulary."""
    unknown = [word for word in sentence if word not in vocabulary]
    if unknown and UNK not in vocabulary:
        raise ValueError(
            f"vocabulary must hold every word, got {unknown[0]!r}, which it does not. "
            f"Count with a vocabulary that has {UNK!r}: see choose_vocabulary."
        )
    return [word if word in vocabulary else UNK for word in sentence] if unknown else [*sentence]


def _context(model: NGramModel, sentence: list[str]) -> Context:
    """Return the order - 1 tokens at the end of a sentence that has not ended yet."""
    n_before = model.counts.order - 1
    padded = (*(BOS,) * n_before, *sentence)
    return padded[len(padded) - n_before :]


def _check_real(name: str, value: Number, at_most: float) -> Number:
    """Return a number that is 0, or so large that no product of a few is rounded to 0."""
    fits = isinstance(value, Real) and not isinstance(value, bool)
    if not fits or not (value == 0 or LEAST <= value <= at_most):
        limits = f"be 0, or a number from {LEAST:g} to {at_most:g}"
        raise ValueError(f"{name} must {limits}, got {value!r}.")
    return value if isinstance(value, Fraction) else float(value)
