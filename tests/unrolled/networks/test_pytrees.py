from typing import NamedTuple

import numpy as np
import pytest

from unrolled.networks.pytrees import (
    check_params,
    check_same,
    count_parameters,
    leaves_of,
    map_leaves,
    replace_leaves,
)

N_IN, N_OUT = 2, 3


class Layer(NamedTuple):
    W: object
    b: object


class Pair(NamedTuple):
    first: Layer
    second: Layer


TREE = Pair(Layer(np.ones((N_IN, N_OUT)), np.zeros(N_OUT)), Layer(np.ones((N_OUT, 5)), np.zeros(5)))
AXES = Pair(Layer("n_in n_hidden", "n_hidden"), Layer("n_hidden n_out", "n_out"))


def test_leaves_are_named_by_their_path():
    assert list(leaves_of(TREE)) == ["first.W", "first.b", "second.W", "second.b"]
    assert leaves_of(TREE, "params")["params.second.b"] is TREE.second.b
    assert leaves_of(3, "x") == {"x": 3}


def test_numbers_at_the_leaves_are_counted():
    assert count_parameters(TREE) == 2 * 3 + 3 + 3 * 5 + 5
    assert count_parameters(np.zeros((2, 3))) == 6


def test_a_function_goes_to_every_leaf():
    doubled = map_leaves(np.add, TREE, TREE)
    assert isinstance(doubled.second, Layer)
    np.testing.assert_array_equal(doubled.first.W, 2 * TREE.first.W)
    assert replace_leaves(TREE, leaves_of(doubled, "p"), "p").second.b is doubled.second.b


def test_branches_without_names_are_numbered():
    tree = Pair((np.ones(2), TREE.first), np.zeros(5))
    assert list(leaves_of(tree)) == ["first.0", "first.1.W", "first.1.b", "second"]
    moved = map_leaves(lambda leaf: leaf + 1, tree)
    assert type(moved.first) is tuple
    np.testing.assert_array_equal(moved.first[1].b, TREE.first.b + 1)
    replaced = replace_leaves(tree, leaves_of(moved, "p"), "p")
    assert replaced.first[0] is moved.first[0]
    assert count_parameters(tree) == 2 + 2 * 3 + 3 + 5


def test_sizes_of_all_axes_come_back():
    assert check_params("params", TREE, AXES) == {"n_in": 2, "n_hidden": 3, "n_out": 5}


@pytest.mark.parametrize(
    ("tree", "complaint"),
    [
        (None, r"params must be a named tuple Pair, got NoneType. Make one: Pair\(first, second\)"),
        (tuple(TREE), "params must be a named tuple Pair, got tuple"),
        (Pair(TREE.first, TREE), "params.second must be a named tuple Layer, got Pair"),
        (Pair(TREE.first, TREE.first), r"params.second.W must have shape \(n_hidden=3, n_out\)"),
        (Pair(TREE.first, Layer(np.ones((3, 0)), np.ones(0))), "params.second.W must not be empty"),
    ],
)
def test_trees_that_do_not_fit_are_named(tree, complaint):
    with pytest.raises(ValueError, match=complaint):
        check_params("params", tree, AXES)


def test_other_arrays_are_refused_even_where_they_are_equal():
    check_same(TREE, Pair(Layer(*TREE.first), Layer(*TREE.second)))
    for other in (map_leaves(np.copy, TREE), TREE.first, None):
        with pytest.raises(ValueError, match="cache must come from a forward pass with the same"):
            check_same(other, TREE)


def test_trees_of_different_kinds_are_refused():
    with pytest.raises(ValueError, match="trees must be of one kind, got Pair and Layer"):
        map_leaves(np.add, TREE, TREE.first)
    with pytest.raises(ValueError, match="trees must be of one kind, got a leaf and a named tuple"):
        map_leaves(np.add, Layer(1, 2), Layer(1, TREE.first))
    with pytest.raises(
        ValueError, match="trees must have the same number of branches, got 2 and 3"
    ):
        map_leaves(np.add, (1, 2), (1, 2, 3))
