"""Projective dependency trees: the readings that a grammar leaves to a phrase.

Units are counted from one. A tree holds for each unit its governor, the unit it belongs to, and 0
for the root, which belongs to none: the column HEAD of the CoNLL-U format.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from itertools import permutations

from unrolled.shapes import check_integer

__all__ = [
    "Tree",
    "allowed_governors",
    "is_projective",
    "n_projective_trees",
    "projective_trees",
    "tree_probabilities",
]

Tree = tuple[int, ...]


def allowed_governors(
    kinds: Sequence[str], pairs: Collection[tuple[str, str]], *, final: bool
) -> list[tuple[int, ...]]:
    """Return what each unit of a phrase may belong to, by the kinds of the units.

    Parameters
    ----------
    kinds : sequence of str
        The kind of each unit, or the unit itself where each is a kind of its own.
    pairs : collection of (str, str)
        The grammar: kinds of a governor and of a unit that may belong to it.
    final : bool
        Governors stand to the right of what belongs to them, and the root is the last unit;
        otherwise they stand to the left, and the root is the first one.

    Returns
    -------
    list of tuple of int
        For each unit the positions of its possible governors, in order; ``(0,)`` for the root, and
        nothing where the grammar has no place for the unit.

    Raises
    ------
    ValueError
        If there is no unit, or `kinds` or `pairs` hold something else than described.

    Notes
    -----
    Page ``readings``.

    Examples
    --------
    >>> allowed_governors(["red", "cat"], {("cat", "red")}, final=True)
    [(2,), (0,)]
    """
    units, grammar = _words("kinds", kinds), {_words("a pair", pair) for pair in pairs}
    if not units:
        raise ValueError("kinds must hold at least one unit, got none.")
    if odd := [pair for pair in grammar if len(pair) != 2]:
        raise ValueError(f"pairs must hold a governor and a dependant each, got {odd[0]}.")
    n = len(units)
    allowed = []
    for unit in range(1, n + 1):
        behind = range(unit + 1, n + 1) if final else range(1, unit)
        governors = (g for g in behind if (units[g - 1], units[unit - 1]) in grammar)
        allowed.append(tuple(governors) if behind else (0,))
    return allowed


def projective_trees(allowed: Sequence[Collection[int]]) -> list[Tree]:
    """List all projective trees in which each unit belongs to one of its possible governors.

    Parameters
    ----------
    allowed : sequence of collection of int
        For each unit the positions of its possible governors, and 0 if it may be the root.

    Returns
    -------
    list of tuple of int
        In the order of their first governors, then of their second ones, and so on. There may be
        exponentially many: `n_projective_trees` tells how many where all governors stand on one
        side.

    Raises
    ------
    ValueError
        If there is no unit, or a position is not one of the phrase or that of the unit itself.

    Notes
    -----
    In a projective tree the units below a governor and right of it fall into neighbouring blocks,
    each a tree of its own whose root belongs to the governor; so do those left of it. Page
    ``readings``.

    Examples
    --------
    >>> projective_trees([(2, 3), (3,), (0,)])
    [(2, 3, 0), (3, 3, 0)]
    """
    n = len(allowed)
    if not n:
        raise ValueError("allowed must hold at least one unit, got none.")
    may_be = [_positions(f"allowed[{k}]", unit, n) for k, unit in enumerate(allowed)]
    for unit, governors in enumerate(may_be, 1):
        if unit in governors:
            raise ValueError(f"allowed[{unit - 1}] must not hold the unit itself, got {unit}.")

    @cache
    def whole(root: int, start: int, stop: int, governor: int) -> list[Tree]:
        """All trees of the units from start to before stop whose root belongs to the governor."""
        return [
            (*left, governor, *right)
            for left in blocks(start, root, root)
            for right in blocks(root + 1, stop, root)
        ]

    @cache
    def blocks(start: int, stop: int, governor: int) -> list[Tree]:
        """All ways to cut the units from start to before stop into trees under the governor."""
        if start == stop:
            return [()]
        return [
            (*first, *rest)
            for cut in range(start + 1, stop + 1)
            for root in range(start, cut)
            if governor in may_be[root - 1]
            for first in whole(root, start, cut, governor)
            for rest in blocks(cut, stop, governor)
        ]

    roots = [unit for unit, governors in enumerate(may_be, 1) if 0 in governors]
    return sorted(tree for root in roots for tree in whole(root, 1, n + 1, 0))


def is_projective(tree: Sequence[int]) -> bool:
    """Whether no two arcs of a tree cross, when they are drawn above its units.

    Parameters
    ----------
    tree : sequence of int
        The governor of each unit, 0 for the root.

    Returns
    -------
    bool
        The arc of the root comes from position 0, so that an arc over the root crosses it.

    Raises
    ------
    ValueError
        If the governors make no tree: not exactly one root, a position outside of the phrase, or
        a circle.

    Notes
    -----
    Page ``readings``, equation ``arcs-cross``.

    Examples
    --------
    >>> is_projective((2, 5, 4, 5, 0)), is_projective((4, 5, 4, 5, 0))
    (True, False)
    """
    arcs = [sorted(arc) for arc in enumerate(_tree(tree), 1)]
    return not any(a < c < b < d for (a, b), (c, d) in permutations(arcs, 2))


def n_projective_trees(n_units: int) -> int:
    """Count the projective trees of some units in which every governor stands on the same side.

    Parameters
    ----------
    n_units : int

    Returns
    -------
    int
        A Catalan number, that of ``n_units - 1``.

    Raises
    ------
    ValueError
        If `n_units` is not an integer, or is below one.

    Notes
    -----
    Page ``readings``, equation ``tree-recurrence``.
    """
    check_integer("n_units", n_units)
    counts = [0, 1]
    for n in range(2, n_units + 1):
        counts.append(sum(counts[k] * counts[n - k] for k in range(1, n)))
    return counts[n_units]


def tree_probabilities(
    trees: Sequence[Sequence[int]], weights: Mapping[tuple[int, int], float]
) -> list[float]:
    """Return a probability for each tree, in proportion to the product of its pairs' weights.

    Parameters
    ----------
    trees : sequence of tree
        Each with the governor of each unit, 0 for the root, whose arc has no weight.
    weights : mapping of (int, int) to float
        How credible it is that a unit belongs to a governor: by both positions, the unit's first.
        Not below zero.

    Returns
    -------
    list of float

    Raises
    ------
    ValueError
        If there is no tree, a weight is missing, negative or not finite, or all products are zero.

    Notes
    -----
    Sums of logarithms, so that no product underflows. Page ``readings``, equation
    ``reading-probability``.
    """
    if not len(trees):
        raise ValueError("trees must hold at least one tree, got none.")
    scores = [math.fsum(_log_weights(_tree(tree), weights)) for tree in trees]
    best = max(scores)
    if best == -math.inf:
        raise ValueError("weights must leave a tree whose weights are all above zero, got none.")
    shares = [math.exp(score - best) for score in scores]
    total = math.fsum(shares)
    return [share / total for share in shares]


def _log_weights(tree: Tree, weights: Mapping[tuple[int, int], float]) -> list[float]:
    """Return the logarithms of a tree's weights; that of zero is minus infinity."""
    logs = []
    for unit, governor in enumerate(tree, 1):
        if not governor:
            continue
        if (unit, governor) not in weights:
            raise ValueError(f"weights must hold the pair ({unit}, {governor}), got none for it.")
        weight = weights[unit, governor]
        if not 0 <= weight < math.inf:
            raise ValueError(
                f"weights must be finite and not below zero, got {weight} for ({unit}, {governor})."
            )
        logs.append(math.log(weight) if weight else -math.inf)
    return logs


def _tree(tree: Sequence[int]) -> Tree:
    """Return governors that make a tree, or complain."""
    n = len(tree)
    governors = _positions("tree", tree, n)
    if governors.count(0) != 1:
        raise ValueError(f"tree must have exactly one root, got {governors}.")
    reached, new = {0}, {0}
    while new:
        new = {unit for unit, g in enumerate(governors, 1) if g in new}
        reached |= new
    if len(reached) <= n:
        raise ValueError(f"tree must lead from every unit to the root, got {governors}.")
    return governors


def _positions(name: str, values: Collection[int], n: int) -> tuple[int, ...]:
    """Return positions of a phrase of n units, 0 among them, or complain."""
    positions = tuple(check_integer(name, value, at_least=0) for value in values)
    if positions and max(positions) > n:
        raise ValueError(f"{name} must hold positions up to {n}, got {max(positions)}.")
    return positions


def _words(name: str, values: Sequence[str]) -> tuple[str, ...]:
    """Return words as a tuple, or complain."""
    if isinstance(values, str) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"{name} must hold strings, got {values!r}.")
    return tuple(values)
