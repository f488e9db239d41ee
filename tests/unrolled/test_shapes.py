import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from unrolled.shapes import (
    check_broadcast,
    check_floats,
    check_generator,
    check_integer,
    check_integers,
    check_mask,
    check_number,
    check_numbers,
    check_shape,
)

BATCH, TIME, N_IN = 2, 3, 5


def test_sizes_come_back_in_the_order_of_the_axes():
    assert check_shape("x", np.zeros((BATCH, TIME, N_IN)), "batch time n_in", n_in=N_IN) == (
        2,
        3,
        5,
    )


def test_the_complaint_of_the_style_guide_word_for_word():
    with pytest.raises(ValueError, match="must have") as complaint:
        check_shape("x", np.zeros((2, 5)), "batch time n_in", n_in=3)
    assert str(complaint.value) == "x must have shape (batch, time, n_in=3), got (2, 5)."


@pytest.mark.parametrize(
    ("shape", "axes", "sizes", "complaint"),
    [
        ((), "n", {}, "x must have shape (n,), got ()."),
        ((4,), "", {}, "x must have shape (), got (4,)."),
        ((2, 4), "batch n_in", {"n_in": 3}, "x must have shape (batch, n_in=3), got (2, 4)."),
        ((2, 3), "n n", {}, "x must have shape (n, n), got (2, 3)."),
        ((3,), "... n m", {}, "x must have shape (..., n, m), got (3,)."),
        ((2, 3, 5), "... n", {"n": 3}, "x must have shape (..., n=3), got (2, 3, 5)."),
    ],
)
def test_wrong_shapes_are_named(shape, axes, sizes, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        check_shape("x", np.zeros(shape), axes, **sizes)


def test_dots_stand_for_any_number_of_axes():
    assert check_shape("x", np.zeros((7, 2, 3, 5)), "... n m") == (3, 5)
    assert check_shape("x", np.zeros((3, 5)), "... n m", m=5) == (3, 5)


def test_a_size_without_its_axis_is_a_slip():
    with pytest.raises(ValueError, match="sizes must name axes of 'n', got m"):
        check_shape("x", np.zeros(3), "n", m=3)


def test_ragged_rows_are_named():
    for door in (check_numbers, check_integers, lambda name, x: check_shape(name, x, "n m")):
        with pytest.raises(ValueError, match="x must be"):
            door("x", [[1, 2], [3]])


@given(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0))
def test_every_shape_fits_its_own_names(shape):
    names = " ".join("abcd"[: len(shape)])
    assert check_shape("x", np.zeros(shape), names) == shape


@pytest.mark.parametrize(
    "bad",
    [
        True,
        [False],
        1j,
        "1",
        b"1",
        None,
        [None],
        object(),
        np.array([1], dtype=object),
        {},
        10**40,
        np.datetime64("2020-01-01"),
        np.ma.masked_array([1.0], [True]),
    ],
)
def test_what_is_no_real_number_is_named(bad):
    with pytest.raises(ValueError, match="x must hold real numbers, got"):
        check_numbers("x", bad)


@pytest.mark.parametrize("bad", [np.nan, np.inf, [1, -np.inf]])
def test_what_is_not_finite_is_named(bad):
    with pytest.raises(ValueError, match=r"x must be finite, got .* Remove or fill"):
        check_numbers("x", bad)


def test_ranges_are_named():
    with pytest.raises(ValueError, match=r"x must be at least 0 and at most 1, got 1\.5\. Halve\."):
        check_numbers("x", [0.5, 1.5], at_least=0, at_most=1, repair="Halve.")
    with pytest.raises(ValueError, match=r"x must be above 0 and below 1, got 0\.0\.$"):
        check_number("x", 0, above=0, below=1)
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        check_integer("n", 0)
    with pytest.raises(ValueError, match="n must be at least 1 and at most 9, got 10"):
        check_integers("n", [3, 10], at_most=9)
    top = 2**63 - 1  # what int64 holds, where nothing else is the end
    with pytest.raises(ValueError, match=f"n must be at least 1 and at most {top}, got an integer"):
        check_integers("n", 10**40)
    for large in (2**63, np.array([5, 2**63], np.uint64)):
        with pytest.raises(ValueError, match=f"n must be at least -7 and at most {top}, got 92233"):
            check_integers("n", large, at_least=-7)


@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3)])
def test_nothing_is_of_the_right_kind(shape):
    """An empty list comes out of NumPy as one of floating-point numbers."""
    for empty in (np.zeros(shape), np.zeros(shape).tolist()):
        found = check_integers("n", empty)
        assert (found.dtype, found.shape) == (np.int64, np.shape(empty))
        axes = "batch time" if found.ndim == 2 else "time"
        assert check_mask("mask", empty, axes).dtype == np.bool_
    with pytest.raises(ValueError, match="n must hold integers, got strings"):
        check_integers("n", np.zeros(shape, str))


def test_whole_floats_are_no_integers():
    with pytest.raises(ValueError, match=r"n must hold integers, got 2\.0\. Convert"):
        check_integer("n", 2.0)


def test_one_is_not_many():
    with pytest.raises(ValueError, match=r"x must be a single number, got shape \(1,\)"):
        check_number("x", [1.0])
    with pytest.raises(ValueError, match=r"n must be a single integer, got shape \(2,\)"):
        check_integer("n", [1, 2])


def test_long_integers_pass_whole():
    assert check_integer("n", 10**40) == 10**40
    assert check_integers("n", np.uint64(7)).dtype == np.int64


def test_shapes_that_do_not_fit_together_are_named():
    with pytest.raises(ValueError, match=r"a and b must have shapes that fit together, got \(2,\)"):
        check_broadcast(a=np.zeros(2), b=np.zeros(3))
    check_broadcast(a=np.zeros((2, 1)), b=np.zeros(3))


def test_a_seed_is_no_generator():
    with pytest.raises(
        ValueError, match=r"rng must be a numpy\.random.Generator, got int. Make one"
    ):
        check_generator("rng", 7)


@given(hnp.arrays(st.sampled_from(["f2", "f4", "f8", "i1", "u8", "i8"]), hnp.array_shapes()))
def test_numbers_come_back_unchanged_or_are_refused(array):
    with np.errstate(all="raise"):
        try:
            numbers = check_numbers("x", array)
        except ValueError as complaint:
            assert "x must be finite" in str(complaint)  # noqa: PT017
            assert not np.isfinite(array).all()
        else:
            np.testing.assert_array_equal(numbers, array.astype(float))


def test_floats_come_back_as_they_are():
    x, y = np.ones(3, np.float32), np.zeros((), np.float32)
    back = check_floats({"x": x, "y": y})
    assert back[0] is x
    assert back[1] is y
    assert check_floats({"x": [1.0]})[0].dtype == np.float64
    assert check_floats({}) == ()


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ([1, 2], "y must hold float64 or float32, got int64. Convert with astype(float) first."),
        (np.zeros(2, np.float16), "y must hold float64 or float32, got float16."),
        (np.zeros(2, np.float32), "y must be float64 as x is, got float32."),
        ([np.inf], "y must be finite, got inf."),
        ([1j], "y must hold floating-point numbers, got complex numbers."),
        (None, "y must hold floating-point numbers, got objects."),
        (np.ma.zeros(2), "y must hold floating-point numbers, got a masked array."),
        ([[1.0], [1.0, 2.0]], "y must be a rectangular array of floating-point numbers"),
    ],
)
def test_floats_of_another_kind_are_named(value, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        check_floats({"x": [1.0], "y": value})


@pytest.mark.parametrize("mask", [[[True, False]], [[1, 0]], np.array([[1, 0]], np.uint8)])
def test_masks_become_truth_values(mask):
    array = check_mask("mask", mask, "batch time", batch=1)
    assert array.dtype == bool
    assert array.tolist() == [[True, False]]


@pytest.mark.parametrize(
    ("mask", "complaint"),
    [
        ([[1.0, 0.0]], "mask must hold truth values, or the integers 0 and 1, got float64."),
        ([[1, -1]], "mask must hold truth values, or the integers 0 and 1, got -1."),
        ([["a", "b"]], "mask must hold truth values, or the integers 0 and 1, got strings."),
        ([True], "mask must have shape (batch, time), got (1,)."),
        (np.ma.array([[True]]), "or the integers 0 and 1, got a masked array."),
    ],
)
def test_masks_of_another_kind_are_named(mask, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        check_mask("mask", mask, "batch time")
