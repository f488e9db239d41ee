"""Measure the checks: change equations by a token, and see whether a test notices."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bookkeeping.check.displayed import equations_of
from bookkeeping.check.formulas.evaluating import Evaluator
from bookkeeping.check.formulas.faults import FormulaError, Unreadable, Untrue
from bookkeeping.check.formulas.reading import Formula, read
from bookkeeping.check.formulas.trials import Trial
from bookkeeping.check.tex_mutants import Mutant, mutants
from bookkeeping.project import Project
from bookkeeping.run.runner import THREADS
from bookkeeping.texts import YamlText, read_text

SURVIVORS = "tests/survivors.yml"
PARTS = 12  # a share of the commit is one of so many parts


class Verdict(NamedTuple):
    """What became of one mutant."""

    label: str
    mutant: Mutant
    fate: str  # "value", "shape", "unreadable", "same" or "survived"


class Harvest:
    """A pytest plugin: keeps the trials of every test, and runs only those that claim some labels.

    Parameters
    ----------
    labels : iterable of str or None
        None for all.
    """

    def __init__(self, labels: Iterable[str] | None = None) -> None:
        self.labels = None if labels is None else set(labels)
        self.trials: dict[str, list[Trial]] = defaultdict(list)
        self.checks: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.failures: dict[str, str] = {}
        self.claimed: set[str] = set()

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[Any]) -> None:
        """Leave out tests that claim none of the labels."""
        kept = [item for item in items if self._wanted(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept

    def _wanted(self, item: Any) -> bool:
        own = {mark.args[0] for mark in item.iter_markers("equation")}
        return bool(own if self.labels is None else own & self.labels)

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Any:
        """Keep what a test has tried, also when it fails."""
        own = [mark.args[0] for mark in pyfuncitem.iter_markers("equation")]
        self.claimed.update(own)
        try:
            return (yield)
        except BaseException as error:
            for label in own:
                self.failures.setdefault(label, str(error).splitlines()[0] if str(error) else "")
            raise
        finally:
            # The plugin's own class may not be imported before pytest rewrites its assertions.
            gathered = pyfuncitem.funcargs.get("evidence")
            for label, trial in getattr(gathered, "trials", ()):
                self.trials[label].append(trial)
            for check in getattr(gathered, "checks", ()):
                for label in [check["label"]] if "label" in check else own:
                    self.checks[label].append(check)


def harvest(project: Project, labels: Iterable[str] | None = None) -> tuple[Harvest, int]:
    """Run the tests that claim these equations in this process.

    Returns
    -------
    Harvest
        Their trials and checks.
    int
        The exit status of pytest.
    """
    wanted = None if labels is None else set(labels)
    plugin = Harvest(wanted)
    for name, value in {**THREADS, "TF_CPP_MIN_LOG_LEVEL": "3"}.items():
        os.environ.setdefault(name, value)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        status = pytest.main(
            ["-q", "-p", "no:cacheprovider", "-p", "bookkeeping.check.pytest_plugin",
             "-m", "equation", "--rootdir", str(project.root), *map(str, _files(project, wanted))],
            plugins=[plugin],
        )  # fmt: skip
    if status not in {0, 1, 5}:
        print(said.getvalue())
    return plugin, int(status)


def _files(project: Project, labels: set[str] | None) -> list[Path]:
    """Return the test files that may claim these labels: those that hold one of them as a text."""
    found = []
    for path in project.test_files():
        text = read_text(path)
        if "mark.equation" in text and (labels is None or any(f'"{x}"' in text for x in labels)):
            found.append(path)
    return found


def judge(label: str, tex: str, trials: list[Trial]) -> Iterator[Verdict]:
    """Try every mutant of an equation on the trials of its tests."""
    names = trials[0].names
    original = read(tex, names)
    evaluators = [trial.evaluator() for trial in trials]
    for trial, evaluator in zip(trials, evaluators, strict=True):
        trial.examine(original, evaluator, strict=False)  # works out what mutants share
    for mutant in mutants(tex):
        yield Verdict(label, mutant, _fate(mutant, original, trials, evaluators))


def _fate(
    mutant: Mutant, original: Formula, trials: list[Trial], evaluators: list[Evaluator]
) -> str:
    try:
        changed = read(mutant.tex, trials[0].names)
    except Unreadable:
        return "unreadable"
    if changed.statements == original.statements:
        return "same"
    worst = ""
    for trial, evaluator in zip(trials, evaluators, strict=True):
        try:
            trial.examine(changed, evaluator, strict=False)
        except Untrue:
            return "value"
        except FormulaError as error:
            worst = "unreadable" if isinstance(error, Unreadable) else "shape"
        except RecursionError:
            worst = "shape"
    if worst:
        return worst
    if any(trial.means_the_same(original, changed) for trial in trials):
        return "same"
    return "survived"


def known_survivors(project: Project) -> dict[tuple[str, str], str]:
    """Return the reasons of the mutants that are known to survive, by label and change."""
    path = project.root / SURVIVORS
    data = YamlText.of(path).load() if path.exists() else None
    return {
        (label, says): reason
        for label, changes in (data or {}).items()
        for says, reason in changes.items()
    }


def measure(project: Project, *, share: bool = False, labels: Iterable[str] = ()) -> int:
    """Try every mutant, or those of a share that the commit decides; return the exit status.

    A survivor that is not in the list of the known ones makes it fail.
    """
    started = time.perf_counter()
    typed = equations_of(project.book)
    chosen = set(labels) or set(typed)
    if share:
        chosen = set(_share(project, chosen))
    plugin, status = harvest(project, None if chosen == set(typed) else chosen)
    ready = time.perf_counter()
    verdicts = [
        verdict
        for label in sorted(chosen & set(plugin.trials))
        if label not in plugin.failures
        for verdict in judge(label, typed[label].tex, plugin.trials[label])
    ]
    known = known_survivors(project)
    survivors = [v for v in verdicts if v.fate == "survived"]
    new = [v for v in survivors if (v.label, v.mutant.says) not in known]
    print(table(verdicts))
    print(
        f"{len(verdicts)} mutants of {len({v.label for v in verdicts})} equations in "
        f"{time.perf_counter() - ready:.0f} s, after {ready - started:.0f} s for their witnesses"
    )
    for verdict in new:
        where = typed[verdict.label]
        print(f"book/{where.docname}.md:{where.line}: {verdict.label}: survived: "
              f"{verdict.mutant.says} ({verdict.mutant.kind})")  # fmt: skip
    if not share and not labels:
        _write(project, verdicts, known)
        stale = set(known) - {(v.label, v.mutant.says) for v in survivors}
        for label, says in sorted(stale):
            print(f"{SURVIVORS}: {label}: {says} does not survive any more; take it out")
        return int(bool(new or stale or status == 1))
    return int(bool(new) or status == 1)


def _share(project: Project, labels: Iterable[str]) -> list[str]:
    """Return one part of the labels, which the commit decides."""
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=project.root, capture_output=True, text=True, check=False
    ).stdout.strip()
    part = int(hashlib.sha256(commit.encode()).hexdigest(), 16) % PARTS
    return [x for x in labels if int(hashlib.sha256(x.encode()).hexdigest(), 16) % PARTS == part]


def table(verdicts: Iterable[Verdict]) -> str:
    """Return how the mutants of each kind ended, as lines of text."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for verdict in verdicts:
        counts[verdict.mutant.kind][verdict.fate] += 1
        counts["all"][verdict.fate] += 1
    fates = ("value", "shape", "unreadable", "same", "survived")
    lines = [f"{'':15}" + "".join(f"{fate:>12}" for fate in fates)]
    for kind in [*sorted(set(counts) - {"all"}), *({"all"} & set(counts))]:
        lines.append(f"{kind:15}" + "".join(f"{counts[kind][fate]:12}" for fate in fates))
    return "\n".join(lines)


def _write(project: Project, verdicts: list[Verdict], known: dict[tuple[str, str], str]) -> None:
    """Write what a page shows of a whole measurement."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for verdict in verdicts:
        counts[verdict.mutant.kind][verdict.fate] += 1
    path = project.book / "back" / "mutants.json"
    path.write_text(
        json.dumps(
            {kind: dict(sorted(c.items())) for kind, c in sorted(counts.items())}, indent=1
        ) + "\n",
        encoding="utf-8",
    )  # fmt: skip


def check(project: Project, labels: Iterable[str]) -> int:
    """Run the claims of some or all equations on the pages as they stand, a line each.

    Returns
    -------
    int
        1 when a claim fails or a label is claimed by no test, else 0.
    """
    wanted = list(dict.fromkeys(labels))
    plugin, status = harvest(project, wanted or None)
    typed = equations_of(project.book)
    failed = status not in {0, 1, 5}
    for label in wanted or sorted(plugin.claimed):
        if label in plugin.failures:
            failed = True
            print(f"✗ {label}: {plugin.failures[label]}")
        elif label not in plugin.claimed:
            failed = True
            where = "" if label in typed else " and stands on no page"
            print(f"✗ {label}: is claimed by no test{where}")
        else:
            told = {c["witness"]: c for c in plugin.checks[label]}
            how = "evaluated" if label in plugin.trials else "checked, not read"
            said = "; ".join(f"{w}, {c['error']:.0e}" for w, c in told.items())
            print(f"✓ {label}: {how}: {said}")
    return int(failed)
