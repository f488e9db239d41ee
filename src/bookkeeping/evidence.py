"""The pytest plugin through which tests claim the equations of the book.

A test marked ``@pytest.mark.equation("label", tex=r"...")`` claims the equation of that label. Its
``evidence`` fixture asserts *and* records: what was checked, by which witness, and how closely.
"""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest

PROPERTY = "evidence"
RANDOM_POINTS = 5
DIGITS = 40
TINY = 1e-25  # what a vanishing expression may leave at DIGITS digits
FEW_OPERATIONS = 300  # above this, SymPy's simplify may take for ever


class ShowsItself(Protocol):
    """Anything that renders itself as TeX, as SymPy's objects do."""

    def _repr_latex_(self) -> str | None: ...


def bare_tex(latex: str) -> str:
    """Return the TeX inside the dollar signs that a notebook puts around it."""
    stripped = latex.strip().strip("$").strip()
    return stripped.removeprefix(r"\displaystyle").strip()


def tex_tokens(tex: str) -> list[str]:
    """Return TeX as its tokens: two texts with equal tokens differ by spaces at most."""
    return re.findall(r"\\[A-Za-z]+|\\.|\S", tex)


class Evidence:
    """What one test has shown."""

    def __init__(self) -> None:
        self.checks: list[dict[str, Any]] = []
        self.rendered_tex: list[tuple[str | None, str]] = []

    def rendered(self, shown: ShowsItself, label: str | None = None) -> None:
        """Say which object the page shows as the equation; its TeX is part of the claim.

        Parameters
        ----------
        shown : object with a ``_repr_latex_`` method
            What was checked, and what the page pastes.
        label : str, optional
            Which equation it is; without it, each that the test claims.
        """
        latex = shown._repr_latex_()
        assert latex, f"{shown!r} has no TeX of its own, so no page can show it"
        self.rendered_tex.append((label, bare_tex(latex)))

    def agrees(self, ours: Any, theirs: Any, *, witness: str, within: float) -> None:
        """Assert that two results agree, and record how closely.

        Parameters
        ----------
        ours, theirs : array_like of the same shape
            What is checked, and what an independent witness says.
        witness : str
            The witness in a few plain words.
        within : float
            The largest difference allowed, as a share of the largest value of ``theirs``.
        """
        ours, theirs = np.asarray(ours), np.asarray(theirs)
        assert ours.shape == theirs.shape, f"shapes differ: {ours.shape} and {theirs.shape}"
        assert ours.size, "nothing was compared"
        for name, array in (("ours", ours), ("theirs", theirs)):
            assert array.dtype.kind in "biufcO", f"{name} holds no numbers, but {array.dtype}"
            if array.dtype.kind in "fc":
                assert np.isfinite(array).all(), f"{name} holds a number that is not finite"
        if ours.dtype.kind in "fc" and theirs.dtype.kind in "fc":
            difference, scale = np.max(np.abs(ours - theirs)), np.max(np.abs(theirs))
        else:  # as Python's numbers, which neither round nor overflow
            pairs = list(zip(ours.ravel().tolist(), theirs.ravel().tolist(), strict=True))
            assert all(o == o and t == t for o, t in pairs), "a number is not finite"
            difference = max(abs(o - t) for o, t in pairs)
            scale = max(abs(t) for _, t in pairs)
        error = float(difference / scale if scale else difference)
        assert error <= within, f"{witness}: off by {error:.3g} of the largest value, not {within}"
        self.checks.append({"kind": "agrees", "witness": witness, "error": error})

    def identity(self, expression: Any, *, witness: str = "SymPy") -> None:
        """Assert that SymPy brings an expression, or each entry of a matrix, to zero."""
        import sympy

        if isinstance(expression, sympy.Equality):
            expression = expression.lhs - expression.rhs
        entries = list(expression) if isinstance(expression, sympy.MatrixBase) else [expression]
        assert entries, "nothing was compared"
        errors = [_distance_from_zero(sympy.sympify(entry)) for entry in entries]
        self.checks.append({"kind": "identity", "witness": witness, "error": max(errors)})


def _distance_from_zero(expression: Any) -> float:
    """Return 0.0 if the expression is zero by algebra, else how close it came at random points."""
    import sympy

    if sympy.expand(expression) == 0:
        return 0.0
    if sympy.count_ops(expression) < FEW_OPERATIONS and sympy.simplify(expression) == 0:
        return 0.0
    rng = np.random.default_rng(2027)
    symbols = sorted(expression.free_symbols, key=str)
    assert symbols, f"not zero: {expression}"
    largest = 0.0
    for _ in range(RANDOM_POINTS):
        point = {symbol: _random_value(symbol, rng) for symbol in symbols}
        value = abs(sympy.N(expression.subs(point), DIGITS))
        assert value.is_finite, f"cannot be evaluated at {point}: {value}"
        largest = max(largest, float(value))
        assert largest < TINY, f"not zero, but {sympy.N(value, 3)} at {point}"
    return largest


def _random_value(symbol: Any, rng: np.random.Generator) -> Any:
    import sympy

    if symbol.is_integer:
        return sympy.Integer(int(rng.integers(2, 30)))
    value = sympy.Rational(int(rng.integers(1, 499)), 101)
    return value if symbol.is_nonnegative or rng.random() < 0.5 else -value


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the build say where the ledger's entries go."""
    parser.addoption("--evidence-file", help="write what the tests have shown to this JSON file")


def pytest_configure(config: pytest.Config) -> None:
    """Announce the mark, and collect the entries where reports arrive."""
    config.addinivalue_line(
        "markers", "equation(label, tex=None): claims the equation of this label in the book"
    )
    if not hasattr(config, "workerinput") and config.getoption("--evidence-file"):
        config.pluginmanager.register(Collector(Path(config.getoption("--evidence-file"))))


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Any:
    """Assert and record for the equations that the test's marks claim."""
    gathered = Evidence()
    for name, entry in request.node.user_properties:
        if name == PROPERTY:
            entry.update(rendered=gathered.rendered_tex, checks=gathered.checks)
    return gathered


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note what a test claims before anything of it can fail."""
    marks = list(item.iter_markers("equation"))
    if marks and isinstance(item, pytest.Function):
        lines, first = inspect.getsourcelines(item.function)
        entry = {
            "file": item.path.relative_to(item.config.rootpath).as_posix(),
            "line": first,
            "end": first + len(lines) - 1,
            "name": item.name,
            "claims": [{"label": m.args[0], "tex": m.kwargs.get("tex")} for m in marks],
            "rendered": [],
            "checks": [],
        }
        item.user_properties.append((PROPERTY, entry))


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Any:
    """Let no test pass that claims an equation and shows nothing of it."""
    result = yield
    marks = list(pyfuncitem.iter_markers("equation"))
    gathered = pyfuncitem.funcargs.get("evidence")
    if marks:
        assert isinstance(gathered, Evidence), "a test that claims an equation needs `evidence`"
        assert gathered.checks, "this test claims an equation but recorded no evidence"
        untyped = {mark.args[0] for mark in marks if not mark.kwargs.get("tex")}
        named = {label for label, _ in gathered.rendered_tex}
        assert untyped <= named or None in named, (
            "this test claims an equation without its TeX: give the mark `tex=`, or call "
            "`evidence.rendered(...)` with the object that the page shows"
        )
    return result


class Collector:
    """Writes the entries of a whole run to one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: dict[str, dict[str, Any]] = {}
        self.outcomes: dict[str, tuple[str, str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep an entry with the outcome of its test."""
        for name, value in report.user_properties:
            if name == PROPERTY and isinstance(value, dict):
                self.entries[report.nodeid] = value
        if not report.passed:  # a claim that was skipped, or is expected to fail, shows nothing
            told: Any = report.longrepr
            crash = getattr(told, "reprcrash", None)
            message = crash.message if crash else str(told[-1] if type(told) is tuple else told)
            self.outcomes[report.nodeid] = ("failed", (message.splitlines() or [report.outcome])[0])

    def pytest_sessionfinish(self) -> None:
        """Write all entries, in the order of the tests' names."""
        for nodeid, entry in self.entries.items():
            entry["outcome"], entry["message"] = self.outcomes.get(nodeid, ("passed", ""))
        self.path.write_text(json.dumps(self.entries, indent=1, sort_keys=True), encoding="utf-8")
