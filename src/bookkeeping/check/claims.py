"""Run the tests that claim equations, where they or what they import have changed."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from bookkeeping.check.displayed import equations_of
from bookkeeping.check.notation import declared_on, state_of
from bookkeeping.project import Project
from bookkeeping.run.dependencies import Freshness, memory_of
from bookkeeping.run.runner import STEADY, workers
from bookkeeping.store import Store
from bookkeeping.texts import PageError, parse_module, read_text


class Claim(NamedTuple):
    """What one test says of one equation."""

    label: str
    tex: str  # as it was evaluated; nothing where it could not be
    file: str
    line: int
    end: int
    test: str
    checks: tuple[tuple[str, str, float], ...]  # kind, witness, error
    trust: str  # what the evaluation took on trust
    tried: dict[str, list[str]]  # by letter, up to two of the values that it took
    passed: bool
    message: str
    shown: tuple[str, ...] = ()  # the equation as steps of figures show it


def gather_claims(
    project: Project, say: Callable[[str], None] = print
) -> tuple[list[Claim], float]:
    """Return every claim of the tests, and the seconds that running stale ones took.

    Raises
    ------
    PageError
        When the tests cannot be run at all.
    """
    store = _executed_tests(project)
    files = [path for path in project.test_files() if _claims_equations(project, path)]
    current = _states(project)
    records = {
        path: record
        for path in files
        if (record := _record_of(project, path)) and _reads_the_same(record, current)
    }
    stale = [path for path in files if path not in records]
    started = time.perf_counter()
    if stale:
        begun = _moment(project)
        by_file, touched = _run(project, stale)
        for path in stale:
            entries = by_file.get(path.relative_to(project.root).as_posix(), [])
            records[path] = {"entries": entries}
            edited = any(_changed(project.root / name) > begun for name in touched[path])
            if not edited and all(entry["outcome"] == "passed" for entry in entries):
                _keep(project, path, touched[path], records[path])
    store.prune()
    seconds = time.perf_counter() - started
    if files:
        say(f"evidence: {len(files)} test files, {len(stale)} run in {seconds:.1f} s")
    return [claim for path in files for claim in _claims(records[path]["entries"])], seconds


def _executed_tests(project: Project) -> Store:
    """Return the store of what tests have shown.

    Under the key of a test file that touches nothing else stands what it touched when it ran, each
    time that it was something else; under the key with one of these, what it has then shown.
    """
    return Store(project.build / "evidence")


def _record_of(project: Project, path: Path) -> dict[str, Any] | None:
    """Return what the tests of a file have shown, where all that they touched is as it was."""
    freshness, store = Freshness.of(project), _executed_tests(project)
    known = store.load(freshness.test_key(path, [])) or {"touched": []}
    found = (store.load(freshness.test_key(path, names)) for names in known["touched"])
    return next(filter(None, found), None)


def _keep(project: Project, path: Path, names: list[str], record: dict[str, Any]) -> None:
    """Store what the tests of a file have shown, and what they touched."""
    freshness, store = Freshness(project), _executed_tests(project)  # as files are after the run
    key = freshness.test_key(path, [])
    known = store.load(key) or {"touched": []}
    others = [touched for touched in known["touched"] if touched != names]
    store.save(key, {"touched": [names, *others]})
    store.save(freshness.test_key(path, names), record)


def _moment(project: Project) -> int:
    """Return the time, by the clock of the file system that holds the project."""
    mark = project.build / "evidence.begun"
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    return _changed(mark)


def _changed(path: Path) -> int:
    """Return when a file was last written or put there; a folder changes with what is made."""
    return path.stat().st_ctime_ns if path.is_file() else 0


def _states(project: Project) -> dict[str, str]:
    """Return by label what changes with an equation or with the letters of its page."""
    typed = equations_of(project.book)
    pages = {equation.docname for equation in typed.values()}
    declared = {docname: declared_on(project.book, docname) for docname in pages}
    return {label: state_of(one, declared[one.docname]) for label, one in typed.items()}


def _reads_the_same(record: dict[str, Any], current: dict[str, str]) -> bool:
    """Whether every equation that these tests evaluated is typed today as it was then."""
    return all(
        current.get(label) == read["state"]
        for entry in record["entries"]
        for label, read in entry["read"].items()
    )


def _claims_equations(project: Project, path: Path) -> bool:
    """Whether this test file uses the mark; that it names the mark in a text is not enough."""

    def marks(text: str) -> bool:
        tree = parse_module(path) if ".equation" in text else ast.Module([], [])
        return any(isinstance(n, ast.Attribute) and n.attr == "equation" for n in ast.walk(tree))

    return bool(memory_of(project).recall("claims equations", read_text(path), marks))


def _run(
    project: Project, files: list[Path]
) -> tuple[dict[str, list[dict[str, Any]]], dict[Path, list[str]]]:
    """Run the claiming tests of these files; return their entries, and what each file touched."""
    with tempfile.TemporaryDirectory(prefix="evidence-") as scratch:
        outputs = [Path(scratch, f"{n}.json") for n in range(min(workers(), len(files)))]
        shares = _shares(project, files, len(outputs))
        with ThreadPoolExecutor(len(outputs)) as pool:  # each waits for a process
            list(pool.map(partial(_run_share, project), shares, outputs))
        entries = [json.loads(path.read_text(encoding="utf-8")) for path in outputs]
        each = [json.loads(p.read_text(encoding="utf-8")) for p in Path(scratch).glob("*.[0-9]*")]
    by_file = defaultdict(list)
    for entry in (entry for share in entries for entry in share.values()):
        by_file[entry["file"]].append(entry)
    touched = {
        path: sorted(
            {path.relative_to(project.root).as_posix()}.union(*(t.get(str(path), ()) for t in each))
        )
        for path in files
    }
    return by_file, touched


def _shares(project: Project, files: list[Path], count: int) -> list[list[Path]]:
    """Deal test files out, those together that import alike: some packages take seconds to come."""
    freshness = Freshness.of(project)

    def imports(path: Path) -> list[str]:
        code = [read_text(path)]
        return freshness.installed(code, freshness.files(code))

    alike = sorted(files, key=lambda path: (imports(path), path))
    cuts = [len(alike) * number // count for number in range(count + 1)]
    return [alike[start:end] for start, end in pairwise(cuts)]


def _run_share(project: Project, files: list[Path], output: Path) -> None:
    """Run the claiming tests of some files in a process of their own.

    Raises
    ------
    PageError
        When pytest could not run them.
    """
    finished = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
            "-p", "bookkeeping.check.pytest_plugin", "-m", "equation", "-n", "0",
            "--rootdir", str(project.root), "--evidence-file", str(output), *map(str, files),
        ],
        cwd=project.root,
        # What tests show is kept by what they touch in the project: they read nothing from outside.
        env={**os.environ, **STEADY, **dict.fromkeys(project.outside, "")},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    # 0: all passed; 1: some failed, which the ledger tells with page and line; 5: no test of
    # these files claims an equation, though they name an attribute like the mark.
    if finished.returncode not in {0, 1, 5} or not output.exists():
        raise PageError(f"the evidence could not be run:\n{finished.stdout}{finished.stderr}")


def _claims(entries: list[dict[str, Any]]) -> list[Claim]:
    """Return one claim for every equation that the tests of these entries name."""
    return [_claim(entry, label) for entry in entries for label in entry["labels"]]


def _claim(entry: dict[str, Any], label: str) -> Claim:
    checks = [c for c in entry["checks"] if c.get("label", label) == label]
    trusts = [c["trust"] for c in checks if c.get("trust")]
    return Claim(
        label=label,
        tex=entry["read"].get(label, {}).get("tex", ""),
        file=entry["file"],
        line=entry["line"],
        end=entry["end"],
        test=entry["name"],
        checks=tuple((c["kind"], c["witness"], c["error"]) for c in checks),
        trust="; ".join(dict.fromkeys(trusts)),
        tried=entry["tried"].get(label, {}),
        passed=entry["outcome"] == "passed",
        message=entry["message"],
        shown=tuple(entry["shown"].get(label, ())),
    )
