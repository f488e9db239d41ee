"""How the functions of `unrolled.translation` are tried.

TensorFlow does not look at values while it runs, so what cannot be held comes out as no number:
that is the refusal of this room, where the table allows one.
"""

from functools import partial

import numpy as np
import tensorflow as tf

from extremes import networks
from extremes.situations import Table, with_gradients
from unrolled.translation import attention, decoding, masks, positions, training

TABLE = Table("unrolled.translation", infinity_refuses=True)
add = TABLE.add


def attention_entry(draw, n, *, n_queries, mask):
    given = mask(n_queries, n)

    def ours(query, key, value, d_context):
        inputs = [tf.constant(array) for array in (query, key, value)]
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            context, _ = attention.scaled_dot_product_attention(*inputs, given)
        gradients = tape.gradient(context, inputs, d_context)
        return [part.numpy() for part in (context, *gradients)]

    def forward(query, key, value):
        return networks.attend(query, key, value, True if given is None else given)[:1]

    inputs = [draw(n_queries, 2), draw(n, 2), draw(n, 2), draw(n_queries, 2)]
    return inputs, ours, with_gradients(forward, 1)


for mask, n_queries, lengths in (
    (lambda *_: None, 1, networks.LENGTHS),
    (networks.one_or_none, 2, networks.LENGTHS),
    (networks.some, 3, networks.ONE_BY_ONE),
):
    add(
        "attention.scaled_dot_product_attention",
        lengths=lengths,
        may_refuse=networks.PRODUCTS,
        within=64,
        vanishing=True,
    )(partial(attention_entry, n_queries=n_queries, mask=mask))


@add(
    "attention.MultiHeadAttention",
    lengths=(1, 10),
    may_refuse=networks.LONG_PRODUCTS,
    within=128,
    vanishing=True,
)
def _(draw, n):
    mask = np.tril(np.ones((n, n), bool))

    def ours(*inputs):
        *leaves, x, d_output = inputs
        layer = attention.MultiHeadAttention(2, 2, dtype=x.dtype.name)
        layer.build((None, None, 2))
        layer.set_weights(leaves)
        tokens = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(tokens)
            output, _ = layer(tokens, tokens, tokens, mask=mask)
        gradients = tape.gradient(output, [*layer.trainable_variables, tokens], d_output)
        return [np.asarray(part) for part in (output, *gradients)]

    leaves = [draw(*shape) for _ in range(4) for shape in ((2, 2), (2,))]
    forward = partial(networks.self_attention, mask=mask)
    return [*leaves, draw(1, n, 2), draw(1, n, 2)], ours, with_gradients(forward, 1)


@add("masks.padding_mask", "masks.look_ahead_mask", **networks.ONCE)
def _(draw, n):
    lengths = np.array([0, 1, n])

    def ours():
        return masks.padding_mask(lengths, n).numpy(), masks.look_ahead_mask(n).numpy()

    def witness():
        rows = [[[place < length for place in range(n)]] for length in (0, 1, n)]
        return np.array(rows), np.tril(np.ones((n, n), bool))

    return [], ours, witness


for base in (1 + 2**-52, 10_000, 1e30):
    twin = partial(positions.sinusoidal_positions, base=base)
    add("positions.sinusoidal_positions", **networks.ONCE)(
        partial(networks.positions_entry, base=base, function=twin)
    )


TABLE.leave_out(
    "looks at arguments, or hands them on as they are",
    *("tensors.check_axes", "tensors.check_count", "tensors.check_floats"),
    *("tensors.check_integers", "tensors.check_mask", "tensors.sizes_of"),
)


TABLE.leave_out(
    "they take ids, text, files or whole models, not arrays of any size",
    *("pairs." + name for name in ("draw_batches", "encode_pairs", "learn_tokenizer")),
    *("pairs." + name for name in ("pad", "pad_pairs", "split")),
    *("quality." + name for name in ("judge", "references_of")),
    *("shipped." + name for name in ("load_translator", "save_translator")),
    *("steppers." + name for name in ("Cached", "Uncached")),
    *("translator." + name for name in ("NumPyStepper", "Translator")),
    *("training." + name for name in ("Trainer", "mean_loss", "read_log", "train")),
    *("transformer." + name for name in ("Transformer", "initial_weights", "weight_shapes")),
    *("transformer." + name for name in ("Dropout", "padding_penalties")),
    *("decoding." + name for name in ("Stepper", "beam_search", "beam_tree", "greedy", "sample")),
    *("decoding.most_probable", "heads.ShuffledStepper", "heads.all_heads", "heads.without_heads"),
    *("heads." + name for name in ("measure_alignment", "measure_maps")),
    *("heads." + name for name in ("word_maps", "words_of_tokens")),
    *("ablations." + name for name in ("CountingPadding", "ReadingItself", "Untied")),
    *("ablations." + name for name in ("UntiedTransformer", "run", "run_all", "short_sentences")),
    *("baseline." + name for name in ("PlainTransformer", "Training", "Words", "encode_words")),
    *("baseline." + name for name in ("minutes_of", "plain", "train", "translate")),
    "paired.matches",
)
TABLE.leave_out(
    "of whole numbers alone",
    *("training.WarmUp", "decoding.length_penalty", "paired.bleu_from", "paired.compare"),
)


def logarithms(logits):
    """Of the shares along the last axis."""
    rows = []
    for row in logits:
        shifted = row - max(row)
        rows.append(shifted - networks.total(np.exp(shifted)).log())
    return np.array(rows)


@add("decoding.log_softmax", within=32)
def _(draw, n):
    return [draw(2, n)], decoding.log_softmax, logarithms


for share in (0.0, 0.125):

    @add("training.smoothed_losses", within=32, dtypes=(np.float32,))
    def _(draw, n, share=share):
        targets = np.arange(n) % 4

        def ours(logits):
            losses = training.smoothed_losses(
                tf.constant(logits[None]), tf.constant(targets[None], tf.int32), share
            )
            return losses[0].numpy()

        def witness(logits):
            found = [
                -(1 - share) * row[target] - share * networks.total(row) / len(row)
                for row, target in zip(logarithms(logits), targets, strict=True)
            ]
            return np.where(targets == 0, 0 * logits[:, 0], found)

        return [draw(n, 4)], ours, witness
