"""Time our multi-head layer against Keras', and against a recurrent layer as sequences grow.

``nox -s bench`` runs this on an idle machine; the result is committed and pages read it. Everything
is float32, under ``tf.function``, forwards and backwards. The calls of the layers take turns, after
some that do not count, and what counts is the fastest of each: whatever else the machine does can
only add to a time. What another program costs that keeps one core busy is told by the medians.
"""

import datetime
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from lstm import busy_neighbour, machine

from unrolled.translation.attention import MultiHeadAttention

RESULT = Path(__file__).parents[1] / "book" / "attention" / "attention-speed.json"
D_MODEL, N_HEADS = 512, 8
SIZES = ((64, 9), (8, 128))  # batch and tokens
LENGTHS = (9, 32, 128, 512, 2048)
ROUNDS = 40

Forward = Callable[[tf.Tensor], tf.Tensor]


def ours() -> tuple[keras.Layer, Forward]:
    """Return the book's layer, and self-attention with it."""
    layer = MultiHeadAttention(D_MODEL, N_HEADS)
    return layer, lambda x: layer(x, x, x)[0]


def theirs() -> tuple[keras.Layer, Forward]:
    """Return Keras' layer, and self-attention with it."""
    layer = keras.layers.MultiHeadAttention(N_HEADS, D_MODEL // N_HEADS)
    return layer, lambda x: layer(x, x)


def theirs_on_rows() -> tuple[keras.Layer, Forward]:
    """Return Keras' layer with one change: its four maps see all tokens as rows of one matrix."""
    layer, forward = theirs()
    layer.build((None, None, D_MODEL), (None, None, D_MODEL))
    for dense in (layer.query_dense, layer.key_dense, layer.value_dense, layer.output_dense):
        dense.call = map_rows(dense)
    return layer, forward


def map_rows(dense: keras.layers.EinsumDense) -> Forward:
    """Return the same projection as a single product of two matrices."""

    def call(x: tf.Tensor) -> tf.Tensor:
        weights = tf.reshape(dense.kernel, (D_MODEL, D_MODEL))
        rows = tf.reshape(x, (-1, D_MODEL)) @ weights
        rows += tf.reshape(dense.bias, (D_MODEL,))
        return tf.reshape(rows, (*x.shape[:2], *dense.bias.shape))

    return call


def recurrent() -> tuple[keras.Layer, Forward]:
    """Return a simple recurrent layer of the same dimension."""
    layer = keras.layers.SimpleRNN(D_MODEL, return_sequences=True)
    return layer, layer


def passes(made: tuple[keras.Layer, Forward], batch: int, n_tokens: int) -> Callable[[], object]:
    """Return a call that runs one forward and one backward pass."""
    layer, forward = made
    rng = np.random.default_rng(7)
    x, d_y = tf.constant(rng.standard_normal((2, batch, n_tokens, D_MODEL), dtype=np.float32))
    forward(x)

    @tf.function
    def gradients(x: tf.Tensor, d_y: tf.Tensor) -> object:
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(forward(x) * d_y)
        return tape.gradient(loss, [x, *layer.trainable_variables])

    return lambda: [part.numpy() for part in gradients(x, d_y)]


def products(batch: int, n_tokens: int) -> Callable[[], object]:
    """Return the products of our layer's passes and nothing else."""
    rng = np.random.default_rng(7)
    heads, d_head = (batch, N_HEADS), D_MODEL // N_HEADS
    shapes = [((batch * n_tokens, D_MODEL), (D_MODEL, D_MODEL))] * 4
    shapes += [((*heads, n_tokens, d_head), (*heads, d_head, n_tokens))]  # scores
    shapes += [((*heads, n_tokens, n_tokens), (*heads, n_tokens, d_head))]  # context
    factors = [
        [
            tf.constant(rng.standard_normal(shape, dtype=np.float32))
            for shape in (a, b, (*a[:-1], b[-1]))
        ]
        for a, b in shapes
    ]

    @tf.function
    def multiply(factors: list[list[tf.Tensor]]) -> object:
        return [
            (a @ b, tf.matmul(d, b, transpose_b=True), tf.matmul(a, d, transpose_a=True))
            for a, b, d in factors
        ]

    return lambda: multiply(factors)


def in_turns(
    calls: Mapping[str, Callable[[], object]], rounds: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the fastest and the median time of each call, in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 5):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            if turn >= 5:
                times[name].append(1000 * (time.perf_counter() - started))
    fastest, medians = (
        {name: round(count(found), 2) for name, found in times.items()}
        for count in (min, statistics.median)
    )
    return fastest, medians


def check_that_rows_change_nothing_but_the_time() -> None:
    """Give both of Keras' layers the same weights, and compare what comes out."""
    (one, forward), (other, on_rows) = theirs(), theirs_on_rows()
    x = tf.random.stateless_normal((2, 3, D_MODEL), (7, 7))
    on_rows(x)
    one.build(x.shape, x.shape)
    one.set_weights(other.get_weights())
    np.testing.assert_allclose(forward(x), on_rows(x), rtol=1e-4, atol=1e-5)


def main(rounds: int) -> None:
    """Measure everything, print it, and write the result."""
    tf.config.threading.set_intra_op_parallelism_threads(os.cpu_count())  # whatever OpenMP may use
    check_that_rows_change_nothing_but_the_time()
    layers, grown = [], []
    for batch, n_tokens in SIZES:
        sides = {"ours": ours, "keras": theirs, "keras-on-rows": theirs_on_rows}
        calls = {name: passes(make(), batch, n_tokens) for name, make in sides.items()}
        calls["products"] = products(batch, n_tokens)
        found, idle = in_turns(calls, rounds)
        with busy_neighbour():
            _, busy = in_turns(calls, rounds)
        layers.append({"batch": batch, "n_tokens": n_tokens, "milliseconds": found})
        for name, value in found.items():
            print(
                f"{f'({batch}, {n_tokens}, {D_MODEL})':<16}{name:<14}{value:8.1f} ms"
                f"  {value / found['keras']:5.2f} of keras"
                f"  {value / found['products']:5.2f} of our layer's products"
                f"  beside a busy program {busy[name] / idle[name]:5.2f} times the time"
            )
    for n_tokens in LENGTHS:
        sides = {"attention": ours, "recurrent": recurrent}
        calls = {name: passes(make(), 1, n_tokens) for name, make in sides.items()}
        found, _ = in_turns(calls, max(5, rounds * 9 // n_tokens))
        grown.append({"n_tokens": n_tokens, "milliseconds": found})
        print(f"{n_tokens:6d} tokens " + "".join(f"{k:>12}{v:8.1f} ms" for k, v in found.items()))
    result = {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "d_model": D_MODEL,
        "n_heads": N_HEADS,
        "layers": layers,
        "growth": grown,
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
