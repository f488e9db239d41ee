"""One thread for many small products: BLAS, which multiplies for NumPy, is kept from parting them.

BLAS parts a product among as many threads as there are cores, and is done when the last of them
is. A small product gains less by that than a large one. But when another program holds one of the
cores, a thread waits for its turn there, and all others wait for it, at each product anew.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import get_cached_controller

__all__ = ["one_blas_thread"]

_set_by_somebody = threading.Lock()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS use one thread in a ``with`` block, or in a function that this decorates.

    The number of threads belongs to the process. Whoever comes first sets it and sets it back; who
    comes meanwhile, in another thread of Python, leaves it alone. Results are the same to rounding.
    """
    if not _set_by_somebody.acquire(blocking=False):
        yield
        return
    try:
        with get_cached_controller().limit(limits=1, user_api="blas"):
            yield
    finally:
        _set_by_somebody.release()
