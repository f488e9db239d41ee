"""Why deep networks were given up, and what brought them back: the same stack, started differently.

A stack is a few dense layers of equal width with one activation, and logits. What differs is the
activation and where the weights begin: as was usual in the 1980s and 1990s, as Glorot and Bengio or
He et al. draw them, or as a stack of restricted Boltzmann machines leaves them.

``python -m unrolled.experiments.deep_sigmoids FILE`` trains stacks of several depths on the digits
that come with scikit-learn, and writes how many new digits they get right.
"""

import json
import sys
from functools import cache, partial
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.networks.activations import trusted_sigmoid
from unrolled.networks.boltzmann import pretrain
from unrolled.networks.dense import DenseParams, dense_init
from unrolled.networks.initialisers import glorot_uniform
from unrolled.networks.losses import cross_entropy_backward, cross_entropy_forward
from unrolled.networks.pytrees import map_leaves

__all__ = [
    "RECIPES",
    "Stack",
    "draw_weights",
    "stack_forward",
    "stack_gradient",
    "stack_init",
    "train_stack",
]

Floats = NDArray[Any]
Activation = Literal["sigmoid", "relu"]
Start = Literal["usual", "glorot", "he", "pretrained"]

RECIPES: dict[str, tuple[Activation, Start]] = {
    "sigmoid, usual start": ("sigmoid", "usual"),
    "sigmoid, Glorot's start": ("sigmoid", "glorot"),
    "sigmoid, pretrained": ("sigmoid", "pretrained"),
    "ReLU, He's start": ("relu", "he"),
}
WIDTH, DEPTHS, SEEDS = 64, (1, 3, 5), range(5)
N_TRAIN, N_CHOOSE = 1000, 300  # the other digits are new
N_EPOCHS, BATCH_SIZE, RATES = 30, 20, (0.1, 0.3, 1.0)
PRETRAINING_EPOCHS, PRETRAINING_RATE = 30, 0.3


class Stack(NamedTuple):
    """Hidden layers of equal width, and logits; its gradient has the same form."""

    hidden: tuple[DenseParams, ...]
    output: DenseParams


def draw_weights(start: Start, n_in: int, n_out: int, *, rng: np.random.Generator) -> Floats:
    """Draw the weights of a layer.

    Parameters
    ----------
    start : {"usual", "glorot", "he"}
        Uniform within ``1 / sqrt(n_in)`` of zero; as `glorot_uniform`; normal with the variance
        ``2 / n_in``.
    n_in, n_out : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (n_in, n_out)

    Notes
    -----
    Glorot and Bengio (2010), equations 1 and 16; He et al. (2015), equation 10.
    """
    if start == "glorot":
        return glorot_uniform(n_in, n_out, rng=rng)
    if start == "he":
        return rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out))
    return np.asarray(rng.uniform(-1, 1, (n_in, n_out)) / np.sqrt(n_in))


def stack_init(
    start: Start, n_in: int, n_layers: int, *, rng: np.random.Generator, x: Floats | None = None
) -> Stack:
    """Draw initial weights; the biases are zero, or those that pretraining found.

    Parameters
    ----------
    start : {"usual", "glorot", "he", "pretrained"}
    n_in, n_layers : int
    rng : numpy.random.Generator
    x : ndarray of shape (n_examples, n_in), optional
        From 0 to 1; what is pretrained on.

    Returns
    -------
    Stack
    """
    if start == "pretrained":
        if x is None:
            raise ValueError("x must be given for a pretrained start, got None.")
        hidden = pretrain(
            x, [WIDTH] * n_layers, n_epochs=PRETRAINING_EPOCHS,
            learning_rate=PRETRAINING_RATE, rng=rng,
        )  # fmt: skip
    else:
        hidden = tuple(
            DenseParams(draw_weights(start, n, WIDTH, rng=rng), np.zeros(WIDTH))
            for n in [n_in, *[WIDTH] * (n_layers - 1)]
        )
    return Stack(hidden, dense_init(WIDTH, 10, rng=rng))


def stack_forward(params: Stack, x: Floats, activation: Activation) -> tuple[Floats, list[Floats]]:
    """Compute logits.

    Parameters
    ----------
    params : Stack
    x : ndarray of shape (batch, n_in)
    activation : {"sigmoid", "relu"}

    Returns
    -------
    logits : ndarray of shape (batch, 10)
    outputs : list of ndarray
        The input, and the output of each hidden layer.
    """
    outputs = [x]
    for layer in params.hidden:
        a = outputs[-1] @ layer.W + layer.b
        outputs.append(np.maximum(a, 0) if activation == "relu" else trusted_sigmoid(a))
    return outputs[-1] @ params.output.W + params.output.b, outputs


def stack_gradient(
    params: Stack, x: Floats, targets: NDArray[np.int64], *, activation: Activation
) -> tuple[float, Stack, list[float]]:
    """Compute the loss, its gradient, and how large its derivatives by the weights are.

    Parameters
    ----------
    params : Stack
    x : ndarray of shape (batch, n_in)
    targets : ndarray of int, of shape (batch,)
    activation : {"sigmoid", "relu"}

    Returns
    -------
    loss : float
        Mean cross-entropy.
    gradient : Stack
    sizes : list of float
        Norm of the derivative with respect to the pre-activations of each hidden layer, the first
        one first.
    """
    logits, outputs = stack_forward(params, x, activation)
    loss, cache = cross_entropy_forward(logits, targets)
    d_a, h = cross_entropy_backward(cache), outputs.pop()
    output = DenseParams(h.T @ d_a, d_a.sum(axis=0))
    W, hidden, sizes = params.output.W, [], []
    for layer in params.hidden[::-1]:
        d_a = (d_a @ W.T) * (h > 0 if activation == "relu" else h * (1 - h))
        W, h = layer.W, outputs.pop()
        hidden.append(DenseParams(h.T @ d_a, d_a.sum(axis=0)))
        sizes.append(float(np.linalg.norm(d_a)))
    return loss, Stack(tuple(hidden[::-1]), output), sizes[::-1]


def train_stack(
    params: Stack, x: Floats, targets: NDArray[np.int64], activation: Activation,
    *, learning_rate: float, n_epochs: int = N_EPOCHS, rng: np.random.Generator,
) -> Stack:  # fmt: skip
    """Train all layers together by plain gradient descent on shuffled batches.

    Parameters
    ----------
    params : Stack
    x : ndarray of shape (n_examples, n_in)
    targets : ndarray of int, of shape (n_examples,)
    activation : {"sigmoid", "relu"}
    learning_rate : float
    n_epochs : int, optional
    rng : numpy.random.Generator

    Returns
    -------
    Stack
    """
    for _ in range(n_epochs):
        for rows in np.array_split(rng.permutation(len(x)), max(1, len(x) // BATCH_SIZE)):
            _, gradient, _ = stack_gradient(params, x[rows], targets[rows], activation=activation)
            params = map_leaves(lambda w, d: w - learning_rate * d, params, gradient)
    return params


# The program ---------------------------------------------------------------------------------


def _digits() -> tuple[Floats, NDArray[np.int64]]:
    """Read the file of scikit-learn's `load_digits`, without the library; from 0 to 1, shuffled."""
    found = find_spec("sklearn")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("the digits come with scikit-learn, which is not installed.")
    (folder,) = found.submodule_search_locations
    table = np.loadtxt(Path(folder) / "datasets/data/digits.csv.gz", delimiter=",")
    table = table[np.random.default_rng(7).permutation(len(table))]
    return table[:, :-1] / 16, table[:, -1].astype(np.int64)


def _right(params: Stack, x: Floats, targets: NDArray[np.int64], activation: Activation) -> float:
    logits, _ = stack_forward(params, x, activation)
    return float((logits.argmax(axis=1) == targets).mean())


def _write(path: Path) -> None:
    """Choose a learning rate for each stack, train it from every seed, and write the shares."""
    x, targets = _digits()
    train, choose, new = (
        (x[part], targets[part])
        for part in np.split(np.arange(len(x)), [N_TRAIN, N_TRAIN + N_CHOOSE])
    )
    runs = []
    for n_layers, (name, (activation, start)) in product(DEPTHS, RECIPES.items()):
        tried = partial(_trained, start, activation, n_layers, train)
        shares = [_right(tried(SEEDS[0], rate), *choose, activation) for rate in RATES]
        rate = RATES[int(np.argmax(shares))]
        right = [round(_right(tried(seed, rate), *new, activation), 4) for seed in SEEDS]
        runs.append({"recipe": name, "layers": n_layers, "rate": rate, "right": right})
        print(*runs[-1].values(), flush=True)
    sizes = {"width": WIDTH, "train": N_TRAIN, "choose": N_CHOOSE, "new": len(new[1]),
             "epochs": N_EPOCHS, "batch": BATCH_SIZE, "rates": RATES,
             "pretraining_epochs": PRETRAINING_EPOCHS}  # fmt: skip
    path.write_text(json.dumps({"sizes": sizes, "runs": runs}, indent=1) + "\n", encoding="utf-8")


@cache
def _started(start: Start, n_layers: int, seed: int) -> Stack:
    x = _digits()[0][:N_TRAIN]
    return stack_init(start, x.shape[1], n_layers, x=x, rng=np.random.default_rng(seed))


def _trained(
    start: Start, activation: Activation, n_layers: int, train: Any, seed: int, rate: float
) -> Stack:
    """Train, or return the beginning if the rate is so high that a number overflows."""
    params, (x, targets) = _started(start, n_layers, seed), train
    try:
        with np.errstate(all="ignore"):
            return train_stack(params, x, targets, activation, learning_rate=rate,
                               rng=np.random.default_rng(seed))  # fmt: skip
    except ValueError:  # of logits that are not finite
        return params


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
