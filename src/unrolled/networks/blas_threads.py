"""One thread for many small products: keep BLAS, which multiplies for NumPy, from dividing them.

BLAS divides a product among as many threads as there are cores, and finishes when the last of them
does. A small product gains less from this than a large one. But if another program occupies one of
the cores, one thread waits for its turn there and all others wait for it, at every product.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import get_cached_controller

__all__ = ["one_blas_thread"]

_set_by_somebody = threading.Lock()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS use one thread in a ``with`` block, or in a decorated function.

    The number of threads belongs to the process. The first caller sets it and restores it; callers
    in other Python threads leave it alone in the meantime. Results are the same up to rounding.
    """
    if not _set_by_somebody.acquire(blocking=False):
        yield
        return
    try:
        with get_cached_controller().limit(limits=1, user_api="blas"):
            yield
    finally:
        _set_by_somebody.release()
