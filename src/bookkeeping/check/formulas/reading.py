"""Give the form of a formula its meaning: an expression tree of names, numbers and operations."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any

from lark import Tree

from bookkeeping.check.formulas.faults import Unreadable
from bookkeeping.check.formulas.names import Name, Names, parts_of
from bookkeeping.check.formulas.surface import Form, parse, place_of, text_of

FUNCTIONS = {
    r"\exp": "exp", r"\ln": "log", r"\log": "log", r"\sin": "sin", r"\cos": "cos",
    r"\tanh": "tanh",
}  # fmt: skip
OPERATORS = {
    r"\operatorname{diag}": "diag", r"\operatorname{tr}": "trace",
    r"\operatorname{softmax}": "softmax", r"\mathbb{E}": "mean", r"\operatorname{Var}": "variance",
    r"\operatorname{Cov}": "covariance", r"\Pr": "probability",
}  # fmt: skip
CHANCE = frozenset({"mean", "variance", "covariance", "probability"})
CONSTANTS = frozenset({"e", r"\pi", r"\infty"})
REALS = r"\mathbb{R}"
OPERATIONS = {
    r"\cdot": "dot", r"\odot": "entrywise", r"\times": "times", "/": "over", r"\circ": "after",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Node:
    """One operation of an expression.

    Parameters
    ----------
    op : str
        What is done; `evaluating` has a method for each.
    args : tuple
        Nodes, or plain values such as a number, a key or a name.
    place : tuple of int
        Line and column in the formula.
    """

    op: str
    args: tuple[Any, ...] = ()
    place: tuple[int, int] = dataclasses.field(default=(0, 0), compare=False)


@dataclasses.dataclass(frozen=True)
class Chain:
    """Sides and the relations between them."""

    sides: tuple[Node, ...]
    relations: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Statement:
    """One line of an equation: a chain, or one that follows from another.

    Parameters
    ----------
    first : Chain
    imply : str
        The arrow between them, or nothing.
    second : Chain or None
    """

    first: Chain
    imply: str = ""
    second: Chain | None = None


@dataclasses.dataclass(frozen=True)
class Formula:
    """A whole displayed equation, read."""

    tex: str
    statements: tuple[Statement, ...]
    names: frozenset[str]  # keys of all that it mentions


def read(tex: str, names: Names) -> Formula:
    """Read a displayed equation.

    Parameters
    ----------
    tex : str
        As it is typed on the page.
    names : Names
        What its letters are.

    Returns
    -------
    Formula

    Raises
    ------
    Unreadable
        With the place, at anything that the language or the notation does not have.
    """
    reader = Reader(names)
    forms = parse(tex).children
    statements = tuple(map(reader.statement, forms))
    for form, statement in zip(forms, statements, strict=True):
        chains = [statement.first, *([statement.second] if statement.second else [])]
        if not all(chain.relations for chain in chains):
            raise reader.fault(form, "every statement needs a relation such as '='")
    return Formula(tex, statements, frozenset(reader.met))


class Reader:
    """Turns forms into nodes."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.met: set[str] = set()

    def statement(self, form: Form) -> Statement:
        """Read one statement."""
        if form.data == "statement":
            first, arrow, second = form.children
            return Statement(self.chain(first), str(arrow), self.chain(second))
        return Statement(self.chain(form))

    def chain(self, form: Form) -> Chain:
        """Read sides and relations."""
        if form.data != "clause":
            return Chain((self.expression(form),), ())
        sides, relations = form.children[::2], form.children[1::2]
        return Chain(tuple(map(self.expression, sides)), tuple(map(str, relations)))

    def condition(self, form: Form) -> Node:
        """Read a relation as something that is true or not."""
        chain = self.chain(form)
        if not chain.relations:
            raise self.fault(form, "expected a condition")
        return Node("holds", (chain.sides, chain.relations), place_of(form))

    def fault(self, form: Any, message: str) -> Unreadable:
        """Make an error that names the place."""
        return Unreadable(f"{message}, found {text_of(form)!r}", *place_of(form))

    def expression(self, form: Form) -> Node:
        """Read anything that has a value."""
        method = getattr(self, f"read_{form.data}", None)
        if method is None:
            raise self.fault(form, "expected an expression")
        node: Node = method(form)
        return node if node.place != (0, 0) else dataclasses.replace(node, place=place_of(form))

    # Sums and products ---------------------------------------------------------------------

    def read_sum(self, form: Form) -> Node:
        """Read terms with their signs; dots between two of them stand for those between."""
        children = list(form.children)
        signs = [str(c.children[0]) if c is not None else "+" for c in children[::2]]
        terms = children[1::2]
        dots = [n for n, term in enumerate(terms) if term.data == "dots"]
        if not dots:
            return Node("sum", (tuple(signs), tuple(map(self.expression, terms))))
        nodes = [None if t.data == "dots" else self.expression(t) for t in terms]
        (at,) = dots if len(dots) == 1 else (0,)
        if not 0 < at < len(terms) - 1 or signs[at - 1] != signs[at + 1] != "+" or "-" in signs:
            raise self.fault(form, "expected dots between the terms of one sum")
        start, run = self.run(nodes, at, form)
        before = nodes[:start]
        after = nodes[at + 2 :]
        parts = [*before, Node("sum_of_run", (run,)), *after]
        return Node("sum", (("+",) * len(parts), tuple(parts)))

    def run(self, nodes: list[Any], at: int, form: Form) -> tuple[int, Node]:
        """Return where a run with dots at ``at`` begins, and the run."""
        last = nodes[at + 1]
        for start in (at - 2, at - 1):
            if start < 0 or nodes[start] is None or (start == at - 2 and at - 2 < 0):
                continue
            holes: list[tuple[Node, Node]] = []
            pattern = _common(nodes[start], last, holes)
            if pattern is None or not holes:
                continue
            second: list[tuple[Node, Node]] = []
            if start == at - 2 and (
                _common(nodes[start], nodes[at - 1], second) is None or not second
            ):
                continue
            known = (nodes[at - 1],) if start == at - 2 else ()
            return start, Node("run", (pattern, tuple(holes), known))
        raise self.fault(form, "expected dots between members that differ in an index")

    def read_product(self, form: Form) -> Node:
        """Read factors with signs between them, from left to right."""
        node = self.expression(form.children[0])
        for sign, right in zip(form.children[1::2], form.children[2::2], strict=True):
            if str(sign.children[0]) == "/" and self.is_open(form.children[0]):
                raise self.fault(form.children[0], "write brackets around what the function takes")
            if str(sign.children[0]) == "/" and right.data == "chain":
                raise self.fault(right, "after '/' write brackets around a product, or a fraction")
            node = Node(OPERATIONS[str(sign.children[0])], (node, self.expression(right)))
        return node

    def read_chain(self, form: Form) -> Node:
        """Read factors side by side; a function takes what follows it."""
        rest = list(form.children)
        for one, other in itertools.pairwise(rest):
            if one.data == "number" and _head(other).data == "number":
                raise self.fault(other, "two numbers side by side look like one; write \\cdot")
        node: Node | None = None
        while rest:
            factor = self.factor(rest)
            node = factor if node is None else Node("product", (node, factor), node.place)
        assert node is not None
        return node

    def factor(self, rest: list[Form]) -> Node:
        """Take one factor from the front of a chain."""
        form = rest.pop(0)
        place = place_of(form)
        parts = _parts(form)
        if parts is not None:
            taken = self.application(form, rest)
            if taken is not None:
                return dataclasses.replace(taken, place=place)
        if form.data == "fraction" and (operator := self.bare_derivative(form)):
            kind, variable = operator
            if not rest:
                raise self.fault(form, "expected what is differentiated")
            of = self.factor(rest)
            self.nothing_after(rest)
            return Node("derivative", (kind, of, variable), place)
        return self.expression(form)

    # Letters -------------------------------------------------------------------------------

    def read_item(self, form: Form) -> Node:
        """Read something with scripts."""
        return self.factor([form]) if _parts(form) is not None else self.scripted(form)

    def read_letter(self, form: Form) -> Node:
        """Read a letter without scripts."""
        return self.factor([form])

    read_accented = read_prefixed = read_letter

    def application(self, form: Form, rest: list[Form]) -> Node | None:
        """Read a letter, and what it is applied to if it is a function."""
        parts = _parts(form)
        assert parts is not None
        found = self.names.find(form)
        if found is not None:
            return self.named(form, found, rest)
        base = parts.base
        if base in OPERATORS:
            return self.operator(form, OPERATORS[base], parts, rest)
        if base in FUNCTIONS:
            return self.function(form, FUNCTIONS[base], parts, rest)
        if base == r"\nabla":
            return self.gradient(form, parts, rest)
        if base in CONSTANTS and not parts.sub and not parts.primes:
            return self.powered(Node("constant", (base,)), parts.sup)
        if base == REALS and parts.sup is not None and not parts.sub and not parts.primes:
            return Node("space", (self.expression(parts.sup),))
        scripts = "" if text_of(form) == base else f" with these marks ({text_of(form)})"
        known = sorted(n.tex for n in self.names.by_key.values() if n.parts.base == base)
        hint = f"; declared are {', '.join(known)}" if known else ""
        raise Unreadable(
            f"the letter {base!r}{scripts} is not declared for this page{hint}", *place_of(form)
        )

    def named(self, form: Form, found: Any, rest: list[Form]) -> Node:
        """Read a declared name: its value, an entry of it, or a function of what follows."""
        name: Name = found.name
        self.met.add(name.key)
        node = Node("name", (name, tuple(map(self.expression, found.indices))), place_of(form))
        if found.entry:
            indices = tuple(map(self.expression, found.entry))
            node = Node("entry", (node, indices, name.first), place_of(form))
        if name.kind == "function" and rest and _head(rest[0]).data == "parens":
            argument, scripts = _taken_apart(rest.pop(0))
            for _ in range(found.primes):
                node = Node("slope", (node,))
            given = self.arguments(argument, dots=True, bar=name.bar)
            node = self.powered_name(Node("call", (node, given), place_of(form)), found.sup)
            return self.with_scripts(node, scripts)
        if found.primes:
            raise self.fault(form, "expected an argument in brackets after the derivative")
        return self.powered(node, found.sup)

    def powered_name(self, node: Node, sup: Form | None) -> Node:
        """Apply a power that stands at a function's name, where -1 would be the inverse."""
        if sup is not None and text_of(sup).split() == ["-", "1"]:
            raise self.fault(sup, "expected the exponent behind the brackets")
        return self.powered(node, sup)

    def arguments(self, form: Form, *, dots: bool = False, bar: bool = False) -> tuple[Node, ...]:
        """Read what a function is applied to; a declared one may take a run with dots."""
        inner = form.children[0]
        if not (isinstance(inner, Tree) and inner.data == "list"):
            return (self.expression(inner),)
        self.separated(inner, r"\mid" if bar else ",")
        if dots:
            return self.members(inner)
        return tuple(self.expression(c) for c in inner.children if c.data != "separator")

    def separated(self, form: Form, last: str = ",") -> None:
        """Refuse a list that anything but commas separates, or another sign before its end."""
        signs = [str(c.children[0]) for c in form.children if c.data == "separator"]
        if signs != [","] * (len(signs) - 1) + [last]:
            raise self.fault(form, f"expected {last!r} before the last of these and ',' elsewhere")

    def operator(self, form: Form, op: str, parts: Any, rest: list[Form]) -> Node:
        """Read an operator such as an expectation, a trace or a softmax."""
        if not rest:
            raise self.fault(form, "expected what this is applied to")
        if parts.primes or parts.sup is not None:
            raise self.fault(form, "expected the exponent behind the brackets")
        head = _head(rest[0])
        outside: list[Form] = []
        if head.data in {"brackets", "parens"}:
            argument, outside = _taken_apart(rest.pop(0))
            if op in CHANCE and head.data == "parens" and outside and op == "mean":
                inner: tuple[Node, ...] = (
                    self.with_scripts(self.grouped(argument), outside),
                )  # E (…)^2 is the mean of the square
                outside = []
            elif op == "trace" and outside:
                inner, outside = (self.with_scripts(self.grouped(argument), outside),), []
            elif op == "probability":
                inner = (self.condition(argument.children[0]),)
            else:
                inner = self.arguments(argument)
        else:
            inner = (self.factor(rest),)
            self.nothing_after(rest)
        if len(inner) != (2 if op == "covariance" else 1):
            raise self.fault(form, f"expected {2 if op == 'covariance' else 1} argument(s)")
        if len(parts.sub) > 1:
            raise self.fault(form, "expected one subscript")
        group = text_of(parts.sub[0]) if parts.sub else ""
        if group and op not in CHANCE:
            raise self.fault(form, "expected no subscript")
        node = Node(op, (*inner, group) if op in CHANCE else inner, place_of(form))
        return self.with_scripts(node, outside)

    def function(self, form: Form, op: str, parts: Any, rest: list[Form]) -> Node:
        """Read a function that everybody knows."""
        if not rest:
            raise self.fault(form, "expected what this is applied to")
        base: Node | None = None
        if parts.sub:
            if op != "log" or len(parts.sub) != 1:
                raise self.fault(form, "expected no subscript")
            base = self.expression(parts.sub[0])
        outside: list[Form] = []
        if _head(rest[0]).data == "parens":
            argument, outside = _taken_apart(rest.pop(0))
            if any(script.data != "sub" for script in outside):
                raise self.fault(form, "expected the exponent at the function's name")
            (inner,) = self.arguments(argument)
        else:
            inner = self.factor(rest)
            self.nothing_after(rest, functions=True)
        node = Node(op, (inner,), place_of(form))
        if base is not None:
            node = Node("over", (node, Node("log", (base,))))
        for _ in range(parts.primes):
            raise self.fault(form, "expected a derivative written as a fraction")
        return self.with_scripts(self.powered_name(node, parts.sup), outside)

    def nothing_after(self, rest: list[Form], *, functions: bool = False) -> None:
        """Refuse factors behind an argument without brackets: sin x y may be sin(x y)."""
        if not rest or (functions and self.applies(rest[0])):
            return
        raise self.fault(rest[0], "write brackets around what is meant before this factor")

    def is_open(self, form: Form) -> bool:
        """Whether a product ends with an argument without brackets: sin a / 2 may be sin(a / 2)."""
        ends = form.children[-2:] if form.data == "chain" else []
        return (
            len(ends) == 2
            and (parts := _parts(ends[0])) is not None
            and (parts.base in FUNCTIONS or parts.base in OPERATORS)
            and _head(ends[1]).data not in {"parens", "brackets"}
        )

    def applies(self, form: Form) -> bool:
        """Whether a form is a function's name."""
        parts = _parts(form)
        if parts is None:
            return False
        found = self.names.find(form)
        return parts.base in FUNCTIONS or (found is not None and found.name.kind == "function")

    def gradient(self, form: Form, parts: Any, rest: list[Form]) -> Node:
        """Read a gradient: by its subscript, or by the argument of the function."""
        if not rest:
            raise self.fault(form, "expected what is differentiated")
        if parts.sup is not None or parts.primes or len(parts.sub) > 1:
            raise self.fault(form, "expected a gradient without other marks than one subscript")
        of = self.factor(rest)
        self.nothing_after(rest)
        if parts.sub:
            by = self.expression(parts.sub[0])
        elif of.op == "call":
            by = of.args[1][0]
        else:
            raise self.fault(form, "expected a subscript that names by what")
        return Node("gradient", (of, by))

    def bare_derivative(self, form: Form) -> tuple[str, Node] | None:
        """Read ``d/da`` without anything behind the upper d."""
        above, below = form.children
        sign = text_of(above)
        if sign not in {"d", r"\partial"} or (by := self.after_sign(below, sign)) is None:
            return None
        return sign, by

    def after_sign(self, form: Form, sign: str) -> Node | None:
        """Return what stands behind a d or ∂, or None if the form does not begin with one."""
        if form.data == "chain" and text_of(form.children[0]) == sign:
            rest = list(form.children[1:])
            node = self.factor(rest)
            if rest:
                raise self.fault(form, "expected one thing behind the sign of a derivative")
            return node
        return None

    def read_fraction(self, form: Form) -> Node:
        """Read a fraction, or a derivative that is written like one."""
        above, below = form.children
        for sign in ("d", r"\partial"):
            begins = [f.data == "chain" and text_of(f.children[0]) == sign for f in form.children]
            if all(begins):
                of, by = self.after_sign(above, sign), self.after_sign(below, sign)
                return Node("derivative", (sign, of, by))
            if sign == r"\partial" and any(begins):
                raise self.fault(form, "expected the same sign of a derivative above and below")
        return Node("over", (self.expression(above), self.expression(below)))

    # Scripts and brackets ------------------------------------------------------------------

    def scripted(self, form: Form) -> Node:
        """Read something that is no letter, with its scripts."""
        base, scripts = form.children[0], list(form.children[1:])
        if base.data == "held":
            return self.held(base, scripts)
        return self.with_scripts(self.expression(base), scripts)

    def with_scripts(self, node: Node, scripts: list[Form]) -> Node:
        """Apply indices and powers to what has been read."""
        for script in scripts:
            if script.data == "sub":
                node = Node("entry", (node, self.indices(script.children[0]), 1), node.place)
            elif script.data == "sup":
                node = self.powered(node, script.children[0])
            elif script.data == "factorial":
                node = Node("factorial", (node,), node.place)
            else:
                raise self.fault(script, "expected a letter before a prime")
        return node

    def indices(self, form: Form) -> tuple[Node, ...]:
        """Read the indices of an entry, with or without commas."""
        if form.data == "list":
            self.separated(form)
            return tuple(self.expression(c) for c in form.children if c.data != "separator")
        if form.data == "chain" and all(c.data in {"letter", "number"} for c in form.children):
            return tuple(map(self.expression, form.children))
        return (self.expression(form),)

    def powered(self, node: Node, sup: Form | None) -> Node:
        """Apply a power, a transposition, or an inverse with a transposition."""
        if sup is None:
            return node
        if sup.data == "top":
            return Node("transpose", (node,), node.place)
        if text_of(sup).split() == ["-", r"\top"]:
            return Node("transpose", (Node("power", (node, Node("number", (-1,)))),), node.place)
        if sup.data == "chain" and sup.children[-1].data == "top":
            raise self.fault(sup, "expected brackets before the transposition")
        return Node("power", (node, self.expression(sup)), node.place)

    def grouped(self, form: Form) -> Node:
        """Read what brackets hold."""
        inner = form.children[0]
        if not (isinstance(inner, Tree) and inner.data == "list"):
            return self.expression(inner)
        separators = {str(c.children[0]) for c in inner.children if c.data == "separator"}
        if separators == {r"\mid"} and form.data == "brackets":
            return Node("beside", (self.members(inner),))
        if separators == {","} and form.data == "parens":
            return Node("tuple", (self.members(inner),))
        raise self.fault(form, "expected one expression, a row of matrices or a list")

    def members(self, form: Form) -> tuple[Node, ...]:
        """Read what is listed; dots stand for what lies between."""
        children = [c for c in form.children if c.data != "separator"]
        dots = [n for n, c in enumerate(children) if c.data == "dots"]
        if not dots:
            return tuple(map(self.expression, children))
        nodes = [None if c.data == "dots" else self.expression(c) for c in children]
        (at,) = dots if len(dots) == 1 else (0,)
        if not 0 < at < len(nodes) - 1:
            raise self.fault(form, "expected dots between two members")
        start, run = self.run(nodes, at, form)
        return (*_nodes(nodes[:start]), run, *_nodes(nodes[at + 2 :]))

    def read_parens(self, form: Form) -> Node:
        """Read brackets."""
        return self.grouped(form)

    read_brackets = read_parens

    def read_list(self, form: Form) -> Node:
        """Read a list without brackets, such as an index of two numbers."""
        self.separated(form)
        return Node("tuple", (self.members(form),))

    def read_norm(self, form: Form) -> Node:
        """Read a length."""
        return Node("norm", (self.expression(form.children[0]),))

    def read_absolute(self, form: Form) -> Node:
        """Read an absolute value."""
        return Node("absolute", (self.expression(form.children[0]),))

    def read_floor(self, form: Form) -> Node:
        """Read the next whole number below."""
        return Node("floor", (self.expression(form.children[0]),))

    def read_angles(self, form: Form) -> Node:
        """Read an inner product."""
        members = self.members(form.children[0]) if form.children[0].data == "list" else ()
        if len(members) != 2:
            raise self.fault(form, "expected two vectors between the angle brackets")
        self.separated(form.children[0])
        return Node("inner", members)

    def read_root(self, form: Form) -> Node:
        """Read a root."""
        *given, inner = form.children  # without a degree there are only empty places before it
        degree = next((each for each in given if each is not None), None)
        if degree is None:
            return Node("root", (self.expression(inner), Node("number", (2,))))
        return Node("root", (self.expression(inner), self.expression(degree)))

    def read_binomial(self, form: Form) -> Node:
        """Read a binomial coefficient."""
        return Node("binomial", tuple(map(self.expression, form.children)))

    def read_set(self, form: Form) -> Node:
        """Read a set of listed members."""
        inner = form.children[0]
        if inner.data == "list":
            self.separated(inner)
            return Node("set", (self.members(inner),))
        return Node("set", ((self.expression(inner),),))

    def held(self, form: Form, scripts: list[Form]) -> Node:
        """Read a derivative with what is held fixed named beside it."""
        inner = self.expression(form.children[0])
        if inner.op != "derivative" or len(scripts) != 1 or scripts[0].data != "sub":
            raise self.fault(form, "expected a derivative and what is held")
        if inner.args[0] != r"\partial":
            raise self.fault(form, "expected ∂ where something is held")
        return Node("held", (*inner.args, self.expression(scripts[0].children[0])))

    def read_number(self, form: Form) -> Node:
        """Read a number."""
        text = text_of(form)
        return Node("number", (float(text) if "." in text else int(text),))

    def read_matrix(self, form: Form) -> Node:
        """Read a table of blocks; two corners with diagonal dots between them are a run."""
        rows = [list(row.children) for row in form.children]
        if any(cell.data == "ddots" for row in rows for cell in row):
            return self.diagonal(form, rows)
        read = tuple(tuple(self.cells(row)) for row in rows)
        return Node("blocks", (read,))

    def cells(self, row: list[Form]) -> list[Node]:
        """Read a row; dots stand for what lies between."""
        cells = [
            cell.children[0] if cell.data == "cell" and cell.children else cell for cell in row
        ]
        if not any(cell.data == "dots" for cell in cells):
            return [Node("blank") if c.data == "cell" else self.expression(c) for c in cells]
        nodes = [None if c.data == "dots" else self.expression(c) for c in cells]
        at = nodes.index(None)
        start, run = self.run(nodes, at, row[at])
        return [*_nodes(nodes[:start]), run, *_nodes(nodes[at + 2 :])]

    def diagonal(self, form: Form, rows: list[list[Form]]) -> Node:
        """Read a block-diagonal matrix, written with its corners."""
        size = len(rows)
        corners = [rows[0][0], rows[-1][-1]]
        filled = [
            (r, c) for r, row in enumerate(rows) for c, cell in enumerate(row)
            if cell.children or cell.data != "cell"
        ]  # fmt: skip
        if size != 3 or filled != [(0, 0), (1, 1), (2, 2)] or rows[1][1].data != "ddots":
            raise self.fault(form, "expected the first and the last block with dots between them")
        nodes = [self.expression(c.children[0]) for c in corners]
        _, run = self.run([nodes[0], None, nodes[1]], 1, form)
        return Node("diagonal", (run,))

    def read_cases(self, form: Form) -> Node:
        """Read values by cases."""
        cases = []
        for case in form.children:
            value, *_, condition = case.children
            held = (
                None if condition.data == "otherwise"
                else tuple(self.condition(clause) for clause in condition.children)
            )  # fmt: skip
            cases.append((self.expression(value), held))
        return Node("cases", (tuple(cases),))

    # Sums, products, limits, integrals ----------------------------------------------------

    def read_big(self, form: Form) -> Node:
        """Read a sum, a product, a limit or an extreme over something."""
        token, scripts, body = form.children
        kind = {r"\sum": "over_sum", r"\prod": "over_product", r"\lim": "limit",
                r"\max": "largest", r"\min": "smallest"}[str(token)]  # fmt: skip
        below, *_, above = scripts.children  # empty places between them
        if below is None:
            raise Unreadable(f"expected what {token} runs over", *place_of(token))
        if kind == "limit":
            chain = self.chain(below)
            if chain.relations != (r"\to",) or not _is_plain(chain.sides[0]):
                raise self.fault(below, r"expected a letter, \to and a value")
            return Node(kind, (chain.sides[0].args[0], chain.sides[1], self.expression(body)))
        return Node(kind, (self.range(below, above), self.expression(body)), place_of(token))

    def range(self, below: Form, above: Form | None) -> Node:
        """Read what a sum runs over: from and to, a set, or conditions."""
        if above is not None:
            chain = self.chain(below)
            if chain.relations != ("=",) or not _is_plain(chain.sides[0]):
                raise self.fault(below, "expected an index, '=' and where it begins")
            first = chain.sides[0].args[0]
            return Node("from_to", (first, chain.sides[1], self.expression(above)))
        forms, explicit = [below], None
        if below.data == "list":
            separators = [str(c.children[0]) for c in below.children if c.data == "separator"]
            forms = [c for c in below.children if c.data != "separator"]
            if ":" in separators:
                explicit = self.expression(forms.pop(0))
                if explicit.op != "name":
                    raise self.fault(below, "expected the letter that the sum runs over")
        if len(forms) == 1 and explicit is None:
            chain = self.chain(forms[0])
            if chain.relations == (r"\in",):
                return Node("members", chain.sides)
            if not chain.relations and chain.sides[0].op == "name":
                return Node("all", (chain.sides[0],))
        conditions = tuple(self.condition(form) for form in forms)
        return Node("where", (explicit, conditions))

    def read_integral(self, form: Form) -> Node:
        """Read an integral with its bounds."""
        scripts, body, variable = form.children
        below, *_, above = scripts.children  # empty places between them
        if below is None or above is None:
            raise self.fault(form, "expected both bounds of the integral")
        by = self.expression(variable)
        if not _is_plain(by):
            raise self.fault(variable, "expected a letter behind the d")
        bounds = (self.expression(below), self.expression(above))
        return Node("integral", (by.args[0], *bounds, self.expression(body)))


def _parts(form: Any) -> Any:
    """Return a letter taken apart, or None for anything else."""
    try:
        return parts_of(form)
    except Unreadable:
        return None


def _is_plain(node: Node) -> bool:
    """Whether a node is a letter without indices, over which something can run."""
    return node.op == "name" and not node.args[1]


def _nodes(nodes: list[Node | None]) -> list[Node]:
    """Return nodes without the place of the dots, of which there is none here."""
    return [node for node in nodes if node is not None]


def _head(form: Form) -> Form:
    """Return what scripts stand beside."""
    while form.data == "item":
        form = form.children[0]
    return form


def _taken_apart(form: Form) -> tuple[Form, list[Form]]:
    """Return brackets and the scripts behind them."""
    if form.data == "item":
        return form.children[0], list(form.children[1:])
    return form, []


def _common(first: Any, last: Any, holes: list[tuple[Node, Node]]) -> Any:
    """Return what two expressions share, with holes where they differ in an index."""
    if first == last:
        return first
    if isinstance(first, Node) and isinstance(last, Node):
        same = first.op == last.op and len(first.args) == len(last.args)
        if same and first.op not in {"number", "sum"} and not _index_like(first):
            args = [_common(f, t, holes) for f, t in zip(first.args, last.args, strict=True)]
            return None if any(a is None for a in args) else Node(first.op, tuple(args))
        if _index_like(first) and _index_like(last):
            holes.append((first, last))
            return Node("hole", (len(holes) - 1,))
        return None
    if isinstance(first, tuple) and isinstance(last, tuple) and len(first) == len(last):
        pairs = [_common(f, t, holes) for f, t in zip(first, last, strict=True)]
        return None if any(p is None for p in pairs) else tuple(pairs)
    return None


def _index_like(node: Node) -> bool:
    """Whether a node may be an index: a number, a plain letter, or sums and products of them."""
    if node.op == "number":
        return True
    if node.op == "name":
        name, indices = node.args
        return name.kind in {"number", "index"} and not indices
    if node.op == "sum":
        return all(_index_like(term) for term in node.args[1])
    if node.op in {"product", "over"}:
        return all(_index_like(factor) for factor in node.args)
    return False


def nodes_of(part: Any) -> Iterator[Node]:
    """Yield every node of a part of a formula, the part itself first where it is one."""
    if isinstance(part, Node):
        yield part
        part = part.args
    if isinstance(part, tuple):
        for each in part:
            yield from nodes_of(each)
