"""Train the translator: batches, loss, schedule, and a training that can be taken up again.

As a program, ``python -m unrolled.translation.training FOLDER FILE`` trains the shipped translator
on the corpus that `UNROLLED_DATA` names, keeps its state in a folder, and writes the file of the
weights. Stopped at any moment, it goes on from its last whole epoch. With ``--distributed`` it is
one of the workers that the variable ``TF_CONFIG`` names.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from unrolled.language.corpora import open_corpus
from unrolled.translation.pairs import (
    LENGTHS,
    PAD,
    Batch,
    Pairs,
    Parts,
    draw_batches,
    encode_pairs,
    learn_tokenizer,
    split,
)
from unrolled.translation.shipped import save_translator
from unrolled.translation.transformer import Dropout, Sizes, Transformer, initial_weights

__all__ = [
    "Epoch",
    "Recipe",
    "Trainer",
    "WarmUp",
    "mean_loss",
    "read_log",
    "smoothed_losses",
    "train",
]

LOG = "log.jsonl"
LIMITS = (
    "It has learnt from short sentences of learners and volunteers: what is longer, or rare there, "
    "is often wrong, fluently so. He and she, and all that hangs on them, are translated as the "
    "corpus has them. Do not use it where an error costs anything."
)


class Recipe(NamedTuple):
    """How the translator is trained.

    Attributes
    ----------
    n_epochs : int
        How many times each pair is used.
    n_positions : int
        Positions of the target in a batch, padding included.
    peak : float
        The highest learning rate.
    warm_up : int
        Updates until it is reached; after them it falls along a line to zero.
    dropout : float
        Share of the numbers dropped after the embeddings and in each branch.
    smoothing : float
        Share of the target that is spread over the whole vocabulary.
    seed : int
        Of the weights, the order of the batches and the dropout.
    """

    n_epochs: int = 16
    n_positions: int = 2560
    peak: float = 0.002
    warm_up: int = 1000
    dropout: float = 0.1
    smoothing: float = 0.1
    seed: int = 7


# Loss and schedule ---------------------------------------------------------------------------


def smoothed_losses(logits: tf.Tensor, targets: tf.Tensor, smoothing: float = 0.0) -> tf.Tensor:
    """Compute the cross-entropy at each position, in nats; padding costs nothing.

    Parameters
    ----------
    logits : tensor of shape (batch, n_target, n_tokens)
    targets : tensor of int32, of shape (batch, n_target)
    smoothing : float, optional
        Share of the target that is spread evenly over all tokens.

    Returns
    -------
    tensor of shape (batch, n_target)
        Zero where the target is padding.

    Notes
    -----
    Szegedy et al. (2016), section 7. Page ``training-the-translator``, equation ``smoothed-loss``.
    """
    total = tf.reduce_logsumexp(logits, axis=-1)
    right = tf.gather(logits, targets, axis=-1, batch_dims=2)
    evenly = tf.reduce_mean(logits, axis=-1)
    losses = total - (1 - smoothing) * right - smoothing * evenly
    return tf.where(targets == PAD, 0.0, losses)


@keras.saving.register_keras_serializable(package="unrolled")
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises along a line to its peak and falls along a line to zero.

    Parameters
    ----------
    peak : float
    warm_up : int
        Updates until the peak.
    n_updates : int
        Updates until zero.

    Notes
    -----
    Page ``training-the-translator``, equation ``warm-up-rate``.
    """

    def __init__(self, peak: float, warm_up: int, n_updates: int) -> None:
        self.peak, self.warm_up, self.n_updates = peak, warm_up, n_updates

    def __call__(self, step: Any) -> tf.Tensor:
        """Return the rate of an update; steps count from 0.

        Parameters
        ----------
        step : tensor of int without axes

        Returns
        -------
        tensor of float32 without axes
        """
        done = tf.cast(step, tf.float32) + 1.0
        left = (self.n_updates + 1 - done) / max(self.n_updates + 1 - self.warm_up, 1)
        return self.peak * tf.maximum(tf.minimum(done / max(self.warm_up, 1), left), 0.0)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments from which a saved schedule is made again."""
        return {"peak": self.peak, "warm_up": self.warm_up, "n_updates": self.n_updates}


# Training ------------------------------------------------------------------------------------


class Trainer(tf.Module):
    """A model and its optimiser, and one update of both.

    Parameters
    ----------
    sizes : Sizes
    recipe : Recipe
    n_updates : int
        Of the whole training, for the schedule.
    strategy : tf.distribute.Strategy, optional
        Each worker hands its own rows to `update`, which counts the rows of all.
    """

    def __init__(self, sizes: Sizes, recipe: Recipe, n_updates: int, strategy: Any = None) -> None:
        super().__init__(name="trainer")
        self.recipe = recipe
        self.strategy = strategy or tf.distribute.get_strategy()
        with self.strategy.scope():
            self.model = self.start(sizes, rng=np.random.default_rng(recipe.seed))
            self.optimizer = keras.optimizers.Adam(
                WarmUp(recipe.peak, recipe.warm_up, n_updates), beta_2=0.98, epsilon=1e-9
            )
            self.optimizer.build(self._variables())
        self.epoch = tf.Variable(0, dtype=tf.int64)  # how many are done
        self._graph = _by_shape(lambda *batch: self.strategy.run(self._update, args=batch))

    @staticmethod
    def start(sizes: Sizes, *, rng: np.random.Generator) -> Transformer:
        """Return the model as it is before the first update.

        Parameters
        ----------
        sizes : Sizes
        rng : numpy.random.Generator

        Returns
        -------
        Transformer
        """
        return Transformer(sizes, initial_weights(sizes, rng=rng))

    def summed_loss(
        self, source: tf.Tensor, target: tf.Tensor, dropout: Dropout
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Compute what is made small; the one place that says how.

        Parameters
        ----------
        source : tensor of int32, of shape (rows, n)
        target : tensor of int32, of shape (rows, n + 1)
        dropout : Dropout

        Returns
        -------
        loss : tensor of float32 without axes
            The sum over all positions that count.
        n_positions : tensor of float32 without axes
            How many these are.
        """
        memory, _ = self.model.encode(source, dropout)
        logits, *_ = self.model.decode(target[:, :-1], memory, source, dropout)
        losses = smoothed_losses(logits, target[:, 1:], self.recipe.smoothing)
        return tf.reduce_sum(losses), tf.reduce_sum(tf.cast(target[:, 1:] != PAD, tf.float32))

    def update(self, source: tf.Tensor, target: tf.Tensor) -> tuple[float, int]:
        """Update the weights once.

        Parameters
        ----------
        source : tensor of int32, of shape (rows, n)
        target : tensor of int32, of shape (rows, n + 1)

        Returns
        -------
        loss : float
            The sum over all positions that are no padding, of all workers, before the update.
        n_positions : int
            How many these are.
        """
        loss, n_positions = self._graph(source, target)
        return float(loss), int(n_positions)

    def _update(self, source: tf.Tensor, target: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        seed = tf.cast(self.optimizer.iterations.value, tf.int32)
        loss, n_positions, gradients = self._gradients(source, target, seed)
        replica = tf.distribute.get_replica_context()
        loss, n_positions = replica.all_reduce(tf.distribute.ReduceOp.SUM, [loss, n_positions])
        # The optimiser sums the gradients of all workers.
        self.optimizer.apply([gradient / n_positions for gradient in gradients])
        return loss, n_positions

    @tf.function(jit_compile=True)
    def _gradients(
        self, source: tf.Tensor, target: tf.Tensor, seed: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        """Return the summed loss, the positions that count, and the gradient of the sum."""
        variables = self._variables()
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            dropout = Dropout(self.recipe.dropout, seed)
            loss, n_positions = self.summed_loss(source, target, dropout)
        gradients = tape.gradient(loss, variables)
        return loss, n_positions, [tf.convert_to_tensor(gradient) for gradient in gradients]

    def _variables(self) -> list[tf.Variable]:
        return list(self.model.weights.values())


def _by_shape(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function for each shape of its arguments; there are as many as `LENGTHS`."""
    graphs: dict[Any, Any] = {}

    def call(*tensors: tf.Tensor) -> Any:
        shapes = tuple(tuple(tensor.shape) for tensor in tensors)
        if shapes not in graphs:
            graphs[shapes] = tf.function(function).get_concrete_function(*tensors)
        return graphs[shapes](*tensors)

    return call


def mean_loss(model: Transformer, pairs: Pairs, n_positions: int = 2560) -> float:
    """Compute the mean cross-entropy of held-out pairs, without dropout or smoothing.

    Parameters
    ----------
    model : Transformer
    pairs : sequence of (sequence of int, sequence of int)
        From `encode_pairs`; those longer than all `LENGTHS` do not count.
    n_positions : int, optional
        Of a batch.

    Returns
    -------
    float
        Nats for each predicted token.
    """

    @tf.function(input_signature=[tf.TensorSpec((None, None), tf.int32)] * 2)
    def summed(source: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        memory, _ = model.encode(source)
        logits, *_ = model.decode(target[:, :-1], memory, source)
        return tf.reduce_sum(smoothed_losses(logits, target[:, 1:]))

    batches, _ = draw_batches(pairs, n_positions, rng=np.random.default_rng(0))
    return sum(float(summed(*batch)) for batch in batches) / _count(batches)


def _count(batches: list[Batch]) -> int:
    """Count the tokens to predict."""
    return sum(int(np.count_nonzero(batch.target[:, 1:])) for batch in batches)


class Epoch(NamedTuple):
    """A line of the log."""

    epoch: int  # done, from 1 on
    loss: float  # of training, smoothed and with dropout: mean over its tokens
    development: float  # of held-out pairs, plain
    tokens: int  # predicted
    seconds: float
    processor_seconds: float


def train(
    sizes: Sizes,
    recipe: Recipe,
    training: Pairs,
    development: Pairs,
    folder: Path,
    *,
    strategy: Any = None,
) -> Transformer:
    """Train a translator, or take its training up again after the last whole epoch.

    Parameters
    ----------
    sizes : Sizes
    recipe : Recipe
    training, development : sequence of (sequence of int, sequence of int)
        From `encode_pairs`.
    folder : Path
        Where the state and the log are kept. It belongs to one training: with other data or
        another recipe, take another.
    strategy : tf.distribute.Strategy, optional
        Of several workers, each of which calls this function with the same arguments but a
        folder of its own.

    Returns
    -------
    Transformer

    Raises
    ------
    FloatingPointError
        When the loss is no longer finite; the state of the epoch before stays.
    """
    first, _ = _batches_of(0, training, recipe)
    trainer = Trainer(sizes, recipe, recipe.n_epochs * len(first), strategy)
    kept = tf.train.CheckpointManager(
        tf.train.Checkpoint(trainer=trainer), os.fspath(folder), max_to_keep=2
    )
    kept.restore_or_initialize()
    folder.mkdir(parents=True, exist_ok=True)
    done = int(trainer.epoch)
    lines = read_log(folder)[:done]  # one more may stand there, of an epoch that is not kept
    for epoch in range(done, recipe.n_epochs):
        batches, _ = _batches_of(epoch, training, recipe)
        lines.append(_run_epoch(trainer, batches, epoch, development))
        text = "".join(f"{json.dumps(line._asdict())}\n" for line in lines)
        (folder / LOG).write_text(text, encoding="utf-8")
        trainer.epoch.assign(epoch + 1)
        kept.save()
    return trainer.model


def read_log(folder: Path) -> list[Epoch]:
    """Return the epochs of a training that are done.

    Parameters
    ----------
    folder : Path
        That of `train`.

    Returns
    -------
    list of Epoch
        None when there is no log yet.
    """
    log = folder / LOG
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [Epoch(**json.loads(line)) for line in lines]


def _batches_of(epoch: int, training: Pairs, recipe: Recipe) -> tuple[list[Batch], int]:
    rng = np.random.default_rng([recipe.seed, epoch])
    return draw_batches(training, recipe.n_positions, rng=rng)


def _run_epoch(trainer: Trainer, batches: list[Batch], epoch: int, development: Pairs) -> Epoch:
    """Update once with each batch; the bar shows tokens a second, the loss and the time left."""
    started, processor = time.monotonic(), time.process_time()
    total = _count(batches)
    loss, tokens = 0.0, 0
    shown = 0.5 if sys.stderr.isatty() else 60.0
    with tqdm(
        total=total, desc=f"epoch {epoch + 1}/{trainer.recipe.n_epochs}", unit=" tokens",
        unit_scale=True, mininterval=shown,
    ) as bar:  # fmt: skip
        for batch in batches:
            added, n_positions = trainer.update(*_own_rows(batch, trainer.strategy))
            loss, tokens = loss + added, tokens + n_positions
            if not math.isfinite(loss):
                raise FloatingPointError(
                    f"loss must stay finite, got {loss} in epoch {epoch + 1}. Lower the learning "
                    "rate; the state after the epoch before is kept."
                )
            bar.set_postfix(loss=f"{loss / tokens:.3f}", refresh=False)
            bar.update(n_positions)
    return Epoch(
        epoch + 1,
        round(loss / tokens, 4),
        round(mean_loss(trainer.model, development), 4),
        tokens,
        round(time.monotonic() - started, 1),
        round(time.process_time() - processor, 1),
    )


def _own_rows(batch: Batch, strategy: Any) -> Iterator[tf.Tensor]:
    """Return the rows of a batch that this worker computes."""
    resolver = strategy.cluster_resolver
    n_workers = strategy.num_replicas_in_sync
    first = resolver.task_id if n_workers > 1 else 0
    return (tf.constant(array[first::n_workers]) for array in batch)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the shipped translator."""
    parser = argparse.ArgumentParser(prog="python -m unrolled.translation.training")
    parser.add_argument("folder", type=Path, help="keeps the state of the training")
    parser.add_argument("file", type=Path, help="the weights that are written at the end")
    parser.add_argument("--distributed", action="store_true", help="as TF_CONFIG says")
    options = parser.parse_args(arguments)
    strategy = tf.distribute.MultiWorkerMirroredStrategy() if options.distributed else None
    worker = strategy.cluster_resolver.task_id if strategy else 0
    folder = options.folder / f"worker-{worker}" if worker else options.folder
    recipe, corpus = Recipe(), open_corpus()
    parts = split(corpus)
    tokenizer = learn_tokenizer(parts.training)
    sizes = Sizes(len(tokenizer.vocabulary))
    training, development = (encode_pairs(part, tokenizer) for part in parts[:2])
    model = train(sizes, recipe, training, development, folder, strategy=strategy)
    if not worker:
        card = _card(parts, sizes, recipe, read_log(folder))
        weights = {name: weight.numpy() for name, weight in model.weights.items()}
        save_translator(options.file, weights, tokenizer, card)


def _card(parts: Parts, sizes: Sizes, recipe: Recipe, log: list[Epoch]) -> dict[str, Any]:
    """Say in the file of the weights where they come from, and what they are not good for."""
    names = ("name", "digest", "attribution")
    return {
        **{name: getattr(parts.training, name) for name in names},
        "n_heads": sizes.n_heads,
        "longest": LENGTHS[-1],
        "sizes": sizes._asdict(),
        "recipe": recipe._asdict(),
        "n_pairs": [len(part.pairs) for part in parts],
        "n_sentences": [len(dict(part.pairs)) for part in parts],
        "log": [line._asdict() for line in log],
        "limits": LIMITS,
    }


if __name__ == "__main__":
    main()
