#!/bin/sh
# The recurrent matrices of Keras' LSTM and GRU do not begin orthogonal, although the initialiser is.
#
# Seen with Keras 3.15.1, TensorFlow 2.21.0; Python 3.11.
#
# Expected. `recurrent_initializer="orthogonal"`, the default, makes matrices that keep lengths, so that
# what goes back from step to step neither grows nor shrinks at first.
#
# What happens. The matrices of the gates and of the candidate are drawn as one wide matrix, and that
# one has orthonormal rows. A slice of it is no orthogonal matrix: with 32 units the norm of each
# quarter is about 0.85, and some vectors are shortened to a hundredth.
#
# Way out. Draw the quarters one by one, and set them with `set_weights`.
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


def ends(kind, n_parts):
    """Return the largest and the smallest factor by which a part changes a length."""
    layer = getattr(keras.layers, kind)(32)
    layer.build((None, None, 2))
    parts = np.split(layer.get_weights()[1], n_parts, axis=1)
    values = [np.linalg.svd(part, compute_uv=False) for part in parts]
    return max(v.max() for v in values), min(v.min() for v in values)


print("Python", sys.version.split()[0], "Keras", keras.__version__, "TensorFlow", tf.__version__)
found = {kind: ends(kind, n) for kind, n in (("SimpleRNN", 1), ("GRU", 3), ("LSTM", 4))}
for kind, (most, least) in found.items():
    print(f"{kind}: lengths are changed by factors from {least:.3f} to {most:.3f}")
simple = np.allclose(found["SimpleRNN"], 1, atol=1e-5)
if simple and all(found[kind][0] < 0.98 and found[kind][1] < 0.1 for kind in ("GRU", "LSTM")):
    print("As found: only the matrix of the simple layer keeps lengths.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
