"""Every function of the room, from one number to five thousand, from 1e-30 to 1e30."""

import pytest

from extremes.networks import TABLE
from extremes.situations import try_out


@pytest.mark.parametrize(("entry", "length"), TABLE.cases())
def test_every_answer_is_right_or_refused(entry, length):
    assert try_out(entry, length) == []


def test_no_function_is_left_out():
    assert TABLE.missing() == []
