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

__all__ = ["DECIDED", "search", "story"]

DECIDED = {"lecture": "textbook", "picnic": "basket"}
"""The noun that decides, and the one that it decides on."""
BETWEEN = ("she waited .", "he laughed .", "they talked .", "time passed .")

Phases = tuple[tuple[float, int], ...]

AT_LEAST = 50  # times a character has to occur in the training sentences
N_DIMS, N_HIDDEN, BATCH_SIZE = 32, 192, 64
PHASES: Phases = ((0.003, 5000), (0.0005, 1000))  # learning rates, each with a number of updates
N_LOOKS, N_JUDGED, N_SAMPLES, LIMIT = 16, 2000, 5, 80
ORDERS = range(1, 8)
TEMPERATURES = (0.25, 0.5, 1.0, 1.5, 2.0)
START, N_EXTENDED = "Tom is ", 200_000  # a beginning, and how many the search extends
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


def _read(corpus: Corpus) -> Text:
    both = [sorted({source for source, _ in part.pairs}) for part in split_by_source(corpus)]
    occurs = Counter("".join(both[0]))
    letters = "".join(sorted(letter for letter, n in occurs.items() if n >= AT_LEAST))
    training, held_out = ([s for s in part if set(s) <= set(letters)] for part in both)
    left_out = sum(map(len, both)) - len(training) - len(held_out)
    return Text(letters, training, held_out, left_out)


def _looks(n_updates: int) -> list[int]:
    """After how many updates the model is judged: none, then further and further apart."""
    return [0, *np.unique(np.geomspace(10, n_updates, N_LOOKS).round().astype(int)).tolist()]


def _course(
    text: Text, phases: Phases, *, rng: np.random.Generator
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


def search(params: RecurrentModel, *, limit: int) -> tuple[list[int], float, bool]:
    """Search for the most probable sentence by extending the most probable beginnings.

    Parameters
    ----------
    params : RecurrentModel
    limit : int
        How many beginnings are extended at most.

    Returns
    -------
    ids : list of int
        The most probable sentence that was found, without EOS.
    log_probability : float
        Its natural logarithm, with EOS.
    is_certain : bool
        Whether no other sentence can be more probable: none of the beginnings left is.

    Raises
    ------
    ValueError
        If the limit is below one, or a number is not as described.
    """
    numbers = itertools.count()  # so that ids and states are never compared
    _, cache = model_forward(params, [[BORDER]])
    beginnings: list[Any] = [(0.0, next(numbers), [], cache.h[:, -1])]
    best: tuple[float, list[int]] = (np.inf, [])  # what the best sentence costs; others cost less
    for _ in range(check_integer("limit", limit)):
        cost, _, ids, state = heapq.heappop(beginnings)
        if ids:
            _, state = gru_step(params.gru, params.W[ids[-1:]], state)
        with np.errstate(divide="ignore"):
            costs = cost - np.log(chances((state @ params.W_o.T + params.b_o)[0]))
        best = min(best, (float(costs[BORDER]), ids))
        for token in np.flatnonzero(costs < best[0]).tolist():
            if token != BORDER:
                longer = (float(costs[token]), next(numbers), [*ids, token], state)
                heapq.heappush(beginnings, longer)
        if not beginnings or beginnings[0][0] >= best[0]:
            return best[1], -best[0], True
    return best[1], -best[0], False


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


class Run(NamedTuple):
    """A training, and how it went."""

    model: RecurrentModel
    judged: list[list[str]]  # sentences of the training, and held-out ones
    curve: list[Any]  # updates, and the perplexity of both
    samples: dict[str, list[str]]  # by the number of updates


def _train(text: Text, phases: Phases = PHASES) -> Run:
    """Train a model, and let it write at each look."""
    rng = np.random.default_rng(7)
    judged = [
        [part[n] for n in rng.choice(len(part), min(N_JUDGED, len(part)), replace=False)]
        for part in (text.training, text.held_out)
    ]
    curve, samples = [], {}
    for done, model in _course(text, phases, rng=rng):
        logs = [log_probabilities(model, [text.ids(s) for s in part]) for part in judged]
        curve.append([done, *(round(perplexity(each), 4) for each in logs)])
        samples[str(done)] = _write_many(text, model)
    return Run(model, judged, curve, samples)


def _compared(text: Text, run: Run) -> dict[str, list[float]]:
    """Numbers that a model keeps, and bits for each held-out character; n-grams by their order."""
    sentences = run.judged[1]
    logs = log_probabilities(run.model, [*map(text.ids, sentences)])
    found = {"network": [count_parameters(run.model), _bits(logs, sentences)]}
    for order in ORDERS:
        counts = ngrams.count_ngrams(map(list, text.training), order)
        n_counts = sum(map(len, counts.table.values()))
        by_counts = ngrams.log_probabilities(ngrams.kneser_ney(counts), map(list, sentences))
        found[str(order)] = [n_counts, _bits(by_counts, sentences)]
        print(f"order {order}", flush=True)
    return found


def _results(corpus: Corpus, text: Text, run: Run) -> dict[str, Any]:
    """Gather what the page shows."""
    model = run.model
    logits = model_forward(model, teacher_forced([text.ids(START)]).ids)[0][0, -1]
    short = [s for s in _write_many(text, model, 40) if len(s) in SHOWN]
    written = min(short, key=lambda s: perplexity(log_probabilities(model, [text.ids(s)])))
    first = [n for n in generate(model, greedy, limit=LIMIT) if n != BORDER]
    (of_first,) = log_probabilities(model, [first])
    better, of_better, is_certain = search(model, limit=N_EXTENDED)
    return {
        "corpus": corpus.name,
        "digest": corpus.digest,
        "letters": text.letters,
        "n_training": len(text.training),
        "n_held_out": len(text.held_out),
        "n_left_out": text.n_left_out,
        "n_characters": sum(map(len, text.training)),
        "n_judged": [len(part) for part in run.judged],
        "sizes": [N_DIMS, N_HIDDEN, BATCH_SIZE],
        "phases": PHASES,
        "curve": run.curve,
        "samples": run.samples,
        "compared": _compared(text, run),
        "greedy": [text.sentence(first), round(float(of_first.sum()), 4)],
        "searched": [text.sentence(better), round(of_better, 4)],
        "n_extended": N_EXTENDED,
        "is_certain": is_certain,
        "by_temperature": {str(T): _write_many(text, model, temperature=T) for T in TEMPERATURES},
        "start": START,
        "logits": [round(float(x), 3) for x in logits],
        "written": written,
        "steps": _steps(text, model, written),
    }


def _write(path: Path) -> None:
    """Train, and write what the page shows."""
    corpus = open_corpus()
    text = _read(corpus)
    results = _results(corpus, text, _train(text))
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
