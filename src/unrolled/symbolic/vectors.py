r"""Equations between vectors: written in the letters of the book, evaluated unit by unit.

SymPy's own derivatives fail on element-wise products, so a `Term` only writes: ``W @ x + p * c``
is :math:`W x + p \odot c`. Its value is computed on components: ``term.evaluate(meaning)`` asks
`meaning` for the matrix behind every letter, and calculates with those.
"""

import functools
import operator
from collections.abc import Callable
from typing import Any

from sympy import (
    Basic,
    Expr,
    Function,
    ImmutableDenseMatrix,
    Integer,
    MatrixBase,
    Symbol,
    diag,
    exp,
    latex,
    sympify,
    tanh,
)
from sympy.core.symbol import Str

__all__ = [
    "Activation",
    "Apply",
    "Delta",
    "Diag",
    "Hadamard",
    "Immediate",
    "Jacobian",
    "MatrixProduct",
    "Negative",
    "OneMinus",
    "Parameter",
    "Plus",
    "Quantity",
    "Square",
    "SumOver",
    "T",
    "Term",
    "Transpose",
    "VectorEquation",
    "derivative_of",
    "sigma",
    "t",
]

t = Symbol("t", integer=True)
"""A time step, from 1 to T."""
T = Symbol("T", integer=True)
"""The last time step."""

Meaning = Callable[[Any], Any]
"""Gives the matrix behind a letter, and the function behind an activation."""


class sigma(Function):  # type: ignore[misc]
    """The logistic function: its derivative is written with itself."""

    def fdiff(self, argindex: int = 1) -> Expr:
        """Differentiate."""
        return self * (1 - self)

    def doit(self, **hints: Any) -> Expr:
        """Put in the formula."""
        return 1 / (1 + exp(-self.args[0].doit(**hints)))

    def _eval_evalf(self, prec: int) -> Expr:
        return self.doit()._eval_evalf(prec)


# Terms ---------------------------------------------------------------------------------------


class Term(Basic):  # type: ignore[misc]
    """Anything that stands in a vector equation; ``*`` is ⊙, ``@`` the matrix product."""

    def evaluate(self, meaning: Meaning) -> Any:
        """Calculate on components.

        Parameters
        ----------
        meaning : callable
            Gives the matrix behind a letter.

        Returns
        -------
        sympy.Matrix or sympy.Expr
        """
        return meaning(self)

    @property
    def T(self) -> "Transpose":
        """Transpose, with rows and columns exchanged."""
        return Transpose(self)

    def __add__(self, other: "Term") -> "Term":
        return Plus(*_parts(Plus, self), *_parts(Plus, other))

    def __sub__(self, other: "Term") -> "Term":
        return Plus(*_parts(Plus, self), Negative(other))

    def __mul__(self, other: "Term") -> "Term":
        return Hadamard(*_parts(Hadamard, self), *_parts(Hadamard, other))

    def __matmul__(self, other: "Term") -> "Term":
        return MatrixProduct(*_parts(MatrixProduct, self), *_parts(MatrixProduct, other))

    def __rsub__(self, one: int) -> "Term":
        if one != 1:
            return NotImplemented
        return OneMinus(self)

    def __repr__(self) -> str:
        return str(latex(self))

    __str__ = __repr__


def _parts(kind: type[Term], term: Term) -> tuple[Term, ...]:
    return tuple(term.args) if isinstance(term, kind) else (term,)


def _in_brackets(printer: Any, term: Term, *kinds: type[Term]) -> str:
    tex = printer._print(term)
    return rf"\left({tex}\right)" if isinstance(term, kinds) else str(tex)


class Parameter(Term):
    """A weight, a bias or a peephole: a letter without a time."""

    def __new__(cls, key: Any, tex: Any) -> "Parameter":
        """Name it for the code and for the page."""
        return super().__new__(cls, _str(key), _str(tex))  # type: ignore[no-any-return]

    @property
    def key(self) -> str:
        """Name in the code."""
        return str(self.args[0].name)

    def _latex(self, printer: Any) -> str:
        return str(self.args[1].name)


class Quantity(Term):
    """A vector at a time step."""

    def __new__(cls, key: Any, tex: Any, time: Any = t) -> "Quantity":
        """Name it for the code and for the page."""
        return super().__new__(cls, _str(key), _str(tex), sympify(time))  # type: ignore[no-any-return]

    @property
    def key(self) -> str:
        """Name in the code."""
        return str(self.args[0].name)

    @property
    def time(self) -> Expr:
        """Time step."""
        return self.args[2]

    @property
    def node(self) -> str:
        """Name in a drawing: ``c(2)``."""
        return f"{self.key}({self.time})"

    def at(self, time: Any) -> "Quantity":
        """Give the same quantity at another time step."""
        return Quantity(self.args[0], self.args[1], time)

    def _latex(self, printer: Any) -> str:
        return f"{self.args[1].name}^{{({printer._print(self.time)})}}"

    def _transpose_latex(self, time: str) -> str:
        return f"{self.args[1].name}^{{({time})\\top}}"


class Activation(Term):
    """A function that is applied to every unit, or its derivative."""

    def __new__(cls, name: Any, order: Any = 0) -> "Activation":
        """Name it: ``sigma``, ``tanh``, or a letter whose meaning is given later."""
        return super().__new__(cls, _str(name), sympify(order))  # type: ignore[no-any-return]

    @property
    def name(self) -> str:
        """Name of the function."""
        return str(self.args[0].name)

    @property
    def order(self) -> int:
        """How often it is differentiated."""
        return int(self.args[1])

    @property
    def prime(self) -> "Activation":
        """Its derivative."""
        return Activation(self.args[0], self.args[1] + 1)

    @property
    def mixes_units(self) -> bool:
        """Whether it is a function of whole vectors: the letter f stands for such a one."""
        return self.name == "f"

    def __call__(self, argument: Term) -> "Apply":
        """Apply it to every unit."""
        return Apply(self, argument)

    def _latex(self, printer: Any) -> str:
        name = self.name if len(self.name) == 1 else rf"\{self.name}"
        return name + "'" * self.order


class Delta(Term):
    """Derivative of the total loss J with respect to a quantity or parameter, in its shape."""

    def _latex(self, printer: Any) -> str:
        return rf"\delta {printer._print(self.args[0])}"


class Immediate(Term):
    """Immediate derivative of one step's loss with respect to a quantity of that step, a column."""

    def _latex(self, printer: Any) -> str:
        (of,) = self.args
        tex, time = printer._print(of), printer._print(of.time)
        return rf"\frac{{\partial J^{{({time})}}}}{{\partial {tex}}}"


class Jacobian(Term):
    """Total derivative of a vector with respect to another: one row for each unit of the first."""

    def _latex(self, printer: Any) -> str:
        head, tail = (printer._print(argument) for argument in self.args)
        return rf"\frac{{d {head}}}{{d {tail}}}"


class Plus(Term):
    """A sum."""

    def evaluate(self, meaning: Meaning) -> Any:
        """Add."""
        return functools.reduce(operator.add, (term.evaluate(meaning) for term in self.args))

    def _latex(self, printer: Any) -> str:
        tex = " + ".join(printer._print(term) for term in self.args)
        return tex.replace("+ -", "- ")


class Negative(Term):
    """A term with its sign changed."""

    def evaluate(self, meaning: Meaning) -> Any:
        """Change the sign."""
        return -self.args[0].evaluate(meaning)

    def _latex(self, printer: Any) -> str:
        return "-" + _in_brackets(printer, self.args[0], Plus, OneMinus)


class OneMinus(Term):
    """One less every entry."""

    def evaluate(self, meaning: Meaning) -> Any:
        """Subtract from one."""
        return _each(lambda entry: 1 - entry, self.args[0].evaluate(meaning))

    def _latex(self, printer: Any) -> str:
        return "1 - " + _in_brackets(printer, self.args[0], Plus, OneMinus)


class Hadamard(Term):
    """Elementwise product of vectors."""

    def evaluate(self, meaning: Meaning) -> Any:
        """Multiply elementwise."""
        return functools.reduce(_entrywise, (factor.evaluate(meaning) for factor in self.args))

    def _latex(self, printer: Any) -> str:
        factors = (_in_brackets(printer, factor, Plus, OneMinus) for factor in self.args)
        return r" \odot ".join(factors)


class MatrixProduct(Term):
    """Product of matrices and a vector."""

    def evaluate(self, meaning: Meaning) -> Any:
        """Multiply matrices."""
        return functools.reduce(operator.mul, (factor.evaluate(meaning) for factor in self.args))

    def _latex(self, printer: Any) -> str:
        kinds = (Plus, OneMinus, Hadamard, Negative)
        return " ".join(_in_brackets(printer, factor, *kinds) for factor in self.args)


class Transpose(Term):
    """A matrix or a column with rows and columns exchanged."""

    def evaluate(self, meaning: Meaning) -> Any:
        """Transpose."""
        return self.args[0].evaluate(meaning).T

    def _latex(self, printer: Any) -> str:
        (of,) = self.args
        if isinstance(of, Quantity):
            return of._transpose_latex(printer._print(of.time))
        kinds = (Plus, Hadamard, MatrixProduct, Delta, Jacobian)
        return _in_brackets(printer, of, *kinds) + r"^{\top}"


class Diag(Term):
    """Square matrix with a vector on its diagonal."""

    def evaluate(self, meaning: Meaning) -> Any:
        """Put the entries on the diagonal."""
        return ImmutableDenseMatrix(diag(*self.args[0].evaluate(meaning)))

    def _latex(self, printer: Any) -> str:
        return rf"\operatorname{{diag}}\left({printer._print(self.args[0])}\right)"


class Apply(Term):
    """A function of every unit."""

    def evaluate(self, meaning: Meaning) -> Any:
        """Apply it to every entry; what it is may depend on the meaning."""
        function, argument = self.args
        return _function_of(function, meaning)(argument.evaluate(meaning))

    def _latex(self, printer: Any) -> str:
        function, argument = (printer._print(item) for item in self.args)
        return f"{function}({argument})"


class Square(Term):
    """Every entry squared."""

    def evaluate(self, meaning: Meaning) -> Any:
        """Square every entry."""
        return _each(lambda entry: entry**2, self.args[0].evaluate(meaning))

    def _latex(self, printer: Any) -> str:
        (of,) = self.args
        if isinstance(of, Apply):
            function, argument = (printer._print(item) for item in of.args)
            return f"{function}^{{2}}({argument})"
        return rf"\left({printer._print(of)}\right)^{{2}}"


class SumOver(Term):
    """Sum over time steps: of `body`, while `index` runs from `first` to `last`."""

    def __new__(cls, body: Term, index: Any, first: Any, last: Any) -> "SumOver":
        """Bind the index."""
        return super().__new__(cls, body, index, sympify(first), sympify(last))  # type: ignore[no-any-return]

    def terms(self) -> tuple[Term, ...]:
        """Write it out, as far as the limits are numbers."""
        body, index, first, last = self.args
        run = range(int(first), int(last) + 1)
        return tuple(body.subs(index, Integer(value)) for value in run)

    def evaluate(self, meaning: Meaning) -> Any:
        """Add."""
        return functools.reduce(operator.add, (term.evaluate(meaning) for term in self.terms()))

    def _eval_subs(self, old: Any, new: Any) -> "SumOver | None":
        if old != self.args[1]:
            return None
        body, index, first, last = self.args  # the index is bound, the limits are not
        return type(self)(body, index, first.subs(old, new), last.subs(old, new))

    def _latex(self, printer: Any) -> str:
        body, index, first, last = (printer._print(argument) for argument in self.args)
        body = rf"\left({body}\right)" if isinstance(self.args[0], Plus) else body
        return rf"\sum_{{{index}={first}}}^{{{last}}} {body}"


# Equations -----------------------------------------------------------------------------------


class VectorEquation:
    """Terms that are equal, for every time step where their letters have a meaning.

    Parameters
    ----------
    *sides : Term
        Two or more.

    Attributes
    ----------
    sides : tuple of Term
    lhs, rhs : Term
        The first and the last of them.
    """

    def __init__(self, *sides: Term) -> None:
        self.sides = sides
        self.lhs, self.rhs = sides[0], sides[-1]

    def at(self, **indices: int) -> "VectorEquation":
        """Put numbers in for time steps and units.

        Parameters
        ----------
        **indices : int
            By the names of the letters: ``t``, ``T``, ``k``, … With ``T``, terms that mention a
            later step are left out: their deltas are zero.

        Returns
        -------
        VectorEquation
        """
        numbers = {Symbol(name, integer=True): Integer(value) for name, value in indices.items()}
        sides = [side.subs(numbers, simultaneous=True) for side in self.sides]
        if "T" in indices:
            sides = [_up_to(side, indices["T"]) for side in sides]
        return type(self)(*sides)

    def replace(self, old: Any, new: Any) -> "VectorEquation":
        """Exchange a letter or a term for another, in all sides but the first.

        Parameters
        ----------
        old, new : Term
            The old term, and the new one.

        Returns
        -------
        VectorEquation

        Raises
        ------
        ValueError
            If `old` does not occur, so that nothing would change.
        """
        sides = [side.xreplace({old: new}) for side in self.sides[1:]]
        if tuple(sides) == tuple(self.sides[1:]):
            raise ValueError(f"old must occur in the equation, got {old!r}. Look at its sides.")
        return type(self)(self.sides[0], *sides)

    def evaluate(self, meaning: Meaning, **indices: int) -> tuple[Any, ...]:
        """Evaluate every side on components.

        Parameters
        ----------
        meaning : callable
            Gives the matrix behind a letter, a `Components` of `unrolled.symbolic.recurrences`
            for instance.
        **indices : int
            As for `at`.

        Returns
        -------
        tuple of sympy.Matrix
        """
        return tuple(side.evaluate(meaning) for side in self.at(**indices).sides)

    def __repr__(self) -> str:
        return " = ".join(latex(side) for side in self.sides)


# Private -------------------------------------------------------------------------------------


def _str(name: Any) -> Str:
    return name if isinstance(name, Str) else Str(name)


def _each(function: Callable[[Expr], Expr], value: Any) -> Any:
    return value.applyfunc(function) if isinstance(value, MatrixBase) else function(value)


def _entrywise(left: Any, right: Any) -> Any:
    if left.shape != right.shape:
        raise ValueError(f"⊙ must join equal shapes, got {left.shape} and {right.shape}.")
    return left.multiply_elementwise(right)


def _function_of(activation: Activation, meaning: Meaning) -> Callable[[Any], Any]:
    """Give what is applied to a whole vector: a known function entry by entry, or the meaning's."""
    known = {"sigma": sigma, "tanh": tanh}
    if activation.name not in known:
        return meaning(activation)  # type: ignore[no-any-return]
    return functools.partial(_each, derivative_of(known[activation.name], activation.order))


def derivative_of(function: Any, order: int) -> Callable[[Expr], Expr]:
    """Give a function of one number, differentiated so many times by SymPy.

    Parameters
    ----------
    function : callable
        From a SymPy expression to another.
    order : int
        0 gives the function itself.

    Returns
    -------
    callable
    """
    u = Symbol("u")
    expression = function(u).diff(u, order) if order else function(u)
    return lambda argument: expression.xreplace({u: argument})


def _up_to(side: Term, last: int) -> Term:
    """Leave out what mentions a step after the last."""
    if not isinstance(side, Plus):
        return side
    kept = [
        term for term in side.args if all(_is_up_to(q.time, last) for q in term.atoms(Quantity))
    ]
    return kept[0] if len(kept) == 1 else Plus(*kept)


def _is_up_to(time: Expr, last: int) -> bool:
    return not time.is_Integer or bool(time <= last)
