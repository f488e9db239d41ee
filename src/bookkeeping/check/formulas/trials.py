"""Try a formula: evaluate every side of every line for given values, and compare."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bookkeeping.check.formulas.evaluating import Evaluator, Operations, largest
from bookkeeping.check.formulas.faults import FormulaError, Misfit, Untrue, Unusable
from bookkeeping.check.formulas.names import Names
from bookkeeping.check.formulas.reading import Chain, Formula, Statement, read
from bookkeeping.check.formulas.unrelated import Unrelated

INEQUALITIES = frozenset({"<", ">", r"\le", r"\leq", r"\ge", r"\geq"})
EQUALITIES = frozenset({"=", r"\approx"})
SAME_TO = 1e-9
FEW = 5  # points at which two formulas are compared with unrelated values


@dataclasses.dataclass
class Outcome:
    """What a trial has found.

    Parameters
    ----------
    error : float
        The largest difference of two sides, as a share of the largest value.
    tried : mapping from str to set
        By each plain letter the values that it took, at most two of them.
    """

    error: float
    tried: dict[str, set[Any]]


@dataclasses.dataclass(frozen=True)
class Trial:
    """Values for the letters of an equation, to be tried on any text of it.

    Parameters
    ----------
    names : Names
        The letters of the page.
    operations : Operations
        Arithmetic on arrays.
    values, chance, ranges, after, holding
        As `Evaluator` has them.
    background : mapping from str to object
        More values, which the equation need not hold.
    at : mapping from str to iterable, or sequence of mappings
        Values of indices and other letters: every combination of a mapping, or each of a sequence.
    within : float
        The largest difference allowed, as a share of the largest value.
    """

    names: Names
    operations: Operations
    values: Mapping[str, Any]
    within: float
    at: Any = dataclasses.field(default_factory=dict)
    chance: Any = ()
    ranges: Mapping[str, Iterable[Any]] = dataclasses.field(default_factory=dict)
    after: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    holding: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    background: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def points(self) -> list[dict[str, Any]]:
        """Return what the letters are that take several values."""
        if isinstance(self.at, Mapping):
            keys = [self.names.name(tex) for tex in self.at]
            rows = [dict(zip(keys, v, strict=True)) for v in itertools.product(*self.at.values())]
        else:
            rows = [{self.names.name(t): v for t, v in point.items()} for point in self.at]
        if not rows:
            raise Unusable("`at` names no point")
        return [
            {n.key: v if n.kind == "index" else self.operations.take(v, n.kind)
             for n, v in row.items()}
            for row in rows
        ]  # fmt: skip

    def evaluator(self) -> Evaluator:
        """Return a fresh evaluator for these values."""
        return Evaluator(
            self.names, self.operations, {**self.background, **self.values}, chance=self.chance,
            ranges=self.ranges,
            after=self.after, holding=self.holding,
        )  # fmt: skip

    def run(self, tex: str, evaluator: Evaluator | None = None) -> Outcome:
        """Read a text, evaluate all of it and compare.

        Parameters
        ----------
        tex : str
        evaluator : Evaluator, optional
            One that has worked out values before.

        Returns
        -------
        Outcome

        Raises
        ------
        FormulaError
            When the text cannot be read or evaluated, when a value belongs to no letter, or when
            two sides differ.
        """
        formula = read(tex, self.names)
        return self.examine(formula, evaluator or self.evaluator())

    def examine(self, formula: Formula, evaluator: Evaluator, *, strict: bool = True) -> Outcome:
        """Evaluate a formula at every point, and compare.

        Parameters
        ----------
        formula : Formula
        evaluator : Evaluator
        strict : bool, optional
            Refuse values that belong to no letter.

        Returns
        -------
        Outcome
        """
        points = self.points()
        comparisons = [Comparison(statement, self.within) for statement in formula.statements]
        for point in points:
            with evaluator.binding(point):
                evaluator.used |= set(point) & formula.names
                for comparison in comparisons:
                    _look(comparison, evaluator)
        errors = [comparison.error() for comparison in comparisons]
        if strict:
            self._all_used(formula, evaluator, points)
        return Outcome(max(errors), self._tried(formula, evaluator, points))

    def means_the_same(self, one: Formula, other: Formula) -> bool:
        """Whether two formulas agree for values of their letters that have nothing in common.

        Every side is evaluated with each letter at random, unrelated to all others. What is equal
        even then says the same in other signs: a b and b a.
        """
        evaluator = Unrelated(
            self.names, self.operations, {**self.background, **self.values}, chance=self.chance,
            ranges=self.ranges, after=self.after, holding=self.holding,
        )  # fmt: skip
        try:
            return all(self._alike(one, other, evaluator, point) for point in self.points()[:FEW])
        except FormulaError:
            return False

    def _alike(
        self, one: Formula, other: Formula, evaluator: Unrelated, point: Mapping[str, Any]
    ) -> bool:
        if len(one.statements) != len(other.statements):
            return False
        pairs = list(zip(one.statements, other.statements, strict=True))
        with evaluator.binding({k: evaluator.unrelated_number(k, v) for k, v in point.items()}):
            for here, there in pairs:
                if here.imply != there.imply:
                    return False
                chains = [(here.first, there.first)]
                if here.second is not None and there.second is not None:
                    chains.append((here.second, there.second))
                for a, b in chains:
                    if a.relations != b.relations:
                        return False
                    for side, changed in zip(a.sides, b.sides, strict=True):
                        if side == changed:
                            continue
                        values = evaluator.evaluate(side), evaluator.evaluate(changed)
                        scale = max(largest(_numbers(evaluator, v)) for v in values) or 1.0
                        if largest(evaluator.difference(*values)) > SAME_TO * scale:
                            return False
        return True

    def _all_used(self, formula: Formula, evaluator: Evaluator, points: list[Any]) -> None:
        """Refuse values that belong to no letter."""
        given = {self.names.name(tex).key for tex in self.values}
        given |= {*evaluator.ranges, *(k for p in points for k in p)}
        idle = given - evaluator.used - formula.names
        if idle:
            shown = ", ".join(sorted(self.names.by_key[key].tex for key in idle))
            raise Unusable(f"the test gives values for {shown}, which the equation does not hold")

    def _tried(
        self, formula: Formula, evaluator: Evaluator, points: list[Any]
    ) -> dict[str, set[Any]]:
        tried: dict[str, set[Any]] = {}
        for key in formula.names:
            name = self.names.by_key[key]
            if name.kind != "number" or name.slots:
                continue
            here = key in points[0]
            found = {point[key] for point in points} if here else evaluator.seen.get(key)
            if found:
                tried[name.tex] = set(itertools.islice(found, 2))
        return tried


class Comparison:
    """Gathers the sides of one statement over all points, and compares them."""

    def __init__(self, statement: Statement, within: float) -> None:
        self.statement, self.within = statement, within
        count = len(statement.first.relations)
        self.differences = [0.0] * count
        self.scales = [0.0] * count
        self.gaps = [math.inf] * count  # how near an inequality comes to its border
        self.truths: list[tuple[bool, bool]] = []
        self.borders: dict[tuple[int, int], float] = {}

    def look(self, evaluator: Evaluator) -> None:
        """Evaluate the statement at one point."""
        if self.statement.second is None:
            self._compare(self.statement.first, evaluator)
            return
        first = self._truth(0, self.statement.first, evaluator)
        if self.statement.imply in {r"\implies", r"\Rightarrow"} and not first:
            self.truths.append((False, False))
            return
        self.truths.append((first, self._truth(1, self.statement.second, evaluator)))

    def _sides(self, chain: Chain, evaluator: Evaluator) -> Iterator[tuple[int, Any, str, Any]]:
        values = [evaluator.evaluate(side) for side in chain.sides]
        if r"\leftarrow" in chain.relations:
            if not evaluator.after or r"\leftarrow" in chain.relations[1:]:
                raise Unusable(
                    r"\leftarrow is an assignment: it comes first, and the test says by `after` "
                    "what the letter is then; write '=' where two things are equal"
                )
            with evaluator._given(evaluator.after), evaluator._moved({}):
                values[0] = evaluator.evaluate(chain.sides[0])
        for k, relation in enumerate(chain.relations):
            yield k, values[k], relation, values[k + 1]

    def _compare(self, chain: Chain, evaluator: Evaluator) -> None:
        for k, left, relation, right in self._sides(chain, evaluator):
            if relation in EQUALITIES or relation == r"\leftarrow":
                entries = evaluator.difference(left, right)
                self.differences[k] = max(self.differences[k], largest(entries))
                self.scales[k] = max(
                    self.scales[k], largest(_numbers(evaluator, left)),
                    0.0 if _is_zero(chain, k) else largest(_numbers(evaluator, right)),
                )  # fmt: skip
                if _is_zero(chain, k):
                    self.scales[k] = 1.0
            elif not evaluator.related(left, relation, right, self.within):
                raise Untrue(f"{left} {relation} {right} does not hold")
            elif relation in INEQUALITIES:
                gap = abs(left - right) / max(abs(left), abs(right), 1e-300)
                self.gaps[k] = min(self.gaps[k], gap)

    def _truth(self, which: int, chain: Chain, evaluator: Evaluator) -> bool:
        held = True
        for k, left, relation, right in self._sides(chain, evaluator):
            if relation == r"\leftarrow":
                relation = "="
            held &= evaluator.related(left, relation, right, self.within)
            if relation in INEQUALITIES:
                gap = abs(left - right) / max(abs(left), abs(right), 1e-300)
                self.borders[which, k] = min(gap, self.borders.get((which, k), math.inf))
        return held

    def error(self) -> float:
        """Return the largest difference; complain when it is too large."""
        if self.statement.second is not None:
            return self._error_of_truths()
        errors = [0.0]
        for k, relation in enumerate(self.statement.first.relations):
            if relation in {r"\le", r"\leq", r"\ge", r"\geq"} and self.gaps[k] > self.within:
                raise Unusable(
                    f"the inequality {relation} is never attained in this test: a looser one would "
                    "pass as well; add a point at which both sides are equal"
                )
            difference, scale = self.differences[k], self.scales[k]
            error = difference / scale if scale else difference
            if relation == r"\approx" and error <= SAME_TO:
                raise Unusable(r"both sides of \approx are equal; write '='")
            if not error <= self.within:
                left = "both sides" if len(errors) == 1 else f"sides {k + 1} and {k + 2}"
                raise Untrue(f"{left} differ by {error:.3g} of the largest value")
            errors.append(error)
        return max(errors)

    def _error_of_truths(self) -> float:
        one_way = self.statement.imply in {r"\implies", r"\Rightarrow"}
        if any(first and not second for first, second in self.truths):
            raise Untrue("the first statement holds where the second does not")
        if not one_way and any(second and not first for first, second in self.truths):
            raise Untrue("the second statement holds where the first does not")
        if {first for first, _ in self.truths} != {True, False}:
            raise Unusable("the points have to lie on both sides of the condition")
        far = [gap for (which, _), gap in self.borders.items() if gap > self.within
               and not (one_way and which)]  # fmt: skip
        if far:
            raise Unusable("no point lies on the border, so that > and ≥ look alike; add one")
        return 0.0


def _look(comparison: Comparison, evaluator: Evaluator) -> None:
    """Evaluate a statement at one point; numbers too large to compare are a misfit."""
    try:
        comparison.look(evaluator)
    except OverflowError as error:
        raise Misfit(f"too large to be compared: {error}") from None


def _numbers(evaluator: Evaluator, value: Any) -> Sequence[Any]:
    if isinstance(value, (bool, str, frozenset, set)):
        return []
    return evaluator.entries(value)


def _is_zero(chain: Chain, k: int) -> bool:
    """Whether the right side is the number zero itself."""
    side = chain.sides[k + 1]
    return side.op == "number" and side.args == (0,)
