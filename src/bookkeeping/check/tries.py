"""Measure the judge of the exercises: right forms are to be accepted, changed ones refused."""

from __future__ import annotations

import contextlib
import signal
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from bookkeeping.check import attempts
from bookkeeping.check.formulas.faults import FormulaError
from bookkeeping.check.formulas.names import Names
from bookkeeping.check.formulas.reading import read
from bookkeeping.check.formulas.trials import Trial
from bookkeeping.check.mutation import harvest
from bookkeeping.check.tex_mutants import Mutant, mutants
from bookkeeping.check.trying import judge
from bookkeeping.check.written import names_of
from bookkeeping.project import Project

FORMS = 3  # right forms besides the page's, that every exercise has
CHANGES = 50  # of each exercise, or all if there are fewer
SECONDS = 8  # that SymPy is given, as in the browser
REFUSED = 0.99
UNDECIDED = 0.02
NAMED = 0.90
INVISIBLE = " \n\t{}"
AGREES = {"right": "right", "numbers": "right for the numbers"}  # fates of what holds in all tests
BROADEST = 0.75  # of an answer that a place may cover and still be one


class Fate(NamedTuple):
    """What became of one answer."""

    label: str
    answer: str
    says: str  # what was changed; nothing for a form that is right
    fate: str  # "right", "numbers", "undecided", "wrong" or "unreadable"
    named: bool  # whether the place that was told is that of the change
    width: float  # which share of the answer the place is


def measure(project: Project, labels: Iterable[str] = ()) -> int:
    """Try the right forms and the changed ones of exercises; return the exit status.

    It fails when a right form is not accepted, when a changed one that means something else is
    called right, or when fewer are refused or placed than the book asks for.
    """
    started = time.perf_counter()
    exercises = attempts.exercises_of(project)
    chosen = list(labels) or list(exercises)
    if unknown := [label for label in chosen if label not in exercises]:
        print(f"no exercise asks for {', '.join(unknown)}: book/{attempts.FILE} lists them")
        return 1
    plugin, status = harvest(project, chosen)
    boxes = attempts.make(project, chosen, plugin.trials)
    ready = time.perf_counter()
    found, alike, unseen, few = [], 0, 0, []
    for label, box in boxes.items():
        if len(box["forms"]) < FORMS:
            few.append(label)
        rights = [box["right"], *box["forms"]]
        found += [_fate(box, tex, "", None) for tex in rights]
        for mutant in _some(mutants(box["right"]), CHANGES):
            if _means_the_same(box, mutant, plugin.trials[label]):
                alike += 1
                continue
            fate = _fate(box, mutant.tex, mutant.says, _change(box["right"], mutant.tex))
            if fate.fate in AGREES and _holds(box, mutant, plugin.trials[label]):
                unseen += 1
                told = f"told to be {AGREES[fate.fate]}, and no test of its equation notices"
                print(f"  {label}: {told}: {mutant.says}")
            else:
                found.append(fate)
    print(
        f"{len(boxes)} exercises in {time.perf_counter() - ready:.0f} s, after "
        f"{ready - started:.0f} s for their values"
    )
    print(f"{alike} changes that mean the same were left out")
    print(f"{unseen} that no test of the equation notices were left out, too")
    for label in few:
        print(f"✗ {label}: fewer than {FORMS} right forms")
    return int(bool(_report(found)) or bool(few) or status not in {0, 5})


def _report(found: list[Fate]) -> list[str]:
    """Print what came out; return what falls short."""
    rights = [each for each in found if not each.says]
    changed = [each for each in found if each.says]
    counts = Counter(each.fate for each in changed)
    refused = [each for each in changed if each.fate in {"wrong", "unreadable"}]
    placed = [each for each in refused if each.named]
    faults = []
    for each in rights:
        if each.fate != "right":
            faults.append(f"{each.label}: a right form is {each.fate}: {each.answer}")
    for each in changed:
        if each.fate not in {"wrong", "unreadable"}:
            print(f"  {each.label}: {each.fate}: {each.says}")
            if each.fate == "right":
                faults.append(f"{each.label}: called right: {each.says}")
    accepted = sum(each.fate == "right" for each in rights)
    print(f"right forms: {accepted} of {len(rights)} accepted")
    if changed:
        told = ", ".join(f"{counts[k]} {k}" for k in sorted(counts))
        print(f"changed ones: {len(changed)} ({told})")
        print(f"the place is named in {len(placed)} of {len(refused)} that were refused")
        width = sum(each.width for each in placed) / max(len(placed), 1)
        print(f"  and is {width:.0%} of the answer on average")
        by_fate = Counter((each.fate, each.named) for each in refused)
        for fate in ("wrong", "unreadable"):
            print(
                f"  {fate}: {by_fate[fate, True]} of {by_fate[fate, True] + by_fate[fate, False]}"
            )
        if len(refused) < REFUSED * len(changed):
            faults.append(f"only {len(refused)} of {len(changed)} are refused")
        if counts["undecided"] > UNDECIDED * len(changed):
            faults.append(f"{counts['undecided']} of {len(changed)} could not be decided")
        if len(placed) < NAMED * len(refused):
            faults.append(f"the place of only {len(placed)} of {len(refused)} is named")
    for fault in faults:
        print(f"✗ {fault}")
    return faults


def _some(found: list[Mutant], count: int) -> list[Mutant]:
    """Return some changes, from the first token to the last."""
    if len(found) <= count:
        return found
    return [found[k * len(found) // count] for k in range(count)]


def _means_the_same(box: Mapping[str, Any], mutant: Mutant, trials: list[Trial]) -> bool:
    """Whether a changed side says the same, by the test that the measurement of claims uses."""
    names: Names = names_of(box)
    try:
        original = read(f"{box['asks']} = {box['right']}", names)
        changed = read(f"{box['asks']} = {mutant.tex}", names)
    except FormulaError:
        return False
    if changed.statements == original.statements:
        return True
    return any(trial.means_the_same(original, changed) for trial in trials)


def _holds(box: Mapping[str, Any], mutant: Mutant, trials: list[Trial]) -> bool:
    """Whether a changed side is right at all that the tests of its equation try."""
    changed = read(f"{box['asks']} = {mutant.tex}", names_of(box))
    try:
        for trial in trials:
            trial.examine(changed, trial.evaluator(), strict=False)
    except (FormulaError, RecursionError):
        return False
    return True


def _fate(box: Mapping[str, Any], answer: str, says: str, change: tuple[int, int] | None) -> Fate:
    verdict = judge(box, answer)
    fate = str(verdict["fate"])
    if verdict["needs_proof"]:
        fate = {"same": "right", "differs": "numbers"}.get(_settled(box, answer), "undecided")
    span = verdict["span"]
    width = (span[1] - span[0]) / len(answer) if span else 1.0
    return Fate(str(box["label"]), answer, says, fate, _is_named(span, change, answer), width)


def _settled(box: Mapping[str, Any], answer: str) -> str:
    """Ask SymPy, for as long as a reader would wait."""
    from bookkeeping.check.proving import settle

    try:
        with _for_seconds(SECONDS):
            return settle(box, answer)
    except TimeoutError:
        return "undecided"


@contextlib.contextmanager
def _for_seconds(seconds: int) -> Iterator[None]:
    """Break off what takes longer."""

    def ring(*_: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _change(right: str, changed: str) -> tuple[int, int]:
    """Return the characters of a changed text that are not those of the right one."""
    first = 0
    while first < min(len(right), len(changed)) and right[first] == changed[first]:
        first += 1
    last = 0
    while last < min(len(right), len(changed)) - first and right[-1 - last] == changed[-1 - last]:
        last += 1
    end = len(changed) - last
    while first and changed[first - 1] in INVISIBLE:
        first -= 1
    while end < len(changed) and changed[end] in INVISIBLE:
        end += 1
    return first, end


def _is_named(span: list[int] | None, change: tuple[int, int] | None, answer: str) -> bool:
    """Whether a place is that of a change, and not nearly all of the answer."""
    if span is None or change is None:
        return False
    begin, end = span
    touches = begin <= change[1] and end >= change[0]
    return touches and (end - begin) <= max(BROADEST * len(answer), 12)
