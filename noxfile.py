"""Every task of the project; ``python -m nox --list`` shows them."""

import os
import sys
from pathlib import Path

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        f"Unrolled needs Python 3.11, 3.12 or 3.13, and this is Python {sys.version_info[0]}."
        f"{sys.version_info[1]}; please make the virtual environment with one of those."
    )

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["docs", "tests", "doctest", "lint", "types", "architecture"]

REQUIREMENTS = Path("requirements")
# TensorFlow quiet, nobody's own Python settings, and compiled modules kept: without them every
# process compiles NumPy, SymPy and matplotlib anew, which takes longer than the pages. One thread
# for each process that multiplies matrices, since as many processes run as there are cores.
ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONPATH": "",
    "PYTHONNOUSERSITE": "1",
    "PYTHONDONTWRITEBYTECODE": "",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
# Tests with sessions of their own: they need what the book's environment has not, or take long.
ELSEWHERE = tuple(
    f"--ignore=tests/{folder}"
    for folder in ("architecture", "bound/printed", "distributed", "extremes", "pytorch", "site")
)
TORCH = "2.13.0"  # what the listings for PyTorch are run with, beside the book's own lock


def install(session: nox.Session, task: str, *, project: bool = True) -> None:
    """Install what ``requirements/<task>.txt`` pins, then the project itself."""
    session.env.update(ENVIRONMENT)
    session.install("--quiet", "--require-hashes", "-r", str(REQUIREMENTS / f"{task}.txt"))
    if project:
        install_project(session)


def install_project(session: nox.Session) -> None:
    """Install both packages in place; their build backend is among the pinned packages."""
    session.install("--quiet", "--no-deps", "--no-build-isolation", "-e", ".")


def install_web(session: nox.Session) -> None:
    """Install the browser-side libraries that ``web/package-lock.json`` pins."""
    lock, installed = Path("web/package-lock.json"), Path("web/node_modules/.package-lock.json")
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        session.run(
            "npm",
            "ci",
            "--prefix",
            "web",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        )


@nox.session
def docs(session: nox.Session) -> None:
    """Build the whole book into _build/html, executing what has changed."""
    install(session, "book")
    install_web(session)
    session.run("python", "-m", "bookkeeping", "build", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test that needs no browser."""
    install(session, "book")
    install_web(session)
    session.run("pytest", "-n", "2", "--dist", "worksteal", *ELSEWHERE, *session.posargs)


@nox.session
def extremes(session: nox.Session) -> None:
    """Try every function of the library on extreme numbers, against forty digits."""
    install(session, "book")
    session.run("pytest", "-n", "2", "tests/extremes", *session.posargs)


@nox.session
def distributed(session: nox.Session) -> None:
    """Train with two worker processes on this machine, and compare with one; not in `.ci/run`."""
    install(session, "book")
    session.run("pytest", "tests/distributed", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """Change every displayed equation by a token, and see whether its test notices."""
    install(session, "book")
    session.run("python", "-m", "bookkeeping", "mutants", *session.posargs)


@nox.session
def machines(session: nox.Session) -> None:
    """Run pages under the kernels of other processors, and tell every number that moves.

    With ``-- --new --seconds 120`` only pages that tests/machines.json does not hold as they are.
    """
    install(session, "book")
    session.run("python", "-m", "bookkeeping", "machines", *session.posargs)


@nox.session
def live(session: nox.Session) -> None:
    """Serve the book on this machine; rebuild and reload it while you write."""
    install(session, "book")
    install_web(session)
    session.run("python", "-m", "bookkeeping", "live", *session.posargs)


@nox.session
def doctest(session: nox.Session) -> None:
    """Run the examples in the docstrings and in the README."""
    install(session, "book")
    session.run(
        "pytest",
        "--doctest-modules",
        "--doctest-glob=*.md",
        "src/unrolled",
        "README.md",
        *session.posargs,
    )


@nox.session
def lint(session: nox.Session) -> None:
    """Check the form of the code, the spelling, the book's phrases, and what a forge is to run."""
    install(session, "lint", project=False)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("codespell")
    session.run("python", "src/bookkeeping/check/phrases.py", "book")
    workflows = sorted(map(str, Path(".github/workflows").glob("*.yml")))
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    session.run(
        "zizmor", "--offline", "--no-progress", "--quiet", "--persona", "auditor", *workflows
    )


@nox.session
def types(session: nox.Session) -> None:
    """Check the types with mypy."""
    install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session
def architecture(session: nox.Session) -> None:
    """Check who imports whom (import-linter), and that a new room could not import at will."""
    install(session, "architecture")
    session.run("lint-imports")
    session.run("pytest", "-n", "2", "tests/architecture", *session.posargs)


@nox.session
def site(session: nox.Session) -> None:
    """Open every page of the built book in a browser and check it."""
    install(session, "site", project=False)
    packages = Path(session.virtualenv.location).with_name("docs")  # of the book, to publish one
    session.env["UNROLLED_PYTHON"] = str(packages / Path(session.bin).name / "python")
    if not Path("_build/html/index.html").exists():
        session.error("There is no book to look at yet: run `python -m nox -s docs` first.")
    session.run(
        "pytest",
        "-c",
        "tests/site/pytest.ini",
        "--rootdir",
        ".",
        "-n",
        "2",
        "tests/site",
        *session.posargs,
    )


@nox.session
def forms(session: nox.Session) -> None:
    """Try every box of the book: right and changed answers, and each in a browser as well.

    Not part of `.ci/run`, where `site` opens five of them; a tag runs it.
    """
    install(session, "book")
    install_web(session)
    session.run("python", "-m", "bookkeeping", "tries")
    os.environ["UNROLLED_TRY"] = "all"  # which the other session inherits
    session.notify("site", ["-k", "in_the_page"])


@nox.session
def publish(session: nox.Session) -> None:
    """Make in _build/publish what a static host wants: ``-- --url https://example.org/book/``."""
    install(session, "book")
    install_web(session)
    session.run("python", "-m", "bookkeeping", "publish", *session.posargs)


@nox.session
def epub(session: nox.Session) -> None:
    """Make the EPUB of the built book, _build/unrolled.epub, and check it."""
    install(session, "book")
    install_web(session)
    session.run("python", "-m", "bookkeeping", "epub", *session.posargs)


@nox.session
def pdf(session: nox.Session) -> None:
    """Print each part of the built book, _build/unrolled-PART.pdf: ``-- history`` for one.

    It needs Debian's chromium, poppler-utils and, for words in Japanese, fonts-ipafont-gothic; it
    tries what it prints on a small book, too.
    """
    install(session, "pdf")
    session.run("python", "-m", "bookkeeping", "pdf", *session.posargs)
    session.run("pytest", "-n", "0", "tests/bound/printed")


@nox.session
def reproducible(session: nox.Session) -> None:
    """Build the whole book once more, from nothing, and compare every byte with _build/html."""
    install(session, "book")
    install_web(session)
    session.run("python", "-m", "bookkeeping", "again", *session.posargs)


@nox.session
def notebooks(session: nox.Session) -> None:
    """Try each notebook of the built book in an empty folder and a fresh environment.

    With ``-- --share`` a few of them, which the commit decides.
    """
    install(session, "book")
    session.install("--quiet", "uv")
    if not Path("_build/html/index.html").exists():
        session.error("There is no book to look at yet: run `python -m nox -s docs` first.")
    session.run("python", "-m", "bookkeeping", "notebooks", *session.posargs)


@nox.session
def links(session: nox.Session) -> None:
    """Ask every link that leaves the book whether it still leads somewhere."""
    install(session, "book")
    install_web(session)
    session.run("python", "-m", "bookkeeping", "links", *session.posargs)


@nox.session
def train(session: nox.Session) -> None:
    """Repeat the trainings that take longer than a page may, and write their small results."""
    install(session, "book")
    for task, table in (
        ("deep_sigmoids", "history/pretraining.json"),
        ("recall", "recurrent/recall.csv"),
        ("stretched_recall", "recurrent/clipping.csv"),
        ("lookup", "attention/lookup.csv"),
        ("word_vectors", "language/word-vectors.npz"),
        ("word_contexts", "language/word-contexts.json"),
        ("language_model", "language/language-model.json"),
        ("translation_lengths", "translation/lengths.json"),
        ("deep_stack", "translation/deep-stacks.json"),
    ):
        session.run("python", "-m", f"unrolled.experiments.{task}", f"book/{table}")
    translator = "src/unrolled/translation/translator.npz"
    program = "unrolled.translation"
    session.run("python", "-m", f"{program}.training", "_build/train/translator", translator)
    for task in ("quality", "heads"):
        results = f"book/translation/{task}.json"
        session.run("python", "-m", f"{program}.{task}", translator, results)
    session.run("python", "-m", f"{program}.ablations", "book/translation/ablations.json")
    session.run("python", "benchmarks/right_tool.py", "book/practice/right-tool.json")
    baseline = "_build/train/baseline", "book/translation/baseline.json"
    session.run("python", "-m", f"{program}.baseline", *baseline)


@nox.session(venv_backend="venv")
def torch(session: nox.Session) -> None:
    """Run the listings for PyTorch with the weights of the pages' Keras classes; note what ran.

    Not part of `.ci/run`. By pip and outside requirements/: a lock with hashes would pin the builds
    for CUDA, gigabytes of them, unless it named an index. Where plain pip would fetch such a build,
    set PIP_INDEX_URL or PIP_FIND_LINKS to a place that has the one for CPUs.
    """
    install(session, "book")
    session.install("--quiet", f"torch=={TORCH}")
    session.run("pytest", "tests/pytorch", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the build against Sphinx with myst-nb alone, and our code against libraries.

    With ``-- --against COMMIT`` only the build is measured, against that commit's.
    """
    install(session, "book")
    install_web(session)
    if not session.posargs:
        session.run("python", "benchmarks/lstm.py")
        session.run("python", "benchmarks/attention.py")
        session.run("python", "benchmarks/decoding.py")
        session.run("python", "benchmarks/bpe.py")
        session.run("python", "benchmarks/mining.py")
        session.run("python", "benchmarks/word_vectors.py")
        session.run("python", "benchmarks/training_step.py")
    session.run("python", "benchmarks/build.py", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Resolve requirements/*.in into pinned and hashed requirements/*.txt, for every platform."""
    session.install("--quiet", "uv")
    # That of the book first, since others keep to it.
    for source in sorted(REQUIREMENTS.glob("*.in"), key=lambda one: (one.stem != "book", one)):
        # nox.txt is resolved from an older Python on, so that the noxfile can say which ones do.
        oldest = "3.9" if source.stem == "nox" else "3.11"
        session.run(
            "uv",
            "pip",
            "compile",
            "--quiet",
            "--universal",
            "--generate-hashes",
            "--no-emit-index-url",
            "--no-emit-find-links",
            "--python-version",
            oldest,
            "--custom-compile-command",
            "nox -s lock",
            *session.posargs,
            str(source),
            "-o",
            str(source.with_suffix(".txt")),
        )


@nox.session
def canary(session: nox.Session) -> None:
    """Build and test the book on the newest releases instead of the pinned ones."""
    session.env.update(ENVIRONMENT)
    session.install("--quiet", "--upgrade", "-r", str(REQUIREMENTS / "book.in"))
    install_project(session)
    install_web(session)
    installed = Path("_build/canary/installed.txt")
    installed.parent.mkdir(parents=True, exist_ok=True)
    installed.write_text(session.run("uv", "pip", "freeze", "--exclude-editable", silent=True))
    session.run("pytest", "-n", "2", *ELSEWHERE)
    session.run(
        "python",
        "-m",
        "bookkeeping",
        "build",
        "--lock",
        os.fspath(installed),
        "--build",
        "_build/canary",
    )
