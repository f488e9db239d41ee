"""Decoding: from the probabilities of a next token to a sentence.

The searches know a model only as a `Stepper`, so they serve TensorFlow and NumPy alike, with a
cache of keys and values or without.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from unrolled.shapes import check_generator, check_integer, check_number

__all__ = [
    "Branch",
    "Hypothesis",
    "Stepper",
    "beam_search",
    "beam_tree",
    "greedy",
    "length_penalty",
    "log_softmax",
    "most_probable",
    "sample",
]

Floats = NDArray[Any]
Ids = NDArray[np.int64]


class Stepper(Protocol):
    """A translator that writes one token after the other."""

    bos: int
    eos: int

    def start(self, sources: Sequence[Sequence[int]]) -> Any:
        """Read sentences, and return a state with a row for each."""

    def step(self, state: Any, ids: Ids) -> tuple[Floats, Any]:
        """Take a token for each row; return the logits of the next, (rows, n_tokens), and a state.

        Logits are those of the model, -inf for what it must never write.
        """

    def choose(self, state: Any, rows: Ids) -> Any:
        """Return a state with these rows of another, in this order; a row may occur twice."""


class Hypothesis(NamedTuple):
    """A translation and what the model says of it."""

    ids: list[int]  # without BOS and EOS
    log_probability: float  # natural logarithm, the EOS included
    score: float  # log-probability divided by the length penalty
    is_finished: bool  # whether it ends with EOS, or was cut off at the limit


class Branch(NamedTuple):
    """A beginning of a translation, in the tree that a beam search grows."""

    before: int  # place of what it extends, among those of the step before that go on
    token: int
    log_probability: float  # of all its tokens
    is_kept: bool


def greedy(model: Stepper, sources: Sequence[Sequence[int]], *, limit: int) -> list[Hypothesis]:
    """Write the most probable token at each step.

    Parameters
    ----------
    model : Stepper
    sources : sequence of sequence of int
        Ids of the sentences, as the model reads them.
    limit : int
        At most as many tokens are written, the EOS included.

    Returns
    -------
    list of Hypothesis
        One for each source.

    Raises
    ------
    ValueError
        If the limit is below one.
    """
    return _write(model, sources, lambda logits: logits.argmax(axis=1), limit)


def sample(
    model: Stepper,
    sources: Sequence[Sequence[int]],
    *,
    temperature: float = 1.0,
    limit: int,
    rng: np.random.Generator,
) -> list[Hypothesis]:
    """Draw each token by its probability.

    Parameters
    ----------
    model, sources, limit
        As for `greedy`.
    temperature : float, optional
        Above 0; logits are divided by it, so that a low one prefers what is probable.
    rng : numpy.random.Generator

    Returns
    -------
    list of Hypothesis
        One for each source.

    Raises
    ------
    ValueError
        If the limit or the temperature is out of range, or `rng` is not a generator.
    """
    temperature = check_number("temperature", temperature, above=0)
    check_generator("rng", rng)

    def drawn(logits: Floats) -> Ids:
        # The largest of logits with Gumbel noise is drawn by the softmax.
        chosen: Ids = (logits / temperature + rng.gumbel(size=logits.shape)).argmax(axis=1)
        return chosen

    return _write(model, sources, drawn, limit)


def _write(
    model: Stepper,
    sources: Sequence[Sequence[int]],
    choose: Callable[[Floats], Ids],
    limit: int,
) -> list[Hypothesis]:
    """Write one token after the other for the sentences that have not ended."""
    limit = check_integer("limit", limit)
    written: list[list[int]] = [[] for _ in sources]
    log_probabilities = np.zeros(len(sources))
    if not sources:
        return []
    rows = np.arange(len(sources))
    state, ids = model.start(sources), np.full(len(sources), model.bos)
    for _ in range(limit):
        logits, state = model.step(state, ids)
        ids = choose(logits)
        chosen = logits[np.arange(len(rows)), ids]
        log_probabilities[rows] += chosen - _log_totals(logits)[:, 0]
        for row, token in zip(rows.tolist(), ids.tolist(), strict=True):
            written[row].append(token)
        going = np.flatnonzero(ids != model.eos)
        if not going.size:
            break
        if len(going) < len(rows):
            rows, ids, state = rows[going], ids[going], model.choose(state, going)
    penalty = length_penalty(1, 0.0)
    return [
        _hypothesis(ids, float(log_probability), penalty, model.eos)
        for ids, log_probability in zip(written, log_probabilities, strict=True)
    ]


def beam_search(
    model: Stepper,
    sources: Sequence[Sequence[int]],
    *,
    n_beams: int,
    alpha: float = 1.0,
    limit: int,
) -> list[list[Hypothesis]]:
    """Extend the most probable beginnings side by side, and keep the sentences that end.

    Parameters
    ----------
    model, sources, limit
        As for `greedy`.
    n_beams : int
        How many beginnings of each sentence go on.
    alpha : float, optional
        Exponent of the length penalty, at least 0; 0 prefers short sentences.

    Returns
    -------
    list of list of Hypothesis
        For each source at most `n_beams`, the best first.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    A beginning that ends leaves its place empty; the search is over when all places are (Sutskever
    et al., 2014). So with one beam it is `greedy`.
    """
    limit, n_beams = check_integer("limit", limit), check_integer("n_beams", n_beams)
    alpha = check_number("alpha", alpha, at_least=0)
    searches = [_Search(n_beams, alpha, limit, model.eos) for _ in sources]
    if not sources:
        return []
    state, ids = model.start(sources), np.full(len(sources), model.bos)
    going = searches
    for _ in range(limit):
        logits, state = model.step(state, ids)
        log_probabilities = log_softmax(logits)
        first, rows, chosen = 0, [], []
        for search in going:
            n_rows = len(search.beginnings)
            own_rows, own_ids = search.extend(log_probabilities[first : first + n_rows])
            rows += [first + row for row in own_rows]
            chosen += own_ids
            first += n_rows
        going = [search for search in going if search.beginnings]
        if not going:
            break
        state, ids = model.choose(state, np.array(rows)), np.array(chosen)
    return [search.best() for search in searches]


def most_probable(
    model: Stepper, source: Sequence[int], *, limit: int, n_beginnings: int = 2000
) -> Hypothesis | None:
    """Find the most probable of all sentences, however it begins.

    Parameters
    ----------
    model : Stepper
    source : sequence of int
        Ids of one sentence, as the model reads it.
    limit : int
        No more tokens are written, the EOS included.
    n_beginnings : int, optional
        After so many beginnings that were read the search is given up.

    Returns
    -------
    Hypothesis, or None
        None if the search was given up.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    Of all beginnings the most probable one is extended next, and its extensions are no more
    probable than itself. So when it is a sentence that has ended, no other can be more probable:
    the search of Dijkstra (1959) in the tree of beginnings. Stahlberg and Byrne (2019) search in
    another order, with the same result. Page ``decoding``.
    """
    limit = check_integer("limit", limit)
    n_beginnings = check_integer("n_beginnings", n_beginnings)
    state = model.start([source])
    waiting: list[tuple[float, list[int], Any]] = [(0.0, [], state)]
    for _ in range(n_beginnings):
        surprise, written, before = heapq.heappop(waiting)
        if written and (written[-1] == model.eos or len(written) == limit):
            divisor = length_penalty(1, 0.0)
            return _hypothesis(written, -surprise, divisor, model.eos)
        last = written[-1] if written else model.bos
        logits, state = model.step(before, np.array([last]))
        surprises = surprise - log_softmax(logits)[0]
        # More than so many extensions of one beginning will never be read.
        n_kept = min(n_beginnings, surprises.size)
        for token in np.argpartition(surprises, n_kept - 1)[:n_kept].tolist():
            if surprises[token] < np.inf:
                longer = [*written, token]
                heapq.heappush(waiting, (float(surprises[token]), longer, state))
    return None


def beam_tree(
    model: Stepper, source: Sequence[int], *, n_beams: int, limit: int, n_dropped: int = 2
) -> list[list[Branch]]:
    """Tell for each step of `beam_search` which beginnings it kept, and the best it did not.

    Parameters
    ----------
    model : Stepper
    source : sequence of int
    n_beams, limit
        As for `beam_search`.
    n_dropped : int, optional
        How many of those that were not kept are told.

    Returns
    -------
    list of list of Branch
        For each step, the most probable first. What is kept and has not ended goes on.
    """
    search = _Search(n_beams, 0.0, limit, model.eos)
    state, ids = model.start([source]), np.array([model.bos])
    steps = []
    while True:
        logits, state = model.step(state, ids)
        log_probabilities = log_softmax(logits)
        so_far = np.array([each for each, _ in search.beginnings])
        totals = (so_far[:, None] + log_probabilities).ravel()
        n_kept, n_tokens = n_beams - len(search.ended), logits.shape[1]
        steps.append([
            Branch(place // n_tokens, place % n_tokens, float(totals[place]), number < n_kept)
            for number, place in enumerate(np.argsort(-totals, kind="stable").tolist())
            if number < n_kept + n_dropped and totals[place] > -np.inf
        ])  # fmt: skip
        rows, tokens = search.extend(log_probabilities)
        if not rows:
            return steps
        state, ids = model.choose(state, np.array(rows)), np.array(tokens)


class _Search:
    """The search for the translation of one sentence."""

    def __init__(self, n_beams: int, alpha: float, limit: int, eos: int) -> None:
        self.n_beams, self.alpha, self.limit, self.eos = n_beams, alpha, limit, eos
        self.beginnings: list[tuple[float, list[int]]] = [(0.0, [])]
        self.ended: list[Hypothesis] = []

    def extend(self, log_probabilities: Floats) -> tuple[list[int], list[int]]:
        """Extend each beginning by a token; return the rows and the tokens of those that go on."""
        so_far = np.array([log_probability for log_probability, _ in self.beginnings])
        totals = (so_far[:, None] + log_probabilities).ravel()
        n_places = min(self.n_beams - len(self.ended), totals.size)
        best = np.argpartition(-totals, n_places - 1)[:n_places]
        before, self.beginnings = self.beginnings, []
        rows, ids = [], []
        for place in best[totals[best] > -np.inf].tolist():
            row, token = divmod(place, log_probabilities.shape[1])
            total, written = float(totals[place]), [*before[row][1], token]
            if token == self.eos or len(written) == self.limit:
                penalty = length_penalty(len(written), self.alpha)
                self.ended.append(_hypothesis(written, total, penalty, self.eos))
            else:
                self.beginnings.append((total, written))
                rows.append(row)
                ids.append(token)
        return rows, ids

    def best(self) -> list[Hypothesis]:
        """Return the sentences that have ended, the best first."""
        return sorted(self.ended, key=lambda each: -each.score)


def length_penalty(length: int, alpha: float) -> float:
    """Return by what the log-probability of a sentence is divided.

    Parameters
    ----------
    length : int
        Number of tokens, the EOS included.
    alpha : float
        At least 0.

    Returns
    -------
    float
        ``((5 + length) / 6) ** alpha``: 1 for one token, or where alpha is 0.

    Notes
    -----
    Wu et al. (2016), equation 14.
    """
    return float(((5 + length) / 6) ** alpha)


def log_softmax(logits: Floats) -> Floats:
    """Return the logarithms of probabilities.

    Parameters
    ----------
    logits : ndarray of shape (..., n_tokens)
        Finite, or -inf for what has probability zero.

    Returns
    -------
    ndarray of float64 of the same shape
    """
    logits = np.asarray(logits)
    found: Floats = logits.astype(np.float64) - _log_totals(logits)
    return found


def _log_totals(logits: Floats) -> Floats:
    """Return the logarithm of the denominator of the softmax, (..., 1), in float64.

    Exponentials are computed in the precision of the logits, since those of float64 take as long
    as a step of a small model.
    """
    largest = logits.max(axis=-1, keepdims=True)
    with np.errstate(under="ignore"):
        totals = np.exp(logits - largest).sum(axis=-1, keepdims=True, dtype=np.float64)
    found: Floats = largest + np.log(totals)
    return found


def _hypothesis(written: list[int], total: float, penalty: float, eos: int) -> Hypothesis:
    is_finished = written[-1] == eos
    ids = written[:-1] if is_finished else written
    return Hypothesis(ids, total, total / penalty, is_finished)
