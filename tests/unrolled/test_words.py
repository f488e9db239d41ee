"""Words that hold, words that do not, and words that would hold of anything."""

import numpy as np
import pytest

from unrolled.words import holds

FALLING, RISING = np.array([5.0, 3.0, 2.0]), np.array([1.0, 4.0, 7.0])


def ends_below(one, other):
    return one[-1] < other[-1]


def test_words_that_hold_pass():
    holds("ends below", ends_below, of="fig-runs", one=FALLING, other=RISING)
    holds(("two of three", "most"), lambda a, b: (a < b).sum() == 2, a=FALLING, b=RISING)
    holds("falls", lambda a: (np.diff(a) < 0).all(), a=FALLING)
    holds("between", lambda a: a[0] > a[1] > a[2], a=[7, 5, 1])
    holds("three", lambda n: n == 3, n=3)
    holds("the odd ones are marked", lambda m: m.tolist() == [True, False], m=[True, False])
    holds("less than a tenth", lambda s, t: s < t / 10, s=0.5, t=7.0)


def test_words_that_do_not_hold_are_told_with_their_figure():
    with pytest.raises(AssertionError, match=r"'ends below' of fig-runs does not hold\."):
        holds("ends below", ends_below, of="fig-runs", one=RISING, other=FALLING)


@pytest.mark.parametrize(
    ("test", "series", "idle"),
    [
        (lambda a, b: True, {"a": FALLING, "b": RISING}, "a, b"),
        (lambda a, b: (a > 0).all() and (b > 0).all(), {"a": FALLING, "b": RISING}, "a, b"),
        (lambda a, b: a[0] > a[-1], {"a": FALLING, "b": FALLING[:2]}, "b"),
        (lambda n: True, {"n": 3}, "n"),
        (lambda m: m.size == 2, {"m": [True, False]}, "m"),
    ],
)
def test_words_that_would_hold_of_anything_are_refused(test, series, idle):
    with pytest.raises(AssertionError, match=f"would hold with any {idle}:"):
        holds("words", test, **series)


def test_an_exchange_alone_can_show_that_words_say_something():
    flat = np.full(3, 2.0)
    holds("lies above", lambda a, b: (a > b).all(), a=flat + 1, b=flat)


def test_a_reversal_alone_can():
    there_and_back = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    holds("begins low", lambda a: a[1] == a[2] == 1 and a[3] == 0, a=there_and_back)


def test_runs_of_many_seeds_are_reversed_along_each_axis():
    seeds = np.array([[3.0, 1.0, 2.0], [2.0, 3.0, 1.0]])
    holds("the first seed begins highest", lambda s: s[0, 0] > s[1, 0], s=seeds)


def test_a_fault_of_the_test_itself_is_not_taken_for_words_that_fail():
    with pytest.raises(IndexError):
        holds("ends below", lambda a: a[7] < 1, a=FALLING)


def test_words_need_numbers():
    with pytest.raises(ValueError, match="series: expected at least one"):
        holds("anything", lambda: True)
