"""What the build writes beside a page for its exercises: values of letters, right answers, slips.

The claims of an equation have the values; here they are turned into plain numbers and lists, with
which `trying.judge` judges in a browser.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bookkeeping.check.displayed import Displayed, equations_of
from bookkeeping.check.formulas.evaluating import Evaluator
from bookkeeping.check.formulas.faults import FormulaError, Unusable
from bookkeeping.check.formulas.names import Name, Names
from bookkeeping.check.formulas.reading import Formula, Node, Reader, nodes_of, read
from bookkeeping.check.formulas.surface import parse
from bookkeeping.check.formulas.tokens import (
    CONTINUES,
    LINES,
    PIECE,
    RELATIONS,
    SIGNS,
)  # fmt: skip
from bookkeeping.check.formulas.trials import Trial
from bookkeeping.check.notation import declared_on, state_of
from bookkeeping.check.palette import example_of, palette_of
from bookkeeping.check.trying import judge, misses
from bookkeeping.check.written import FUNCTIONS, definitions_of, derivative_key, expression
from bookkeeping.project import Project
from bookkeeping.run.dependencies import Freshness
from bookkeeping.run.runner import STEADY
from bookkeeping.store import Store, digest, file_digest
from bookkeeping.texts import PageError, YamlText, read_text

FILE = "tries.yml"
CASES = 3
POINTS = 6
MEMBERS = 64  # of a letter with slots, at most
LARGEST = 9  # an index that is tried where nothing says how far a letter goes
AROUND = 1e-9
SUM = re.compile(r"\\(sum|prod)_\{([A-Za-z])=([^{}]*)\}\^\{[^{}]*\}")


class Exercise(NamedTuple):
    """An entry of ``book/tries.yml`` with the equation that it asks for."""

    equation: Displayed
    entry: Mapping[str, Any]
    declared: tuple[dict[str, Any], str]

    @property
    def texts(self) -> list[str]:
        """The right forms and the known slips."""
        slips = [slip["tex"] for slip in self.entry.get("slips") or ()]
        return [*(self.entry.get("forms") or ()), *slips]

    @property
    def letters(self) -> list[str]:
        """The letters that a reader may use besides."""
        return list(self.entry.get("letters") or ())


def exercises_of(project: Project) -> dict[str, Exercise]:
    """Return the exercises of a book by the label of their equation; none without the file.

    Raises
    ------
    PageError
        Where an entry names an equation that no page types.
    """
    path = project.book / FILE
    if not path.exists():
        return {}
    data = YamlText.of(path).load() or {}
    typed = equations_of(project.book)
    for label in data:
        if label not in typed:
            raise told(project, label, "no page types an equation with this label")
    return {
        label: Exercise(typed[label], entry or {}, declared_on(project.book, typed[label].docname))
        for label, entry in data.items()
    }


def told(project: Project, label: str, says: str) -> PageError:
    """Return an error that names the entry of an exercise."""
    line = YamlText.of(project.book / FILE).line_of((label,))
    return PageError(f"{project.book / FILE}:{line}: {label}: {says}")


def attempts_of(project: Project, say: Callable[[str], None] = print) -> dict[str, dict[str, Any]]:
    """Return what is written beside the pages for each exercise, by label.

    The claims of their equations are run where something that they touch has changed since the
    values were stored.

    Raises
    ------
    PageError
        When an exercise cannot be made, or its own right forms are not right.
    """
    exercises = exercises_of(project)
    store = Store(project.build / "tries")
    tests, now = _claiming(project), Freshness(project)
    keys = {label: _key(now, exercise, tests[label]) for label, exercise in exercises.items()}
    found = {label: record for label, key in keys.items() if (record := store.load(key))}
    stale = [label for label in exercises if label not in found]
    if stale:
        for label, box in _made(project, stale).items():
            found[label] = box
            store.save(keys[label], box)
    store.prune()
    if exercises:
        say(f"exercises: {len(exercises)} formulas to try, {len(stale)} with new values")
    return {label: found[label] for label in exercises}


def _claiming(project: Project) -> dict[str, list[Path]]:
    """Return by label the files whose tests may claim its equation."""
    texts = {path: read_text(path) for path in project.test_files()}
    found = {path: text for path, text in texts.items() if "mark.equation" in text}
    return {
        label: [path for path, text in found.items() if f'"{label}"' in text]
        for label in exercises_of(project)
    }


def _key(freshness: Freshness, exercise: Exercise, tests: list[Path]) -> str:
    """Return what an exercise depends on: its entry, its equation, all that its claims touch."""
    evidence = Store(freshness.project.build / "evidence")
    own = [file_digest(path) for path in sorted(Path(__file__).parent.glob("*.py"))]
    touched = [
        (path, names)
        for path in tests
        for names in [[], *(evidence.load(freshness.test_key(path, [])) or {}).get("touched", [])]
    ]
    return digest(
        json.dumps(exercise.entry, sort_keys=True), state_of(exercise.equation, exercise.declared),
        own, [freshness.test_key(path, names) for path, names in touched],
    )  # fmt: skip


def _made(project: Project, labels: list[str]) -> dict[str, dict[str, Any]]:
    """Make exercises in a process of their own, since the tests import what they like.

    Raises
    ------
    PageError
        With what that process had to say.
    """
    with tempfile.TemporaryDirectory(prefix="tries-") as scratch:
        output = Path(scratch, "boxes.json")
        finished = subprocess.run(
            [sys.executable, "-m", "bookkeeping.check.attempts", str(project.root), str(output),
             *labels],
            cwd=project.root, env={**os.environ, **STEADY, **dict.fromkeys(project.outside, "")},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if finished.returncode or not output.exists():
            raise PageError(finished.stderr.strip() or finished.stdout.strip())
        boxes: dict[str, dict[str, Any]] = json.loads(output.read_text(encoding="utf-8"))
    return boxes


def make(
    project: Project, labels: Iterable[str], trials: Mapping[str, list[Trial]]
) -> dict[str, dict[str, Any]]:
    """Make exercises from the trials of the tests that claim their equations.

    Raises
    ------
    PageError
        With all that cannot be made, and the lines of their entries.
    """
    exercises = exercises_of(project)
    boxes: dict[str, dict[str, Any]] = {}
    faults = []
    for label in labels:
        try:
            if not trials.get(label):
                raise Unusable("no test evaluates this equation, so it has no values")
            boxes[label] = box_of(label, exercises[label], trials[label])
        except FormulaError as error:
            faults.append(str(told(project, label, str(error))))
    if faults:
        raise PageError("\n".join(faults))
    return boxes


def box_of(label: str, exercise: Exercise, trials: list[Trial]) -> dict[str, Any]:
    """Return what is written beside the page for one exercise.

    Raises
    ------
    FormulaError
        When a letter has no value that can be written down, or when one of the entry's right forms
        is not right.
    """
    entry = exercise.entry
    declared, gradient = exercise.declared
    names = Names(declared, gradient)
    sides = sides_of(exercise.equation.tex, names)
    asks = str(entry.get("asks", sides[0]))
    if expression(asks, names) != expression(sides[0], names):
        raise FormulaError(f"`asks` is {asks!r}, but the equation begins with {sides[0]!r}")
    right = sides[int(entry.get("side", -1))]
    maker = Maker(names, asks, right, exercise)
    palette, plain = maker.palette(), {**maker.sums(), **(entry.get("plain") or {})}
    box = {
        "label": label,
        "asks": asks,
        "right": right,
        "names": {"declared": declared, "gradient": gradient},
        "forms": list(entry.get("forms") or ()),
        "knows": list(entry.get("knows") or ()),
        "slips": list(entry.get("slips") or ()),
        "hint": str(entry.get("hint", "")),
        "plain": plain,
        "palette": palette,
        "example": example_of(palette, right, maker.answers, plain, names),
        "cases": maker.cases(trials),
    }
    _examine(box, names)
    return box


def _examine(box: dict[str, Any], names: Names) -> None:
    """Refuse an exercise whose right forms are not right, or whose slips are."""
    definitions_of(box, names)
    for tex in [box["right"], *box["forms"]]:
        for miss in misses(box, tex):
            raise FormulaError(f"the right form {tex!r} is not accepted: {miss}")
    for slip in box["slips"]:
        verdict = judge(box, slip["tex"])
        if not verdict["slip"]:
            raise FormulaError(f"the slip {slip['tex']!r} is {verdict['fate']}: {verdict['says']}")


def sides_of(tex: str, names: Names) -> list[str]:
    """Return the sides of an equation's first statement as texts of one line each.

    Raises
    ------
    FormulaError
        When they do not read as the equation does.
    """
    sides, depth, inside = [""], 0, 0
    related = False
    pieces = list(PIECE.finditer(tex))
    solid = [m.group() for m in pieces if m.lastgroup != "space"]
    number = -1
    for match in pieces:
        text = match.group()
        if match.lastgroup == "space":
            sides[-1] += " "
            continue
        number += 1
        before, after = ([*solid, ""][number - 1], [*solid, ""][number + 1])
        if match.lastgroup == "environment":
            name = text[text.index("{") + 1 : -1]
            if name in LINES:
                continue
            inside += 1 if text.startswith(r"\begin") else -1
        elif text == "&" and not inside:
            continue
        elif text == r"\\" and not inside:
            rest = [t for t in solid[number + 1 :] if t not in {"&", r"\quad", r"\qquad", "{", "}"}]
            if rest and not _goes_on(rest[0]):
                break
            continue
        elif (
            (text, after) == ("{", "}")
            or (before, text) == ("{", "}")
            or text in {r"\quad", r"\qquad"}
        ):
            continue
        elif text == "," and related and not depth and not inside:
            break
        if text in RELATIONS and not depth and not inside:
            sides.append("")
            related = True
            continue
        depth += (text in {"{", "(", "[", r"\{"}) - (text in {"}", ")", "]", r"\}"})
        sides[-1] += text
    sides = [" ".join(side.split()) for side in sides]
    chain = read(tex, names).statements[0].first
    if [expression(side, names) for side in sides] != list(chain.sides):
        raise FormulaError(f"the sides of {tex!r} cannot be told apart")
    return sides


def _goes_on(text: str) -> bool:
    return text in RELATIONS or SIGNS.get(text) in CONTINUES


class Recorder(Evaluator):
    """An evaluator that keeps which derivatives were asked for, and where functions were."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.met: dict[str, tuple[Node, Node]] = {}
        self.calls: dict[str, list[Any]] = {}
        self.inner = 0

    def derivative(self, of: Node, by: Node, *, local: bool, row: bool) -> Any:
        """Keep a derivative, and return it."""
        if not self.inner:
            self.met[f"{of} {by}"] = of, by
        with self.silence():
            return super().derivative(of, by, local=local, row=row)

    @contextlib.contextmanager
    def silence(self) -> Iterator[None]:
        """Keep nothing for as long as this lasts."""
        self.inner += 1
        try:
            yield
        finally:
            self.inner -= 1

    def do_call(self, function: Node, arguments: tuple[Node, ...]) -> Any:
        """Keep what a function was called with, and return its value."""
        value = super().do_call(function, arguments)
        if function.op == "name" and not self.inner:
            given = [self.ops.give(v) for a in arguments for v in self._arguments(a)]
            row = [[_listed(each) for each in given], _listed(self.ops.give(value))]
            calls = self.calls.setdefault(function.args[0].key, [])
            if row not in calls:
                calls.append(row)
        return value


class Maker:
    """Writes down the values of an exercise."""

    def __init__(self, names: Names, asks: str, right: str, exercise: Exercise) -> None:
        self.names, self.exercise = names, exercise
        self.asked = expression(asks, names)
        self.right = right
        wanted, letters = Reader(names), Reader(names)
        self.needed = [self._read(wanted, tex) for tex in [right, *exercise.texts]]
        self.besides = [self._read(wanted, tex) for tex in exercise.letters]
        sides = itertools.chain(*_chains(read(exercise.equation.tex, names)))
        self.others = [side for side in sides if side != self.asked]
        for tex in exercise.entry.get("knows") or ():
            for form in parse(tex).children:
                wanted.statement(form)
        self.must = set(wanted.met)
        letters.met |= wanted.met | read(exercise.equation.tex, names).names
        self.may = set(letters.met)

    @staticmethod
    def _read(reader: Reader, tex: str) -> Node:
        (form,) = parse(tex).children
        return reader.expression(form)

    def palette(self) -> list[str]:
        """Return what a reader may press."""
        texts = [self.right, *self.exercise.texts, *self.exercise.letters]
        read = [*self.needed, *self.besides]
        return palette_of(list(zip(texts, read, strict=True)), self.answers, self.names)

    @property
    def answers(self) -> list[str]:
        """The right forms, the page's own among them."""
        return [self.right, *(self.exercise.entry.get("forms") or ())]

    def sums(self) -> dict[str, str]:
        """Return the bounds of sums over everything, by how a sum is typed without any.

        Where a letter runs over more than one range, or from another letter on, the bounds are a
        part of the answer.
        """
        asked = list(SUM.finditer(self.answers[0]))
        is_open = any(not one[3].isdigit() for one in asked)
        if is_open or len({one[0] for one in asked}) > len({one[2] for one in asked}):
            return {}
        table: dict[str, str] = {}
        for one in itertools.chain.from_iterable(map(SUM.finditer, self.answers)):
            if one[3].isdigit():
                table.setdefault(one[1], one[0])
                table.setdefault(f"{one[1]}_{one[2]}", one[0])
        return table

    def cases(self, trials: list[Trial]) -> list[dict[str, Any]]:
        """Return the values of some trials whose sizes differ, each with its right answers."""
        usable, reason = [], ""
        for trial in trials:
            try:
                usable.append((trial, self.written(trial)))
            except FormulaError as error:
                reason = reason or error.message
        if not usable:
            raise Unusable(f"no trial of its tests can be written down: {reason}")
        chosen: dict[str, list[dict[str, Any]]] = {}
        for _, cases in usable:
            chosen.setdefault(json.dumps([_sizes(case) for case in cases]), cases)
        others = [cases for _, cases in usable if cases not in chosen.values()]
        picked = [*chosen.values(), *others][:CASES]
        found = [case for cases in picked for case in cases]
        kept = []
        for case in found:
            if case not in kept:
                kept.append(case)
        self._examine(kept[: 2 * CASES])
        return kept[: 2 * CASES]

    def _examine(self, cases: list[dict[str, Any]]) -> None:
        """Refuse values among which a letter of the right side is one whole number always."""
        seen: dict[str, set[Any]] = {}
        for case in cases:
            for given in (case["values"], *case["points"]):
                for tex, value in given.items():
                    if isinstance(value, int):
                        seen.setdefault(tex, set()).add(value)
        for tex, found in seen.items():
            if len(found) == 1 and self.names.name(tex).key in self.must:
                raise Unusable(
                    f"{tex!r} is {found.pop()} in all tests of the equation: the number itself "
                    "would pass for the letter; let a test give another one"
                )

    def written(self, trial: Trial) -> list[dict[str, Any]]:
        """Return one trial as plain values: one case, or one for each point that moves others."""
        points = trial.points()
        plain = all(self.names.by_key[k].kind == "index" for k in points[0])
        points = _spread(points, POINTS if plain else CASES)
        if plain:
            return [self.case(trial, points)]
        return [self.case(trial, [point]) for point in points]

    def case(self, trial: Trial, points: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the values of one trial at some of its points."""
        evaluator = Recorder(
            self.names, trial.operations, {**trial.background, **trial.values},
            chance=trial.chance, ranges=trial.ranges, after=trial.after, holding=trial.holding,
        )  # fmt: skip
        answers = []
        for point in points:
            with evaluator.binding(point):
                with evaluator.silence():
                    answers.append(_rows(evaluator.evaluate(self.asked)))
                for node in self.needed:
                    evaluator.evaluate(node)
                for node in [*self.others, *self.besides]:
                    _tried(evaluator.evaluate, node)
        values: dict[str, Any] = {}
        with evaluator.binding(points[0]):
            for key in sorted(self.may):
                name = self.names.by_key[key]
                if name.kind == "index" or key in points[0]:
                    continue
                written = self.letter(evaluator, name, trial)
                if written is not None:
                    values[name.tex] = written
                elif key in self.must and not self._is_bound(name):
                    raise Unusable(f"the letter {name.tex!r} has no value that can be written down")
        case: dict[str, Any] = {
            "sizes": ", ".join(f"${tex} = {v}$" for tex, v in values.items() if isinstance(v, int)),
            "values": values,
            "points": [
                {self.names.by_key[k].tex: _coded(evaluator, v) for k, v in point.items()}
                for point in points
            ],
            "answers": answers,
            "within": max(AROUND, 10 * trial.within),
        }
        if derivatives := self.derivatives(evaluator, points):
            case["derivatives"] = derivatives
        ranges = {
            self.names.by_key[key].tex: [_coded(evaluator, v) for v in found]
            for key, found in evaluator.ranges.items()
            if key in self.must or (key in self.may and len(found) <= MEMBERS)
        }  # fmt: skip
        return {**case, "ranges": ranges} if ranges else case

    def _is_bound(self, name: Name) -> bool:
        """Whether a letter has a value inside of a sum or a limit only."""
        return name.kind in {"index", "number"} and any(
            node.op in {"over_sum", "over_product", "limit", "integral", "largest", "smallest"}
            for needed in self.needed for node in nodes_of(needed)
        )  # fmt: skip

    def letter(self, evaluator: Recorder, name: Name, trial: Trial) -> Any:
        """Return the values of a letter as they are written, or None where it has none."""
        if name.key not in evaluator.layer.given:
            return None
        given = evaluator.layer.given[name.key]
        if not name.slots:
            return _tried(lambda: _coded(evaluator, evaluator.value(name), name.key))
        found = []
        for indices in self.indices(name, given, trial):
            member = _tried(
                lambda at=indices: _coded(evaluator, evaluator.value(name, at), name.key)
            )
            if member is not None:
                found.append([[_coded(evaluator, i) for i in indices], member])
        return found[:MEMBERS] or None

    def indices(self, name: Name, given: Any, trial: Trial) -> Iterator[tuple[Any, ...]]:
        """Yield indices that a letter may have a value at."""
        if isinstance(given, Mapping):
            single = len(name.slots) == 1
            yield from ((at,) if single else at for at in given)
            return
        ranges = {self.names.name(tex).key: tuple(found) for tex, found in trial.ranges.items()}
        choices = [ranges.get(slot) or range(LARGEST + 1) for slot in name.slots]
        yield from itertools.islice(itertools.product(*choices), MEMBERS * 4)

    def derivatives(self, evaluator: Recorder, points: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the derivatives that the page's forms hold, and those between their letters."""
        parts: dict[str, Node] = {}
        for of, by in evaluator.met.values():
            parts.setdefault(str(of), of)
            parts.setdefault(str(by), by)
        pairs = [*evaluator.met.values()]
        if len(parts) <= 8:
            pairs += itertools.permutations(parts.values(), 2)
        found: dict[str, Any] = {}
        row = self.names.gradient == "row"
        for point in points:
            with evaluator.binding(point):
                for (of, by), local in itertools.product(pairs, (True, False)):
                    value = _tried(
                        lambda of=of, by=by, local=local: _rows(
                            Evaluator.derivative(evaluator, of, by, local=local, row=row)
                        )
                    )
                    key = _tried(
                        lambda of=of, by=by, local=local: derivative_key(
                            evaluator, of, by, local=local
                        )
                    )
                    if value is not None and key is not None:
                        found[key] = value
        return found


def _tried(work: Callable[..., Any], *arguments: Any) -> Any:
    """Return what some work gives, or None where there is no such value."""
    try:
        return work(*arguments)
    except (FormulaError, LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
        return None


def _chains(formula: Formula) -> Iterator[tuple[Node, ...]]:
    for statement in formula.statements:
        yield statement.first.sides


def _spread(points: list[Any], count: int) -> list[Any]:
    """Return some points, from the first to the last."""
    if len(points) <= count:
        return points
    return [points[round(k * (len(points) - 1) / (count - 1))] for k in range(count)]


def _sizes(case: Mapping[str, Any]) -> Any:
    """Return the shapes of all values of a case."""

    def shape(value: Any) -> Any:
        if isinstance(value, list):
            return [len(value), shape(value[0]) if value else 0]
        return value if isinstance(value, int) else 0

    return {tex: shape(value) for tex, value in case["values"].items()}


def _rows(value: Any) -> Any:
    """Return a value as a number or a list of rows.

    Raises
    ------
    Unusable
        When it is neither.
    """
    if isinstance(value, np.ndarray):
        return [[_real(x) for x in row] for row in value.tolist()]
    if isinstance(value, (int, float, complex)) and not isinstance(value, bool):
        return _real(value)
    raise Unusable(f"{type(value).__name__} is no value that can be written down")


def _real(value: Any) -> Any:
    if isinstance(value, complex):
        if abs(value.imag) > 1e-15:
            raise Unusable("a complex number cannot be written down")
        value = value.real
    if isinstance(value, float) and not math.isfinite(value):
        raise Unusable("a number that is not finite cannot be written down")
    return value


def _listed(value: Any) -> Any:
    """Return arrays as lists."""
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def _coded(evaluator: Recorder, value: Any, key: str = "") -> Any:
    """Return a value as `written.decoded` takes it.

    Raises
    ------
    Unusable
        When it cannot be written down.
    """
    if callable(value):
        return _coded_function(evaluator, value, key)
    if isinstance(value, (frozenset, set)):
        return {"set": sorted(_coded(evaluator, each) for each in value)}
    if isinstance(value, (tuple, list, range)):
        return {"tuple": [_coded(evaluator, each) for each in value]}
    if isinstance(value, np.ndarray):
        if value.ndim == 1:
            return [_real(x) for x in value.tolist()]
        if value.ndim == 2 and 1 in value.shape and not _is_matrix(evaluator, key):
            return [_real(x) for x in value.ravel().tolist()]
        return _rows(value)
    if isinstance(value, np.generic):
        return _real(value.item())
    if isinstance(value, (int, float, complex)) and not isinstance(value, bool):
        return _real(value)
    raise Unusable(f"{type(value).__name__} is no value that can be written down")


def _is_matrix(evaluator: Recorder, key: str) -> bool:
    name = evaluator.names.by_key.get(key)
    return name is not None and name.kind == "matrix"


def _coded_function(evaluator: Recorder, value: Any, key: str) -> Any:
    """Return which known function this is, or what it gave where it was called."""
    at = (-1.3, 0.4, 2.1)
    for word, function in FUNCTIONS.items():
        wanted = [function(x) for x in at]
        here = _tried(lambda: [float(value(x)) for x in at])
        if here is not None and np.allclose(here, wanted, rtol=1e-12, atol=1e-14):
            return {"function": word}
    calls = [
        row for row in evaluator.calls.get(key, ())
        if not any(isinstance(x, complex) for x in _flat(row))
    ]  # fmt: skip
    if not calls:
        raise Unusable("a function that the page does not know by name cannot be written down")
    return {"listed": calls}


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _flat(each)
    else:
        yield value


def main(arguments: list[str]) -> int:
    """Make exercises, and write them to a file."""
    from bookkeeping.check.mutation import harvest  # and with it pytest

    root, output, *labels = arguments
    project = Project(Path(root))
    plugin, _ = harvest(project, labels)
    for label in labels:
        if label in plugin.failures:
            print(f"{label}: its claim fails: {plugin.failures[label]}", file=sys.stderr)
            return 1
    try:
        boxes = make(project, labels, plugin.trials)
    except PageError as error:
        print(error, file=sys.stderr)
        return 1
    Path(output).write_text(json.dumps(boxes), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
