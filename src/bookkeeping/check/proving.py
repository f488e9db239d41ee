"""Ask SymPy whether an answer and the page's right side are the same formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import sympy
from sympy.core.function import AppliedUndef

from bookkeeping.check.formulas.evaluating import Layer
from bookkeeping.check.formulas.faults import FormulaError, Misfit
from bookkeeping.check.formulas.names import Name, Names
from bookkeeping.check.formulas.plain import Plain, Table
from bookkeeping.check.formulas.reading import Node
from bookkeeping.check.trying import read_answer
from bookkeeping.check.usual_tex import as_here
from bookkeeping.check.written import (
    FIXED,
    Blurred,
    Listed,
    Written,
    definitions_of,
    derivative_key,
    entries,
    expression,
    names_of,
    same_shape,
)  # fmt: skip

SIZES = 2  # cases, the smallest first
DIGITS = 30
TINY = 1e-20
KNOWN = {r"\sigma": lambda x: 1 / (1 + sympy.exp(-x)), r"\tanh": sympy.tanh}


def settle(box: Mapping[str, Any], answer: str) -> str:
    """Return whether an answer is the right side in other signs.

    Parameters
    ----------
    box : mapping
        What the build wrote beside the page.
    answer : str
        An answer that is right at all of the page's numbers.

    Returns
    -------
    str
        *same*, *differs* (as formulas: what the letters have to do with one another, beyond what
        the box ``knows``, is left aside) or *undecided*. It may take for ever: the caller stops it.
    """
    answer = as_here(answer, box.get("plain", {}))
    names = names_of(box, answer)
    try:
        node = read_answer(answer, expression(box["asks"], names), names)
        right = expression(box["right"], names)
        definitions = definitions_of(box, names)
        found = [
            _at_any_size(names, case, definitions, node, right)
            for case in sorted(box["cases"], key=_size)[:SIZES]
        ]
    except (FormulaError, RecursionError, OverflowError):
        return "undecided"
    return "differs" if "differs" in found else "undecided" if "undecided" in found else "same"


def _at_any_size(
    names: Names,
    case: Mapping[str, Any],
    definitions: Mapping[str, tuple[Node, Node]],
    node: Node,
    right: Node,
) -> str:
    """Compare two sides with symbols for sizes too, where neither needs whole numbers."""
    try:
        return _compared(Symbolic(names, case, definitions, sized=False), node, right)
    except FormulaError:
        return _compared(Symbolic(names, case, definitions), node, right)


def _size(case: Mapping[str, Any]) -> int:
    return len(str(case["values"]))


def _compared(evaluator: Symbolic, node: Node, right: Node) -> str:
    """Compare two sides at the first of a case's points that has all its letters."""
    told = "same"
    for number in range(len(evaluator.points)):
        with evaluator.binding(evaluator.point(number)):
            yours, wanted = evaluator.evaluate(node), evaluator.evaluate(right)
        if not same_shape(yours, wanted):
            return "differs"
        for mine, other in zip(entries(yours), entries(wanted), strict=True):
            difference = sympy.sympify(mine) - sympy.sympify(other)
            if not _vanishes(difference):
                if _is_another(difference):
                    return "differs"
                told = "undecided"
    return told


def _vanishes(expression: Any) -> bool:
    """Whether algebra brings an expression to zero."""
    return any(step(expression) == 0 for step in (sympy.expand, _of_powers, sympy.simplify))


def _of_powers(expression: Any) -> Any:
    """Return an expression with powers of e in place of tanh, over one denominator."""
    return sympy.cancel(sympy.together(expression.rewrite(sympy.exp)))


def _is_another(expression: Any) -> bool:
    """Whether an expression is not zero at some numbers."""
    unnamed = sorted({each.func for each in expression.atoms(AppliedUndef)}, key=str)
    for number, function in enumerate(unnamed, 1):
        expression = expression.replace(function, partial(_some_function, number))
    expression = expression.doit()
    symbols = sorted(expression.free_symbols, key=str)
    for turn in (3, 7):
        point = {s: sympy.Rational(turn + 2 * k, 11 + 3 * k) for k, s in enumerate(symbols)}
        value = expression.subs(point).evalf(DIGITS)
        if value.is_number and not value.has(sympy.Function) and abs(value) > TINY:
            return True
    return False


def _some_function(number: int, *arguments: Any) -> Any:
    """Return a smooth function of some arguments, another one for each number."""
    total = sum(arguments) * (1 + sympy.Rational(number, 7))
    return sympy.sin(total) + total**2 / 3


class Symbols(Plain):
    """Arithmetic on tables whose entries are SymPy's."""

    def take(self, value: Any, kind: str) -> Any:
        """Turn a value into what is computed with."""
        if isinstance(value, sympy.Basic):
            return value
        return super().take(value, kind)

    def inverse(self, value: Any) -> Any:
        """Invert a matrix."""
        inverse = sympy.Matrix([list(row) for row in value]).inv()
        return Table(inverse.tolist())

    def spectral_norm(self, value: Any) -> Any:
        """Refuse the largest singular value, of which there is no formula."""
        raise Misfit("no formula is known for the spectral norm of a matrix")


class Symbolic(Blurred):
    """Works out a formula with a symbol in place of every number."""

    def __init__(
        self,
        names: Names,
        case: Mapping[str, Any],
        definitions: Mapping[str, tuple[Node, Node]],
        *,
        sized: bool = True,
    ) -> None:
        super().__init__(names, case, definitions, sized=sized)
        self.ops = Symbols()

    def blurred(self, value: Any, key: Any) -> Any:
        """Return symbols in the shape of a value."""
        if isinstance(value, tuple):
            return tuple(self.blurred(v, (key, k)) for k, v in enumerate(value))
        if isinstance(value, Table):
            return Table(
                [
                    [_symbol(x, f"{key} {r} {c}") for c, x in enumerate(row)]
                    for r, row in enumerate(value)
                ]
            )
        if isinstance(value, float):
            return _symbol(value, str(key))
        return value

    def _worked_out(self, layer: Layer, name: Name, indices: tuple[Any, ...]) -> Any:
        if not self.is_defined(name):
            given = Written._worked_out(self, layer, name, indices)
            if callable(given):
                return self.named(name, given)
            if isinstance(given, int) and name.kind == "number":
                key = f"{name.key} {indices}"
                return sympy.Integer(given) if self.sized else sympy.Symbol(key, positive=True)
        return super()._worked_out(layer, name, indices)

    def named(self, name: Name, given: Any) -> Callable[..., Any]:
        """Return a function of symbols: one that everybody knows, or one without a meaning."""
        known = KNOWN[name.tex] if name.tex in FIXED else sympy.Function(f"f_{name.key}")
        whole = isinstance(given, Listed)

        def one(*arguments: Any) -> Any:
            if len(arguments) == 1 and isinstance(arguments[0], list) and not whole:
                return [one(each) for each in arguments[0]]
            return known(*_flat(arguments))

        return one

    def derivative(self, of: Node, by: Node, *, local: bool, row: bool) -> Any:
        """Return symbols in the shape of a derivative."""
        key = derivative_key(self, of, by, local=local)
        return self.blurred(self._taken(self._derivative(of, by, local)), key)

    def do_number(self, value: Any) -> Any:
        """Return a number that is exact."""
        return sympy.Rational(str(value))

    def do_constant(self, which: str) -> Any:
        """Return a number that everybody knows."""
        return {"e": sympy.E, r"\pi": sympy.pi, r"\infty": sympy.oo}[which]

    def do_power(self, base: Node, exponent: Node) -> Any:
        """Raise to a power."""
        value, power = self.evaluate(base), self.evaluate(exponent)
        shape = self.ops.shape(value)
        if shape == ():
            return value**power
        if 1 in shape:
            return self.ops.apply(lambda entry: entry**power, value)
        return super().do_power(base, exponent)

    def do_root(self, node: Node, degree: Node) -> Any:
        """Return a root."""
        return sympy.root(self.number(node), self.number(degree))

    def do_absolute(self, node: Node) -> Any:
        """Return an absolute value."""
        return sympy.Abs(self.number(node))

    def do_norm(self, node: Node) -> Any:
        """Return the length of a vector."""
        value = self.evaluate(node)
        if 1 not in self.ops.shape(value):
            return self.ops.spectral_norm(value)
        return sympy.sqrt(sum(x**2 for x in entries(value)))

    def _each(self, node: Node, real: Any, complicated: Any) -> Any:
        value = self.evaluate(node)
        function = getattr(sympy, real.__name__)
        return function(value) if self.ops.shape(value) == () else self.ops.apply(function, value)

    def do_softmax(self, node: Node) -> Any:
        """Return shares that sum to one: along a column, or along each row."""
        value = self.evaluate(node)
        powers = [[sympy.exp(x) for x in row] for row in value]
        if len(value[0]) == 1:
            total = sum(row[0] for row in powers)
            return Table([[row[0] / total] for row in powers])
        return Table([[x / sum(row) for x in row] for row in powers])

    def do_slope(self, function: Node) -> Any:
        """Return the derivative of a function of one number."""
        called = self.evaluate(function)

        def slope(argument: Any) -> Any:
            if isinstance(argument, list):
                return [slope(each) for each in argument]
            at = sympy.Dummy()
            return sympy.diff(called(at), at).subs(at, argument)

        return slope


def _symbol(value: Any, key: str) -> Any:
    """Return a symbol; one for a positive number is positive."""
    if isinstance(value, int):
        return sympy.Symbol(key, real=True)
    return sympy.Symbol(key, positive=True) if value > 0 else sympy.Symbol(key, real=True)


def _flat(value: Any) -> list[Any]:
    """Return the numbers in a value."""
    if isinstance(value, (list, tuple)):
        return [x for each in value for x in _flat(each)]
    return [value]
