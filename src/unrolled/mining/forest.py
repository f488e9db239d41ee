"""Random forests: many trees, each grown from other rows and with other features to choose from.

A forest predicts the mean of the probabilities that its trees predict.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.mining.labels import check_labels
from unrolled.mining.trees import Tree, check_rows, check_rules, find_leaves, grow, read_table
from unrolled.shapes import check_generator, check_integer, check_shape

__all__ = ["Forest", "fit_forest", "out_of_bag_error", "out_of_bag_proba"]

Floats = NDArray[np.float64]

N_ROWS = 20_000  # at most, in trees that grow side by side; more do not fit into a cache


class Forest(NamedTuple):
    """Trees, and how often each of them has seen each training row."""

    classes: NDArray[Any]  # (n_classes,)   labels, sorted
    trees: tuple[Tree, ...]
    n_drawn: NDArray[np.int64]  # (n_trees, n_samples)   0: the row is out of the tree's bag

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Return the mean of the trees' probabilities.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_classes)

        Raises
        ------
        ValueError
            As `Tree.apply`.

        Notes
        -----
        Page ``trees-and-forests``, equation ``forest-mean``.
        """
        X = check_rows(X, self.trees[0].n_values)
        return np.asarray(sum(_proba(tree, X) for tree in self.trees) / len(self.trees))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the class with the highest mean probability, the first of them if several have it.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)

        Raises
        ------
        ValueError
            As `Tree.apply`.
        """
        found: NDArray[Any] = self.classes[self.predict_proba(X).argmax(axis=1)]
        return found


def fit_forest(
    X: ArrayLike,
    y: ArrayLike,
    n_trees: int = 100,
    *,
    max_features: int | None = None,
    unordered: Sequence[int] = (),
    rng: np.random.Generator,
    **rules: Any,
) -> Forest:
    """Grow trees on bootstrap samples, with features drawn anew at each split.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)
        Finite numbers.
    y : array_like of int, bool or str, of shape (n_samples,)
    n_trees : int, optional
    max_features : int, optional
        How many features, drawn without replacement, each split chooses from; further ones are
        drawn while none of them can be split. If None, the root of their number, rounded down.
    unordered : sequence of int, optional
        As in `fit_tree`.
    rng : numpy.random.Generator
    **rules
        As in `Rules`. A row that was drawn twice counts as two.

    Returns
    -------
    Forest

    Raises
    ------
    ValueError
        As `fit_tree`; and if there are fewer features than `max_features`.

    Notes
    -----
    Breiman (2001). Page ``trees-and-forests``.
    """
    table = read_table(X, y, unordered)
    n_samples, n_features = table.X.shape
    n_trees = check_integer("n_trees", n_trees)
    if max_features is None:
        max_features = int(np.sqrt(n_features))
    max_features = check_integer("max_features", max_features, at_most=n_features)
    checked, rng = check_rules(rules), check_generator("rng", rng)

    def shuffled(n_nodes: int) -> NDArray[np.int64]:
        return rng.random((n_nodes, n_features)).argsort(axis=1)

    drawn = rng.integers(n_samples, size=(n_trees, n_samples))
    n_drawn = np.array([np.bincount(bag, minlength=n_samples) for bag in drawn])
    trees: list[Tree] = []
    at_once = max(1, N_ROWS // n_samples)
    for start in range(0, n_trees, at_once):
        bags = n_drawn[start : start + at_once].astype(float)
        trees += grow(table, bags, checked, shuffled, max_features)
    return Forest(table.classes, tuple(trees), n_drawn)


def out_of_bag_proba(forest: Forest, X: ArrayLike) -> Floats:
    """Let each training row be predicted by the trees that have not seen it.

    Parameters
    ----------
    forest : Forest
    X : array_like of shape (n_samples, n_features)
        The rows that it was grown from, in the same order.

    Returns
    -------
    ndarray of float64 of shape (n_samples, n_classes)
        NaN in a row that every tree has seen.

    Raises
    ------
    ValueError
        If there are more or fewer rows than it was grown from; and as `Tree.apply`.

    Notes
    -----
    Page ``trees-and-forests``, equation ``forest-out-of-bag``.
    """
    X = check_rows(X, forest.trees[0].n_values)
    check_shape("X", X, "n_samples n_features", n_samples=forest.n_drawn.shape[1])
    total = np.zeros((len(X), len(forest.classes)))
    for tree, bag in zip(forest.trees, forest.n_drawn, strict=True):
        total[bag == 0] += _proba(tree, X[bag == 0])
    n_trees = (forest.n_drawn == 0).sum(axis=0)[:, None]
    nothing = np.full(total.shape, np.nan)
    return np.asarray(np.divide(total, n_trees, out=nothing, where=n_trees > 0))


def out_of_bag_error(forest: Forest, X: ArrayLike, y: ArrayLike) -> float:
    """Share of training rows that the trees which have not seen them get wrong together.

    Parameters
    ----------
    forest : Forest
    X : array_like of shape (n_samples, n_features)
        The rows that it was grown from, in the same order.
    y : array_like of shape (n_samples,)
        Their labels.

    Returns
    -------
    float
        Between 0 and 1, over the rows that some tree has not seen.

    Raises
    ------
    ValueError
        If there are more or fewer rows or labels, a label is not one of the forest's classes, or
        every tree has seen every row.
    """
    proba = out_of_bag_proba(forest, X)
    check_shape("y", y, "n_samples", n_samples=len(proba))
    labels = check_labels("y", y)
    if strange := set(labels.tolist()) - set(forest.classes.tolist()):
        raise ValueError(f"y must hold classes of the forest, got {min(strange)!r}.")
    seen = ~np.isnan(proba[:, 0])
    if not seen.any():
        raise ValueError("forest must leave some row out of some bag. Grow more trees.")
    answers = forest.classes[proba[seen].argmax(axis=1)]
    return float(np.mean(answers != labels[seen]))


def _proba(tree: Tree, X: Floats) -> Floats:
    shares = tree.counts / tree.counts.sum(axis=1, keepdims=True)
    found: Floats = shares[find_leaves(tree, X)]
    return found
