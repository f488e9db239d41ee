"""Find where a wrong answer leaves the right one: the reader's own term, factor or letter."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

from bookkeeping.check.formulas.faults import FormulaError
from bookkeeping.check.formulas.names import Names
from bookkeeping.check.formulas.reading import Node, nodes_of
from bookkeeping.check.formulas.tokens import CLOSES, OPENS, Piece, tokens
from bookkeeping.check.written import (
    Written,
    entries,
    expression,
    same_shape,
)  # fmt: skip

CLOSE = 1e-7
FEW = 4  # parts, beside which a missing term is the better guess
PROBES = 3  # points at which parts are compared
PRODUCTS = frozenset({"product", "entrywise", "dot", "times"})
OVER_RANGES = frozenset({"over_sum", "over_product", "largest", "smallest"})
FUNCTIONS = frozenset("exp log sin cos tanh softmax diag trace".split())
TIMES = frozenset({"t", "T"})
WORD = r"\\(?:operatorname|mathrm|mathbf|mathcal|mathbb|text)\s*(?:\{[^{}]*\}|\w)"
TOKEN = re.compile(WORD + r"|\\(?:[A-Za-z]+|.)|\d+(?:\.\d+)?|.", re.DOTALL)
GROUP = r"\{(?:[^{}]|\{[^{}]*\})*\}"
MARK = rf"\s*(?:[_^]\s*(?:{GROUP}|\\[A-Za-z]+|\S)|')"
LETTER = re.compile(  # with its accents, and with what is written beside it
    rf"(?:\\[Dd]elta\b\s*)?(?:\\(?:bar|hat|tilde|widehat|widetilde|boldsymbol|vec|dot)\b\s*)*"
    rf"(?:{GROUP}|{WORD}|\\[A-Za-z]+|[A-Za-z])(?:{MARK})*"
)
OPENED = re.compile(r"(?:\\left\s*)?\(\s*$")
CLOSED = re.compile(rf"\s*(?:\\right\s*)?\)(?:{MARK})*")
BRACKETED = frozenset({"power", "transposed", "part", "sign"})
SIGNED = re.compile(r"[+-]\s*(?:\\left\s*\()?\s*$")
ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh")
GUESSES = frozenset({"part", "whole", "sign"})  # beside which a wrong factor explains more
JOINED = frozenset({"SUB", "SUP", "ACCENT", "PREFIX"})  # the next token belongs to these
SIZED = re.compile(r"\\(?:left|right|[bB]igg?[lr]?)\s*$")

SAYS = {
    "letter": "Look at the letter {}.",
    "index": "Look at the index of {}.",
    "step": "Look at the time step of {}.",
    "sign": "Look at the sign of {}.",
    "missing": "A term is missing; what stands there is right.",
    "several": "Something is missing; what stands there is right.",
    "missing too": "A term is missing, and that is not all.",
    "multiple": "Look at the factors that are single numbers: all entries are the same multiple of "
    "what they have to be.",
    "extra": "The term {} is one too many.",
    "factor": "A factor is missing in {}.",
    "more": "The factor {} is one too many.",
    "transposed": "Look at {}: is it to be transposed, or not?",
    "power": "Look at the power of {}.",
    "product": "Look at the order of the factors in {}, and at the signs between them.",
    "range": "Look at what {} runs over.",
    "bound": "Look at the bound {}.",
    "big": "Look at the sign {}: is it a sum or a product?",
    "operator": "Look at the sign between the factors in {}.",
    "function": "Look at the function {}.",
    "derivative": "Look at the derivative {}: d or ∂, of what, and by what?",
    "number": "Look at the number {}.",
    "part": "Look at {}.",
    "whole": "",
}


class Place(NamedTuple):
    """Where an answer goes wrong.

    Parameters
    ----------
    kind : str
        One of the keys of `SAYS`.
    says : str
    span : list of int or None
        First character in the answer, and the one behind the last.
    """

    kind: str
    says: str
    span: list[int] | None


class Finding(NamedTuple):
    """A part of the answer that is not right, and in which way."""

    kind: str
    node: Node | None


def locate(box: Mapping[str, Any], names: Names, node: Node, answer: str) -> Place:
    """Return where an answer leaves the right side, or one of its other forms.

    Parameters
    ----------
    box : mapping
    names : Names
    node : Node
        The answer, read.
    answer : str
        The answer as it was typed.

    Returns
    -------
    Place
    """
    found: list[tuple[int, bool, int, int, Finding]] = []
    for number, tex in enumerate([box["right"], *box.get("forms", ())]):
        comparison = Comparison(box, names)
        try:
            finding = comparison.descend(node, expression(tex, names))
        except (FormulaError, RecursionError):
            continue
        vague = finding.kind in {"part", "whole"}
        size = sum(1 for _ in nodes_of(finding.node)) if finding.node else FEW
        found.append((comparison.spare + 2 * vague, number > 0, size, comparison.beside, finding))
    if not found:
        return placed(Finding("whole", None), node, answer)
    *_, beside, best = min(found, key=lambda each: each[:3])
    if (beside or best.kind in GUESSES) and Comparison(box, names).is_multiple(node, box["right"]):
        best = Finding("multiple", None)
    elif beside and best.kind in {"missing", "several"}:
        best = Finding("missing too", None)
    return placed(best, node, answer)


def placed(finding: Finding, whole: Node, answer: str) -> Place:
    """Return a finding with its words and its place in the answer."""
    if finding.node is None:
        return Place(finding.kind, SAYS[finding.kind], None)
    span = span_of(finding.node, answer)
    if span is None or (finding.node is whole and finding.kind == "part"):
        return Place("whole", "", None)
    if finding.kind in BRACKETED:
        span = _with_brackets(span, answer)
    if finding.kind in {"big", "function"}:
        span = span_at(answer, *finding.node.place) or span
    says = SAYS[finding.kind].format(_called(answer, span))
    if finding.kind == "sign" and (signed := SIGNED.search(answer[: span[0]])):
        span = [signed.start(), signed.start() + 1]
    elif finding.kind == "operator":
        span = _between_factors(finding.node.args[0], answer) or span
    return Place(finding.kind, says, span)


def _called(answer: str, span: list[int]) -> str:
    """Return a part of an answer as TeX, and which one it is where it stands there more often."""
    held = answer[span[0] : span[1]].strip()
    accented = "".join(rf"(?<!\\{accent}\{{)" for accent in ("hat", "bar", "tilde"))
    whole = rf"(?<![A-Za-z\\]){accented}{re.escape(held)}(?![A-Za-z])"
    alike = [found.start() for found in re.finditer(whole, answer)]
    if len(alike) < 2 or span[0] not in alike:
        return f"${held}$"
    return f"${held}$ (the {ordinal(alike.index(span[0]) + 1)} one)"


def ordinal(number: int) -> str:
    """Return which one of several a number, counted from one, stands for."""
    return ORDINALS[number] if number < len(ORDINALS) else f"{number}th"


def _with_brackets(span: list[int], answer: str) -> list[int]:
    """Return a place with the brackets that stand right around it, and what they carry."""
    opened, closed = OPENED.search(answer[: span[0]]), CLOSED.match(answer, span[1])
    return [opened.start(), closed.end()] if opened and closed else span


def _between_factors(pair: tuple[Node, Node], answer: str) -> list[int] | None:
    """Return where the sign between two factors stands, if there is one."""
    left, right = (span_of(node, answer) for node in pair)
    if left is None or right is None:
        return None
    held = answer[left[1] : right[0]]
    sign = re.search(r"\\(?:odot|cdot|times)", held)
    return [left[1] + sign.start(), left[1] + sign.end()] if sign else None


class Comparison:
    """Compares parts of two formulas by their values at some points of a box."""

    def __init__(self, box: Mapping[str, Any], names: Names) -> None:
        self.probes: list[tuple[Written, int, dict[str, Any]]] = []
        for number in range(PROBES):
            for case in box["cases"][:2]:
                if number < len(case["points"]):
                    self.probes.append((Written(names, case), number, {}))
        self.probes = self.probes[:PROBES]
        self.spare = 0  # parts that match nothing, besides one on each side
        self.beside = 0  # of these, those that stand beside what is told
        self.known: dict[tuple[int, int], list[Any] | None] = {}

    def values(self, node: Node) -> list[Any] | None:
        """Return the values of a node at every probe, or None where it has none by itself."""
        key = (id(node), id(self.probes))
        if key not in self.known:
            self.known[key] = self._values(node)
        return self.known[key]

    def _values(self, node: Node) -> list[Any] | None:
        found = []
        try:
            for evaluator, number, letters in self.probes:
                with ExitStack() as stack:
                    stack.enter_context(evaluator.at(number))
                    stack.enter_context(evaluator.binding(letters))
                    value = evaluator.evaluate(node)
                if callable(value) or isinstance(value, (tuple, str, bool, frozenset)):
                    return None
                found.append(value)
        except (FormulaError, RecursionError, OverflowError):
            return None
        return found

    def same(self, one: Node, other: Node, factor: float = 1) -> bool:
        """Whether two parts are equal, or one is a multiple of the other."""
        if factor == 1 and one == other:
            return True
        left, right = self.values(one), self.values(other)
        if left is None or right is None:
            return False
        return all(_close(a, b, factor) for a, b in zip(left, right, strict=True))

    def is_multiple(self, yours: Node, right: str) -> bool:
        """Whether arrays are the right ones but for a number, which is another at each probe."""
        mine, wanted = self.values(yours), self.values(expression(right, self.probes[0][0].names))
        if mine is None or wanted is None:
            return False
        factors = [_ratio(m, w) for m, w in zip(mine, wanted, strict=True)]
        known = [factor for factor in factors if factor is not None]
        spread = max(known) - min(known) if known else 0.0
        return len(known) == len(factors) > 1 and spread > CLOSE * max(map(abs, known))

    def descend(self, yours: Node, right: Node) -> Finding:
        """Return the smallest part of yours that is not as it has to be."""
        here, there = _terms(yours), _terms(right)
        if len(here) > 1 or len(there) > 1 or here[0][0] != there[0][0]:
            return self.sums(here, there, yours)
        (_, mine), (_, wanted) = here[0], there[0]
        if len(_factors(mine)) > 1 or len(_factors(wanted)) > 1:
            return self.products(mine, wanted)
        return self.single(mine, wanted)

    def sums(
        self, here: list[tuple[int, Node]], there: list[tuple[int, Node]], yours: Node
    ) -> Finding:
        """Compare terms, each with its sign."""
        mine, wanted = self.unmatched(here, there)
        self.spare += max(0, max(len(mine), len(wanted)) - 1)
        if not mine:
            kinds = ("whole", "missing", "several")
            return Finding(kinds[min(len(wanted), 2)], None)
        if not wanted:
            return Finding("extra", mine[0][1])
        for sign, node in mine:
            if any(self.same(node, other, -sign * their) for their, other in wanted):
                return Finding("sign", node)
        self.beside += len(mine) + len(wanted) - 2
        (sign, node), (their, other) = _likest(mine, wanted)
        if len(here) == 1 and len(there) > 1 and (brackets := self.brackets(node, there)):
            return brackets
        found = self.descend(node, other)
        if sign != their and found.kind == "whole":
            return Finding("sign", node)
        return found

    def brackets(self, node: Node, there: list[tuple[int, Node]]) -> Finding | None:
        """Compare a product of which one factor is a sum with a sum of products."""
        inner = [f for f in _factors(node) if f.op == "sum"]
        return Finding("part", node) if inner and len(there) > 1 else None

    def unmatched(
        self, here: Sequence[tuple[int, Node]], there: Sequence[tuple[int, Node]]
    ) -> tuple[list[tuple[int, Node]], list[tuple[int, Node]]]:
        """Return what has no equal on the other side."""
        mine, wanted = list(enumerate(here)), list(enumerate(there))
        for nearby in (True, False):  # what stands at the same place is matched first
            for k, (sign, node) in list(mine):
                for n, (their, other) in wanted:
                    if (k == n or not nearby) and self.same(node, other, sign * their):
                        mine.remove((k, (sign, node)))
                        wanted.remove((n, (their, other)))
                        break
        return [pair for _, pair in mine], [pair for _, pair in wanted]

    def products(self, yours: Node, right: Node) -> Finding:
        """Compare factors."""
        mine, wanted = self.unmatched(
            [(1, f) for f in _factors(yours)], [(1, f) for f in _factors(right)]
        )
        self.spare += max(0, max(len(mine), len(wanted)) - 1)
        if not mine and not wanted:
            return _between(yours, right)
        if not mine:
            return Finding("factor", yours)
        if not wanted:
            return Finding("more", mine[0][1])
        self.beside += len(mine) + len(wanted) - 2
        (_, node), (_, other) = _likest(mine, wanted)
        if len(mine) == len(_factors(yours)) > 1 and len(mine) != len(wanted):
            return Finding("part", yours)
        found = self.descend(node, other)
        if found.kind == "transposed" and _signs(yours) != _signs(right):
            return Finding("product", yours)
        return found

    def single(self, yours: Node, right: Node) -> Finding:
        """Compare two parts that are neither sums nor products."""
        if {yours.op, right.op} == {"over_sum", "over_product"}:
            return Finding("big", yours)
        if yours.op != right.op:
            return self.different(yours, right)
        if yours.op == "name":
            return _names(yours, right)
        if yours.op == "number":
            return Finding("number", yours)
        if yours.op == "entry":
            if yours.args[0] != right.args[0]:
                return self.single(yours.args[0], right.args[0])
            return Finding("index", yours)
        if yours.op in {"power", "root"}:
            base, wanted = yours.args[0], right.args[0]
            return (
                Finding("power", yours) if self.same(base, wanted) else self.descend(base, wanted)
            )
        if yours.op in OVER_RANGES:
            return self.over_range(yours, right)
        if yours.op in {"derivative", "gradient"}:
            return Finding("derivative", yours)
        return self.inside(yours, right)

    def inside(self, yours: Node, right: Node) -> Finding:
        """Compare the arguments of one operation."""
        mine, wanted = list(_arguments(yours)), list(_arguments(right))
        if len(mine) != len(wanted):
            return Finding("part", yours)
        apart = [(m, w) for m, w in zip(mine, wanted, strict=True) if not self.same(m, w)]
        if len(apart) != 1:
            return Finding("part", yours)
        return self.descend(*apart[0])

    def over_range(self, yours: Node, right: Node) -> Finding:
        """Compare two sums over a range: the range, and then what is summed."""
        (span, body), (wanted, other) = yours.args, right.args
        if span.op != wanted.op:
            return Finding("range", yours)
        if span.op == "from_to":
            for k in (1, 2):
                if not self.same(span.args[k], wanted.args[k]):
                    return (
                        Finding("bound", span.args[k]) if body == other else Finding("part", yours)
                    )
            return self.bodies(yours, span.args[0].key, wanted.args[0].key, body, other, wanted)
        if span != wanted:
            return Finding("range", yours)
        return self.bodies(yours, "", "", body, other, wanted)

    def bodies(
        self, yours: Node, mine: str, theirs: str, body: Node, other: Node, span: Node
    ) -> Finding:
        """Compare what is summed, for the first and the last members of the range."""
        before, probes = self.probes, []
        for evaluator, number, letters in before:
            with evaluator.at(number), evaluator.binding(letters):
                members = evaluator.span(span)
            for bound in [*members[:1], *members[-1:]]:
                more = {mine: bound[theirs]} if mine else {}
                probes.append((evaluator, number, {**letters, **bound, **more}))
        self.probes = probes
        try:
            found = self.descend(body, other)
        finally:
            self.probes = before
        return Finding("range", yours) if found.kind == "whole" else found

    def different(self, yours: Node, right: Node) -> Finding:
        """Compare two parts of which one has something around it that the other has not."""
        if yours.op in FUNCTIONS and (
            self.same(yours.args[0], right)
            or (right.op in FUNCTIONS and self.same(yours.args[0], right.args[0]))
        ):
            return Finding("function", yours)
        for one, other in ((yours, right), (right, yours)):
            if one.op == "transpose" and self.same(one.args[0], other):
                return Finding("transposed", yours)
            if one.op == "power" and self.same(one.args[0], other):
                return Finding("power", yours)
        if {yours.op, right.op} == {"transpose", "power"} and self.same(
            yours.args[0], right.args[0]
        ):
            return Finding("transposed", yours)
        return Finding("part", yours)


def _close(left: Any, right: Any, factor: float) -> bool:
    if not same_shape(left, right):
        return False
    there = [factor * x for x in entries(right)]
    scale = max((abs(x) for x in there), default=0.0) or 1.0
    return all(abs(a - b) <= CLOSE * scale for a, b in zip(entries(left), there, strict=True))


def _terms(node: Node, sign: int = 1) -> list[tuple[int, Node]]:
    """Return the terms of a sum, those in brackets too, each with its sign."""
    if node.op != "sum":
        return [(sign, node)]
    signs, terms = node.args
    return [
        pair
        for each, term in zip(signs, terms, strict=True)
        for pair in _terms(term, -sign if each == "-" else sign)
    ]


def _factors(node: Node) -> list[Node]:
    """Return the factors of a product, in order."""
    if node.op in PRODUCTS:
        return [f for side in node.args for f in _factors(side)]
    return [node]


def _signed_factors(node: Node, before: str = "") -> list[tuple[str, Node]]:
    """Return the factors of a product, each with the operation that stands before it."""
    if node.op in PRODUCTS:
        left, right = node.args
        return [*_signed_factors(left, before), *_signed_factors(right, node.op)]
    return [(before, node)]


def _signs(node: Node) -> Counter[str]:
    return Counter(sign for sign, _ in _signed_factors(node)[1:])


def _ratio(mine: Any, wanted: Any) -> float | None:
    """Return the number that makes one array of the other; None where there is none."""
    pairs = (
        list(zip(entries(mine), entries(wanted), strict=True)) if same_shape(mine, wanted) else []
    )
    known = [(m, w) for m, w in pairs if abs(w) > CLOSE]
    if len(known) < 2:
        return None
    factor = known[0][0] / known[0][1]
    scale = max(abs(w) for _, w in known)
    alike = all(abs(m - factor * w) <= CLOSE * abs(factor) * scale for m, w in pairs)
    return float(factor.real) if alike and abs(factor) > CLOSE else None


def _between(yours: Node, right: Node) -> Finding:
    """Compare the signs between factors that are all right."""
    mine, wanted = _signed_factors(yours), _signed_factors(right)
    usual = {sign for sign, _ in wanted[1:]}
    odd = [k for k in range(1, len(mine)) if mine[k][0] not in usual]
    if not odd:
        odd = [k for k in range(1, len(mine)) if mine[k][0] != wanted[k][0]]
    if len(odd) != 1:
        return Finding("product", yours)
    pair = (mine[odd[0] - 1][1], mine[odd[0]][1])
    return Finding("operator", Node("tuple", (pair,)))


def _names(yours: Node, right: Node) -> Finding:
    """Compare two letters: another one, or the same with another index."""
    if yours.args[0] != right.args[0]:
        return Finding("letter", yours)
    timely = set(yours.args[0].slots) & TIMES
    return Finding("step" if timely else "index", yours)


def _likest(
    mine: list[tuple[int, Node]], wanted: list[tuple[int, Node]]
) -> tuple[tuple[int, Node], tuple[int, Node]]:
    """Return the two parts that have most letters in common."""
    return max(itertools.product(mine, wanted), key=lambda pair: _alike(pair[0][1], pair[1][1]))


def _alike(one: Node, other: Node) -> float:
    here, there = Counter(_marks(one)), Counter(_marks(other))
    return 2 * (here & there).total() / (here.total() + there.total())


def _marks(node: Node) -> Iterator[Any]:
    for each in nodes_of(node):
        yield each.op
        if each.op == "name":
            yield each.args[0].key
            yield each


def _arguments(node: Node) -> Iterator[Node]:
    """Yield the nodes that an operation is applied to."""

    def within(part: Any) -> Iterator[Node]:
        if isinstance(part, Node):
            yield part
        elif isinstance(part, tuple):
            for each in part:
                yield from within(each)

    return within(node.args)


# Places in the answer's text --------------------------------------------------------------------


def span_of(node: Node, answer: str) -> list[int] | None:
    """Return the first character of a part of an answer, and the one behind its last."""
    places = sorted({each.place for each in nodes_of(node)} - {(0, 0)})
    if not places:
        return None
    pieces = tokens(answer)
    at = {(piece.line, piece.column): number for number, piece in enumerate(pieces)}
    if places[0] not in at or places[-1] not in at:
        return None
    first, last = at[places[0]], at[places[-1]]
    first = _opened(pieces, first, last)
    if first and pieces[first - 1].kind == "FRAC":
        first -= 1
    elif node.op in {"over", "derivative"} and first > 1 and pieces[first - 2].kind == "FRAC":
        first -= 2
    depth = _depth(pieces[first : last + 1])
    while last + 1 < len(pieces):
        after = pieces[last + 1]
        scripts = after.kind in {"SUB", "SUP", "PRIME"}
        if depth <= 0 and not scripts and pieces[last].kind not in JOINED:
            break
        if depth <= 0 and after.kind in CLOSES:
            break
        last += 1
        depth += (after.kind in OPENS) - (after.kind in CLOSES)
    starts = _starts(answer)
    begin, end = _offset(pieces[first], starts), _end(pieces[last], answer, starts)
    if sized := SIZED.search(answer[:begin]):
        begin = sized.start()
    return [begin, end]


def _depth(pieces: Sequence[Piece]) -> int:
    return sum((piece.kind in OPENS) - (piece.kind in CLOSES) for piece in pieces)


def _opened(pieces: Sequence[Piece], first: int, last: int) -> int:
    """Return from where on all brackets are opened that are closed between two tokens."""
    lowest = min(_depth(pieces[first : k + 1]) for k in range(first, last + 1))
    while lowest < 0 and first:
        first -= 1
        lowest += (pieces[first].kind in OPENS) - (pieces[first].kind in CLOSES)
    return first


def span_at(answer: str, line: int, column: int) -> list[int] | None:
    """Return the characters of the token at a place of an answer; none where nothing is named."""
    starts = _starts(answer)
    if not 0 < line <= len(starts):
        return None
    begin = starts[line - 1] + max(column - 1, 0)
    if begin >= len(answer):
        return [len(answer), len(answer)]
    if found := LETTER.match(answer, begin):
        return [begin, found.end()]
    held = TOKEN.match(answer, begin)
    return [begin, held.end() if held else begin + 1]


def _starts(answer: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", answer))]


def _offset(piece: Piece, starts: list[int]) -> int:
    return starts[piece.line - 1] + piece.column - 1


def _end(piece: Piece, answer: str, starts: list[int]) -> int:
    """Return where a token ends in the text, which may write it with blanks."""
    begin = _offset(piece, starts)
    held = TOKEN.match(answer, begin)
    return held.end() if held else begin + 1
