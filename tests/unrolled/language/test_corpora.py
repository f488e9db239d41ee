"""A corpus is opened whole and named, or refused in words; what is fetched is kept whole or not."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import os
import struct
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tqdm import tqdm

from unrolled.language import corpora
from unrolled.language.corpora import OWN, Corpus, find_corpus, open_corpus, split_by_source

TWO = "Hi.\tHallo!\nHi.\tGrüß Gott!\nRun!\tLauf!\n"
THREE = "Go.\tGeh.\tCC-BY 2.0 (France) Attribution: tatoeba.org #1 (a) & #2 (b)\n"
PAIRS = (("Hi.", "Hallo!"), ("Hi.", "Grüß Gott!"), ("Run!", "Lauf!"))
ABOUT = "This data is from tatoeba.org.\n"
DAY = (2018, 5, 13, 15, 50, 26)
REAL = Path(os.environ.get("UNROLLED_DATA") or "nowhere")


def archive(*members: tuple[str, str], day: tuple[int, ...] = DAY) -> bytes:
    """Return a zip archive with these texts."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in members:
            file.writestr(zipfile.ZipInfo(name, day), text, zipfile.ZIP_DEFLATED)
    return held.getvalue()


GOOD = archive(("deu.txt", TWO), ("_about.txt", ABOUT))


@pytest.fixture(autouse=True)
def away(tmp_path, monkeypatch):
    """No test asks the corpus' own site, or finds what another has fetched."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / "cache" / name)
    monkeypatch.setattr(corpora, "SITE", "http://127.0.0.1:9/")  # where nobody answers
    monkeypatch.setenv("UNROLLED_DATA", "")
    corpora._fetched.cache_clear()


# By hand -------------------------------------------------------------------------------------


def test_an_archive_is_opened_named_and_attributed(tmp_path):
    path = tmp_path / "deu-eng.zip"
    path.write_bytes(GOOD)
    corpus = open_corpus(path)
    assert corpus.name == "deu-eng.zip of 2018-05-13"
    assert corpus.pairs == PAIRS
    assert corpus.digest == hashlib.sha256(TWO.encode()).hexdigest()
    assert corpus.attribution == "tatoeba.org and manythings.org/anki, CC BY 2.0 FR"


def test_any_text_of_two_columns_is_opened_by_its_path(tmp_path):
    path = tmp_path / "fra.tsv"
    path.write_bytes(b"\xef\xbb\xbf" + TWO.replace("\n", "\r\n").encode())  # as Windows saves it
    corpus = open_corpus(str(path))
    assert (corpus.name, corpus.pairs, corpus.attribution) == ("fra.tsv", PAIRS, "")


def test_a_third_column_is_left_out_and_tells_whom_to_name(tmp_path):
    path = tmp_path / "deu.txt"
    path.write_text(THREE, encoding="utf-8")
    assert open_corpus(path).pairs == (("Go.", "Geh."),)
    assert "CC BY 2.0 FR" in open_corpus(path).attribution


def test_quotation_marks_and_spaces_stay_as_they_are(tmp_path):
    said = "“It’s 10\u202f%,” he said…\t„Es sind 10\u00a0%“, sagte er …\n"
    path = tmp_path / "deu.txt"
    path.write_text(said, encoding="utf-8")
    assert open_corpus(path).pairs == (tuple(said.rstrip("\n").split("\t")),)


def test_an_archive_without_a_date_has_none_in_its_name(tmp_path):
    path = tmp_path / "fra-eng.zip"
    path.write_bytes(archive(("fra.txt", TWO), day=(1980, 1, 1, 0, 0, 0)))
    assert open_corpus(path).name == "fra-eng.zip"


# The book's own sentences ----------------------------------------------------------------------


def test_the_books_own_sentences_stand_in():
    corpus = open_corpus()
    assert corpus == open_corpus(OWN)
    assert corpus.name == "the book's own sentences"
    assert "CC BY 4.0" in corpus.attribution, "after an edit, OWN_DIGEST is to be renewed"
    assert 300 <= len(corpus.pairs) <= 350


def test_a_copy_of_the_books_own_sentences_is_known_and_another_text_of_its_name_is_not(tmp_path):
    copy = tmp_path / OWN.name  # as the kernel of a page finds it
    copy.write_bytes(OWN.read_bytes())
    assert open_corpus(copy) == open_corpus(OWN)
    copy.write_text(TWO, encoding="utf-8")
    assert open_corpus(copy)[::3] == ("sentences.tsv", "")


def test_the_books_own_sentences_are_as_varied_as_the_pages_need():
    pairs = open_corpus(OWN).pairs
    sources, targets = zip(*pairs, strict=True)
    assert len(set(pairs)) == len(pairs)
    assert sum(sources.count(one) > 1 for one in set(sources)) >= 30  # told in several ways
    words = [word.strip(".,?!“”„") for text in targets for word in text.split()]
    assert {"du", "Ihnen", "ihr", "nicht", "kein", "keinen", "weil", "dass", "Wenn"} <= set(words)
    english = " ".join(sources)
    assert all(name in english for name in ("Anthony Hopkins", "Michael Bay", "Mrs Brandt"))
    assert all(text == text.strip() and "  " not in text for text in (*sources, *targets))
    following = [pair for text in set(sources) for pair in pairwise(text.split())]
    assert sum(following.count(pair) > 1 for pair in set(following)) >= 200


def test_the_wheel_brings_the_sentences():
    from bookkeeping.project import Project
    from bookkeeping.site.wheel import wheel

    root = Path(__file__).parents[3]
    with zipfile.ZipFile(io.BytesIO(wheel(Project(root)))) as made:
        assert made.read("unrolled/language/sentences.tsv") == OWN.read_bytes()


# Where it is looked for ------------------------------------------------------------------------


@pytest.mark.parametrize("named", ["", "data", "data/deu", "data/deu/deu-eng.zip"])
def test_the_variable_names_the_file_its_folder_or_the_one_above(tmp_path, monkeypatch, named):
    file = tmp_path / "data" / "deu" / "deu-eng.zip"
    file.parent.mkdir(parents=True)
    file.write_bytes(GOOD)
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / named) if named else "")
    assert find_corpus() == (file if named else OWN)
    assert open_corpus().pairs == (PAIRS if named else open_corpus(OWN).pairs)


def test_a_variable_that_names_no_corpus_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    says = r"UNROLLED_DATA is '.*', which is no file, and no folder with deu-eng\.zip"
    with pytest.raises(FileNotFoundError, match=says):
        find_corpus()
    with pytest.raises(FileNotFoundError, match=says):
        open_corpus()
    with pytest.raises(FileNotFoundError, match=r"path is 'nowhere\.txt', which is no file"):
        open_corpus("nowhere.txt")


# From its own site -----------------------------------------------------------------------------


class Site(http.server.BaseHTTPRequestHandler):
    """A site with one file, which counts who asks and can be told to fail."""

    content, asked, failing, cut = GOOD, 0, 0, 0

    def do_GET(self):
        cls = type(self)
        cls.asked += 1
        assert "Mozilla" in self.headers["User-Agent"]
        if cls.failing:
            cls.failing -= 1
            self.send_error(503)
            return
        self.send_response(200 if self.path == "/deu-eng.zip" else 404)
        self.send_header("Content-Length", str(len(cls.content)))
        self.end_headers()
        self.wfile.write(cls.content[: len(cls.content) - cls.cut])

    def log_message(self, *arguments):
        """Say nothing of each request."""


@pytest.fixture
def site(monkeypatch) -> Iterator[type[Site]]:
    kind = type("Site", (Site,), {})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        threading.Thread(target=functools.partial(server.serve_forever, 0.02), daemon=True).start()
        monkeypatch.setattr(corpora, "SITE", f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setattr("time.sleep", lambda seconds: None)  # before it asks again
        monkeypatch.delenv("UNROLLED_DATA")
        yield kind
        server.shutdown()


def kept(tmp_path) -> list[str]:
    """Return what lies in the cache."""
    folder = tmp_path / "cache" / "unrolled"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_it_is_fetched_once_and_kept(tmp_path, site):
    assert open_corpus().pairs == PAIRS
    assert kept(tmp_path) == ["deu-eng.zip"]
    corpora._fetched.cache_clear()  # as another process
    assert open_corpus().name == "deu-eng.zip of 2018-05-13"
    assert site.asked == 1


def test_a_bar_shows_how_far_it_is(site, capsys, monkeypatch):
    monkeypatch.setattr("tqdm.tqdm", lambda **named: tqdm(**{**named, "delay": 0}))
    assert open_corpus().pairs == PAIRS
    assert "deu-eng.zip: 100%" in capsys.readouterr().err


def test_any_well_formed_version_is_taken_and_named(tmp_path, site):
    site.content = archive(("deu.txt", THREE), ("_about.txt", ABOUT), day=(2026, 11, 2, 0, 0, 0))
    corpus = open_corpus()
    assert (corpus.name, corpus.pairs) == ("deu-eng.zip of 2026-11-02", (("Go.", "Geh."),))


def test_a_site_that_fails_is_asked_again(tmp_path, site):
    site.failing = 1
    assert open_corpus().pairs == PAIRS
    assert (site.asked, kept(tmp_path)) == (2, ["deu-eng.zip"])


@pytest.mark.parametrize("how", ["failing", "cut"])
def test_a_site_that_keeps_failing_is_told_once_and_nothing_is_kept(tmp_path, site, capsys, how):
    setattr(site, how, 9)
    first, second = open_corpus(), open_corpus()
    assert first == second == open_corpus(OWN)
    said = capsys.readouterr().err
    assert said.count("deu-eng.zip cannot be had; the book's own sentences stand in for it") == 1
    assert (site.asked, kept(tmp_path)) == (2, [])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<html>Please log in to this network</html>", "no archive that can be read"),
        (GOOD[:-40], "no archive that can be read"),
        (archive(("deu.txt", "Hi.\n")), r"line 1: expected a sentence, a tab"),
    ],
    ids=["another page", "half an archive", "another form"],
)
def test_what_the_site_sends_instead_is_refused_and_not_kept(tmp_path, site, content, says):
    site.content = content
    with pytest.raises(ValueError, match=rf"is not the corpus that is known there: .*{says}"):
        open_corpus()
    assert kept(tmp_path) == []
    site.content = GOOD
    assert open_corpus().pairs == PAIRS


def test_no_room_is_told_and_nothing_is_kept(tmp_path, site, capsys, monkeypatch):
    def full(*arguments, **named):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pooch.HTTPDownloader.__call__", full)
        assert open_corpus() == open_corpus(OWN)
    assert "No space left on device" in capsys.readouterr().err
    assert kept(tmp_path) == []


def test_two_processes_at_once_leave_one_good_file(tmp_path, site):
    code = (
        "import pathlib, sys, pooch\n"
        "pooch.os_cache = lambda name: pathlib.Path(sys.argv[2], name)\n"
        "from unrolled.language import corpora\n"
        "corpora.SITE = sys.argv[1]\n"
        "print(len(corpora.open_corpus().pairs))\n"
    )
    command = [sys.executable, "-c", code, corpora.SITE, str(tmp_path / "cache")]
    source = {**os.environ, "PYTHONPATH": str(OWN.parents[2])}
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=source)
        for _ in range(2)
    ]
    assert [process.communicate()[0].strip() for process in running] == [b"3", b"3"]
    assert kept(tmp_path) == ["deu-eng.zip"]
    assert (tmp_path / "cache" / "unrolled" / "deu-eng.zip").read_bytes() == GOOD


def test_a_machine_without_a_network_or_pooch_has_the_books_own(monkeypatch, capsys):
    monkeypatch.delenv("UNROLLED_DATA")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    assert open_corpus() == open_corpus(OWN)
    assert "cannot be had" in capsys.readouterr().err
    corpora._fetched.cache_clear()
    monkeypatch.setitem(sys.modules, "pooch", None)
    assert open_corpus() == open_corpus(OWN)
    assert "pooch is not installed (pip install 'unrolled[language]')" in capsys.readouterr().err


# What is refused -------------------------------------------------------------------------------


def lying(content: bytes, size: int) -> bytes:
    """Return an archive whose directory tells another size of its first text."""
    at = content.index(b"PK\x01\x02") + 24
    return content[:at] + struct.pack("<I", size) + content[at + 4 :]


def changed(content: bytes, at: int, byte: int) -> bytes:
    """Return an archive with another byte in this place."""
    return content[:at] + bytes([byte]) + content[at + 1 :]


TEXT = 30 + len("deu.txt")  # where the first text begins
FLAGS = GOOD.index(b"PK\x01\x02") + 8


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.zip", b"", "damaged, or no archive"),
        ("a.zip", GOOD[: len(GOOD) // 2], "damaged, or no archive"),
        ("a.zip", changed(GOOD, TEXT, 7), "damaged, or no archive"),  # not to be unpacked
        ("a.zip", changed(GOOD, TEXT + 5, GOOD[TEXT + 5] ^ 1), "damaged, or no archive"),
        ("a.zip", changed(GOOD, FLAGS, 1), "damaged, or no archive"),  # encrypted
        ("a.zip", lying(GOOD, 5), "damaged, or no archive"),
        ("a.zip", archive(("../deu.txt", TWO)), r"names '\.\./deu\.txt', outside of"),
        ("a.zip", archive(("/etc/deu.txt", TWO)), "outside of"),
        ("a.zip", archive(("deu.txt", TWO), (r"C:\deu.txt", TWO)), "outside of"),
        ("a.zip", archive(("_about.txt", ABOUT)), r"must hold one text, .*got \[\]"),
        ("a.zip", archive(("a.txt", TWO), ("b.tsv", TWO)), r"got \['a\.txt', 'b\.tsv'\]"),
        ("a.zip", archive(("deu.txt", "x" * 2000)), "holds 2,000 bytes of text, and more than 999"),
        ("a.zip", lying(GOOD, 2**31), "holds 2,147,483,648 bytes"),
        ("a.zip", archive(("deu.txt", TWO), ("_about.txt", "x" * 2000)), "holds 2,000 bytes"),
        ("a.txt", b"x" * 2000, "holds 2,000 bytes"),
        ("a.txt", TWO.encode("latin-1"), "line 2: the text must be in UTF-8"),
        ("a.txt", b"", "line 1: expected a sentence, a tab and its translation, got ''"),
        ("a.txt", b"Hi.\tHallo!\nRun!\n", r"line 2: .* got 'Run!'"),
        ("a.txt", b"Hi.\tHallo!\n\nRun!\tLauf!\n", "line 2: "),
        ("a.txt", b"Hi.\t \n", "line 1: "),
        ("a.txt", b"1\tHi.\t77\tHallo!\n", "line 1: "),  # Tatoeba's own form, with numbers
        ("a.zip", archive(("deu.txt", "Hi.\tHallo!\nRun!\n")), r"a\.zip, line 2: "),
    ],
)
def test_what_is_no_corpus_is_refused_in_words(tmp_path, monkeypatch, name, content, says):
    monkeypatch.setattr(corpora, "LARGEST", 999)
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=says):
        open_corpus(path)


# The split -------------------------------------------------------------------------------------

SENTENCES = st.lists(st.tuples(st.text("abc", min_size=1), st.text("xyz")), max_size=40)


@given(SENTENCES, st.floats(0, 1), st.randoms(use_true_random=False))
def test_no_source_stands_on_both_sides_and_the_order_of_the_file_does_not_matter(
    pairs, share, shuffling
):
    corpus = Corpus("some", tuple(pairs), "")
    training, held = split_by_source(corpus, share)
    assert not {s for s, _ in training.pairs} & {s for s, _ in held.pairs}
    assert sorted(training.pairs + held.pairs) == sorted(pairs)
    mixed = list(pairs)
    shuffling.shuffle(mixed)
    again = split_by_source(Corpus("some", tuple(mixed), ""), share)
    assert [sorted(part.pairs) for part in again] == [
        sorted(training.pairs), sorted(held.pairs),
    ]  # fmt: skip
    assert [p for p in pairs if p in held.pairs] == list(held.pairs)


def test_a_larger_share_holds_out_more_and_the_ends_hold_all_or_nothing():
    corpus = open_corpus(OWN)
    parts = [set(split_by_source(corpus, share)[1].pairs) for share in (0, 0.1, 0.3, 1)]
    assert parts[0] < parts[1] < parts[2] < parts[3]
    assert (len(parts[0]), len(parts[3])) == (0, len(corpus.pairs))


def test_the_share_is_that_of_the_sources():
    corpus = Corpus("numbers", tuple((str(n), "n") for n in range(20_000)), "")
    assert len(split_by_source(corpus, 0.1)[1].pairs) == pytest.approx(2_000, abs=150)


def test_the_books_own_sentences_are_parted_as_ever():
    """A committed result names its corpus, and not the sentences that it held out."""
    held = split_by_source(open_corpus(OWN))[1]
    assert len(held.pairs) == 31
    assert held.name == "the book's own sentences"


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_a_share_beyond_all_or_nothing_is_refused(share):
    with pytest.raises(ValueError, match="held_out must be a share from 0 to 1, got"):
        split_by_source(open_corpus(OWN), share)


@pytest.mark.skipif(not REAL.exists(), reason="UNROLLED_DATA names no corpus on this machine")
def test_no_english_sentence_of_the_real_corpus_stands_on_both_sides():
    corpus = open_corpus(REAL)
    training, held = split_by_source(corpus)
    sources = [{source for source, _ in part.pairs} for part in (training, held)]
    assert not sources[0] & sources[1]
    assert len(training.pairs) + len(held.pairs) == len(corpus.pairs) > 100_000
    assert len(sources[1]) / len(sources[0] | sources[1]) == pytest.approx(0.1, abs=0.01)
