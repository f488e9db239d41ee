"""Time the translator with a cache of keys and values and without, and in batches and one by one.

``nox -s bench`` runs this on an idle machine; the result is committed and pages read it. Both in
NumPy and in TensorFlow sentences are translated greedily by the shipped weights. To compare with
and without a cache, a sentence may not end before 40 tokens. Each case runs in a process of its
own, both sides take turns, and what counts is the fastest of each: whatever else the machine does
can only add to a time. TensorFlow may use all cores; NumPy's BLAS keeps to one, since products as
small as these gain little from a second one, and wait for it whenever another program is on it.
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from lstm import machine

from unrolled.language.corpora import open_corpus
from unrolled.networks.transformer import decode, encode
from unrolled.translation.decoding import Stepper, greedy
from unrolled.translation.pairs import BOS, EOS, PAD, pad, split
from unrolled.translation.translator import BATCH, Translator

RESULT = Path(__file__).parents[1] / "book" / "translation" / "decoding-speed.json"
N_TOKENS = 40  # to write with a cache and without
SIZES = (1, 16, 64)  # sentences side by side
N_SENTENCES = 100
ROUNDS = 3
ENGINES = ("numpy", "tensorflow")

Call = Callable[[], object]


class UncachedInNumPy:
    """Reads everything anew for each token that is written: a `decoding.Stepper`."""

    bos, eos = BOS, EOS

    def __init__(self, translator: Translator) -> None:
        self.params, self.n_heads = translator.params, translator.n_heads

    def start(self, sources: Sequence[Sequence[int]]) -> Any:
        """Read the sources."""
        memory, _ = encode(self.params, pad(sources), n_heads=self.n_heads)
        return memory, np.zeros((len(sources), 0), np.int64)

    def step(self, state: Any, ids: Any) -> Any:
        """Return the logits of the next token, and the state with a token more."""
        memory, written = state
        written = np.concatenate([written, ids[:, None]], axis=1)
        logits, _ = decode(self.params, written, memory, n_heads=self.n_heads)
        last = logits[:, -1]
        last[:, [PAD, BOS]] = -np.inf
        return last, (memory, written)


class Endless:
    """A stepper that may not end a sentence."""

    def __init__(self, stepper: Any) -> None:
        self.inner, self.bos, self.eos = stepper, stepper.bos, stepper.eos
        self.start = stepper.start

    def step(self, state: Any, ids: Any) -> Any:
        """Return the logits of the next token, EOS excluded, and the state."""
        logits, state = self.inner.step(state, ids)
        logits[:, EOS] = -np.inf
        return logits, state


def steppers(engine: str, translator: Translator) -> dict[str, Any]:
    """Return the shipped model with a cache and without."""
    if engine == "numpy":
        return {"cached": translator.stepper, "uncached": UncachedInNumPy(translator)}
    from unrolled.translation.shipped import load_translator
    from unrolled.translation.steppers import Cached, Uncached
    from unrolled.translation.transformer import Sizes, Transformer

    shipped = load_translator()
    model = Transformer(Sizes(**shipped.card["sizes"]), shipped.weights)
    return {"cached": Cached(model), "uncached": Uncached(model)}


def in_batches(stepper: Stepper, sources: Sequence[Sequence[int]], limit: int, size: int) -> None:
    """Translate sentences, those of about one length together."""
    ordered = sorted(sources, key=len)
    for start in range(0, len(ordered), size):
        greedy(stepper, ordered[start : start + size], limit=limit)


def sides(engine: str, case: str, n_sentences: int) -> dict[str, Call]:
    """Return the calls that are compared in one case: ``cache 16``, or ``batch``."""
    translator = Translator()
    test = sorted({english for english, _ in split(open_corpus()).test.pairs})
    some = np.random.default_rng(7).permutation(len(test))[:n_sentences]
    sources = [translator.encode(test[n]) for n in some]
    by_cache = steppers(engine, translator)
    kind, _, size = case.partition(" ")
    if kind == "batch":
        cached, limit = by_cache["cached"], translator.limit
        return {
            "together": lambda: in_batches(cached, sources, limit, BATCH),
            "one by one": lambda: in_batches(cached, sources, limit, 1),
        }
    chosen = (sources * int(size))[: int(size)]
    return {
        name: partial(greedy, Endless(stepper), chosen, limit=N_TOKENS)
        for name, stepper in by_cache.items()
    }


def seconds(call: Call, *, clock: Callable[[], float]) -> float:
    """Time one call."""
    started = clock()
    call()
    return clock() - started


def time_one(engine: str, case: str, rounds: int, n_sentences: int, cpu: bool) -> None:
    """Print the fastest time of each side of a case."""
    clock = time.process_time if cpu else time.perf_counter
    calls = sides(engine, case, n_sentences)
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds + 1):  # the first call traces graphs, and does not count
        for name, call in calls.items():
            found[name].append(seconds(call, clock=clock))
    print(*(min(times[1:]) for times in found.values()))


def in_a_process(engine: str, case: str) -> list[float]:
    """Time both sides of a case in a fresh process."""
    environment = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        environment.pop(name, None)
        if engine == "numpy":
            environment[name] = "1"
    command = [sys.executable, __file__, "--one", engine, case]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return [*map(float, done.stdout.split())]


def main() -> None:
    """Measure everything, print it, and write the result."""
    cases = [f"cache {size}" for size in SIZES] + ["batch"]
    found: dict[str, dict[str, list[float]]] = {}
    for engine in ENGINES:
        found[engine] = {}
        for case in cases:
            fast, slow = in_a_process(engine, case)
            found[engine][case] = [round(fast, 4), round(slow, 4)]
            print(f"{engine:<12}{case:<10}{fast:8.3f} s {slow:8.3f} s {slow / fast:6.1f} times")
    result = {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "n_tokens": N_TOKENS,
        "n_sentences": N_SENTENCES,
        "batch": BATCH,
        "seconds": found,
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--one", nargs=2, metavar=("ENGINE", "CASE"), help="time this alone")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--sentences", type=int, default=N_SENTENCES)
    parser.add_argument("--cpu", action="store_true", help="processor time, on a busy machine")
    options = parser.parse_args()
    if options.one:
        time_one(*options.one, options.rounds, options.sentences, options.cpu)
    else:
        main()
