"""Whether pages say the same on other processors, as far as this one can play them.

The libraries that multiply and add choose their instructions by the processor, and with them the
order of a sum and its last digit. Told to, they take those of an older processor. A page is run
under each such choice; a number that it prints, or pastes into its text, is to stay the same to one
unit of its last digit.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from bookkeeping.project import BUILD_VARIABLE, Project
from bookkeeping.run.pages import Page, Pages, executed_pages
from bookkeeping.run.progress import Progress
from bookkeeping.run.runner import SECONDS, run_all, workers
from bookkeeping.texts import PageError

RECORD = "tests/machines.json"
BLAS, ONEDNN, NUMPY = "OPENBLAS_CORETYPE", "ONEDNN_MAX_CPU_ISA", "NPY_DISABLE_CPU_FEATURES"
# From new to old. A name of which the library knows nothing here gives the kernels of another.
CORES = ("SkylakeX", "Haswell", "Sandybridge", "Nehalem", "Prescott", "NeoverseN1", "ARMV8")
LEVELS = ("AVX512_CORE", "AVX2", "AVX", "SSE41")  # by the processor's own names below
FLAGS = {"AVX512_CORE": "avx512bw", "AVX2": "avx2", "AVX": "avx", "SSE41": "sse4_1"}
ASK_BLAS = (
    "import numpy, threadpoolctl; print([each['architecture'] for each in "
    "threadpoolctl.threadpool_info() if each.get('architecture')][0])"
)
ASK_NUMPY = (
    "from numpy._core._multiarray_umath import __cpu_dispatch__ as names, __cpu_features__ as has;"
    "print(*(name for name in names if has[name]))"
)
NUMBER = re.compile(r"(?<![\w.])[-+−]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+−]?\d+)?(?![\w]*\.?\d)")
PASTED = re.compile(r"\{glue:text\}`(?P<name>[^`:]+)(?::(?P<form>[^`]*))?`")
GLUED = "application/papermill.record/text/plain"
SLACK = 1 + 1e-6  # units of the last digit; the rest is the rounding of this very comparison


class Move(NamedTuple):
    """A number, or a text around numbers, that another machine gives otherwise."""

    line: int
    here: str
    there: str

    def __str__(self) -> str:
        return f"{self.line}: {self.here} / {self.there}"


def machines() -> list[dict[str, str]]:
    """Return what plays other processors on this one, each as settings of the environment.

    Each kind of kernel that a library has here is part of at least one.
    """
    usual = _ask(ASK_BLAS)
    cores: dict[str, str] = {}
    for name in CORES:
        if (taken := _ask(ASK_BLAS, {BLAS: name})) not in ("", usual):
            cores.setdefault(taken, name)
    has = _flags()
    levels = [level for level in LEVELS if FLAGS[level] in has][1:]
    extras = _ask(ASK_NUMPY).split()
    without = [" ".join(extras[first:]) for first in range(len(extras))][::-1]
    chosen = zip_longest(cores.values(), levels, without)
    kinds = ((BLAS, list(cores.values())), (ONEDNN, levels), (NUMPY, without))
    return [
        {
            variable: value if value is not None else known[-1]
            for (variable, known), value in zip(kinds, values, strict=True)
            if known
        }
        for values in chosen
    ]


def _ask(code: str, settings: dict[str, str] | None = None) -> str:
    """Return what a Python with these settings says."""
    clean = {k: v for k, v in os.environ.items() if k not in (BLAS, ONEDNN, NUMPY)}
    asked = subprocess.run(
        [sys.executable, "-c", code], env={**clean, **(settings or {})}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    return asked.stdout.strip()


def processor() -> str:
    """Return the name of this processor."""
    with contextlib.suppress(OSError):
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        if found := re.search(r"^model name\s*:\s*(.+)$", told, re.M):
            return found[1].strip()
    return platform.processor() or platform.machine()


def _flags() -> set[str]:
    with contextlib.suppress(OSError):
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        if found := re.search(r"^flags\s*:\s*(.+)$", told, re.M):
            return set(found[1].split())
    return set()


def named(machine: dict[str, str]) -> str:
    """Return a machine in a line."""
    return ", ".join(f"{name}={value}" for name, value in machine.items())


# What moves ----------------------------------------------------------------------------------


def moves(page: Page, here: dict[str, Any], there: dict[str, Any]) -> list[Move]:
    """Return what a page prints, or pastes into its text, otherwise in two records of it."""
    found = []
    for line, ours, theirs in zip(page.lines, here["outputs"], there["outputs"], strict=True):
        for one, other in zip_longest(_printed(ours), _printed(theirs), fillvalue=""):
            found += [Move(line, *pair) for pair in moved(one, other)]
    ours, theirs = _glued(here), _glued(there)
    for pasted in PASTED.finditer(page.text):
        name, form = pasted["name"], pasted["form"] or ""
        line = page.text.count("\n", 0, pasted.start()) + 1
        one, other = (_formatted(values.get(name, ""), form) for values in (ours, theirs))
        found += [Move(line, f"{name} {a}", f"{name} {b}") for a, b in moved(one, other)]
    return sorted(set(found))


def moved(here: str, there: str) -> Iterator[tuple[str, str]]:
    """Yield the numbers of a text that differ by more than a unit of their last digit.

    Where the texts around the numbers differ, both are yielded whole, in short.
    """
    if [t.strip() for t in NUMBER.split(here)] != [t.strip() for t in NUMBER.split(there)]:
        if here.split() != there.split():
            yield here.strip()[:60], there.strip()[:60]
        return
    for one, other in zip(NUMBER.findall(here), NUMBER.findall(there), strict=True):
        unit = max(_unit(one), _unit(other))
        if abs(_value(one) - _value(other)) > SLACK * unit:
            yield one, other


def _value(number: str) -> float:
    return float(number.replace("−", "-"))


def _unit(number: str) -> float:
    """Return the unit of a number's last digit."""
    digits, _, power = number.replace("−", "-").lower().partition("e")
    return float(10.0 ** (int(power or 0) - len(digits.partition(".")[2])))


def _printed(outputs: Iterable[dict[str, Any]]) -> list[str]:
    """Return the texts that a cell shows; a picture, and what it hands to the build, is none."""
    texts = []
    for output in outputs:
        data = output.get("data", {})
        if output["output_type"] == "stream":
            texts.append(output["text"])
        elif not any(name.startswith(("image/", "application/")) for name in data):
            texts.append(str(data.get("text/plain", data.get("text/markdown", ""))))
    return texts


def _glued(record: dict[str, Any]) -> dict[str, str]:
    """Return the glued values of a page, as texts."""
    return {
        output["metadata"]["scrapbook"]["name"]: str(output["data"][GLUED])
        for outputs in record["outputs"]
        for output in outputs
        if GLUED in output.get("data", {})
    }


def _formatted(value: str, form: str) -> str:
    """Return a glued value as a page shows it."""
    with contextlib.suppress(ValueError):
        return f"{float(value):{form}}" if form else value
    return value


# Runs ----------------------------------------------------------------------------------------


def try_pages(
    project: Project,
    names: Iterable[str] = (),
    *,
    new: bool = False,
    seconds: float | None = None,
    say: Callable[[str], None] = print,
) -> int:
    """Run pages under other kernels, and tell each number that moves.

    Parameters
    ----------
    project : Project
    names : iterable of str, optional
        Of pages; all that have code when none is named.
    new : bool, optional
        Only those that the record does not hold as they are, under one other kernel; the record
        stays as it is.
    seconds : float, optional
        How long this may take; pages that are not reached by then are named.
    say : callable, optional
        Takes each line.

    Returns
    -------
    int
        An exit status: 0 when nothing moved.
    """
    until = None if seconds is None else time.monotonic() + seconds
    known = read_record(project)
    wanted = set(names)
    pages = [page for page in Pages.of(project).with_code() if not wanted or page.docname in wanted]
    if new:
        pages = [
            page for page in pages if known["pages"].get(page.docname, {}).get("key") != page.key
        ]
    every = machines()[: 1 if new else None]
    if not every:
        say("machines: the libraries have no other kernels on this processor")
        return 0
    here, late, failed = _records(project, {}, pages, until, say)
    if failed:
        raise PageError("\n\n".join(failed.values()))
    found: dict[str, dict[str, list[str]]] = {page.docname: {} for page in pages}
    for machine in every:
        reached = [page for page in pages if page.docname in here]
        there, missed, failed = _records(project, machine, reached, until, say)
        late |= missed
        for page in reached:
            if page.docname in failed:
                seen = [failed[page.docname].splitlines()[0].removeprefix(f"{page.name}:")]
            elif page.docname in there:
                seen = list(map(str, moves(page, here[page.docname], there[page.docname])))
            else:
                continue
            found[page.docname][named(machine)] = seen
            for move in seen:
                say(f"{page.name}:{move}  ({named(machine)})")
    total = sum(len(seen) for each in found.values() for seen in each.values())
    say(f"machines: {len(pages) - len(late)} pages tried on {processor()}; moved: {total}")
    if late:
        say(f"machines: not reached: {', '.join(sorted(late))}")
    if not new:
        done = [page for page in pages if page.docname not in late]
        _keep(project, known, done, found, [named(machine) for machine in every])
    return int(total > 0)


def _records(
    project: Project,
    machine: dict[str, str],
    pages: list[Page],
    until: float | None,
    say: Callable[[str], None],
) -> tuple[dict[str, dict[str, Any]], set[str], dict[str, str]]:
    """Return what pages give on a machine, those there was no time for, and those that fail."""
    times: dict[str, float] = executed_pages(project).load(SECONDS) or {}
    late: set[str] = set()
    failures: dict[str, str] = {}
    with _playing(project, machine):
        store = executed_pages(project)
        stale = sorted(
            (page for page in pages if store.load(page.key) is None),
            key=lambda page: times.get(page.docname, 0.0),
        )
        if stale:
            say(f"machines: {len(stale)} pages under {named(machine) or 'the usual kernels'}")
        at_once = workers()
        for first in range(0, len(stale), at_once):
            some = stale[first : first + at_once]
            longest = max(times.get(page.docname, 0.0) for page in some)
            if until is not None and time.monotonic() + longest > until:
                late = {page.docname for page in stale[first:]}
                break
            progress = Progress([page.docname for page in some], times, at_once, lambda line: None)
            failures |= asyncio.run(run_all(project, some, {}, progress, at_once))
        records = {page.docname: store.load(page.key) for page in pages}
    told = {name: record for name, record in records.items() if record is not None}
    return told, late, failures


@contextlib.contextmanager
def _playing(project: Project, machine: dict[str, str]) -> Iterator[None]:
    """Let pages run with these settings, and have their records in a folder of their own."""
    before = dict(os.environ)
    if machine:
        name = re.sub(r"\W+", "-", "-".join(machine.values()))
        os.environ[BUILD_VARIABLE] = str(project.build / "machines" / name)
    os.environ.update(machine)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


# What was tried --------------------------------------------------------------------------------


def read_record(project: Project) -> dict[str, Any]:
    """Return the committed record: the processor, the kernels, and of each page key and moves."""
    try:
        text = (project.root / RECORD).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {"pages": {}}
    record: dict[str, Any] = json.loads(text)
    return record


def _keep(
    project: Project,
    known: dict[str, Any],
    pages: list[Page],
    found: dict[str, dict[str, list[str]]],
    kernels: list[str],
) -> None:
    """Write the record with what these pages gave."""
    there = {page.docname for page in Pages.of(project).with_code()}
    kept = {name: entry for name, entry in known["pages"].items() if name in there}
    for page in pages:
        told = {machine: seen for machine, seen in found[page.docname].items() if seen}
        kept[page.docname] = {"key": page.key, "moved": told}
    record = {"processor": processor(), "kernels": kernels, "pages": dict(sorted(kept.items()))}
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    (project.root / RECORD).write_text(text, encoding="utf-8")
