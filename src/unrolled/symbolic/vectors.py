r"""Equations between vectors: written as the book prints them, evaluated unit by unit.

SymPy's own derivatives fail on element-wise products, so a `Term` only writes: ``W @ x + p * c``
is :math:`W x + p \odot c`. What it is worth is decided on components: ``term.on(meaning)`` asks
`meaning` for the matrix behind every letter, and calculates with those.
"""

import functools
import operator
from collections.abc import Callable
from typing import Any

import mpmath
from sympy import (
    Basic,
    Expr,
    Float,
    Function,
    ImmutableDenseMatrix,
    Integer,
    MatrixBase,
    S,
    Symbol,
    diag,
    exp,
    sympify,
    tanh,
)
from sympy.core.symbol import Str

from unrolled.symbolic.equations import Equation, tex_of

__all__ = [
    "Activation",
    "Apply",
    "Column",
    "Delta",
    "Diag",
    "Entry",
    "Hadamard",
    "Immediate",
    "Inequality",
    "Jacobian",
    "Juxtaposed",
    "LossBy",
    "MatrixProduct",
    "Named",
    "Negative",
    "Norm",
    "OneMinus",
    "Parameter",
    "Partial",
    "Plus",
    "Power",
    "ProductDown",
    "ProductOver",
    "Quantity",
    "Ratio",
    "Scalar",
    "Square",
    "SumOver",
    "T",
    "Term",
    "Transpose",
    "Unit",
    "Update",
    "VectorEquation",
    "derivative_of",
    "k",
    "s",
    "sigma",
    "t",
]

t = Symbol("t", integer=True)
"""A time step, from 1 to T."""
s = Symbol("s", integer=True)
"""A time step that a product runs over."""
k = Symbol("k", integer=True)
"""A unit of a layer, from 1; or an earlier time step."""
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

    def on(self, meaning: Meaning) -> Any:
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
        return tex_of(self)

    __str__ = __repr__

    def _sympystr(self, printer: Any) -> str:
        return tex_of(self)

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {tex_of(self)}$"


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

    def _unit_latex(self, index: str) -> str:
        tex = str(self.args[1].name)
        return f"{tex[:-1]},{index}}}" if tex.endswith("}") else f"{tex}_{{{index}}}"


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

    def _unit_latex(self, index: str, time: str) -> str:
        return f"{self.args[1].name}_{{{index}}}^{{({time})}}"

    def _transpose_latex(self, time: str) -> str:
        return f"{self.args[1].name}^{{({time})\\top}}"


class Scalar(Term):
    """One number without a time: a learning rate, a threshold."""

    def __new__(cls, key: Any, tex: Any) -> "Scalar":
        """Name it for the code and for the page."""
        return super().__new__(cls, _str(key), _str(tex))  # type: ignore[no-any-return]

    key = Parameter.key

    def _latex(self, printer: Any) -> str:
        return str(self.args[1].name)


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
    """Derivative of the total loss J by a quantity or a parameter, in its shape."""

    def _latex(self, printer: Any) -> str:
        return rf"\delta {printer._print(self.args[0])}"


class LossBy(Delta):
    """The same, written as a fraction."""

    def _latex(self, printer: Any) -> str:
        return rf"\frac{{\partial J}}{{\partial {printer._print(self.args[0])}}}"


class Immediate(Term):
    """Derivative of one step's loss by a quantity of that step, as a column, no other route."""

    def _latex(self, printer: Any) -> str:
        (of,) = self.args
        tex, time = printer._print(of), printer._print(of.time)
        return rf"\frac{{\partial J^{{({time})}}}}{{\partial {tex}}}"


class Partial(Term):
    """Local derivative of one unit by another: all other arguments held fixed."""

    def _latex(self, printer: Any) -> str:
        head, tail = (printer._print(argument) for argument in self.args)
        return rf"\frac{{\partial {head}}}{{\partial {tail}}}"


class Jacobian(Term):
    """Total derivative of a vector by another: one row for each unit of the first."""

    def _latex(self, printer: Any) -> str:
        head, tail = (printer._print(argument) for argument in self.args)
        return rf"\frac{{d {head}}}{{d {tail}}}"


class Column(Term):
    """Total derivative of a scalar by a vector, as a column: the transposed Jacobian."""

    def on(self, meaning: Meaning) -> Any:
        """Transpose the Jacobian."""
        return meaning(Jacobian(*self.args)).T

    def _latex(self, printer: Any) -> str:
        head, tail = (printer._print(argument) for argument in self.args)
        return rf"\nabla_{{{tail}}} {head}"


class Named(Term):
    """A letter that stands for a term, so that an equation stays short."""

    def __new__(cls, tex: Any, term: Term) -> "Named":
        """Give a term a letter."""
        return super().__new__(cls, _str(tex), term)  # type: ignore[no-any-return]

    def on(self, meaning: Meaning) -> Any:
        """Calculate the term behind the letter."""
        return self.args[1].on(meaning)

    def _latex(self, printer: Any) -> str:
        return str(self.args[0].name)


class Unit(Term):
    """One unit of a vector, counted from 1."""

    def on(self, meaning: Meaning) -> Any:
        """Take the entry."""
        of, index = self.args
        return of.on(meaning)[int(index) - 1]

    @property
    def quantity(self) -> Quantity:
        """Vector that the unit belongs to."""
        return self.args[0]  # type: ignore[no-any-return]

    def _latex(self, printer: Any) -> str:
        of, index = self.args
        prefix = ""
        if isinstance(of, Delta):
            of, prefix = of.args[0], r"\delta "
        if isinstance(of, Quantity):
            return prefix + of._unit_latex(printer._print(index), printer._print(of.time))
        if isinstance(of, Parameter):
            return prefix + of._unit_latex(printer._print(index))
        return rf"\left({printer._print(of)}\right)_{{{printer._print(index)}}}"


class Entry(Term):
    """One entry of a matrix, counted from 1."""

    def on(self, meaning: Meaning) -> Any:
        """Take the entry."""
        of, row, column = self.args
        return of.on(meaning)[int(row) - 1, int(column) - 1]

    def _latex(self, printer: Any) -> str:
        row, column = (printer._print(argument) for argument in self.args[1:])
        return str(self.args[0]._unit_latex(f"{row}{column}"))


class Plus(Term):
    """A sum."""

    def on(self, meaning: Meaning) -> Any:
        """Add."""
        return functools.reduce(operator.add, (term.on(meaning) for term in self.args))

    def _latex(self, printer: Any) -> str:
        tex = " + ".join(printer._print(term) for term in self.args)
        return tex.replace("+ -", "- ")


class Negative(Term):
    """A term with its sign changed."""

    def on(self, meaning: Meaning) -> Any:
        """Change the sign."""
        return -self.args[0].on(meaning)

    def _latex(self, printer: Any) -> str:
        return "-" + _in_brackets(printer, self.args[0], Plus, OneMinus)


class OneMinus(Term):
    """One less every entry."""

    def on(self, meaning: Meaning) -> Any:
        """Subtract from one."""
        return _each(lambda entry: 1 - entry, self.args[0].on(meaning))

    def _latex(self, printer: Any) -> str:
        return "1 - " + _in_brackets(printer, self.args[0], Plus, OneMinus)


class Hadamard(Term):
    """Product of vectors, entry by entry."""

    def on(self, meaning: Meaning) -> Any:
        """Multiply entry by entry."""
        return functools.reduce(_entrywise, (factor.on(meaning) for factor in self.args))

    def _latex(self, printer: Any) -> str:
        factors = (_in_brackets(printer, factor, Plus, OneMinus) for factor in self.args)
        return r" \odot ".join(factors)


class Juxtaposed(Term):
    """Product of numbers, written side by side."""

    def on(self, meaning: Meaning) -> Any:
        """Multiply."""
        return functools.reduce(operator.mul, (factor.on(meaning) for factor in self.args))

    def _latex(self, printer: Any) -> str:
        return r" \, ".join(
            _in_brackets(printer, factor, Plus, OneMinus, Negative) for factor in self.args
        )


class MatrixProduct(Term):
    """Product of matrices and a vector."""

    def on(self, meaning: Meaning) -> Any:
        """Multiply matrices."""
        return functools.reduce(operator.mul, (factor.on(meaning) for factor in self.args))

    def _latex(self, printer: Any) -> str:
        kinds = (Plus, OneMinus, Hadamard, Negative)
        return " ".join(
            rf"\Big[{printer._print(factor)}\Big]"
            if isinstance(factor, ProductOver | SumOver) and place < len(self.args) - 1
            else _in_brackets(printer, factor, *kinds)
            for place, factor in enumerate(self.args)
        )


class Transpose(Term):
    """A matrix or a column with rows and columns exchanged."""

    def on(self, meaning: Meaning) -> Any:
        """Transpose."""
        return self.args[0].on(meaning).T

    def _latex(self, printer: Any) -> str:
        (of,) = self.args
        if isinstance(of, Quantity):
            return of._transpose_latex(printer._print(of.time))
        kinds = (Plus, Hadamard, MatrixProduct, Delta, Jacobian)
        return _in_brackets(printer, of, *kinds) + r"^{\top}"


class Diag(Term):
    """Square matrix with a vector on its diagonal."""

    def on(self, meaning: Meaning) -> Any:
        """Put the entries on the diagonal."""
        return ImmutableDenseMatrix(diag(*self.args[0].on(meaning)))

    def _latex(self, printer: Any) -> str:
        return rf"\operatorname{{diag}}\left({printer._print(self.args[0])}\right)"


class Apply(Term):
    """A function of every unit."""

    def on(self, meaning: Meaning) -> Any:
        """Apply it to every entry; what it is may depend on the meaning."""
        function, argument = self.args
        return _function_of(function, meaning)(argument.on(meaning))

    def _latex(self, printer: Any) -> str:
        function, argument = (printer._print(item) for item in self.args)
        return f"{function}({argument})"


class Square(Term):
    """Every entry squared."""

    def on(self, meaning: Meaning) -> Any:
        """Square every entry."""
        return _each(lambda entry: entry**2, self.args[0].on(meaning))

    def _latex(self, printer: Any) -> str:
        (of,) = self.args
        if isinstance(of, Apply):
            function, argument = (printer._print(item) for item in of.args)
            return f"{function}^{{2}}({argument})"
        return rf"\left({printer._print(of)}\right)^{{2}}"


class Norm(Term):
    """Length of a vector, or largest stretch of a matrix (its spectral norm)."""

    def on(self, meaning: Meaning) -> Any:
        """Take the largest singular value."""
        matrix = mpmath.matrix(self.args[0].on(meaning).evalf(40).tolist())
        with mpmath.workdps(40):
            return Float(max(mpmath.svd_r(matrix, compute_uv=False)), 40)

    def _latex(self, printer: Any) -> str:
        return rf"\left\lVert {printer._print(self.args[0])} \right\rVert"


class Ratio(Term):
    """One number by another."""

    def on(self, meaning: Meaning) -> Any:
        """Divide."""
        above, below = (argument.on(meaning) for argument in self.args)
        return above / below

    def _latex(self, printer: Any) -> str:
        above, below = (printer._print(argument) for argument in self.args)
        return rf"\frac{{{above}}}{{{below}}}"


class Power(Term):
    """A number to the power of an expression in times."""

    def on(self, meaning: Meaning) -> Any:
        """Raise."""
        base, exponent = self.args
        return base.on(meaning) ** exponent

    def _latex(self, printer: Any) -> str:
        base, exponent = self.args
        brackets = isinstance(base, Transpose)
        tex = printer._print(base)
        return f"{rf'({tex})' if brackets else tex}^{{{printer._print(exponent)}}}"


class SumOver(Term):
    """Sum over time steps or units: of `body`, while `index` runs from `first` to `last`."""

    def __new__(cls, body: Term, index: Any, first: Any, last: Any) -> "SumOver":
        """Bind the index."""
        return super().__new__(cls, body, index, sympify(first), sympify(last))  # type: ignore[no-any-return]

    def terms(self) -> tuple[Term, ...]:
        """Write it out, as far as the limits are numbers."""
        body, index, first, last = self.args
        run = range(int(first), int(last) + self._step, self._step)
        return tuple(body.subs(index, Integer(value)) for value in run)

    def on(self, meaning: Meaning) -> Any:
        """Add."""
        return functools.reduce(operator.add, (term.on(meaning) for term in self.terms()))

    def _eval_subs(self, old: Any, new: Any) -> "SumOver | None":
        if old != self.args[1]:
            return None
        body, index, first, last = self.args  # the index is bound, the limits are not
        return type(self)(body, index, first.subs(old, new), last.subs(old, new))

    def _latex(self, printer: Any) -> str:
        body, index, first, last = (printer._print(argument) for argument in self.args)
        body = rf"\left({body}\right)" if isinstance(self.args[0], Plus) else body
        return rf"\{self._sign}_{{{index}={first}}}^{{{last}}} {body}"

    _sign, _step = "sum", 1


class ProductOver(SumOver):
    """Product of matrices over time steps, the first step's factor on the left."""

    def on(self, meaning: Meaning) -> Any:
        """Multiply, the first step on the left; without any factor the product is one."""
        factors = (term.on(meaning) for term in self.terms())
        return functools.reduce(operator.mul, factors, S.One)

    _sign = "prod"


class ProductDown(ProductOver):
    """The same, while the index runs down from `first` to `last`."""

    _step = -1


# Equations -----------------------------------------------------------------------------------


class VectorEquation(Equation):
    """Terms that are equal, for every time step where their letters have a meaning.

    Parameters
    ----------
    *sides : Term
        Two or more.
    """

    sign = "="

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
            What stands there, and what shall.

        Returns
        -------
        VectorEquation

        Raises
        ------
        ValueError
            When `old` does not occur: the new equation would be the same.
        """
        sides = [side.xreplace({old: new}) for side in self.sides[1:]]
        if tuple(sides) == tuple(self.sides[1:]):
            raise ValueError(f"old must occur in the equation, got {old!r}. Look at its sides.")
        return type(self)(self.sides[0], *sides)

    def on(self, meaning: Meaning, **indices: int) -> Equation:
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
        Equation
            Between matrices of numbers; its residual is their difference.
        """
        return Equation(*(side.on(meaning) for side in self.at(**indices).sides))

    def __repr__(self) -> str:
        return f" {self.sign} ".join(tex_of(side) for side in self.sides)


class Inequality(VectorEquation):
    """The first side is at most the second."""

    sign = r"\leq"


class Update(VectorEquation):
    """What a letter becomes, where a condition holds.

    Parameters
    ----------
    old, new : Term
    condition : tuple of Term, optional
        Two terms: the first exceeds the second.
    """

    sign = r"\leftarrow"

    def __init__(self, old: Term, new: Term, condition: tuple[Term, Term] | None = None) -> None:
        super().__init__(old, new)
        self.condition = condition

    def new_value(self, meaning: Meaning) -> Any:
        """Give what the letter becomes.

        Parameters
        ----------
        meaning : callable
            Gives the matrix behind a letter.

        Returns
        -------
        sympy.Matrix
        """
        if self.condition is not None:
            left, right = (side.on(meaning) for side in self.condition)
            if not left > right:
                return self.lhs.on(meaning)
        return self.rhs.on(meaning)

    def __repr__(self) -> str:
        tex = super().__repr__()
        if self.condition is None:
            return tex
        left, right = (tex_of(side) for side in self.condition)
        return rf"{left} > {right} \implies {tex}"


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
