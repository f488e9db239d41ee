"""Values of letters that have nothing to do with one another."""

from __future__ import annotations

import random
from typing import Any

from bookkeeping.check.formulas.evaluating import Evaluator, Layer
from bookkeeping.check.formulas.names import Name
from bookkeeping.check.formulas.reading import Node


class Unrelated(Evaluator):
    """An evaluator that keeps the shape of every value, and puts random numbers in its place.

    Whole numbers stay as they are: they are sizes, bounds and indices. A derivative is a random
    value of its own, the same for the same derivative.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.original = Evaluator(*arguments, **options)  # from which shapes are learnt

    def _worked_out(self, layer: Layer, name: Name, indices: tuple[Any, ...]) -> Any:
        value = super()._worked_out(layer, name, indices)
        case = repr(sorted((k, repr(v)) for k, v in layer.given.items() if name.key == k))
        return self._blurred(value, (name.key, indices, case if name.random else ""))

    def derivative(self, of: Node, by: Node, *, local: bool, row: bool) -> Any:
        """Return a random value in the shape of the derivative."""
        key = (local, self._said(of), self._said(by))
        self.original.bound = self.bound
        with self.original._at(Layer({}, self.layer.given)):
            value = self.original.derivative(of, by, local=local, row=row)
        return self._blurred(value, key)

    def unrelated_number(self, key: str, value: Any) -> Any:
        """Return another number in place of one that an equation is tried at."""
        return self._blurred(value, ("point", key, repr(value)))

    def _said(self, node: Any) -> str:
        """Return a node with the values of its indices."""
        if isinstance(node, Node):
            if node.op == "name" and node.args[0].kind in {"index", "node"}:
                return repr(self.bound.get(node.args[0].key, node.args[0].tex))
            return f"{node.op}({', '.join(map(self._said, node.args))})"
        if isinstance(node, tuple):
            return ", ".join(map(self._said, node))
        return getattr(node, "key", repr(node))

    def _blurred(self, value: Any, key: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(self._blurred(v, (key, k)) for k, v in enumerate(value))
        if callable(value) or isinstance(value, (str, bool, int, frozenset, set, list, range)):
            return value
        chance = random.Random(repr(key))
        shape = self.ops.shape(value)
        if shape == ():
            return chance.uniform(0.2, 0.9) if isinstance(value, (float, complex)) else value
        return self.ops.apply(lambda _: chance.uniform(0.2, 0.9), value)
