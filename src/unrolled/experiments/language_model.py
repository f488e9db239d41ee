"""A language model of English characters, trained for ten minutes; and stories to test its reach.

As a program, ``python -m unrolled.experiments.language_model book/language/language-model.json``
trains on the corpus that `UNROLLED_DATA` names and writes what the page shows. `story` makes up
small texts in which one noun decides on another, several sentences later.
"""

import heapq
import itertools
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.language import ngrams
from unrolled.language.corpora import Corpus, open_corpus, split_by_source
from unrolled.language.perplexity import bits_per_character, perplexity
from unrolled.language.recurrent_model import (
    BORDER,
    RecurrentModel,
    chances,
    clipped_gradient,
    draw_batches,
    generate,
    greedy,
    log_probabilities,
    model_forward,
    model_init,
    sample,
    teacher_forced,
)
from unrolled.networks.gru import gru_step
from unrolled.networks.pytrees import count_parameters
from unrolled.networks.training import adam, updates
from unrolled.shapes import check_generator, check_integer

__all__ = ["DECIDED", "most_probable", "story"]

DECIDED = {"lecture": "textbook", "picnic": "basket"}
"""The noun that decides, and the one that it decides on."""
BETWEEN = ("she waited .", "he laughed .", "they talked .", "time passed .")

AT_LEAST = 50  # times a character has to occur in the training sentences
N_DIMS, N_HIDDEN, BATCH_SIZE = 32, 192, 64
PHASES = ((0.003, 5000), (0.0005, 1000))  # learning rates, each with a number of updates
N_LOOKS, N_JUDGED, N_SAMPLES, LIMIT = 16, 2000, 5, 80
ORDERS = range(1, 8)
TEMPERATURES = (0.25, 0.5, 1.0, 1.5, 2.0)
START, MOST = "Tom is ", 200_000  # of beginnings that the search for the most probable one reads
N_SHOWN, SHOWN = (
    8,
    range(14, 21),
)  # bars of a step, and lengths of a sentence that is shown in steps


def story(n_between: int, *, rng: np.random.Generator) -> list[str]:
    """Make up a story whose last noun is decided by its first one.

    Parameters
    ----------
    n_between : int
        How many sentences stand between the two.
    rng : numpy.random.Generator

    Returns
    -------
    list of str
        Words and full stops. The last noun is the last word but one.

    Raises
    ------
    ValueError
        If `n_between` is negative or not an integer, or `rng` is not a generator.
    """
    n_between = check_integer("n_between", n_between, at_least=0)
    noun = str(check_generator("rng", rng).choice([*DECIDED]))
    between = " ".join(rng.choice(BETWEEN, size=n_between))
    return f"there was a {noun} . {between} he opened the {DECIDED[noun]} .".split()


# The results of the page ---------------------------------------------------------------------


class Text(NamedTuple):
    """Different sentences of a corpus that hold frequent characters only."""

    letters: str  # the characters in their order; the first has id 1
    training: list[str]
    held_out: list[str]
    n_left_out: int

    def ids(self, sentence: str) -> list[int]:
        """Return the ids of the characters."""
        return [self.letters.index(letter) + 1 for letter in sentence]

    def sentence(self, ids: list[int]) -> str:
        """Return the characters, without the end of the sentence."""
        return "".join(self.letters[n - 1] for n in ids if n != BORDER)


def _read(corpus: Corpus, at_least: int = AT_LEAST) -> Text:
    training, held_out = (
        sorted({source for source, _ in part.pairs}) for part in split_by_source(corpus)
    )
    occurs = Counter("".join(training))
    letters = "".join(sorted(letter for letter, n in occurs.items() if n >= at_least))
    kept = [[s for s in part if set(s) <= set(letters)] for part in (training, held_out)]
    left_out = len(training) + len(held_out) - sum(map(len, kept))
    return Text(letters, *kept, left_out)


def _looks(n_updates: int) -> list[int]:
    """After how many updates the model is judged: none, then further and further apart."""
    return [0, *np.unique(np.geomspace(10, n_updates, N_LOOKS).round().astype(int)).tolist()]


def _course(
    text: Text, phases: tuple[tuple[float, int], ...], *, rng: np.random.Generator
) -> Iterator[tuple[int, RecurrentModel]]:
    """Train in phases, and yield the model at each look."""
    model = model_init(len(text.letters) + 1, N_DIMS, N_HIDDEN, rng=rng, dtype=np.float32)
    looks = _looks(sum(n for _, n in phases))
    batches = draw_batches([text.ids(s) for s in text.training], BATCH_SIZE, rng=rng)
    done = 0
    yield done, model
    for learning_rate, n_updates in phases:
        step = adam(model, learning_rate=learning_rate)
        for new, _ in updates(model, clipped_gradient, itertools.islice(batches, n_updates), step):
            model, done = new, done + 1
            if done in looks:
                print(f"{done} updates", flush=True)
                yield done, model


def _bits(logs: Sequence[NDArray[np.float64]], sentences: list[str]) -> float:
    """Bits for each character; the end of a sentence is one."""
    return round(bits_per_character(logs, sum(len(s) + 1 for s in sentences)), 4)


def most_probable(params: RecurrentModel, *, limit: int) -> tuple[list[int], float]:
    """Find the most probable sentence of all by extending the most probable beginning.

    Parameters
    ----------
    params : RecurrentModel
    limit : int
        How many beginnings are extended at most.

    Returns
    -------
    ids : list of int
        The sentence, without EOS.
    log_probability : float
        Its natural logarithm, with EOS.

    Raises
    ------
    ValueError
        If the limit is too low to be sure, or a number is not as described.
    """
    numbers = itertools.count()  # so that ids and states are never compared
    _, cache = model_forward(params, [[BORDER]])
    beginnings: list[Any] = [(0.0, next(numbers), [], cache.h[:, -1])]
    bound = np.inf  # what the best sentence so far costs; beginnings that cost more are dropped
    for _ in range(check_integer("limit", limit)):
        cost, _, ids, state = heapq.heappop(beginnings)
        if ids[-1:] == [BORDER]:
            return ids[:-1], -cost
        if ids:
            _, state = gru_step(params.gru, params.W[ids[-1:]], state)
        with np.errstate(divide="ignore"):
            costs = cost - np.log(chances((state @ params.W_o.T + params.b_o)[0]))
        bound = min(bound, costs[BORDER])
        for token in np.flatnonzero(costs <= bound).tolist():
            longer = (float(costs[token]), next(numbers), [*ids, token], state)
            heapq.heappush(beginnings, longer)
    raise ValueError(f"limit must be above {limit}: beginnings are left that may be better.")


def _write_many(
    text: Text, model: RecurrentModel, n_samples: int = N_SAMPLES, **options: Any
) -> list[str]:
    """Write a few sentences with a generator of their own."""
    draw = partial(sample, rng=np.random.default_rng(7), **options)
    return [text.sentence(generate(model, draw, limit=LIMIT)) for _ in range(n_samples)]


def _steps(text: Text, model: RecurrentModel, sentence: str) -> list[list[Any]]:
    """For each character of a sentence, and for its end, the likeliest characters before it."""
    ids, targets, _ = teacher_forced([text.ids(sentence)])
    found = []
    for logits, target in zip(model_forward(model, ids)[0][0], targets[0], strict=True):
        p = chances(logits)
        first = np.argsort(-p, kind="stable")[:N_SHOWN]
        top = [[text.sentence([n]), round(float(p[n]), 4)] for n in first.tolist()]
        found.append([text.sentence([target]), round(float(p[target]), 4), top])
    return found


def _results(corpus: Corpus, phases: tuple[tuple[float, int], ...] = PHASES) -> dict[str, Any]:
    """Train, judge and write."""
    rng = np.random.default_rng(7)
    text = _read(corpus)
    judged = [
        [part[n] for n in rng.choice(len(part), min(N_JUDGED, len(part)), replace=False)]
        for part in (text.training, text.held_out)
    ]
    curve, samples = [], {}
    for done, model in _course(text, phases, rng=rng):
        logs = [log_probabilities(model, [text.ids(s) for s in part]) for part in judged]
        curve.append([done, *(round(perplexity(each), 4) for each in logs)])
        samples[str(done)] = _write_many(text, model)
    bits = {"network": _bits(logs[1], judged[1])}
    for order in ORDERS:
        counts = ngrams.count_ngrams(map(list, text.training), order)
        model_of = ngrams.kneser_ney(counts)
        found = ngrams.log_probabilities(model_of, map(list, judged[1]))
        bits[str(order)] = _bits(found, judged[1])
        print(f"order {order}", flush=True)
    logits = model_forward(model, teacher_forced([text.ids(START)]).ids)[0][0, -1]
    many = _write_many(text, model, 40)
    written = next((s for s in many if len(s) in SHOWN), many[0])
    first = generate(model, greedy, limit=LIMIT)
    best, log_probability = most_probable(model, limit=MOST)
    (of_first,) = log_probabilities(model, [[n for n in first if n != BORDER]])
    return {
        "corpus": corpus.name,
        "digest": corpus.digest,
        "letters": text.letters,
        "n_training": len(text.training),
        "n_held_out": len(text.held_out),
        "n_left_out": text.n_left_out,
        "n_characters": sum(map(len, text.training)),
        "n_judged": [len(part) for part in judged],
        "n_parameters": count_parameters(model),
        "n_epochs": round(sum(n for _, n in phases) * BATCH_SIZE / len(text.training), 2),
        "sizes": [N_DIMS, N_HIDDEN, BATCH_SIZE],
        "phases": phases,
        "curve": curve,
        "samples": samples,
        "bits": bits,
        "greedy": [text.sentence(first), round(float(of_first.sum()), 4)],
        "most_probable": [text.sentence(best), round(log_probability, 4)],
        "by_temperature": {str(T): _write_many(text, model, temperature=T) for T in TEMPERATURES},
        "top_k": {str(k): _write_many(text, model, top_k=k) for k in (1, 2, 5)},
        "start": START,
        "logits": [round(float(x), 3) for x in logits],
        "written": written,
        "steps": _steps(text, model, written),
    }


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(json.dumps(_results(open_corpus()), indent=1) + "\n", encoding="utf-8")
