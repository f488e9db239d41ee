"""A new room is born under the import contracts, and gets only what is granted to it there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

REPOSITORY = Path(__file__).parents[2]
DRAWING = "Computation never draws"
FIGURES = "Figures draw arrays: they import no other room"
ROOMS = "Witnesses are independent: no room imports another"
ARRAYS = "Arrays are granted room by room"
SYMPY = "One room knows SymPy"
TENSORFLOW = "One room knows TensorFlow"
NETWORKS = "Networks and their experiments are written by hand, in NumPy only"
SYMBOLIC = "The symbolic room computes with SymPy alone: arrays are for those who call it"
BOOKKEEPING = (
    "Bookkeeping knows nothing of the mathematics, and the mathematics nothing of bookkeeping"
)


FLOORS = (
    "Bookkeeping's rooms: bound forms know the site, it the checks, they the runner, and never back"
)
NO_SPHINX = "Pages run and claims are checked without Sphinx"


def contracts() -> list[dict[str, object]]:
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    return settings["tool"]["importlinter"]["contracts"]


@pytest.fixture(scope="module")
def as_it_is(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code and of the contracts over it."""
    root = tmp_path_factory.mktemp("rooms") / "as-it-is"
    for package in ("unrolled", "bookkeeping"):
        source = REPOSITORY / "src" / package
        shutil.copytree(
            source, root / "src" / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(REPOSITORY / "pyproject.toml", root)
    return root


@pytest.fixture
def copy(as_it_is: Path, tmp_path: Path) -> Path:
    """A copy of the code to add a wrong import to."""
    return shutil.copytree(as_it_is, tmp_path / "copy")


def verdicts(root: Path) -> dict[str, bool]:
    """Return whether each contract is kept, by its name."""
    command = shutil.which("lint-imports", path=os.fspath(Path(sys.executable).parent))
    assert command, "import-linter is not installed; run this by `nox -s architecture`"
    finished = subprocess.run(
        [command, "--no-cache", "--no-logo"],
        cwd=root, text=True, capture_output=True, check=False,
        env={**os.environ, "PYTHONPATH": os.fspath(root / "src"), "COLUMNS": "200"},
    )  # fmt: skip
    told = re.findall(r"^(.+) (KEPT|BROKEN)(?: \(.*\))?$", finished.stdout, re.M)
    assert len(told) == len(contracts()), finished.stdout + finished.stderr
    return {name: verdict == "KEPT" for name, verdict in told}


def broken(root: Path) -> set[str]:
    return {name for name, kept in verdicts(root).items() if not kept}


def add_room(root: Path, *imports: str) -> None:
    """Add a room whose one module holds these imports."""
    room = root / "src" / "unrolled" / "sample_room"
    room.mkdir()
    (room / "__init__.py").touch()
    (room / "words.py").write_text("\n".join(["WORDS = 1", *imports, ""]), encoding="utf-8")


def test_today_every_contract_is_kept(copy):
    assert verdicts(copy) == {contract["name"]: True for contract in contracts()}


def test_a_room_of_plain_python_that_checks_shapes_is_welcome(copy):
    add_room(copy, "import collections", "from unrolled.shapes import check_numbers")
    assert broken(copy) == set()


def test_a_room_that_takes_everything_breaks_every_contract_that_it_touches(copy):
    add_room(
        copy,
        "import matplotlib", "import numpy", "import sympy", "import tensorflow",
        "import unrolled.figures.style", "import unrolled.symbolic.computation_graph",
    )  # fmt: skip
    assert broken(copy) == {DRAWING, ROOMS, ARRAYS, SYMPY, TENSORFLOW}


@pytest.mark.parametrize(
    ("imports", "breaks"),
    [
        ("import tensorflow", {TENSORFLOW}),
        ("from keras import layers", {TENSORFLOW}),
        ("from matplotlib import pyplot", {DRAWING}),
        ("import altair", {DRAWING}),
        ("import numpy", {ARRAYS}),
        ("from scipy import stats", {ARRAYS}),
        ("import sklearn", {ARRAYS}),
        ("import sympy", {SYMPY}),
        ("import unrolled.figures.style", {DRAWING, ROOMS}),
        ("import unrolled.symbolic.computation_graph", {ROOMS}),
        ("import unrolled.foundations.dimensions", {ROOMS}),
        ("import unrolled.networks.lstm", {ROOMS}),
        ("import unrolled.experiments.recall", {ROOMS}),
        ("import unrolled.translation.attention", {ROOMS}),
        ("import bookkeeping.store", {BOOKKEEPING}),
    ],
)
def test_a_room_gets_nothing_that_was_not_granted(copy, imports, breaks):
    add_room(copy, imports)
    assert broken(copy) == breaks


def test_what_is_granted_may_be_imported(copy):
    granted = {
        "unrolled.** -> unrolled.shapes": "unrolled.sample_room.** -> unrolled.networks.**",
        "unrolled.shapes -> numpy": "unrolled.sample_room.** -> numpy",
    }
    path = copy / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    for before, exception in granted.items():
        assert text.count(f'"{before}"') == 1
        text = text.replace(f'"{before}"', f'"{before}", "{exception}"')
    path.write_text(text, encoding="utf-8")
    add_room(copy, "import numpy", "import unrolled.networks.rnn")
    assert broken(copy) == set()


@pytest.mark.parametrize(
    ("importer", "imports", "breaks"),
    [
        ("unrolled/figures/style.py", "import unrolled.sample_room.words", {FIGURES, ROOMS}),
        ("unrolled/symbolic/computation_graph.py", "import unrolled.sample_room.words", {ROOMS}),
        ("unrolled/translation/tensors.py", "import unrolled.sample_room.words", {ROOMS}),
        ("unrolled/shapes.py", "import unrolled.sample_room.words", {ROOMS}),
        ("bookkeeping/store.py", "import unrolled.sample_room.words", {BOOKKEEPING}),
        ("bookkeeping/store.py", "import bookkeeping.run.kernel", {FLOORS}),
        ("bookkeeping/run/kernel.py", "import bookkeeping.check.claims", {FLOORS}),
        ("bookkeeping/check/claims.py", "import bookkeeping.site.state", {FLOORS}),
        ("bookkeeping/site/state.py", "import bookkeeping.bound.book", {FLOORS}),
        ("bookkeeping/run/kernel.py", "from docutils import nodes", {NO_SPHINX}),
        ("bookkeeping/check/displayed.py", "from sphinx import addnodes", {NO_SPHINX}),
        ("unrolled/symbolic/vectors.py", "import numpy", {ARRAYS, SYMBOLIC}),
        ("unrolled/symbolic/vectors.py", "import keras", {SYMBOLIC, TENSORFLOW}),
        ("unrolled/networks/rnn.py", "import tensorflow", {NETWORKS, TENSORFLOW}),
        ("unrolled/networks/rnn.py", "import scipy", {ARRAYS, NETWORKS}),
        ("unrolled/networks/rnn.py", "import unrolled.foundations.dimensions", {NETWORKS, ROOMS}),
        ("unrolled/networks/rnn.py", "import unrolled.experiments.recall", {ROOMS}),
        ("unrolled/experiments/recall.py", "import unrolled.symbolic.computation_graph", {ROOMS}),
        ("unrolled/experiments/recall.py", "import tensorflow", {NETWORKS, TENSORFLOW}),
        ("unrolled/foundations/dimensions.py", "import sympy", {SYMPY}),
        ("unrolled/translation/masks.py", "import matplotlib", {DRAWING}),
    ],
)  # fmt: skip
def test_the_rooms_of_today_keep_to_theirs(copy, importer, imports, breaks):
    add_room(copy)
    path = copy / "src" / importer
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{imports}\n", encoding="utf-8")
    assert broken(copy) == breaks


def test_every_library_that_a_room_imports_is_granted_by_a_contract_over_all_rooms():
    spoken_of = {
        name
        for contract in contracts()
        if contract.get("source_modules") == ["unrolled.*"]
        for name in contract["forbidden_modules"]
    }
    graph = grimp.build_graph("unrolled", include_external_packages=True, cache_dir=None)
    ours = {name for name in graph.modules if name.partition(".")[0] == "unrolled"}
    assert graph.modules - ours - sys.stdlib_module_names <= spoken_of


def test_the_package_around_the_rooms_imports_nothing():
    graph = grimp.build_graph("unrolled", include_external_packages=True, cache_dir=None)
    assert graph.find_modules_directly_imported_by("unrolled") == set()
