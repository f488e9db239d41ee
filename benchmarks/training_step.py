"""Time a training step of the translator against the same model of Keras' own layers.

``nox -s bench`` runs this on an idle machine. Same sizes, same batch, dropout, label smoothing and
Adam on both sides; Keras' side is what its guides build, `compile` and `train_on_batch`, as it
comes and with ``jit_compile=True``. The calls take turns, and the fastest of each counts.
"""

import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from unrolled.translation.positions import sinusoidal_positions
from unrolled.translation.training import Recipe, Trainer
from unrolled.translation.transformer import Sizes

SIZES = Sizes(n_tokens=6000)
LENGTH = 12
ROUNDS = 12
GOAL = 0.5


@keras.saving.register_keras_serializable(package="bench")
class Embed(keras.layers.Layer):
    """Embeddings and positions, and the same matrix once more as output."""

    def __init__(self) -> None:
        super().__init__()
        self.table = self.add_weight(
            shape=(SIZES.n_tokens, SIZES.d_model), initializer=keras.initializers.RandomNormal()
        )

    def call(self, x: tf.Tensor, out: bool = False) -> tf.Tensor:
        """Look tokens up, or compare vectors with all of them."""
        if out:
            return tf.einsum("btd,vd->btv", x, self.table)
        places = sinusoidal_positions(tf.shape(x)[1], SIZES.d_model, dtype=tf.float32)
        return tf.gather(self.table, x) * SIZES.d_model**0.5 + places


def theirs() -> keras.Model:
    """Return the Transformer of the translator in Keras' layers."""
    recipe, embed = Recipe(), Embed()
    source = keras.Input((LENGTH,), dtype="int32")
    target = keras.Input((LENGTH,), dtype="int32")
    seen = keras.layers.Lambda(lambda ids: (ids != 0)[:, None])(source)

    def attention(x: tf.Tensor, read: tf.Tensor | None = None, **masks: object) -> tf.Tensor:
        y = keras.layers.LayerNormalization(epsilon=1e-6)(x)
        layer = keras.layers.MultiHeadAttention(SIZES.n_heads, SIZES.d_model // SIZES.n_heads)
        y = layer(y, y if read is None else read, **masks)
        return x + keras.layers.Dropout(recipe.dropout)(y)

    def feed_forward(x: tf.Tensor) -> tf.Tensor:
        y = keras.layers.LayerNormalization(epsilon=1e-6)(x)
        y = keras.layers.Dense(SIZES.d_ff, "relu")(y)
        y = keras.layers.Dense(SIZES.d_model)(y)
        return x + keras.layers.Dropout(recipe.dropout)(y)

    x = keras.layers.Dropout(recipe.dropout)(embed(source))
    for _ in range(SIZES.n_layers):
        x = feed_forward(attention(x, attention_mask=seen))
    memory = keras.layers.LayerNormalization(epsilon=1e-6)(x)
    x = keras.layers.Dropout(recipe.dropout)(embed(target))
    for _ in range(SIZES.n_layers):
        x = attention(x, use_causal_mask=True)
        x = feed_forward(attention(x, memory, attention_mask=seen))
    logits = embed(keras.layers.LayerNormalization(epsilon=1e-6)(x), out=True)
    return keras.Model([source, target], logits)


def compiled(model: keras.Model, jit: bool | str) -> keras.Model:
    """Compile with the loss of the translator."""
    recipe = Recipe()

    def loss(targets: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        targets = tf.cast(targets, tf.int32)  # Keras makes floating-point numbers of them
        spread = tf.one_hot(targets, SIZES.n_tokens)
        losses = keras.losses.categorical_crossentropy(
            spread, logits, from_logits=True, label_smoothing=recipe.smoothing
        )
        real = tf.cast(targets != 0, tf.float32)
        return tf.reduce_sum(losses * real) / tf.reduce_sum(real)

    optimizer = keras.optimizers.Adam(recipe.peak, beta_2=0.98, epsilon=1e-9)
    model.compile(optimizer, loss, jit_compile=jit)
    return model


def main() -> None:
    """Print the times and their ratios."""
    rng = np.random.default_rng(7)
    rows = Recipe().n_positions // LENGTH
    source = rng.integers(3, SIZES.n_tokens, (rows, LENGTH)).astype(np.int32)
    target = rng.integers(3, SIZES.n_tokens, (rows, LENGTH + 1)).astype(np.int32)
    lengths = rng.integers(LENGTH // 2, LENGTH + 1, rows)[:, None]
    source[np.arange(LENGTH) >= lengths] = 0
    target[np.arange(LENGTH + 1) > lengths] = 0
    trainer = Trainer(SIZES, Recipe(), 10_000)
    batch = tf.constant(source), tf.constant(target)
    calls: dict[str, Callable[[], object]] = {"ours": lambda: trainer.update(*batch)}
    for name, jit in (("Keras", "auto"), ("Keras, jit_compile=True", True)):
        model = compiled(theirs(), jit)
        if name == "Keras":
            n_theirs = model.count_params()
        calls[name] = lambda model=model: model.train_on_batch(
            [source, target[:, :-1]], target[:, 1:]
        )
    n_ours = sum(int(np.prod(weight.shape)) for weight in trainer.model.weights.values())
    assert n_ours == n_theirs, (n_ours, n_theirs)
    for call in calls.values():
        call()
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - started)
    print(f"{n_ours:,} parameters, {rows} sentences of {LENGTH} tokens; the least of {ROUNDS}")
    ours = min(times["ours"])
    for name, measured in times.items():
        print(f"{name:<26}{min(measured):8.3f} s  ours is {ours / min(measured):.2f} of it")
    print(f"goal: {GOAL}")


if __name__ == "__main__":
    main()
