"""Time our skip-gram step against a Keras model of embeddings of the same size.

``python benchmarks/word_vectors.py`` prints pairs a second and their ratio, and writes nothing
unless it is given a file. Both sides get the same ids, noise included, in float32, and take the
same steps of gradient descent; that they do is checked first. They take turns, after some that do
not count, and what counts is the fastest of each: whatever else the machine does can only add to a
time. Both keep to one core.
"""

import datetime
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from attention import in_turns
from lstm import machine
from numpy.typing import NDArray

from unrolled.language.skip_gram import (
    SkipGramParams,
    noise_distribution,
    skip_gram_init,
    skip_gram_step,
)

N_WORDS, N_DIMS, N_NOISE, RATE = 3000, 50, 5, 0.001
BATCHES, N_PAIRS, ROUNDS = (256, 1024), 65_536, 12

Ids = NDArray[np.int64]


def draw(n_pairs: int) -> tuple[SkipGramParams, Ids, Ids]:
    """Return vectors, centres, and contexts with their noise, as frequent as words are."""
    rng = np.random.default_rng(7)
    shares = 1 / np.arange(1, N_WORDS + 1)
    noise = noise_distribution(shares)
    centres, true = rng.choice(N_WORDS, (2, n_pairs), p=shares / shares.sum())
    drawn = rng.choice(N_WORDS, (n_pairs, N_NOISE), p=noise)
    params = skip_gram_init(N_WORDS, N_DIMS, rng=rng, dtype=np.float32)
    return params, centres, np.column_stack([true, drawn])


def ours(params: SkipGramParams, centres: Ids, contexts: Ids, batch: int) -> Callable[[], object]:
    """Return a call that takes our step for each batch."""

    def call() -> None:
        for start in range(0, len(centres), batch):
            part = slice(start, start + batch)
            skip_gram_step(params, centres[part], contexts[part], RATE)

    return call


def theirs(params: SkipGramParams) -> keras.Model:
    """Return a model of two embeddings that scores each context by a dot product."""
    centre, context = keras.Input((), dtype="int64"), keras.Input((1 + N_NOISE,), dtype="int64")
    layers = [keras.layers.Embedding(N_WORDS, N_DIMS, name=name) for name in params._fields]
    v, u = layers[0](centre), layers[1](context)
    model = keras.Model([centre, context], keras.layers.Dot((2, 1))([u, v]))
    for layer, vectors in zip(layers, params, strict=True):
        layer.set_weights([vectors])
    loss = keras.losses.BinaryCrossentropy(from_logits=True, reduction="sum")
    model.compile(keras.optimizers.SGD(RATE * (1 + N_NOISE)), loss)  # Keras takes a mean of scores
    return model


def fit(model: keras.Model, centres: Ids, contexts: Ids, batch: int) -> Callable[[], object]:
    """Return a call that trains the model for one epoch."""
    labels = np.zeros(contexts.shape, np.float32)
    labels[:, 0] = 1
    data = tf.data.Dataset.from_tensor_slices(((centres, contexts), labels)).batch(batch).cache()
    return lambda: model.fit(data, shuffle=False, verbose=0)


def check_that_both_take_the_same_steps() -> None:
    """Train both for a few batches, and compare their vectors."""
    params, centres, contexts = draw(1000)
    model = theirs(params)
    fit(model, centres, contexts, 250)()
    ours(params, centres, contexts, 250)()
    for name, vectors in params._asdict().items():
        (trained,) = model.get_layer(name).get_weights()
        np.testing.assert_allclose(vectors, trained, rtol=1e-3, atol=1e-6)


def main(path: str | None) -> None:
    """Measure everything, print it, and write it where a file is named."""
    check_that_both_take_the_same_steps()
    measured = []
    for batch in BATCHES:
        params, centres, contexts = draw(N_PAIRS)
        calls = {
            "ours": ours(params, centres, contexts, batch),
            "keras": fit(theirs(params), centres, contexts, batch),
        }
        fastest, _ = in_turns(calls, ROUNDS)
        rates = {name: 1000 * N_PAIRS / time for name, time in fastest.items()}
        measured.append({"batch": batch, "pairs_a_second": rates})
        for name, rate in rates.items():
            print(f"batch {batch:5d} {name:6}{rate:10,.0f} pairs a second", end="")
            print(f"{rate / rates['keras']:6.2f} of keras")
    result = {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "n_words": N_WORDS,
        "n_dims": N_DIMS,
        "n_noise": N_NOISE,
        "measured": measured,
    }
    if path:
        Path(path).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):  # one core for both
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    main(sys.argv[1] if len(sys.argv) > 1 else None)
