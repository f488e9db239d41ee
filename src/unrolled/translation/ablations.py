"""Leave out one choice of the training at a time, and see what it was good for.

As a program, ``python -m unrolled.translation.ablations book/translation/ablations.json`` trains a
small translator in every variant, with several seeds, on short sentences of the corpus that
`UNROLLED_DATA` names; about twenty minutes on two cores. Page ``training-the-translator``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from unrolled.language.bpe import Tokenizer
from unrolled.language.corpora import Corpus, open_corpus
from unrolled.translation.decoding import greedy
from unrolled.translation.pairs import (
    BOS,
    EOS,
    PAD,
    Batch,
    Pairs,
    encode_pairs,
    learn_tokenizer,
    pad_pairs,
    split,
)
from unrolled.translation.quality import judge, references_of
from unrolled.translation.steppers import Cached
from unrolled.translation.training import Recipe, Trainer, mean_loss, smoothed_losses
from unrolled.translation.transformer import Dropout, Sizes, Transformer, initial_weights

__all__ = [
    "VARIANTS",
    "CountingPadding",
    "ReadingItself",
    "Setting",
    "Untied",
    "UntiedTransformer",
    "Variant",
    "run",
    "run_all",
    "short_sentences",
]

N_CURVE = 24  # points of the curve of a run


class Setting(NamedTuple):
    """What all variants have in common.

    Attributes
    ----------
    n_updates : int
    n_rows : int
        Sentences of a batch.
    length : int
        Of the longest sentence, both ends included; shorter ones are padded.
    n_tokens : int
        Of the vocabulary.
    n_judged : int
        At most so many held-out sentences are translated.
    seeds : tuple of int
    recipe : Recipe
        As shipped, but for a shorter warm-up and, since the network is small, a higher peak; its
        sizes of batches and epochs do not matter here.
    sizes : Sizes
        But for the number of tokens.
    """

    n_updates: int = 600
    n_rows: int = 128
    length: int = 10
    n_tokens: int = 2000
    n_judged: int = 1000
    seeds: tuple[int, ...] = (1, 2, 3)
    recipe: Recipe = Recipe(warm_up=100, peak=0.004)
    sizes: Sizes = Sizes(0, d_model=64, n_heads=4, d_ff=256, n_layers=2)


# What is changed -----------------------------------------------------------------------------


class CountingPadding(Trainer):
    """Predicts padding too, and divides by all positions."""

    def summed_loss(
        self, source: tf.Tensor, target: tf.Tensor, dropout: Dropout
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """As `Trainer.summed_loss`, with padding as one more token."""
        memory, _ = self.model.encode(source, dropout)
        logits, *_ = self.model.decode(target[:, :-1], memory, source, dropout)
        wanted = tf.one_hot(target[:, 1:], self.model.sizes.n_tokens)
        losses = keras.losses.categorical_crossentropy(
            wanted, logits, from_logits=True, label_smoothing=self.recipe.smoothing
        )
        return tf.reduce_sum(losses), tf.cast(tf.size(losses), tf.float32)


class ReadingItself(Trainer):
    """Reads what it would write itself, where others read the target."""

    def summed_loss(
        self, source: tf.Tensor, target: tf.Tensor, dropout: Dropout
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """As `Trainer.summed_loss`, after a translation without dropout."""
        memory, _ = self.model.encode(source)
        read = tf.where(tf.range(target.shape[1] - 1) == 0, target[:, :-1], PAD)
        for place in range(1, target.shape[1] - 1):
            logits, *_ = self.model.decode(read[:, :place], memory, source)
            chosen = tf.argmax(logits[:, -1], axis=-1, output_type=tf.int32)
            read = tf.where(tf.range(target.shape[1] - 1) == place, chosen[:, None], read)
        memory, _ = self.model.encode(source, dropout)
        logits, *_ = self.model.decode(read, memory, source, dropout)
        losses = smoothed_losses(logits, target[:, 1:], self.recipe.smoothing)
        return tf.reduce_sum(losses), tf.reduce_sum(tf.cast(target[:, 1:] != PAD, tf.float32))


class UntiedTransformer(Transformer):
    """A Transformer with three matrices of embeddings, one below the other in one.

    The rows of the target come first, so that `embed` need not know of it; then those of the
    source, and then those of the output.
    """

    def encode(self, source: Any, dropout: Dropout | None = None) -> tuple[tf.Tensor, list[Any]]:
        """As `Transformer.encode`, with rows of its own; padding stays what it is."""
        source = tf.convert_to_tensor(source)
        rows = tf.where(source == PAD, PAD, source + self.sizes.n_tokens // 3)
        return super().encode(rows, dropout)

    def logits(self, x: tf.Tensor) -> tf.Tensor:
        """As `Transformer.logits`, of the rows of the output alone."""
        return super().logits(x)[..., 2 * (self.sizes.n_tokens // 3) :]


class Untied(Trainer):
    """Learns three matrices of embeddings instead of one."""

    @staticmethod
    def start(sizes: Sizes, *, rng: np.random.Generator) -> Transformer:
        """As `Trainer.start`, with three times the rows."""
        sizes = sizes._replace(n_tokens=3 * sizes.n_tokens)
        return UntiedTransformer(sizes, initial_weights(sizes, rng=rng))


class Variant(NamedTuple):
    """A way to train."""

    trainer: type[Trainer] = Trainer
    change: Mapping[str, Any] = MappingProxyType({})  # of the recipe


VARIANTS = {
    "as shipped": Variant(),
    "padding counts": Variant(CountingPadding),
    "no smoothing": Variant(change={"smoothing": 0.0}),
    "no warm-up": Variant(change={"warm_up": 0}),
    "no dropout": Variant(change={"dropout": 0.0}),
    "three embeddings": Variant(Untied),
    "reads itself": Variant(ReadingItself),
}


# What is measured ----------------------------------------------------------------------------


class Data(NamedTuple):
    """Short sentences, and how they are judged."""

    tokenizer: Tokenizer
    training: Pairs
    held_out: Pairs
    sources: list[list[int]]  # of held-out sentences that are translated
    references: list[list[str]]


def short_sentences(corpus: Corpus, setting: Setting) -> Data:
    """Take the pairs of a corpus that are short on both sides.

    Parameters
    ----------
    corpus : Corpus
    setting : Setting

    Returns
    -------
    Data

    Raises
    ------
    ValueError
        If there are none in one of the parts.
    """
    parts = split(corpus)
    tokenizer = learn_tokenizer(parts.training, setting.n_tokens)

    def short(pairs: Pairs) -> Pairs:
        return [pair for pair in pairs if max(map(len, pair)) <= setting.length]

    training, held_out = (short(encode_pairs(part, tokenizer)) for part in parts[:2])
    judged = [
        (ids, own)
        for source, own in references_of(parts.development).items()
        if len(ids := [BOS, *tokenizer.encode(source), EOS]) <= setting.length
    ][: setting.n_judged]
    if not (training and held_out and judged):
        raise ValueError(
            f"corpus must have pairs of at most {setting.length} tokens in each part, got "
            f"{len(training)} to train, {len(held_out)} held out. Take a larger length."
        )
    return Data(
        tokenizer, training, held_out, [ids for ids, _ in judged], [own for _, own in judged]
    )


def _batches(pairs: Pairs, setting: Setting, *, rng: np.random.Generator) -> Iterator[Batch]:
    """Draw batches without end, all of one shape; each pair once in an epoch."""
    while True:
        order = rng.permutation(len(pairs))
        for start in range(0, len(order), setting.n_rows):
            rows = [pairs[row] for row in order[start : start + setting.n_rows]]
            yield pad_pairs(rows, setting.n_rows, setting.length)


def run(data: Data, setting: Setting, variant: Variant, seed: int) -> dict[str, Any]:
    """Train a small translator in one way, and judge it.

    Parameters
    ----------
    data : Data
    setting : Setting
    variant : Variant
    seed : int

    Returns
    -------
    dict of str to float or list
        ``reported``: the loss that the training itself shows, at `N_CURVE` times; ``loss``: plain
        cross-entropy of a token of held-out pairs, in nats; ``BLEU``, ``chrF``: of greedy
        translations; ``n_weights``.
    """
    recipe = setting.recipe._replace(**variant.change, seed=seed)
    sizes = setting.sizes._replace(n_tokens=len(data.tokenizer.vocabulary))
    trainer = variant.trainer(sizes, recipe, setting.n_updates)
    batches = _batches(data.training, setting, rng=np.random.default_rng(seed))
    reported = []
    for batch in islice(batches, setting.n_updates):
        loss, n_positions = trainer.update(*map(tf.constant, batch))
        reported.append(loss / n_positions)
    found = greedy(Cached(trainer.model), data.sources, limit=2 * setting.length)
    translations = [data.tokenizer.decode(each.ids, errors="replace") for each in found]
    scores = judge(translations, data.references, n_bootstrap=1)
    points = np.array_split(reported, N_CURVE)
    return {
        "reported": [round(float(point.mean()), 4) for point in points],
        "loss": round(mean_loss(trainer.model, data.held_out), 4),
        **{name: round(score.score, 2) for name, score in scores.items()},
        "n_weights": sum(int(np.prod(w.shape)) for w in trainer.model.weights.values()),
    }


def run_all(
    corpus: Corpus,
    setting: Setting,
    variants: dict[str, Variant] | None = None,
    *,
    watch: Callable[..., Any] = tqdm,
) -> dict[str, Any]:
    """Train in all variants, with all seeds.

    Parameters
    ----------
    corpus : Corpus
    setting : Setting
    variants : dict of str to Variant, optional
        All `VARIANTS` when None.
    watch : callable, optional
        What shows how far it is, as `tqdm` does.

    Returns
    -------
    dict of str to anything that JSON knows
        ``runs`` is a list of what `run` returns, with ``variant`` and ``seed``.
    """
    data, variants = short_sentences(corpus, setting), variants or VARIANTS
    places = [(name, seed) for name in variants for seed in setting.seeds]
    runs = [
        {"variant": name, "seed": seed, **run(data, setting, variants[name], seed)}
        for name, seed in watch(places)
    ]
    real = sum(len(target) - 1 for _, target in data.training)
    return {
        "corpus": corpus.name,
        "digest": corpus.digest,
        "setting": {
            **setting._asdict(),
            "recipe": setting.recipe._asdict(),
            "sizes": setting.sizes._asdict(),
        },
        "n_training": len(data.training),
        "n_held_out": len(data.held_out),
        "n_judged": len(data.sources),
        "real": round(real / (setting.length * len(data.training)), 4),
        "runs": runs,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Train in all variants, and write what the page shows."""
    parser = argparse.ArgumentParser(prog="python -m unrolled.translation.ablations")
    parser.add_argument("file", type=Path)
    usual = Setting()
    parser.add_argument("--updates", type=int, default=usual.n_updates)
    parser.add_argument("--seeds", type=int, default=len(usual.seeds), help="how many")
    options = parser.parse_args(arguments)
    seeds = tuple(range(1, options.seeds + 1))
    setting = Setting(n_updates=options.updates, seeds=seeds)
    results = run_all(open_corpus(), setting)
    options.file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
