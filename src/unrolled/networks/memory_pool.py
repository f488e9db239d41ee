"""Memory that is reused: arrays allocated in blocks that outlive them.

The system provides memory page by page, filled with zeros at first use, and takes it back when an
array of some megabytes is freed. A pass that allocates its arrays at every call pays for this every
time. Libraries therefore keep their memory, and so does this module: a few blocks, none of them
large. A block is reused when no array refers to it any more.
"""

import math
import sys
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["pooled_empty"]

KEPT_BLOCKS = 4
LARGEST_KEPT = 2**25  # bytes; what is larger goes back to the system

_blocks: list[NDArray[np.uint8]] = []
_one_at_a_time = threading.Lock()


def pooled_empty(dtype: np.dtype[Any], *shapes: tuple[int, ...]) -> list[NDArray[Any]]:
    """Allocate arrays in one block of memory, uninitialised as with `numpy.empty`.

    Parameters
    ----------
    dtype : numpy.dtype
        Of all of them.
    *shapes : tuple of int
        One for each array.

    Returns
    -------
    list of ndarray
        They share no memory with each other, nor with any array that still exists.
    """
    ends = np.cumsum([math.prod(shape) for shape in shapes]) * dtype.itemsize
    block = _block_of(int(ends[-1]))
    pieces = np.split(block[: ends[-1]], ends[:-1])
    return [piece.view(dtype).reshape(shape) for piece, shape in zip(pieces, shapes, strict=True)]


def _block_of(n_bytes: int) -> NDArray[np.uint8]:
    """Return the smallest idle block that is large enough, or a new one."""
    with _one_at_a_time:
        idle = [place for place in range(len(_blocks)) if _is_idle(place)]
        fitting = [place for place in idle if _blocks[place].size >= n_bytes]
        if fitting:
            return _blocks[min(fitting, key=lambda place: _blocks[place].size)]
        block = np.empty(n_bytes, np.uint8)
        if n_bytes <= LARGEST_KEPT:
            if len(_blocks) == KEPT_BLOCKS and idle:
                del _blocks[idle[0]]
            if len(_blocks) < KEPT_BLOCKS:
                _blocks.append(block)
        return block


def _is_idle(place: int) -> bool:
    """Tell whether the list alone holds a block: every array in it would hold it too."""
    return sys.getrefcount(_blocks[place]) <= 2  # the list, and the question itself
