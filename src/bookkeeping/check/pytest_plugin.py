"""The pytest plugin through which tests claim the equations of the book.

A test marked ``@pytest.mark.equation("label", tex=r"...")`` claims the equation of that label. Its
``evidence`` fixture asserts *and* records: what was checked, by which witness, and how closely.
"""

from __future__ import annotations

import gc
import inspect
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bookkeeping.check.arrays import Arrays
from bookkeeping.check.displayed import Displayed, equations_of
from bookkeeping.check.formulas.faults import FormulaError
from bookkeeping.check.formulas.trials import Trial
from bookkeeping.check.notation import declared_on, names_of, state_of
from bookkeeping.run import touched

PROPERTY = "evidence"
RANDOM_POINTS = 5
DIGITS = 40
TINY = 1e-25  # what a vanishing expression may leave at DIGITS digits
FEW_OPERATIONS = 300  # above this, SymPy's simplify may take for ever


class Evidence:
    """What one test has shown.

    Parameters
    ----------
    root : Path, optional
        Folder of the project whose pages type the equations.
    labels : sequence of str, optional
        The equations that the test claims.
    """

    def __init__(self, root: Path = Path(), labels: Iterable[str] = ()) -> None:
        self.root, self.labels = root, tuple(labels)
        self.checks: list[dict[str, Any]] = []
        self.read: dict[str, dict[str, str]] = {}
        self.shown: dict[str, list[str]] = {}
        self.tried: dict[str, dict[str, set[Any]]] = {}
        self.trials: list[tuple[str, Trial]] = []

    def evaluates(
        self,
        values: Mapping[str, Any],
        *,
        witness: str,
        within: float,
        label: str = "",
        tex: str = "",
        background: Mapping[str, Any] | None = None,
        at: Any = None,
        chance: Any = (),
        ranges: Mapping[str, Iterable[Any]] | None = None,
        after: Mapping[str, Any] | None = None,
        holding: Mapping[str, Any] | None = None,
        trust: str = "",
    ) -> float:
        """Evaluate an equation as its page types it: every side of every line, and compare them.

        Parameters
        ----------
        values : mapping from str to object
            By the TeX of each letter its value: a number, an array, a function, a set; for a
            letter with slots, such as ``x^{(t)}``, a mapping or a function of the indices; or a
            `Defined` value, which is worked out from others and moves when they move. At least one
            letter has to come from an independent witness.
        witness : str
            In plain words, what the printed formula is compared with: "automatic
            differentiation", "the LSTM of Keras".
        within : float
            The largest difference allowed, as a share of the largest value.
        label : str, optional
            Which equation; needed only where the test claims several.
        tex : str, optional
            The same equation as a step of a figure shows it, at one time step for instance: it is
            read with the letters of the equation's page, and evaluated in place of the page's text.
        background : mapping from str to object, optional
            Values that others are worked out from and that the equation itself need not hold.
        at : mapping from str to iterable, or sequence of mappings, optional
            What indices and numbers are: every combination, or each of a sequence.
        chance : sequence or mapping, optional
            All cases of what chance decides, ``[(probability, {letter: value}), …]``; by the
            subscript of the expectation where there are independent parts.
        ranges : mapping from str to iterable, optional
            What an index runs over where a sum names only a condition.
        after : mapping from str to object, optional
            Values of letters after an assignment.
        holding : mapping from str to mapping, optional
            By a letter that is held fixed, which letters then follow from which.
        trust : str, optional
            What the evaluation takes on trust; the mark then says *in part*.

        Returns
        -------
        float
            The largest difference, as a share of the largest value.

        Raises
        ------
        FormulaError
            With page, line and column, when the text cannot be read, when a letter has no value or
            a value no letter, when shapes do not fit, or when two sides differ.
        """
        equation = self._equation(label)
        names = names_of(self.root / "book", equation.docname)
        trial = Trial(
            names, Arrays(), values, within, _kept(at or {}), chance, _kept(ranges or {}),
            after or {}, holding or {}, background or {},
        )  # fmt: skip
        try:
            outcome = trial.run(tex or equation.tex)
        except FormulaError as error:
            raise _located(error, equation, tex) from None
        check = {
            "kind": "evaluated", "witness": witness, "error": outcome.error,
            "label": equation.label, "trust": trust,
        }  # fmt: skip
        if tex:
            self.shown.setdefault(equation.label, []).append(tex)
            self.checks.append(check)
            return outcome.error
        self.trials.append((equation.label, trial))
        self.read[equation.label] = {
            "tex": equation.tex,
            "state": state_of(equation, declared_on(self.root / "book", equation.docname)),
        }
        for letter, found in outcome.tried.items():
            self.tried.setdefault(equation.label, {}).setdefault(letter, set()).update(found)
        self.checks.append(check)
        return outcome.error

    def _equation(self, label: str) -> Displayed:
        """Return the equation as its page types it."""
        if not label:
            assert len(self.labels) == 1, "name the `label`: this test claims several equations"
            (label,) = self.labels
        assert label in self.labels, f"this test does not claim the equation {label!r}"
        typed = equations_of(self.root / "book")
        assert label in typed, (
            f"no page types the equation {label!r}; write it as ```{{math}} with `:label: {label}`"
        )
        return typed[label]

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


def _kept(given: Any) -> Any:
    """Return what is run through once, such as a generator, as something to run through often."""
    if isinstance(given, Mapping):
        return {letter: tuple(values) for letter, values in given.items()}
    return tuple(given)


def _located(error: FormulaError, equation: Displayed, tex: str = "") -> FormulaError:
    """Return an error that names page, line and column instead of a place in the formula."""
    if tex:
        where = f"book/{equation.docname}.md:{equation.line}"
        return type(error)(f"{where}: {equation.label}, as a step: {error.message} in {tex}")
    line = equation.line + max(error.line - 1, 0)
    column = f":{error.column}" if error.line else ""
    where = f"book/{equation.docname}.md:{line}{column}"
    return type(error)(f"{where}: {equation.label}: {error.message}")


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
    parser.addoption(
        "--evidence-file",
        help="write what the tests have shown to this JSON file, and beside it, for each process, "
        "which files of the project each test file touched",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Watch what tests touch, from the first `conftest.py` on."""
    if early_config.known_args_namespace.evidence_file:
        touched.record_imports()
        touched.watch(early_config.rootpath)


def pytest_configure(config: pytest.Config) -> None:
    """Announce the mark, and collect the entries where reports arrive."""
    config.addinivalue_line(
        "markers", "equation(label): claims the equation of this label in the book"
    )
    config.addinivalue_line(
        "markers", "library(name): runs the statement about a library that a page marks so"
    )
    if not hasattr(config, "workerinput") and config.getoption("--evidence-file"):
        config.pluginmanager.register(Collector(Path(config.getoption("--evidence-file"))))


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Any:
    """Assert and record for the equations that the test's marks claim."""
    labels = [mark.args[0] for mark in request.node.iter_markers("equation")]
    gathered = Evidence(request.config.rootpath, labels)
    for name, entry in request.node.user_properties:
        if name == PROPERTY:
            entry.update(
                checks=gathered.checks, read=gathered.read, tried=gathered.tried,
                shown=gathered.shown,
            )  # fmt: skip
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
            "labels": [mark.args[0] for mark in marks],
            "checks": [],
            "read": {},
            "shown": {},
            "tried": {},
        }
        item.user_properties.append((PROPERTY, entry))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Let no statement about a library stand that its test passes over."""
    report = yield
    if report.skipped and next(item.iter_markers("library"), None):
        report.outcome = "failed"
        report.longrepr = "a test of a statement about a library is run, and not passed over"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Any:
    """Let no test pass that claims an equation and shows nothing of it."""
    result = yield
    marks = list(pyfuncitem.iter_markers("equation"))
    gathered = pyfuncitem.funcargs.get("evidence")
    if marks:
        assert isinstance(gathered, Evidence), "a test that claims an equation needs `evidence`"
        unread = {mark.args[0] for mark in marks} - set(gathered.read)
        assert not unread, (
            f"this test claims {', '.join(sorted(unread))} and does not evaluate it: call "
            "`evidence.evaluates(...)` with values for its letters"
        )
    return result


def pytest_unconfigure() -> None:
    """Leave what the tests made to the system: to look through it first takes Python seconds."""
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write what each of the test files that were named touched in this process."""
    config = session.config
    if not config.getoption("--evidence-file"):
        return
    ours = touched.modules_of(config.rootpath)
    plugins = {getattr(plugin, "__file__", None) for plugin in config.pluginmanager.get_plugins()}
    found = {}
    for argument in config.args:
        test_file = config.invocation_params.dir / argument
        modules = {
            name for name, file in ours.items()
            if file == str(test_file) or (file in plugins and _serves(Path(file), test_file))
        }  # fmt: skip
        paths = map(Path, touched.touched_by(modules, ours))
        found[str(test_file)] = sorted(p.relative_to(config.rootpath).as_posix() for p in paths)
    output = Path(config.getoption("--evidence-file"))
    output.with_suffix(f".{os.getpid()}").write_text(json.dumps(found), encoding="utf-8")


def _serves(plugin: Path, test_file: Path) -> bool:
    """Whether a plugin, which may be a `conftest.py`, is one for this test file."""
    return plugin.name != "conftest.py" or plugin.parent in test_file.parents


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
            entry["tried"] = {
                label: {letter: sorted(map(str, found)) for letter, found in letters.items()}
                for label, letters in entry["tried"].items()
            }
        self.path.write_text(json.dumps(self.entries, indent=1, sort_keys=True), encoding="utf-8")
