"""Decision trees for classification (CART): questions about one feature at a time.

A tree is a table with a row for each node. A node that is split asks whether a feature is at most a
threshold, or, if the values of the feature have no order, whether its value is in a set. Rows for
which the answer is yes go to the left child, all others to the right one.

All nodes of one depth are split at once: their rows are sorted together, by node and by value, and
running sums over the sorted rows give the classes to the left of every possible cut.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.mining.labels import check_labels
from unrolled.shapes import check_integer, check_integers, check_number, check_numbers, check_shape

__all__ = [
    "PruningPath",
    "Rules",
    "Table",
    "Tree",
    "entropy",
    "fit_tree",
    "gini",
    "grow",
    "prune",
    "pruning_path",
    "read_table",
    "weakest_links",
]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Order = Callable[[int], Integers]

N_VALUES = 62  # at most, of a feature without order: a bit of an integer for each
TIED = 12  # digits after the point in which two decreases have to differ


class Tree(NamedTuple):
    """A tree, one entry for each node: the root first, and each level before the next.

    ``left`` and ``feature`` are -1 at a leaf. The right child is the node after the left one.
    """

    classes: NDArray[Any]  # (n_classes,)            labels, sorted
    counts: Floats  # (n_nodes, n_classes)           rows of each class, each as often as it counts
    impurity: Floats  # (n_nodes,)
    feature: Integers  # (n_nodes,)                  which column the node asks about
    threshold: Floats  # (n_nodes,)                  at most this goes left; NaN without order
    values: Integers  # (n_nodes,)                   without order: bit v set if v goes left
    left: Integers  # (n_nodes,)                     left child
    n_values: Integers  # (n_features,)              0 for a feature with order, else codes below it

    @property
    def n_leaves(self) -> int:
        """Number of leaves."""
        return int(np.sum(self.left < 0))

    @property
    def depth(self) -> int:
        """Number of questions on the longest way from the root to a leaf."""
        level, depth = np.zeros(1, dtype=np.int64), -1
        while len(level):
            first = self.left[level]
            level = np.concatenate([first[first >= 0], first[first >= 0] + 1])
            depth += 1
        return depth

    def apply(self, X: ArrayLike) -> Integers:
        """Return the leaf that each row falls into.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of int64 of shape (n_samples,)

        Raises
        ------
        ValueError
            If the shape is another one than that of the training rows, a number is not finite, or
            a feature without order has a value that no training row had the code for.
        """
        return find_leaves(self, check_rows(X, self.n_values))

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Return the shares of the classes among the training rows of each row's leaf.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_classes)

        Raises
        ------
        ValueError
            As `apply`.
        """
        shares: Floats = _shares(self.counts)[self.apply(X)]
        return shares

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most frequent class of each row's leaf, the first of them if several are.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)

        Raises
        ------
        ValueError
            As `apply`.
        """
        found: NDArray[Any] = self.classes[self.counts.argmax(axis=1)[self.apply(X)]]
        return found


class Rules(NamedTuple):
    """How a tree grows: what its splits reduce, and when a node stays a leaf."""

    criterion: str = "gini"  # or "entropy"
    max_depth: int | None = None  # questions on the way to a leaf
    min_samples_split: int = 2  # rows of a node that is split
    min_samples_leaf: int = 1  # rows of each child
    min_impurity_decrease: float = 0.0  # of a split, times the share of the rows in its node


class Table(NamedTuple):
    """Training rows as trees read them."""

    X: Floats  # (n_samples, n_features)
    ranks: Integers  # (n_features, n_samples)   0 for the smallest value of the feature, and so on
    codes: Integers  # (n_samples,)              classes as integers from 0
    classes: NDArray[Any]  # (n_classes,)
    n_values: Integers  # (n_features,)          as in `Tree`


class PruningPath(NamedTuple):
    """What is left of a tree as the price of a leaf rises."""

    alphas: Floats  # (n_steps,)        price from which on the tree is this one; the first is 0
    n_leaves: Integers  # (n_steps,)
    impurities: Floats  # (n_steps,)    mean impurity over all rows, each in its leaf


# Impurity -------------------------------------------------------------------------------------


def gini(counts: ArrayLike) -> Floats:
    """Probability that two items drawn with replacement belong to different classes.

    Parameters
    ----------
    counts : array_like of shape (..., n_classes)
        Numbers of items, or shares; at least one above zero in each node.

    Returns
    -------
    ndarray of float64 of shape (...)
        From 0 to ``1 - 1 / n_classes``.

    Raises
    ------
    ValueError
        If a count is negative or not finite, or all counts of a node are zero.

    Notes
    -----
    Breiman et al. (1984). Page ``trees-and-forests``, equation ``tree-gini``.
    """
    return _gini(_check_counts(counts))


def entropy(counts: ArrayLike) -> Floats:
    """Mean information, in bits, of the class of an item.

    Parameters
    ----------
    counts : array_like of shape (..., n_classes)
        Numbers of items, or shares; at least one above zero in each node.

    Returns
    -------
    ndarray of float64 of shape (...)
        From 0 to ``log2(n_classes)``.

    Raises
    ------
    ValueError
        If a count is negative or not finite, or all counts of a node are zero.

    Notes
    -----
    Shannon (1948). Page ``trees-and-forests``, equation ``tree-entropy``.
    """
    return _entropy(_check_counts(counts))


def _shares(counts: Floats) -> Floats:
    shares: Floats = counts / counts.sum(axis=-1, keepdims=True)
    return shares


def _gini(counts: Floats) -> Floats:
    p = _shares(counts)
    return np.asarray(1 - (p * p).sum(axis=-1))


def _entropy(counts: Floats) -> Floats:
    p = _shares(counts)
    bits = np.log2(np.where(p > 0, p, 1))
    return np.asarray(-(p * bits).sum(axis=-1) + 0.0)


CRITERIA = {"gini": _gini, "entropy": _entropy}


# Growing --------------------------------------------------------------------------------------


def fit_tree(X: ArrayLike, y: ArrayLike, *, unordered: Sequence[int] = (), **rules: Any) -> Tree:
    """Grow a tree by the split that reduces the impurity most, at each node anew.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)
        Finite numbers.
    y : array_like of int, bool or str, of shape (n_samples,)
    unordered : sequence of int, optional
        Columns of `X` whose values have no order: integer codes from 0 to 61. They need a task with
        two classes.
    **rules
        As in `Rules`: `criterion`, `max_depth`, `min_samples_split`, `min_samples_leaf`,
        `min_impurity_decrease`.

    Returns
    -------
    Tree
        A single leaf if there is one class only, or no two rows differ.

    Raises
    ------
    ValueError
        If the shapes do not fit, a number is not finite, labels are of several kinds, or a rule or
        an unordered column is not as described.

    Notes
    -----
    Thresholds are in the middle between two neighbouring values of the node's rows. If splits
    reduce the impurity equally, in twelve digits, the feature with the smallest number is taken,
    and of its thresholds the smallest. Values without order are sorted by the share of the second
    class in the node, and cut where it is best to cut this order: no other set of values is better
    (Breiman et al., 1984). A value that a node has not seen goes to its larger child.
    Page ``trees-and-forests``, equation ``tree-decrease``.
    """
    table = read_table(X, y, unordered)
    n_samples, n_features = table.X.shape
    columns = np.arange(n_features)

    def in_order(n_nodes: int) -> Integers:
        return np.broadcast_to(columns, (n_nodes, n_features))

    weights = np.ones((1, n_samples))
    return grow(table, weights, check_rules(rules), in_order, n_features)[0]


def read_table(X: ArrayLike, y: ArrayLike, unordered: Sequence[int] = ()) -> Table:
    """Check training rows, and rank the values of each feature once for all trees.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)
    y : array_like of int, bool or str, of shape (n_samples,)
    unordered : sequence of int, optional
        Columns whose values have no order.

    Returns
    -------
    Table

    Raises
    ------
    ValueError
        As `fit_tree`.
    """
    numbers = check_numbers("X", X)
    n_samples, n_features = check_shape("X", numbers, "n_samples n_features")
    if not numbers.size:
        raise ValueError(f"X must hold at least one number, got shape {numbers.shape}.")
    check_shape("y", y, "n_samples", n_samples=n_samples)
    classes, codes = np.unique(check_labels("y", y), return_inverse=True)
    n_values = np.zeros(n_features, dtype=np.int64)
    repair = f"X has {n_features} columns."
    for column in check_integers(
        "unordered", list(unordered), at_least=0, at_most=n_features - 1, repair=repair
    ):
        if len(classes) > 2:
            raise ValueError(
                f"unordered must be empty for {len(classes)} classes, got column {column}. "
                "Give each of its values a column of zeros and ones."
            )
        _check_codes(numbers[:, column], column, N_VALUES)
        n_values[column] = int(numbers[:, column].max()) + 1
    ranks = [np.unique(column, return_inverse=True)[1] for column in numbers.T]
    return Table(numbers, np.array(ranks), codes, classes, n_values)


def check_rules(rules: dict[str, Any]) -> Rules:
    """Return rules that are checked."""
    if unknown := rules.keys() - set(Rules._fields):
        raise TypeError(f"there is no rule {sorted(unknown)[0]!r} for growing a tree.")
    found = Rules(**rules)
    if found.criterion not in CRITERIA:
        raise ValueError(f"criterion must be 'gini' or 'entropy', got {found.criterion!r}.")
    depth = found.max_depth
    return Rules(
        found.criterion,
        None if depth is None else check_integer("max_depth", depth, at_least=0),
        check_integer("min_samples_split", found.min_samples_split, at_least=2),
        check_integer("min_samples_leaf", found.min_samples_leaf),
        check_number("min_impurity_decrease", found.min_impurity_decrease, at_least=0),
    )


def grow(table: Table, weights: Floats, rules: Rules, order: Order, n_features: int) -> list[Tree]:
    """Grow trees side by side, each from rows that count several times or not at all.

    Parameters
    ----------
    table : Table
    weights : ndarray of float64 of shape (n_trees, n_samples)
        How often each row counts in each tree: whole numbers that add up to ``n_samples``.
    rules : Rules
    order : callable
        Takes a number of nodes and returns for each of them all features, in the order in which
        they are tried: an array of int of shape (n_nodes, n_features).
    n_features : int
        How many of them each node tries; it goes on while none of them can be split.

    Returns
    -------
    list of Tree
    """
    tree, row = np.nonzero(weights)
    member = np.zeros((len(table.classes), len(row)))
    member[table.codes[row], np.arange(len(row))] = weights[tree, row]
    rows = _Rows(row, tree, member)
    trees, n_before = [np.arange(len(weights))], 0
    levels: list[_Level] = []
    while len(trees[-1]):
        level = _as_leaves(rows.counts(len(trees[-1])), rules.criterion)
        tried = _may_be_split(level, len(levels), rules)
        rows = rows.of(tried)
        _split(level, table, rows, tried, rules, order, n_features)
        inner = level.feature >= 0
        n_before += len(inner)
        level.left[inner] = n_before + np.arange(0, 2 * inner.sum(), 2)
        rows = rows.of(inner)
        goes_right = _answers_no(level, rows.node, table.X, rows.row, table.n_values)
        rows = rows._replace(node=level.left[rows.node] - n_before + goes_right)
        levels.append(level)
        trees.append(trees[-1][inner].repeat(2))
    nodes = _Level._make(np.concatenate(parts) for parts in zip(*levels, strict=True))
    return _apart(table, nodes, np.concatenate(trees), len(weights))


class _Level(NamedTuple):
    """Nodes of one depth: columns of a `Tree`, between its classes and its numbers of values."""

    counts: Floats
    impurity: Floats
    feature: Integers
    threshold: Floats
    values: Integers
    left: Integers


class _Rows(NamedTuple):
    """Rows of the table in nodes of one level."""

    row: Integers
    node: Integers
    member: Floats  # (n_classes, ...)   how often a row counts, in the line of its class

    def of(self, nodes: NDArray[np.bool_]) -> "_Rows":
        """Return the rows in some of the nodes."""
        kept = np.flatnonzero(nodes[self.node])
        return _Rows(self.row[kept], self.node[kept], self.member.take(kept, axis=1))

    def counts(self, n_nodes: int) -> Floats:
        """Count the rows of each class in each node."""
        return np.array([np.bincount(self.node, line, n_nodes) for line in self.member]).T


def _as_leaves(counts: Floats, criterion: str) -> _Level:
    n_nodes = len(counts)
    none = np.full(n_nodes, -1)
    nothing, no_values = np.full(n_nodes, np.nan), np.zeros(n_nodes, dtype=np.int64)
    return _Level(counts, CRITERIA[criterion](counts), none, nothing, no_values, none.copy())


def _may_be_split(level: _Level, depth: int, rules: Rules) -> NDArray[np.bool_]:
    deep = rules.max_depth is not None and depth >= rules.max_depth
    large: NDArray[np.bool_] = level.counts.sum(axis=1) >= rules.min_samples_split
    return large & (level.impurity > 0) & (not deep)


def _apart(table: Table, nodes: _Level, tree: Integers, n_trees: int) -> list[Tree]:
    """Give each tree its own nodes, numbered from 0."""
    number, trees = np.zeros(len(tree), dtype=np.int64), []
    for own in (np.flatnonzero(tree == one) for one in range(n_trees)):
        number[own] = np.arange(len(own))
        left = nodes.left[own]
        columns = _Level._make(column[own] for column in nodes)
        columns = columns._replace(left=np.where(left >= 0, number[left], -1))
        trees.append(Tree(table.classes, *columns, table.n_values))
    return trees


def _split(
    level: _Level,
    table: Table,
    rows: _Rows,
    tried: NDArray[np.bool_],
    rules: Rules,
    order: Order,
    n_features: int,
) -> None:
    """Find the best split of each node that may have one, and write it into the level."""
    best = np.full(len(tried), -np.inf)
    queue = np.zeros((len(tried), table.X.shape[1]), dtype=np.int64)
    queue[tried] = order(int(tried.sum()))
    least = rules.min_impurity_decrease * len(table.X) / level.counts.sum(axis=1)
    for turn, feature in enumerate(queue.T):
        if turn >= n_features:  # only where nothing was found yet
            rows = rows.of(level.feature < 0)
        if not len(rows.row):
            break
        place = table.ranks[feature[rows.node], rows.row]
        value_orders = _order_values(table, rows, feature, place)
        cuts = _best_cuts(level, rows, place, rules)
        better = (cuts.decrease > best[cuts.node]) & (cuts.decrease >= least[cuts.node])
        cuts = cuts.where(better)
        best[cuts.node] = cuts.decrease
        level.feature[cuts.node] = feature[cuts.node]
        level.threshold[cuts.node] = _between(table.X, cuts, feature)
        level.values[cuts.node] = 0
        for column, positions in value_orders.items():
            own = cuts.where(feature[cuts.node] == column)
            level.values[own.node] = _left_values(positions, own)
            level.threshold[own.node] = np.nan


class _Cuts(NamedTuple):
    """The best cut of some nodes, along one feature for each."""

    node: Integers
    decrease: Floats
    below: Integers  # the last row to the left
    above: Integers  # the first row to the right
    place: Integers  # of the last row to the left
    larger: NDArray[np.bool_]  # whether the left child has at least as many rows as the right one

    def where(self, chosen: NDArray[np.bool_]) -> "_Cuts":
        """Return some of the cuts."""
        return _Cuts._make(part[chosen] for part in self)


def _best_cuts(level: _Level, rows: _Rows, place: Integers, rules: Rules) -> _Cuts:
    """Cut the rows of each node, sorted by their place, where the impurity falls most."""
    span = int(place.max()) + 1
    key = rows.node * span + place
    order = key.argsort()
    key, row, node = key[order], rows.row[order], rows.node[order]
    cut = np.flatnonzero((np.diff(node) == 0) & (np.diff(key) > 0))
    total = rows.counts(len(level.counts)).T
    earlier = np.cumsum(total, axis=1) - total  # in all nodes before
    at = node[cut]
    left = rows.member.take(order, axis=1).cumsum(axis=1).take(cut, axis=1)
    left -= earlier.take(at, axis=1)
    right = total.take(at, axis=1) - left
    n_left, n_right = left.sum(axis=0), right.sum(axis=0)
    impurity = CRITERIA[rules.criterion]
    after = (n_left * impurity(left.T) + n_right * impurity(right.T)) / (n_left + n_right)
    decrease = np.round(level.impurity[at] - after, TIED)
    decrease[np.minimum(n_left, n_right) < rules.min_samples_leaf] = -np.inf
    best = np.full(len(level.counts), -np.inf)
    np.maximum.at(best, at, decrease)
    ties = np.flatnonzero((decrease == best[at]) & np.isfinite(decrease))
    first = ties[np.flatnonzero(np.diff(at[ties], prepend=-1))]
    i = cut[first]
    larger = n_left[first] >= n_right[first]
    return _Cuts(at[first], decrease[first], row[i], row[i + 1], key[i] % span, larger)


def _between(X: Floats, cuts: _Cuts, feature: Integers) -> Floats:
    """Return the middle between the two rows beside each cut, or the lower of them."""
    low, high = (X[rows, feature[cuts.node]] for rows in (cuts.below, cuts.above))
    middle = low / 2 + high / 2
    return np.where((low <= middle) & (middle < high), middle, low)


def _order_values(
    table: Table, rows: _Rows, feature: Integers, place: Integers
) -> dict[int, Floats]:
    """Place the rows of features without order by the share of the second class at their value.

    Returns, for each such feature that a node asks about, the place of each value in each node; a
    value that the node has not seen is at infinity.
    """
    orders = {}
    for column in np.flatnonzero(table.n_values):
        n_values = int(table.n_values[column])
        asked = rows.of(feature == column)
        value = table.X[asked.row, column].astype(np.int64)
        cells = asked._replace(node=asked.node * n_values + value)
        counts = cells.counts(len(feature) * n_values)
        n, second = counts.sum(axis=1), counts[:, 1:].sum(axis=1)
        share = np.divide(second, n, out=np.full(len(n), np.inf), where=n > 0)
        share = share.reshape(len(feature), n_values)
        position = share.argsort(axis=1, kind="stable").argsort(axis=1)
        place[feature[rows.node] == column] = position[asked.node, value]
        orders[int(column)] = np.where(np.isfinite(share), position, np.inf)
    return orders


def _left_values(positions: Floats, cuts: _Cuts) -> Integers:
    """Write the values that go left as the bits of an integer."""
    place = positions[cuts.node]
    goes_left = (place <= cuts.place[:, None]) | (np.isinf(place) & cuts.larger[:, None])
    bits: Integers = (goes_left * (1 << np.arange(place.shape[1]))).sum(axis=1)
    return bits


def _answers_no(
    nodes: _Level | Tree, at: Integers, X: Floats, rows: Integers, n_values: Integers
) -> NDArray[np.bool_]:
    """Say which rows go right, each at a node that is split."""
    feature = nodes.feature[at]
    x = X[rows, feature]
    goes_right: NDArray[np.bool_] = x > nodes.threshold[at]
    if n_values.any():
        of = np.flatnonzero(n_values[feature])
        goes_right[of] = nodes.values[at[of]] >> x[of].astype(np.int64) & 1 == 0
    return goes_right


def find_leaves(tree: Tree, X: Floats) -> Integers:
    """Return the leaf of each row of a table that is checked."""
    node = np.zeros(len(X), dtype=np.int64)
    rows = np.arange(len(X))
    while len(rows := rows[tree.left[node[rows]] >= 0]):
        at = node[rows]
        node[rows] = tree.left[at] + _answers_no(tree, at, X, rows, tree.n_values)
    return node


# Pruning --------------------------------------------------------------------------------------


def weakest_links(tree: Tree) -> Floats:
    """Price of a leaf at which each node stops paying for what hangs on it.

    Parameters
    ----------
    tree : Tree

    Returns
    -------
    ndarray of float64 of shape (n_nodes,)
        From the root downwards it never rises; 0 at a leaf.

    Notes
    -----
    Breiman et al. (1984), chapter 3. Page ``trees-and-forests``, equations ``tree-cost`` and
    ``tree-link``.
    """
    own = _mean_impurity(tree)
    below, n_leaves = own.copy(), np.ones(len(own))
    parent = np.full(len(own), -1)
    for node in np.flatnonzero(tree.left >= 0)[::-1]:
        both = slice(tree.left[node], tree.left[node] + 2)
        below[node], n_leaves[node] = below[both].sum(), n_leaves[both].sum()
        parent[both] = node
    inner, alphas, alpha = tree.left >= 0, np.zeros(len(own)), 0.0
    while inner[0]:
        link = np.full(len(own), np.inf)
        link[inner] = (own[inner] - below[inner]) / (n_leaves[inner] - 1)
        weakest = int(link.argmin())
        if link[weakest] > alpha + 10.0**-TIED:
            alpha = float(link[weakest])
        saved, lost = own[weakest] - below[weakest], n_leaves[weakest] - 1
        node = weakest
        while node >= 0:  # it is a leaf now, for itself and for all above it
            below[node] += saved
            n_leaves[node] -= lost
            node = parent[node]
        gone = [weakest]
        while gone:
            node = gone.pop()
            if inner[node]:
                inner[node], alphas[node] = False, alpha
                gone += [tree.left[node], tree.left[node] + 1]
    return alphas


def pruning_path(tree: Tree) -> PruningPath:
    """Prune a tree more and more, and say what is left after each step.

    Parameters
    ----------
    tree : Tree

    Returns
    -------
    PruningPath
        The last step is the root alone.

    Notes
    -----
    Page ``trees-and-forests``, equations ``tree-cost`` and ``tree-link``.
    """
    links = weakest_links(tree)
    alphas = np.unique(np.append(links, 0.0))
    pruned = [_prune(tree, links > alpha) for alpha in alphas]
    costs = [float(_mean_impurity(left)[left.left < 0].sum()) for left in pruned]
    return PruningPath(alphas, np.array([left.n_leaves for left in pruned]), np.array(costs))


def prune(tree: Tree, alpha: float) -> Tree:
    """Remove the splits that are not worth the price of their leaves.

    Parameters
    ----------
    tree : Tree
    alpha : float
        Price of a leaf, at least 0, in units of the impurity.

    Returns
    -------
    Tree
        Of all trees that are left when splits are removed the one of least cost, and of several
        such the smallest.

    Raises
    ------
    ValueError
        If the price is negative or not finite.

    Notes
    -----
    Page ``trees-and-forests``, equation ``tree-cost``.
    """
    return _prune(tree, weakest_links(tree) > check_number("alpha", alpha, at_least=0))


def _prune(tree: Tree, inner: NDArray[np.bool_]) -> Tree:
    """Make leaves of all nodes but the inner ones."""
    kept = np.zeros(len(inner), dtype=bool)
    kept[0] = True
    kept[tree.left[inner]] = kept[tree.left[inner] + 1] = True
    number = np.cumsum(kept) - 1
    return tree._replace(
        counts=tree.counts[kept],
        impurity=tree.impurity[kept],
        feature=np.where(inner, tree.feature, -1)[kept],
        threshold=np.where(inner, tree.threshold, np.nan)[kept],
        values=np.where(inner, tree.values, 0)[kept],
        left=np.where(inner, number[tree.left], -1)[kept],
    )


def _mean_impurity(tree: Tree) -> Floats:
    """Impurity of each node, times the share of all rows that are in it."""
    n = tree.counts.sum(axis=1)
    return np.asarray(n / n[0] * tree.impurity)


# Checks ---------------------------------------------------------------------------------------


def check_rows(X: ArrayLike, n_values: Integers) -> Floats:
    """Return rows that a tree can be asked about."""
    numbers = check_numbers("X", X)
    check_shape("X", numbers, "n_samples n_features", n_features=len(n_values))
    for column in np.flatnonzero(n_values):
        _check_codes(numbers[:, column], int(column), int(n_values[column]))
    return numbers


def _check_codes(column: Floats, number: int, n_values: int) -> None:
    strange = (column != np.rint(column)) | (column < 0) | (column >= n_values)
    if strange.any():
        raise ValueError(
            f"X must hold integers from 0 to {n_values - 1} in column {number}, whose values have "
            f"no order, got {column[strange][0]:g}."
        )


def _check_counts(counts: ArrayLike) -> Floats:
    numbers = check_numbers("counts", counts, at_least=0)
    check_shape("counts", numbers, "... n_classes")
    if not (numbers.sum(axis=-1) > 0).all():
        raise ValueError("counts must hold an item in each node, got a node without any.")
    return numbers
