"""Which numbers a function is tried on, how its answers are judged, and whether any is left out."""

import importlib
import inspect
import pkgutil
import re
import warnings
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from typing import Any

import numpy as np
import pytest

from extremes.exact import Exact, exact, gradients

PATTERNS = ("1e-30", "1e-19", "1", "1e15", "1e19", "1e30", "mixed", "equal", "zero")
LENGTHS = (1, 100, 5000)
DTYPES = (np.float32, np.float64)


def draw(pattern, rng, *shape):
    """Draw float32 numbers, which float64 holds as well."""
    normal = rng.normal(size=shape)
    if pattern == "mixed":
        normal = np.sign(normal) * 10.0 ** rng.uniform(-30, 30, size=shape)
    elif pattern == "equal":
        normal = np.full(shape, 0.7)
    elif pattern == "zero":
        normal = np.zeros(shape)
    else:
        normal *= float(pattern)
    return normal.astype(np.float32)


@dataclass
class Entry:
    """How some functions are tried: a row of the table."""

    names: tuple[str, ...]
    build: Any  # from `draw` and a length to inputs, our call, and the witness
    lengths: tuple[int, ...] = LENGTHS
    patterns: tuple[str, ...] = PATTERNS
    long_patterns: tuple[str, ...] = ("1", "1e30")  # of thousands of numbers
    may_refuse: tuple[str, ...] = ()  # as "float32 1e30 *"; whatever else must be answered
    within: float = 16.0  # units of rounding, as the witness counts them
    vanishing: bool = False  # intermediate results below the smallest float may count as zero
    dtypes: tuple[Any, ...] = DTYPES
    judged_as: Any = None  # how exact the answers are to be; as the numbers that came in
    infinity_refuses: bool = False  # where it may refuse, an answer may be no number instead


class Table:
    """Entries of a room, and reasons why functions have none."""

    def __init__(self, room, **options):
        self.room, self.options, self.entries, self.reasons = room, options, [], {}

    def add(self, *names, **options):
        def keep(build):
            self.entries.append(Entry(names, build, **{**self.options, **options}))
            return build

        return keep

    def leave_out(self, reason, *names):
        self.reasons |= dict.fromkeys(names, reason)

    def cases(self):
        """Entry and length of each test."""
        return [
            pytest.param(entry, length, id=f"{number}-{entry.names[0]}-{length}")
            for number, entry in enumerate(self.entries)
            for length in entry.lengths
        ]

    def missing(self):
        """Name public functions without an entry or a reason, and entries without a function."""
        known = {name for entry in self.entries for name in entry.names} | set(self.reasons)
        return sorted(public_functions(self.room) ^ known)


def public_functions(room):
    """Name every public function that is written in a room, as ``module.function``."""
    package = importlib.import_module(room)
    found = set()
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{room}.{info.name}")
        for name in getattr(module, "__all__", ()):  # a program has none
            thing = getattr(module, name)
            if callable(thing) and thing.__module__ == module.__name__ and not _is_record(thing):
                found.add(f"{info.name}.{name}")
    return found


def _is_record(thing):
    """A named tuple only holds things."""
    return inspect.isclass(thing) and issubclass(thing, tuple)


def try_out(entry, length):
    """Return what is wrong in any situation of an entry, in words."""
    faults = []
    for pattern in entry.patterns if length < 1000 else entry.long_patterns:
        rng = np.random.default_rng([length, PATTERNS.index(pattern)])
        inputs, ours, witness = entry.build(partial(draw, pattern, rng), length)
        wanted = None
        for dtype in entry.dtypes:
            name = f"{np.dtype(dtype).name} {pattern} {length}"
            found, refusal = call(ours, [_cast(array, dtype) for array in inputs])
            may = any(fnmatch(name, refused) for refused in entry.may_refuse)
            if found is None:
                if not may or not re.search(" must .* got ", refusal):
                    faults.append(f"{name}: {refusal}")
                continue
            if wanted is None:
                wanted = list(leaves(witness(*(_exact(array) for array in inputs))))
            open_end = may and entry.infinity_refuses
            fault = compare(found, wanted, entry.judged_as or dtype, entry, open_end)
            if fault:
                faults.append(f"{name}: {fault}")
    return faults


def call(ours, inputs):
    """Return what came out and "", or None and the refusal; warnings are errors."""
    with warnings.catch_warnings(), np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("error")
        try:
            return list(leaves(ours(*inputs))), ""
        except ValueError as refusal:
            return None, str(refusal)


def leaves(tree):
    if isinstance(tree, (tuple, list)):
        for branch in tree:
            yield from leaves(branch)
    else:
        yield np.asarray(tree)


def compare(found, wanted, dtype, entry, open_end=False):
    if len(found) != len(wanted):
        return f"{len(found)} results, wanted {len(wanted)}"
    for n, (ours, theirs) in enumerate(zip(found, wanted, strict=True)):
        fault = _compare(ours, theirs, dtype, entry, open_end)
        if fault:
            return f"result {n}: {fault}"
    return None


def _compare(ours, theirs, dtype, entry, open_end):
    if ours.shape != theirs.shape:
        return f"shape {ours.shape}, wanted {theirs.shape}"
    if theirs.dtype != object or not isinstance(theirs.flat[0], Exact):
        return None if np.array_equal(ours, theirs) else f"{ours!r}, wanted {theirs!r}"
    if not (open_end or np.isfinite(ours).all()):
        return "not finite"
    kind = np.finfo(dtype)
    for mine, number in zip(ours.ravel().tolist(), theirs.ravel(), strict=True):
        small = 1 + (entry.within * number.small if entry.vanishing else 0)
        allowed = entry.within * float(kind.eps) * number.rounding + small * float(kind.tiny)
        off = float(abs(Exact(mine).value - number.value))
        if np.isfinite(mine) and not off <= allowed:
            return f"{mine!r} is off by {off:.3g}, allowed {allowed:.3g}, wanted {number.value:.6g}"
    return None


def _cast(array, dtype):
    return array.astype(dtype) if _is_floats(array) else array


def _exact(array):
    return exact(array) if _is_floats(array) else array


def _is_floats(array):
    return isinstance(array, np.ndarray) and array.dtype.kind == "f"


def with_gradients(forward, n_derivatives):
    """Make a witness of results and derivatives: the last inputs are derivatives of the results."""

    def witness(*inputs):
        arrays, derivatives = inputs[:-n_derivatives], inputs[-n_derivatives:]
        results, found = gradients(forward, arrays, derivatives)
        return results, found

    return witness
