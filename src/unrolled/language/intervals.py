"""How uncertain a share is that was counted on a sample."""

import math
from typing import NamedTuple

from unrolled.shapes import check_integer, check_number

__all__ = ["Interval", "wilson_interval"]


class Interval(NamedTuple):
    """The shares that a count speaks for."""

    low: float
    high: float


def wilson_interval(share: float, n_trials: int, *, deviations: float = 1.96) -> Interval:
    """Compute the shares from which a counted one is at most so many standard deviations away.

    Parameters
    ----------
    share : float
        Hits divided by trials, from 0 to 1.
    n_trials : int
        How many independent trials the share speaks for, at least 1.
    deviations : float, optional
        Above 0. With 1.96, the interval contains the true share in about 95 of 100 samples.

    Returns
    -------
    Interval
        Within 0 and 1.

    Raises
    ------
    ValueError
        If a number is not as described.

    Notes
    -----
    Wilson (1927). Page ``analogies``, equation ``wilson-interval``.
    """
    share = check_number("share", share, at_least=0, at_most=1)
    n_trials = check_integer("n_trials", n_trials)
    spread = check_number("deviations", deviations, above=0) ** 2 / n_trials
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(share * (1 - share) * spread + spread**2 / 4) / (1 + spread)
    low = 0.0 if share == 0 else middle - half  # rounding must not move an end that is known
    return Interval(low, 1.0 if share == 1 else middle + half)
