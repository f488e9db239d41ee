"""Translate with and without attention, and judge it by the length of the source.

As a program, ``python -m unrolled.experiments.translation_lengths book/translation/lengths.json``
trains a few small recurrent translators on the corpus that `UNROLLED_DATA` names, from English to
German, and writes what the page shows. It takes some six minutes of processor time.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from unrolled.language.corpora import Corpus, open_corpus, split_by_source
from unrolled.language.seq2seq import (
    Seq2Seq,
    clipped_gradient,
    draw_pairs,
    pair_batch,
    seq2seq_forward,
    seq2seq_init,
    translate,
)
from unrolled.language.word_table import word_for_word, word_table
from unrolled.networks.losses import cross_entropy_forward
from unrolled.networks.pytrees import count_parameters
from unrolled.networks.training import adam, train_on_batches
from unrolled.shapes import check_generator, check_integer

__all__ = ["bigram_overlap", "mirrored", "tokens_of"]

KINDS, SEEDS = ("none", "dot"), (1, 2, 3)
N_WORDS, N_DIMS, N_HIDDEN, BATCH_SIZE = 1500, 48, 96, 32
PHASES = ((0.01, 1000), (0.002, 300))  # learning rates, each with a number of updates
LENGTHS, N_JUDGED, LIMIT = range(4, 15), 150, 30
SHOWN = (  # held out
    "We'll call you.",
    "When will he be back?",
    "I want to see this.",
    "Tom came to see me.",
    "He didn't eat anything yesterday.",
    "Tom doesn't know what happened.",
    "I don't think that he's honest.",
)

Tokens = tuple[str, ...]


def tokens_of(sentence: str) -> Tokens:
    """Split a sentence into words and marks; an apostrophe within a word belongs to it.

    Parameters
    ----------
    sentence : str

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> tokens_of("We'll call you.")
    ("We'll", 'call', 'you', '.')
    """
    return tuple(re.findall(r"\w+(?:['’]\w+)*|[^\w\s]", sentence))


def bigram_overlap(written: Sequence[str], right: Sequence[str]) -> float:
    """Compare two sentences by the pairs of neighbouring tokens that they share.

    Parameters
    ----------
    written, right : sequence of str
        Tokens. Each sentence gets a mark at its beginning and at its end, so that the first and the
        last token count as well.

    Returns
    -------
    float
        From 0 to 1, which means equal pairs; twice the number of shared pairs over the number of
        all pairs of both.

    Notes
    -----
    Page ``sequence-to-sequence``, equation ``s2s-overlap``.
    """
    one, other = (
        Counter(zip([None, *tokens], [*tokens, None], strict=True)) for tokens in (written, right)
    )
    return 2 * (one & other).total() / (one.total() + other.total())


def mirrored(
    n_texts: int, n_letters: int, longest: int, *, rng: np.random.Generator
) -> tuple[list[list[int]], list[list[int]]]:
    """Make up texts of random letters, and the same texts written backwards.

    Parameters
    ----------
    n_texts, n_letters : int
    longest : int
        The largest length, at least 2; all from 2 on are equally likely.
    rng : numpy.random.Generator

    Returns
    -------
    texts, backwards : list of list of int
        Letters from 1 on.

    Raises
    ------
    ValueError
        If a number is too small or not an integer, or `rng` is not a generator.
    """
    n_texts, n_letters = check_integer("n_texts", n_texts), check_integer("n_letters", n_letters)
    longest = check_integer("longest", longest, at_least=2)
    lengths = check_generator("rng", rng).integers(2, longest + 1, size=n_texts)
    texts = [rng.integers(1, n_letters + 1, size=length).tolist() for length in lengths]
    return texts, [text[::-1] for text in texts]


# The results of the page ---------------------------------------------------------------------


class Text(NamedTuple):
    """Pairs of frequent words, as ids from 1 on, and held-out sentences to judge by."""

    english: dict[str, int]
    german: list[str]  # the first has id 1
    sources: list[list[int]]
    targets: list[list[int]]
    judged: dict[int, list[tuple[Tokens, list[Tokens]]]]  # by length, with all translations

    def read(self, tokens: Tokens) -> list[int]:
        """Return the ids of English tokens."""
        return [self.english[token] for token in tokens]

    def write(self, ids: Sequence[int]) -> list[str]:
        """Return the German tokens of ids, without the border."""
        return [self.german[n - 1] for n in ids if n]


def _text(corpus: Corpus) -> Text:
    """Choose the most frequent words, the pairs of which all words are frequent, and judges."""
    training, held_out = (
        [(tokens_of(source), tokens_of(target)) for source, target in part.pairs]
        for part in split_by_source(corpus)
    )
    english, german = (
        [
            word
            for word, _ in Counter(w for pair in training for w in pair[side]).most_common(N_WORDS)
        ]
        for side in (0, 1)
    )
    number, other = ({w: n for n, w in enumerate(words, 1)} for words in (english, german))
    kept = [
        ([number[w] for w in source], [other[w] for w in target])
        for source, target in training
        if number.keys() >= set(source) and other.keys() >= set(target)
    ]
    seen = {source for source, _ in training}  # two spellings may have the same tokens
    translations: dict[Tokens, list[Tokens]] = {}
    for source, target in held_out:
        if number.keys() >= set(source) and source not in seen:
            translations.setdefault(source, []).append(target)
    judged: dict[int, list[Any]] = {length: [] for length in LENGTHS}
    items = list(translations.items())
    for n in np.random.default_rng(7).permutation(len(items)):
        same = judged.get(len(items[n][0]), [])
        if len(same) < N_JUDGED:
            same.append(items[n])
    sources, targets = map(list, zip(*kept, strict=True))
    return Text(number, german, sources, targets, judged)


def _train(text: Text, kind: str, seed: int) -> Seq2Seq:
    """Train one translator; its biases begin as the logarithms of how often each word occurs."""
    rng = np.random.default_rng(seed)
    sizes = len(text.english) + 1, len(text.german) + 1
    model = seq2seq_init(*sizes, N_DIMS, N_HIDDEN, score=kind, rng=rng, dtype=np.float32)
    counts = np.bincount([w for target in text.targets for w in [*target, 0]], minlength=sizes[1])
    b_o = np.log((counts + 1) / counts.sum()).astype(np.float32)
    model = model._replace(readout=model.readout._replace(b_o=b_o))
    batches = draw_pairs(text.sources, text.targets, BATCH_SIZE, rng=rng)
    for learning_rate, n_updates in PHASES:
        step = adam(model, learning_rate=learning_rate)
        part = islice(batches, n_updates)
        model, losses = train_on_batches(model, clipped_gradient, part, step)
        print(f"{kind} {seed}: {np.mean(losses[-100:]):.3f} nats", flush=True)
    return model


def _overlap(text: Text, written: Sequence[Sequence[str]], length: int) -> float:
    """Compare what was written with the nearest of all translations, on average."""
    nearest = [
        max(bigram_overlap(tokens, right) for right in known)
        for tokens, (_, known) in zip(written, text.judged[length], strict=True)
    ]
    return round(float(np.mean(nearest)), 4)


def _judge(text: Text, model: Seq2Seq) -> dict[str, list[float]]:
    """Judge a translator at each length: overlap, sentences that are right, and its loss."""
    found: dict[str, list[float]] = {"overlap": [], "exact": [], "loss": []}
    german = {word: n for n, word in enumerate(text.german, 1)}
    for length, judged in text.judged.items():
        ids = [text.read(source) for source, _ in judged]
        written = [text.write(t.ids) for t in translate(model, ids, limit=LIMIT)]
        found["overlap"].append(_overlap(text, written, length))
        right = [tuple(w) in known for w, (_, known) in zip(written, judged, strict=True)]
        found["exact"].append(round(float(np.mean(right)), 4))
        spelt = [
            (source, [german[w] for w in known[0]])
            for source, (_, known) in zip(ids, judged, strict=True)
            if german.keys() >= set(known[0])
        ]
        found["loss"].append(_loss(model, spelt))
    return found


def _loss(model: Seq2Seq, pairs: list[tuple[list[int], list[int]]]) -> float:
    """Cross-entropy for each token of given translations, in nats."""
    batch = pair_batch(*map(list, zip(*pairs, strict=True)))
    masks = {"source_mask": batch.source_mask, "mask": batch.mask}
    logits, _ = seq2seq_forward(model, batch.source, batch.ids, **masks)
    loss, _ = cross_entropy_forward(logits, batch.targets, mask=batch.mask)
    return round(loss, 4)


def _shown(text: Text, model: Seq2Seq) -> list[dict[str, Any]]:
    """Translate a few sentences, and keep the weights."""
    shown = []
    for sentence in SHOWN:
        tokens = tokens_of(sentence)
        (found,) = translate(model, [text.read(tokens)], limit=LIMIT)
        weights = np.round(found.weights.astype(float), 3).tolist()
        shown.append({"source": tokens, "written": text.write(found.ids), "weights": weights})
    return shown


def _table(text: Text) -> dict[str, Any]:
    """Judge the translation word for word."""
    sizes = len(text.english) + 1, len(text.german) + 1
    table = word_table(text.sources, text.targets, *sizes)

    def write(source: Tokens) -> list[str]:
        return text.write(word_for_word(table, text.read(source)))

    return {
        "overlap": [
            _overlap(text, [write(source) for source, _ in judged], length)
            for length, judged in text.judged.items()
        ],
        "written": [write(tokens_of(sentence)) for sentence in SHOWN],
    }


def _lengths(corpus: Corpus) -> dict[str, float]:
    """Compare the numbers of tokens of both sides over the whole corpus."""
    n = np.array([[len(tokens_of(side)) for side in pair] for pair in corpus.pairs])
    return {
        "n_pairs": len(n),
        "equal": round(float((n[:, 0] == n[:, 1]).mean()), 4),
        "ratio": round(float(n[:, 1].sum() / n[:, 0].sum()), 4),
    }


def _about(corpus: Corpus, text: Text) -> dict[str, Any]:
    """Say what was trained on what, and how well the table of words does."""
    known = [source for source, _ in split_by_source(corpus)[0].pairs]
    return {
        "corpus": corpus.name,
        "digest": corpus.digest,
        "tokens": _lengths(corpus),
        "n_words": N_WORDS,
        "n_training": len(text.sources),
        "n_updates": sum(n for _, n in PHASES),
        "batch_size": BATCH_SIZE,
        "of_length": [sum(len(source) == n for source in text.sources) for n in LENGTHS],
        "n_judged": [len(judged) for judged in text.judged.values()],
        "table": _table(text),
        "seen": [sentence in known for sentence in SHOWN],
        "references": [
            sorted({target for source, target in corpus.pairs if source == sentence})
            for sentence in SHOWN
        ],
    }


def _write(path: Path) -> None:
    """Train, and write all results so far after each training."""
    corpus = open_corpus()
    text = _text(corpus)
    result = _about(corpus, text) | {"n_parameters": {}, "shown": {}}
    result["runs"] = {kind: [] for kind in KINDS}
    for seed in SEEDS:
        for kind in KINDS:
            model = _train(text, kind, seed)
            result["runs"][kind].append(_judge(text, model))
            if seed == SEEDS[0]:
                result["n_parameters"][kind] = count_parameters(model)
                result["shown"][kind] = _shown(text, model)
            path.write_text(json.dumps(result) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
