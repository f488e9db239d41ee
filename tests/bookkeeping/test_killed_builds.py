"""A build that is killed, or finds no room, leaves nothing behind that the next one would trust.

Forty builds are killed by hand, at random moments, with

    UNROLLED_SEQUENCES=0-39 nox -s tests -- tests/bookkeeping/test_killed_builds.py -k random
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from bookkeeping.run.kernel import ROOT_VARIABLE
from bookkeeping.site.again import differences, site_files
from edited_book import Nothing, numbers
from edits import DECK, Edit
from small_book import SmallBook, from_nothing

FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="builds in copies of this process")


# The beginning of a cell that tells when it has begun.
SLOWLY = "import time, pathlib\npathlib.Path('{}').touch()\ntime.sleep(2)\nsum(int"


def kernels_of(book: SmallBook) -> list[int]:
    """Return the processes that run pages of this book."""
    found, ours = [], f"{ROOT_VARIABLE}={book.root}".encode()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command = (path / "cmdline").read_bytes()
            kernel = b"ipykernel" in command or b"fork_server" in command
            if kernel and ours in (path / "environ").read_bytes().split(b"\0"):
                found.append(int(path.name))
        except OSError:
            continue
    return found


def wait_for(happens, seconds=60.0):
    until = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("victims", ["all", "parent"])
def test_killed_while_pages_run(small_book, tmp_path, victims):
    quick, slow = small_book.read("book/counting.md"), small_book.read("book/adding.md")
    small_book.write("book/counting.md", quick.replace('glue("twice"', '1 + 1\nglue("twice"'))
    small_book.write("book/adding.md", slow.replace("sum(int", SLOWLY.format(tmp_path / "begun")))
    before = small_book.site()
    building = subprocess.Popen(
        small_book.command(), env=small_book.environment(), cwd=small_book.root.parent,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    wait_for((tmp_path / "begun").exists)
    assert kernels_of(small_book)
    for process in kernels_of(small_book) if victims == "all" else []:
        os.kill(process, signal.SIGKILL)
    os.killpg(building.pid, signal.SIGKILL)
    building.wait()
    assert differences(small_book.site(), before) == []
    wait_for(lambda: not kernels_of(small_book), 10)
    built = small_book.build()
    assert built.status == 0, built.output
    assert "adding" in built.executed
    assert differences(small_book.site(), from_nothing(small_book, tmp_path)) == []


def test_killed_while_sphinx_reads(small_book, tmp_path):
    small_book.edit("book/counting.md", "# Counting\n", "# Counting again\n")
    before = small_book.site()
    conf = small_book.read("book/conf.py")
    small_book.write("book/conf.py", conf + (
        "\n\ndef setup(app):\n    import os\n\n"
        "    app.connect('source-read', lambda *_: os.kill(os.getpid(), 9))\n"
    ))  # fmt: skip
    assert small_book.build().status == -signal.SIGKILL
    assert differences(small_book.site(), before) == []
    small_book.write("book/conf.py", conf)
    assert small_book.build().status == 0
    assert differences(small_book.site(), from_nothing(small_book, tmp_path)) == []


def test_killed_while_sphinx_writes(small_book, tmp_path):
    small_book.edit("book/counting.md", "# Counting\n", "# Counting again\n")
    before = small_book.site()
    conf = small_book.read("book/conf.py")
    small_book.write("book/conf.py", conf + (
        "\n\ndef setup(app):\n    import os\n\n"
        "    def stop(app, name, *_):\n        name == 'counting' and os.kill(os.getpid(), 9)\n\n"
        "    app.connect('html-page-context', stop)\n"
    ))  # fmt: skip
    assert small_book.build().status == -signal.SIGKILL
    assert differences(small_book.site(), before) == []
    small_book.write("book/conf.py", conf)
    assert small_book.build().status == 0
    assert differences(small_book.site(), from_nothing(small_book, tmp_path)) == []


def test_killed_between_the_two_steps_of_publishing(small_book):
    html = small_book.root / "_build" / "html"
    before = small_book.site()
    html.rename(html.with_name("html.old"))
    small_book.edit("book/counting.md", "# Counting\n", "# Counting 0.5\n")
    assert small_book.build().status == 1
    assert differences(small_book.site(), before) == []


@FORKS
@pytest.mark.parametrize("number", numbers(3))
def test_killed_at_a_random_moment_of_a_random_edit(number, begin_again, nothing):
    chance = random.Random(number)
    book = begin_again()
    before = book.site()
    edit = Edit(chance.choice(DECK), chance.randrange(2**20))
    book.do(edit)
    began = time.monotonic()
    wanted = nothing.made_of(book)
    builder = book.start()
    time.sleep(chance.random() * (time.monotonic() - began))
    whom = os.kill if chance.random() < 0.5 else os.killpg
    with contextlib.suppress(ProcessLookupError):  # it has ended by itself
        whom(builder.process, signal.SIGKILL)
    killed = builder.wait()
    html = book.root / "_build" / "html"
    site = site_files(html if html.exists() else html.with_name("html.old"))
    told = f"{edit}\n{killed.status}: {killed.output}"
    assert [] in [differences(site, whole) for whole in (before, wanted.site)], told
    built = book.build()
    assert built.status == wanted.status, f"{told}\n{built.output}"
    assert differences(book.site(), wanted.site if wanted.status == 0 else site) == [], told


@FORKS
@pytest.mark.parametrize("killed", [False, True])
def test_two_builds_of_one_checkout(small_book, nothing, tmp_path, killed):
    small_book.edit("book/adding.md", "sum(int", SLOWLY.format(tmp_path / "begun"))
    first = small_book.start()
    wait_for((tmp_path / "begun").exists)
    second = small_book.start()
    time.sleep(1)
    if killed:
        os.kill(first.process, signal.SIGKILL)
    assert first.wait().status == (-signal.SIGKILL if killed else 0)
    built = second.wait()
    assert f"Process {first.process} is building this book; this build waits" in built.output
    assert built.status == 0, built.output
    assert differences(small_book.site(), nothing.made_of(small_book).site) == []


# What takes all room away, in `conf.py`, as the builder; the file fills a disk of its own.
FILL = """

def take_all_room(*_):
    file = open(ROOT / "_build" / "filler", "wb")
    try:
        while True:
            file.write(bytes(4096))
            file.flush()
    except OSError:
        pass
"""
LIMIT = """

def take_all_room(*_):
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
"""
MOMENTS = {
    "while pages run": "take_all_room()\n",
    "while Sphinx writes": (
        "def setup(app):\n    app.connect('html-page-context', take_all_room)\n"
    ),
    "while publishing": (
        "def setup(app):\n    app.connect('build-finished', take_all_room, priority=999)\n"
    ),
}


@pytest.fixture
def disk(small_book):
    """A disk of its own for all that is made, where this may be mounted."""
    made, aside = small_book.root / "_build", small_book.root / "aside"
    made.rename(aside)
    made.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(made)]
    mounted = shutil.which("mount") and subprocess.run(mount, capture_output=True, check=False)
    if not mounted or mounted.returncode:
        pytest.skip("a small disk cannot be mounted here")
    shutil.copytree(aside, made, dirs_exist_ok=True)
    shutil.rmtree(aside)
    yield
    subprocess.run(["umount", str(made)], check=True)


def builds_without_room(book: SmallBook, nothing: Nothing, moment: str, take: str) -> None:
    """Take all room away at this moment; the site must stand, and the next build be right."""
    before = book.site()
    book.edit("book/adding.md", "sum(int", "0 + sum(int")
    conf = book.read("book/conf.py")
    root = f"\nROOT = Path({str(book.root)!r})\n"
    book.write("book/conf.py", conf + root + take + MOMENTS[moment])
    built = book.build_by_command()  # what it says goes through a pipe, which needs no room
    assert built.status == 1
    said = built.output
    assert re.search("no room for 16 MB in .*_build .*; make some, and build again", said), said
    assert "The last good one is still in" in said
    assert differences(book.site(), before) == []
    (book.root / "_build" / "filler").unlink(missing_ok=True)
    book.write("book/conf.py", conf)
    built = book.build()
    assert built.status == 0, built.output
    assert differences(book.site(), nothing.made_of(book).site) == []


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_full_disk(small_book, disk, nothing, moment):
    builds_without_room(small_book, nothing, moment, FILL)


@FORKS
def test_files_may_not_grow(small_book, nothing):
    builds_without_room(small_book, nothing, "while pages run", LIMIT)
