#!/bin/sh
# Keras' CTC gives a label that does not fit into its frames a finite loss, and derivatives.
#
# Seen with Keras 3.15.1, TensorFlow 2.21.0; Python 3.11.
#
# Expected. Five letters with two equal ones side by side need six frames, since a blank must part the
# two. In five frames the probability of the label is zero, so its loss is infinite, or refused.
#
# What happens. The loss is about 711, the logarithm of a tiny constant, and its derivatives are those
# of no probability. Nothing is said, and a training goes on with them.
#
# Way out. Count: a label of U letters with D equal neighbours needs at least U + D frames.
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

HELLO = np.array([[2, 1, 3, 3, 4]])


def loss_and_slope(n_frames):
    """Return the loss of "hello" with even odds in each frame, and its largest derivative."""
    logits = tf.Variable(np.zeros((1, n_frames, 5), np.float32))
    with tf.GradientTape() as tape:
        loss = keras.losses.CTC()(HELLO, logits)
    return float(loss), float(np.abs(tape.gradient(loss, logits).numpy()).max())


print("Python", sys.version.split()[0], "Keras", keras.__version__, "TensorFlow", tf.__version__)
impossible, slope = loss_and_slope(5)
possible, _ = loss_and_slope(6)
print(f"five frames: a loss of {impossible:g}, and a derivative of {slope:g}")
print(f"six frames:  a loss of {possible:g}")
if 600 < impossible < 800 and slope > 0.01 and abs(possible - 6 * np.log(5)) < 1e-3:
    print("As found: the impossible has a finite loss.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
