"""A build that is killed leaves nothing behind that the next one would trust."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from bookkeeping.site.again import differences
from small_book import SmallBook, from_nothing


def kernels_of(book: SmallBook) -> list[int]:
    """Return the processes that run pages of this book."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command = (path / "cmdline").read_bytes()
            kernel = b"ipykernel" in command or b"fork_server" in command
            if kernel and (path / "cwd").resolve() == book.root:
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
    slowly = "import time, pathlib\npathlib.Path('_build/begun').touch()\ntime.sleep(2)\nsum(int"
    small_book.write("book/adding.md", slow.replace("sum(int", slowly))
    before = small_book.site()
    building = subprocess.Popen(
        small_book.command(), env=small_book.environment(), cwd=small_book.root.parent,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    wait_for((small_book.root / "_build/begun").exists)
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
