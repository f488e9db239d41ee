"""What a run says while it works."""

from __future__ import annotations

from bookkeeping.run.progress import Progress


def test_the_rest_is_told_at_the_pace_so_far():
    now, said = [0.0], []
    progress = Progress(
        ["a", "b", "c"], {"a": 10.0, "b": 20.0, "c": 6.0}, 2, said.append, lambda: now[0]
    )
    assert progress.left() == "; about 20 s left"  # the longest, since two run at once
    progress.begin("b")
    progress.begin("a")
    now[0] = 30.0  # three times as slow as the last run
    progress.finish("a", "executed")
    progress.begin("c")
    now[0] = 48.0
    progress.finish("c", "failed")
    now[0] = 60.0
    progress.finish("b", "executed")
    assert [" ".join(line.split()) for line in said] == [
        "[1/3] a executed 30.0 s; about 30 s left; now b",  # b has 30 s to go, c 18 s
        "[2/3] c failed 18.0 s; about 12 s left; now b",
        "[3/3] b executed 60.0 s",
    ]


def test_nothing_is_foretold_where_nothing_is_known():
    said = []
    progress = Progress(["a", "b"], {}, 2, said.append, lambda: 0.0)
    progress.begin("a")
    progress.finish("a", "executed")
    assert progress.left() == ""
    assert "left" not in said[0]


def test_what_is_new_is_taken_for_the_mean_of_the_others():
    progress = Progress(["a", "b"], {"a": 8.0}, 1, print, lambda: 0.0)
    assert progress.left() == "; about 16 s left"
