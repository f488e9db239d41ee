#!/bin/sh
# Keras' MultiHeadAttention answers otherwise when its weights are asked for, and ignores query_mask.
#
# Seen with Keras 3.15.1, TensorFlow 2.21.0, NumPy 2.4.6; Python 3.11.
#
# Expected. `layer(x, x, attention_mask=mask, return_attention_scores=True)` returns what
# `layer(x, x, attention_mask=mask)` returns, and the weights besides. And an argument `query_mask`,
# which the layer's `call` takes and its documentation describes, has some effect, or is refused.
#
# What happens. A query that may look at no key gets the plain mean of all values, hidden ones too,
# unless the weights are asked for: then its weights are zero, and it gets the bias of the last map.
# The weights are computed by a Softmax layer that clears what is hidden; without them the layer
# calls `dot_product_attention`, which puts a large negative number in the place of a score, as good
# as any other where all scores are replaced. A padded batch has such rows whenever an embedding with
# `mask_zero=True` stands before the layer, which then hides whole rows of padding by itself.
# `query_mask` is overwritten, before it is read, by the mask that the input carries or by none, so
# that giving it changes nothing; `value_mask` and `key_mask` are heeded.
#
# Way out. Leave rows that may look nowhere out of the loss, and give `attention_mask` alone.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    keras==3.15.1 tensorflow-cpu==2.21.0 numpy==2.4.6

cat > "$folder/try.py" <<'PYTHON'
import sys

import keras
import numpy as np
import tensorflow as tf

print("Python", sys.version.split()[0])
for library in (keras, tf, np):
    print(library.__name__, library.__version__)

rng = np.random.default_rng(7)
x = rng.normal(size=(1, 5, 6)).astype("float32")
layer = keras.layers.MultiHeadAttention(3, 2)
layer.build(x.shape, x.shape)
layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])

nowhere = np.zeros((1, 5, 5), dtype=bool)
plain = np.asarray(layer(x, x, attention_mask=nowhere))
asked, weights = layer(x, x, attention_mask=nowhere, return_attention_scores=True)
values = np.asarray(layer.value_dense(x)).mean(axis=1, keepdims=True)
gap = np.abs(plain - layer.output_dense(values)).max()
differ = np.abs(plain - asked).max()
print(f"\na query that may look nowhere, against the mean of all values: {gap:.0e}")
print(f"the same, against what comes with the weights: {differ:.1f}")
print(f"its largest weight: {np.abs(weights).max()}")

mask = np.array([[True, True, True, False, False]])
unmasked = np.asarray(layer(x, x))
changes = [np.abs(layer(x, x, **{name: mask}) - unmasked).max()
           for name in ("query_mask", "value_mask")]
print(f"change by query_mask and by value_mask: {changes[0]:.1f} and {changes[1]:.1f}")

if not (gap < 1e-5 and differ > 0.1 and np.all(weights == 0) and changes[0] == 0 < changes[1]):
    sys.exit("\nThe behaviour has changed: this finding is out of date.")
print("\nAs found: two answers to one question, and a mask that nobody reads.")
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" "$folder/try.py"
