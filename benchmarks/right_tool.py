"""Compare kinds of models on three tasks, each with few and with many rows.

``python benchmarks/right_tool.py book/practice/right-tool.json`` fits every model as its library
makes it, but for what `MODELS` says, and writes the shares of right answers on rows that no model
has seen; it takes some minutes. It stands outside `unrolled`, whose rooms do not know scikit-learn;
the session `train` of noxfile.py calls it.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before anything starts threads
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

N_TEST, SEEDS, ROWS = 2000, range(3), (200, 20_000)
WIDE_CANVAS, NOISE = 12, 0.15  # pixels; standard deviation, in shares of full ink


class Sample(NamedTuple):
    """Rows of a task."""

    X: NDArray[np.float64]
    y: NDArray[np.int64]
    best: float | None  # the share of right answers of whoever knows the truth, where there is one


def weighted(n_rows: int, rng: np.random.Generator, part: str) -> Sample:
    """Draw ten measurements, each of which pushes the odds by its own weight."""
    X = rng.normal(size=(n_rows, 10))
    logit = X @ np.linspace(-1, 1, 10)
    return _drawn(X, 1 / (1 + np.exp(-logit)), rng)


def rules(n_rows: int, rng: np.random.Generator, part: str) -> Sample:
    """Draw twenty skewed columns: three decide, by limits that work together."""
    X = np.exp(rng.normal(size=(n_rows, 20)))
    hot, wet, old = (X[:, :3] > 1.0).T
    p = np.where(hot & wet, 0.9, np.where(~hot & old, 0.8, 0.1))
    return _drawn(X, p, rng)


def pictures(n_rows: int, rng: np.random.Generator, part: str) -> Sample:
    """Put a digit anywhere on a noisy canvas: is it even? No original is in both parts."""
    digits = load_digits()
    own = np.arange(len(digits.target)) % 3 == 0
    chosen = rng.choice(np.flatnonzero(own if part == "test" else ~own), n_rows)
    canvas = rng.normal(0, NOISE, (n_rows, WIDE_CANVAS, WIDE_CANVAS))
    corners = rng.integers(WIDE_CANVAS - 8 + 1, size=(n_rows, 2))
    for picture, number, (row, column) in zip(canvas, chosen, corners, strict=True):
        picture[row : row + 8, column : column + 8] += digits.images[number] / 16
    return Sample(
        canvas.reshape(n_rows, -1), (digits.target[chosen] % 2 == 0).astype(np.int64), None
    )


def _drawn(X: NDArray[Any], p: NDArray[Any], rng: np.random.Generator) -> Sample:
    y = (rng.random(len(X)) < p).astype(np.int64)
    return Sample(X, y, float(np.mean((p > 0.5) == y)))


class Convolutional:
    """A network that looks for the same patterns at all places of a picture."""

    def __init__(self, n_rows: int, seed: int) -> None:
        self.rounds = max(4, 20_000 // n_rows)
        self.seed = seed

    def fit(self, X: NDArray[Any], y: NDArray[Any]) -> "Convolutional":
        """Train, always for as long."""
        keras.utils.set_random_seed(self.seed)
        layers = keras.layers
        self.model = keras.Sequential(
            [
                layers.Reshape((WIDE_CANVAS, WIDE_CANVAS, 1)),
                layers.Conv2D(16, 3, activation="relu"),
                layers.MaxPooling2D(2),
                layers.Conv2D(64, 3, activation="relu"),
                layers.GlobalMaxPooling2D(),
                layers.Dense(32, activation="relu"),
                layers.Dense(1, activation="sigmoid"),
            ]
        )
        self.model.compile("adam", "binary_crossentropy")
        self.model.fit(X, y, batch_size=64, epochs=self.rounds, verbose=0)
        return self

    def predict(self, X: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which rows are likelier positive than not."""
        return self.model.predict(X, batch_size=500, verbose=0)[:, 0] > 0.5


TASKS: dict[str, Callable[[int, np.random.Generator, str], Sample]] = {
    "weighted": weighted,
    "rules": rules,
    "pictures": pictures,
}
MODELS: dict[str, Callable[[int, int], Any]] = {
    "linear": lambda n_rows, seed: make_pipeline(
        StandardScaler(), LogisticRegression(max_iter=1000)
    ),
    "forest": lambda n_rows, seed: RandomForestClassifier(
        50, min_samples_leaf=5, random_state=seed
    ),
    # This one stops early from 10,000 rows on; so does the network.
    "boosting": lambda _, seed: HistGradientBoostingClassifier(random_state=seed),
    "network": lambda n_rows, seed: make_pipeline(
        StandardScaler(),
        MLPClassifier(
            (64, 64),
            early_stopping=n_rows > 10_000,
            max_iter=500,
            random_state=seed,
        ),
    ),
    "convolutional": Convolutional,  # for pictures alone
}


def count_numbers(model: Any) -> int:
    """Count what a fitted model keeps: weights, or nodes of trees."""
    if isinstance(model, Convolutional):
        return int(model.model.count_params())
    last = model[-1] if isinstance(model, Pipeline) else model
    if isinstance(last, LogisticRegression):
        return int(last.coef_.size + last.intercept_.size)
    if isinstance(last, MLPClassifier):
        return sum(part.size for part in (*last.coefs_, *last.intercepts_))
    if isinstance(last, RandomForestClassifier):
        return sum(tree.tree_.node_count for tree in last.estimators_)
    return sum(tree.get_n_leaf_nodes() * 2 - 1 for trees in last._predictors for tree in trees)


def main(path: Path) -> None:
    """Fit all, and write what came out."""
    results: dict[str, Any] = {task: {"best": [], "right": {}, "numbers": {}} for task in TASKS}
    for seed in SEEDS:
        for number, (task, draw) in enumerate(TASKS.items()):
            rng = np.random.default_rng([seed, number])
            test, kept = draw(N_TEST, rng, "test"), results[task]
            kept["best"].append(test.best)
            for n_rows in ROWS:
                train = draw(n_rows, rng, "training")
                for name, make in MODELS.items():
                    if name == "convolutional" and task != "pictures":
                        continue
                    model = make(n_rows, seed).fit(train.X, train.y)
                    right = round(float(np.mean(model.predict(test.X) == test.y)), 4)
                    kept["right"].setdefault(name, {}).setdefault(str(n_rows), []).append(right)
                    kept["numbers"].setdefault(name, {})[str(n_rows)] = count_numbers(model)
                    print(seed, task, n_rows, name, right, flush=True)
        told = {
            "made by": "python benchmarks/right_tool.py",
            "scikit-learn": sklearn.__version__,
            "test rows": N_TEST,
            "seeds": seed + 1,
            "tasks": results,
        }
        path.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
