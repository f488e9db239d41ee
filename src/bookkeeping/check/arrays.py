"""NumPy's arithmetic, as the evaluation of formulas asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bookkeeping.check.formulas.faults import Misfit


class Arrays:
    """Operations on numbers and arrays: a vector has one column, a row one row."""

    def take(self, value: Any, kind: str) -> Any:
        """Turn what a test gives into what is computed with."""
        if kind in {"function", "set", "index"}:
            return value.item() if isinstance(value, np.generic) else value
        if kind == "tuple":
            return tuple(value)
        if kind == "node" and isinstance(value, tuple):
            return value  # the letter that it stands for
        if kind.endswith("result") and isinstance(value, frozenset):
            return value
        if kind.endswith("result") and isinstance(value, (tuple, bool, np.bool_)):
            return tuple(self.take(v, kind) for v in value) if isinstance(value, tuple) else value
        array = np.asarray(value)
        if array.dtype.kind not in "biufc":
            raise Misfit(f"expected numbers, found {type(value).__name__}")
        wanted = {"number": (0,), "vector": (1,), "row": (1,), "matrix": (2,)}.get(kind, (0, 1, 2))
        if array.ndim not in wanted:
            raise Misfit(f"expected a {kind}, found an array of shape {array.shape}")
        if array.ndim == 0:
            return array.item()
        if array.ndim == 2:
            return array if array.dtype.kind in "fc" else array.astype(float)
        array = array if array.dtype.kind in "fc" else array.astype(float)
        return array[None, :] if kind in {"row", "row result"} else array[:, None]

    def give(self, value: Any) -> Any:
        """Turn what was computed into what a test would write."""
        if isinstance(value, tuple):
            return tuple(self.give(each) for each in value)
        if isinstance(value, np.ndarray) and 1 in value.shape:
            return value.ravel()
        return value

    def shape(self, value: Any) -> tuple[int, ...]:
        """Return the shape: nothing for a number."""
        return value.shape if isinstance(value, np.ndarray) else ()

    def add(self, left: Any, right: Any) -> Any:
        """Add entry by entry."""
        return left + right

    def scale(self, value: Any, factor: Any) -> Any:
        """Multiply by a number."""
        if isinstance(value, tuple):
            return tuple(self.scale(each, factor) for each in value)
        return factor * value

    def matmul(self, left: Any, right: Any) -> Any:
        """Multiply two matrices."""
        return left @ right

    def entrywise(self, left: Any, right: Any) -> Any:
        """Multiply entry by entry."""
        return left * right

    def transpose(self, value: Any) -> Any:
        """Exchange rows and columns."""
        return value.T

    def inverse(self, value: Any) -> Any:
        """Invert a matrix."""
        try:
            return np.linalg.inv(value)
        except np.linalg.LinAlgError as error:
            raise Misfit("a matrix without an inverse") from error

    def entry(self, value: Any, row: int, column: int) -> Any:
        """Return an entry, counted from zero."""
        return value[row, column].item()

    def apply(self, function: Callable[[Any], Any], value: Any) -> Any:
        """Apply a function to each entry."""
        return np.array([[function(entry) for entry in row] for row in value.tolist()])

    def stack(self, rows: Sequence[Sequence[Any]]) -> Any:
        """Put blocks together; a number is a block of one entry."""
        try:
            return np.block([[np.atleast_2d(block) for block in row] for row in rows])
        except ValueError as error:
            raise Misfit(f"blocks that do not fit together: {error}") from error

    def zeros(self, rows: int, columns: int) -> Any:
        """Return a matrix of zeros."""
        return np.zeros((rows, columns))

    def spectral_norm(self, value: Any) -> Any:
        """Return the largest singular value."""
        return float(np.linalg.norm(value, 2))
