from __future__ import annotations

import json
import os
import time

import pytest

from bookkeeping.store import Memory, Store, digest, file_digest


def test_a_record_comes_back(tmp_path):
    store = Store(tmp_path / "records")
    assert store.load("key") is None
    store.save("key", {"a": [1, 2.5, "ü"]})
    assert store.load("key") == {"a": [1, 2.5, "ü"]}
    store.save("key", {"a": 3})
    assert store.load("key") == {"a": 3}


def test_half_a_record_is_none(tmp_path):
    store = Store(tmp_path)
    for text in ("", '{"outputs": [', '{"a": 1'):
        (tmp_path / "key.json").write_text(text)
        assert store.load("key") is None


def test_a_write_that_fails_leaves_the_old_record(tmp_path):
    store = Store(tmp_path)
    store.save("key", {"a": 1})
    with pytest.raises(TypeError):
        store.save("key", {"a": object()})
    assert store.load("key") == {"a": 1}


def test_a_record_is_moved_into_place_in_one_step(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.save("key", {"a": 1})

    def killed(source: str, target: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", killed)
    with pytest.raises(KeyboardInterrupt):
        store.save("key", {"a": 2})
    assert store.load("key") == {"a": 1}


def test_prune_drops_what_nobody_asked_for_in_a_month_and_unfinished_files(tmp_path):
    store = Store(tmp_path)
    store.prune()
    names = ("used.json", "rested.json", "forgotten.json", "begun.part", "killed.part")
    days = dict(zip(names, (31, 29, 31, 0, 2), strict=True))
    for name, age in days.items():
        (tmp_path / name).write_text("{}")
        then = time.time() - age * 24 * 60 * 60
        os.utime(tmp_path / name, (then, then))
    assert store.load("used") == {}
    store.prune()
    assert {path.name for path in tmp_path.iterdir()} == {"used.json", "rested.json", "begun.part"}


def test_the_digest_tells_apart(tmp_path):
    assert digest("a", "b") == digest("a", "b")
    assert len({digest("ab"), digest("a", "b"), digest(["a", "b"]), digest(b"ab")}) == 4
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    path = tmp_path / "file"
    assert file_digest(path) == "missing"
    path.write_text(json.dumps({}))
    assert file_digest(path) != "missing"


def test_what_is_worked_out_is_the_same_as_what_is_recalled(tmp_path):
    def work(text):
        return {"second": (1, 2), "first": text}

    memory = Memory(tmp_path / "memory.json")
    new = memory.recall("a work", "a text", work)
    memory.save()
    recalled = Memory(tmp_path / "memory.json").recall("a work", "a text", lambda text: None)
    assert repr(new) == repr(recalled) == "{'first': 'a text', 'second': [1, 2]}"
