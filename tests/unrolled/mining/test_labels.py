"""Which labels and scores are taken, and what is said of the others."""

import re

import numpy as np
import pytest

from unrolled.mining.labels import check_labels, check_positives, check_scores, check_two_classes

TRUTH = [True, False, False, True, False]


@pytest.mark.parametrize(
    ("y", "positive"),
    [
        ([1, 0, 0, 1, 0], 1),
        ([0, 1, 1, 0, 1], 0),
        ([-1, 3, 3, -1, 3], -1),
        (TRUTH, True),
        (TRUTH, 1),
        ([1.0, 0.0, 0.0, 1.0, 0.0], 1),
        (["yes", "no", "no", "yes", "no"], "yes"),
        (np.array(["yes", "no", "no", "yes", "no"], dtype=object), "yes"),
        (np.array(["yes", "no", "no", "yes", "no"], dtype=np.dtypes.StringDType()), "yes"),
        (np.array([1, 0, 0, 1, 0], dtype=object), 1),
        (np.array([1, 0, 0, 1, 0], dtype=np.uint8), np.int64(1)),
    ],
)
def test_integers_truth_values_and_strings_are_labels(y, positive):
    found = check_two_classes("y", y, positive)
    assert found.dtype == bool
    assert found.tolist() == TRUTH


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        ([2, 0, 1, 2], "i"),
        (np.array([2, 0, 1], dtype=np.uint8), "u"),
        (np.array([2, np.int64(0), True], dtype=object), "i"),
        ([True, False], "b"),
        (["a", "c", "b"], "U"),
        (np.array(["a", "cc", "b"], dtype=object), "U"),
        (np.array(["a", "cc", "b"], dtype=np.dtypes.StringDType()), "U"),
    ],
)
def test_labels_of_any_number_of_classes_are_an_array_of_one_type(y, kind):
    found = check_labels("y", y)
    assert found.dtype.kind == kind
    assert found.tolist() == list(y)


def test_one_class_alone_is_taken_where_both_are_not_needed():
    truth, negative = check_positives("y", ["no", "no"], "yes")
    assert (truth.tolist(), negative) == ([False, False], "no")
    truth, negative = check_positives("y", [1, 1, 1], 1)
    assert (truth.tolist(), negative) == ([True] * 3, None)


@pytest.mark.parametrize(
    ("y", "positive", "message"),
    [
        ([0, 0], 1, "y must have rows of both classes, got none of the positive class 1."),
        ([1, 1], 1, "y must have rows of both classes, got none beside the positive class 1."),
        ([0, 1, 2], 1, "y must have one label beside the positive class 1, got 0 and 2."),
        (["a", "b"], 1, "y must hold integers or truth values, as the positive class 1 is, got"),
        ([0, 1], "1", "y must hold strings, as the positive class '1' is, got integers or truth"),
        ([0.0, np.nan], 1, "y must hold labels, got nan."),
        ([0.0, 0.5], 1, "y must hold labels, got 0.5."),
        (np.array(["a", None], dtype=object), "a", "or only strings, got None."),
        (np.array([1, "a"], dtype=object), 1, "or only strings, got 'a'."),
        (np.array([1, 10**30], dtype=object), 1, f"got {10**30}."),
        (np.array([1, 0], dtype=complex), 1, "y must hold integers, truth values or strings, got"),
        (np.ma.array([1, 0], mask=[0, 1]), 1, "y must hold labels, got a masked array."),
        ([], 1, "y must have at least one row, got none."),
        ([[0, 1]], 1, "y must have shape (n_rows,), got (1, 2)."),
        ([0, 1], None, "positive must be an integer, a truth value or a string, got None."),
        ([0, 1], 1.0, "positive must be an integer, a truth value or a string, got 1.0."),
    ],
)
def test_what_names_no_two_classes_is_refused(y, positive, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        check_two_classes("y", y, positive)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0.0, 1.0], "y must hold integers, truth values or strings, got float64."),
        (np.array([0.0, 1], dtype=object), "or only strings, got 0.0."),
        (["a", None], "or only strings, got None."),
        (np.array([1, 2**63], dtype=object), f"got {2**63}."),
        (np.ma.array([1, 0], mask=[0, 1]), "y must hold labels, got a masked array."),
        ([], "y must have at least one row, got none."),
        ([[0, 1]], "y must have shape (n_rows,), got (1, 2)."),
    ],
)
def test_what_cannot_be_told_apart_is_no_label(y, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        check_labels("y", y)


def test_scores_are_finite_numbers_one_a_row():
    assert check_scores("scores", [3, 1], 2).dtype == np.float64
    assert check_scores("scores", np.array([0.5, 1], dtype=np.float32), 2).tolist() == [0.5, 1]
    for scores, message in (
        ([0.1, np.nan], "scores must be finite, got nan."),
        ([0.1, np.inf], "scores must be finite, got inf."),
        ([0.1], "scores must have shape (n_rows=2,), got (1,)."),
        (["a", "b"], "scores must hold real numbers, got strings."),
        ([2**53, 2**53 + 1], "scores must be integers below 2**53, got larger ones"),
        ([-(2**60), 0], "scores must be integers below 2**53, got larger ones"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            check_scores("scores", scores, 2)
