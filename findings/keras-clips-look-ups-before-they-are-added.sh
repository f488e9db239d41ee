#!/bin/sh
# Keras clips the gradient of an embedding by a norm that is not the gradient's.
#
# Seen with Keras 3.15.1, TensorFlow 2.21.0; Python 3.11.
#
# Expected. `clipnorm` says that "the gradient of each weight is individually clipped so that its norm
# is no higher than this value", and `global_clipnorm` the same of all weights together.
#
# What happens. TensorFlow hands the gradient of an embedding on as slices, one for each look-up. The
# norm is taken over the slices, before those of one row are added. A row that was looked up n times,
# each time with the same derivative, gets a gradient that is the root of n times as long as the limit.
# (Derivatives that cancel are clipped although their sum is short.)
#
# Way out. Clip in a training step of one's own, after `tf.convert_to_tensor` has added the slices.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    keras==3.15.1 tensorflow-cpu==2.21.0

TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" - <<'PYTHON'
import sys

import keras
import numpy as np
import tensorflow as tf


def step(n_look_ups, add):
    """Return how far row 0 moves, with a derivative of one by each look-up and a limit of one."""
    layer = keras.layers.Embedding(2, 1, embeddings_initializer="zeros")
    layer.build((None,))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(np.zeros((1, n_look_ups), int)))
    (slope,) = tape.gradient(loss, [layer.embeddings.value])
    slope = tf.convert_to_tensor(slope) if add else slope
    keras.optimizers.SGD(1.0, clipnorm=1.0).apply([slope], [layer.embeddings])
    return -float(layer.get_weights()[0][0, 0])


print("Python", sys.version.split()[0], "Keras", keras.__version__, "TensorFlow", tf.__version__)
sliced, added = step(100, add=False), step(100, add=True)
print(f"a hundred look-ups, clipnorm 1: the row moves by {sliced:g}")
print(f"the same, with the look-ups added first:         {added:g}")
if abs(sliced - 10) < 1e-4 and abs(added - 1) < 1e-4:
    print("As found: the limit holds for the look-ups, not for the gradient.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
