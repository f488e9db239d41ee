"""Arithmetic on small arrays as lists of rows, without any library."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from bookkeeping.check.formulas.faults import Misfit

TINY = 1e-300
TURNS = 200


class Table(list[list[Any]]):
    """A matrix: a list of rows."""


class Plain:
    """The operations that formulas need, on numbers and `Table`s."""

    def take(self, value: Any, kind: str) -> Any:
        """Turn what a test gives into what is computed with."""
        if kind in {"function", "set", "index", "tuple"}:
            return tuple(value) if kind == "tuple" else value
        if kind == "node" and isinstance(value, tuple):
            return value  # the letter that it stands for
        if kind.endswith("result") and isinstance(value, frozenset):
            return value
        if isinstance(value, (int, float, complex)):
            if kind in {"vector", "row", "matrix"}:
                raise Misfit(f"expected a {kind}, found a number")
            return value
        if not isinstance(value, (list, tuple)):
            raise Misfit(f"expected numbers or lists of them, found {type(value).__name__}")
        nested = bool(value) and isinstance(value[0], (list, tuple))
        if (
            kind == "number"
            or (nested and kind in {"vector", "row"})
            or (not nested and kind == "matrix")
        ):
            raise Misfit(f"expected a {kind}, found {'a table' if nested else 'a list'}")
        if nested:
            return Table([list(row) for row in value])
        if kind in {"row", "row result"}:
            return Table([list(value)])
        return Table([[entry] for entry in value])

    def give(self, value: Any) -> Any:
        """Turn what was computed into what a test would write."""
        if not isinstance(value, Table):
            return value
        if len(value[0]) == 1:
            return [row[0] for row in value]
        return list(value[0]) if len(value) == 1 else [list(row) for row in value]

    def shape(self, value: Any) -> tuple[int, ...]:
        """Return the shape: nothing for a number."""
        return (len(value), len(value[0])) if isinstance(value, Table) else ()

    def add(self, left: Any, right: Any) -> Any:
        """Add entry by entry; a number goes to each entry."""
        return self._paired(lambda a, b: a + b, left, right)

    def entrywise(self, left: Any, right: Any) -> Any:
        """Multiply entry by entry."""
        return self._paired(lambda a, b: a * b, left, right)

    def _paired(self, function: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
        if isinstance(left, Table) and isinstance(right, Table):
            pairs = zip(left, right, strict=True)
            return Table([[function(a, b) for a, b in zip(*rows, strict=True)] for rows in pairs])
        if isinstance(left, Table):
            return self.apply(lambda a: function(a, right), left)
        if isinstance(right, Table):
            return self.apply(lambda b: function(left, b), right)
        return function(left, right)

    def scale(self, value: Any, factor: Any) -> Any:
        """Multiply each entry by a number."""
        if isinstance(value, tuple):
            return tuple(self.scale(each, factor) for each in value)
        return (
            self.apply(lambda a: factor * a, value)
            if isinstance(value, Table)
            else (factor * value)
        )

    def matmul(self, left: Any, right: Any) -> Any:
        """Multiply two matrices."""
        columns = list(zip(*right, strict=True))
        return Table(
            [[sum(a * b for a, b in zip(r, c, strict=True)) for c in columns] for r in left]
        )

    def transpose(self, value: Any) -> Any:
        """Exchange rows and columns."""
        return Table([list(column) for column in zip(*value, strict=True)])

    def inverse(self, value: Any) -> Any:
        """Invert a matrix by elimination with the largest pivot."""
        size = len(value)
        rows = [[*row, *(float(r == c) for c in range(size))] for r, row in enumerate(value)]
        for k in range(size):
            pivot = max(range(k, size), key=lambda r: abs(rows[r][k]))
            if abs(rows[pivot][k]) < TINY:
                raise Misfit("a matrix without an inverse")
            rows[k], rows[pivot] = rows[pivot], rows[k]
            rows[k] = [entry / rows[k][k] for entry in rows[k]]
            for r in range(size):
                if r != k:
                    factor = rows[r][k]
                    rows[r] = [a - factor * b for a, b in zip(rows[r], rows[k], strict=True)]
        return Table([row[size:] for row in rows])

    def entry(self, value: Any, row: int, column: int) -> Any:
        """Return an entry, counted from zero."""
        return value[row][column]

    def apply(self, function: Callable[[Any], Any], value: Any) -> Any:
        """Apply a function to each entry."""
        return Table([[function(entry) for entry in row] for row in value])

    def stack(self, rows: Sequence[Sequence[Any]]) -> Any:
        """Put blocks together; a number is a block of one entry, a bare zero fits anywhere."""
        table = Table()
        for blocks in rows:
            heights = {len(block) for block in blocks if isinstance(block, Table)} or {1}
            if len(heights) != 1:
                raise Misfit(f"blocks of heights {sorted(heights)} stand side by side")
            (height,) = heights
            for k in range(height):
                line: list[Any] = []
                for block in blocks:
                    line += block[k] if isinstance(block, Table) else [block]
                table.append(line)
        if len({len(row) for row in table}) != 1:
            raise Misfit("rows of blocks have different widths")
        return table

    def zeros(self, rows: int, columns: int) -> Any:
        """Return a matrix of zeros."""
        return Table([[0.0] * columns for _ in range(rows)])

    def spectral_norm(self, value: Any) -> Any:
        """Return the largest factor by which a matrix stretches, by its power iteration."""
        square = self.matmul(self.transpose(value), value)
        vector = Table([[1.0 + k / 7] for k in range(len(square))])
        length = 0.0
        for _ in range(TURNS):
            vector = self.matmul(square, vector)
            length = math.sqrt(sum(row[0] ** 2 for row in vector))
            if length == 0:
                return 0.0
            vector = self.scale(vector, 1 / length)
        return math.sqrt(length)
