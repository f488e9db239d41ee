"""Time our byte-pair encoding against `tokenizers`, learning and encoding, as the corpus grows.

``python benchmarks/bpe.py`` prints the times and their ratios, and writes nothing; with a file as
argument it writes them there. Both sides work on one core, in turns; what counts is the time of the
processor, and of each side the least. It needs the real corpus.
"""

import json
import math
import os
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

os.environ["RAYON_NUM_THREADS"] = "1"  # before the library starts its threads
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from tokenizers import Tokenizer as LibraryTokenizer
from tokenizers import models, pre_tokenizers, trainers

from unrolled.language.bpe import Tokenizer, learn_merges
from unrolled.language.corpora import open_corpus, split_by_source

N_MERGES = 8000
SIZES = (10_000, 40_000, 170_000)  # pairs of lines
HELD_OUT = 10_000  # lines
ROUNDS = 3


def learn_ours(lines: list[str]) -> Tokenizer:
    """Return what we learn."""
    return Tokenizer(learn_merges(lines, N_MERGES))


def learn_theirs(lines: list[str]) -> LibraryTokenizer:
    """Return what the library learns from the same."""
    library = LibraryTokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=256 + N_MERGES,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    library.train_from_iterator(lines, trainer)
    return library


def in_turns(calls: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Return the least time of each call, in seconds."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            started = time.process_time()
            call()
            times[name].append(time.process_time() - started)
    return {name: round(min(found), 3) for name, found in times.items()}


def encoders(lines: list[str], texts: list[str]) -> dict[str, Callable[[], list[list[int]]]]:
    """Return how both encode texts, and see that they do it alike.

    Ours is a new one each time, so that it has no word in memory.
    """
    merges, library = learn_ours(lines).merges, learn_theirs(lines)

    def ours() -> list[list[int]]:
        return list(map(Tokenizer(merges).encode, texts))

    def theirs() -> list[list[int]]:
        return [library.encode(text).ids for text in texts]

    def theirs_at_once() -> list[list[int]]:
        return [found.ids for found in library.encode_batch(texts)]

    calls = {"ours": ours, "tokenizers": theirs, "tokenizers, in a batch": theirs_at_once}
    if not ours() == theirs() == theirs_at_once():
        raise AssertionError("the two sides give different ids")
    return calls


def main(path: str = "") -> None:
    """Measure everything, print it, and write it if there is a file to write to."""
    corpus = open_corpus()
    train, held_out = split_by_source(corpus)
    result: dict[str, object] = {"corpus": corpus.name, "n_merges": N_MERGES}
    print(f"{corpus.name}, {N_MERGES} merges, the least of {ROUNDS} rounds")
    learning = {}
    for size in SIZES:
        pairs = corpus.pairs[:: max(1, len(corpus.pairs) // size)][:size]
        lines = [line for pair in pairs for line in pair]
        sides = {"ours": partial(learn_ours, lines), "tokenizers": partial(learn_theirs, lines)}
        found = in_turns(sides)
        learning[len(pairs)] = found
        print(f"learn from {len(pairs):7d} pairs" + told(found))
    (few, small), *_, (many, large) = learning.items()
    for name in small:
        power = math.log(large[name] / small[name]) / math.log(many / few)
        print(f"{name}: {many / few:.0f} times the lines take the time to the power {power:.2f}")
    texts = [line for pair in held_out.pairs for line in pair][:HELD_OUT]
    some = [line for pair in train.pairs[::17] for line in pair]
    encoding = in_turns(encoders(some, texts))
    print(f"encode {len(texts):11d} lines" + told(encoding))
    if path:
        result |= {"learning": learning, "encoding": encoding}
        Path(path).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def told(found: Mapping[str, float]) -> str:
    """Return the times, and what share of the library's ours is."""
    times = "".join(f"  {name} {seconds:.2f} s" for name, seconds in found.items())
    return f"{times}  ratio {found['ours'] / found['tokenizers']:.2f}"


if __name__ == "__main__":
    main(*sys.argv[1:2])
