"""One door to a corpus of sentence pairs, which says what it opened.

The corpus is that of the Tatoeba project, as manythings.org prepares it: English and German
sentences in ``deu-eng.zip``. It is looked for where the variable ``UNROLLED_DATA`` says, then on
its own site. Where neither has it, some three hundred pairs written for the book stand in for it,
so that all runs on a fresh machine without a network. The text stays as it is, curly quotation
marks and no-break spaces included: who needs it otherwise changes it.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import sys
import tempfile
import zipfile
import zlib
from functools import cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple

__all__ = ["OWN", "Corpus", "find_corpus", "open_corpus", "split_by_source"]

VARIABLE = "UNROLLED_DATA"
SITE = "https://www.manythings.org/anki/"
ARCHIVE = "deu-eng.zip"
OWN = Path(__file__).with_name("sentences.tsv")
ABOUT = "_about.txt"  # in the archive, beside the text
TATOEBA = b"tatoeba.org"
ATTRIBUTION = "tatoeba.org and manythings.org/anki, CC BY 2.0 FR"
# Its file is known by what it says, wherever a copy lies; the name and the licence of the text.
OWN_DIGEST = "b7e672bb3c66192ccfa69eda008095965d3ded7b3d71993f56a10dfd11e3e2e5"
OWN_NAME, OF_OUR_OWN = "the book's own sentences", "written for this book, CC BY 4.0"
LARGEST = 200_000_000  # bytes of text; the archive of 2018 holds 12 million
LOTS = 2**64
CONNECT, READ = 2, 10  # seconds of silence before the site is given up
BROWSER = "Mozilla/5.0 (compatible; unrolled)"  # as others who fetch from there name themselves
UNDATED = 1980  # the year of a file in an archive whose maker gave it no date
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)  # the last of what is encrypted
INSTEAD = f"set {VARIABLE} to a file that you have, or to nothing for the book's own sentences"


class Corpus(NamedTuple):
    """Sentence pairs, and where they come from.

    Attributes
    ----------
    name : str
        What was opened, as a page can show it: "deu-eng.zip of 2018-05-13".
    pairs : tuple of (str, str)
        Source and target, here English and German, in the order of the file. A source sentence
        stands as often as it has translations.
    digest : str
        SHA-256 of the whole text, in hexadecimal, with plain line ends; it tells versions apart.
    attribution : str
        Whom to name, and the licence; nothing where the file does not say.
    """

    name: str
    pairs: tuple[tuple[str, str], ...]
    digest: str
    attribution: str = ""


def find_corpus() -> Path:
    """Return the file of the corpus on this machine, and fetch it where it is not here yet.

    Returns
    -------
    Path
        What the variable ``UNROLLED_DATA`` names: a file, a folder that holds ``deu-eng.zip``, or
        the folder above that. Where it is not set, the file from manythings.org, kept in the
        user's cache. The book's own sentences where it is set and empty, without a look at the
        network, and where the site cannot be reached, which is said on stderr, once a process.

    Raises
    ------
    FileNotFoundError
        When the variable names a place without a corpus.
    ValueError
        When the site sends something else than a corpus; nothing of it is kept.
    """
    named = os.environ.get(VARIABLE)
    if named is None:
        return _fetched() or OWN
    return _placed(Path(named), f"{VARIABLE} is {named!r}") if named else OWN


def open_corpus(path: str | Path | None = None) -> Corpus:
    """Open a corpus: that of this machine, or any other of the same form.

    Parameters
    ----------
    path : str or Path, optional
        A text with two columns, source and target, and a tab between them, in UTF-8; a third
        column, as newer files of manythings.org have it, is left out. Or a zip archive with one
        such ``.txt`` or ``.tsv`` in it (names that begin with ``_`` do not count), or a folder with
        ``deu-eng.zip``. Without it, what `find_corpus` finds.

    Returns
    -------
    Corpus
        All pairs, in the order of the file.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When the file is damaged, too large, not in UTF-8, or not of this form; with its line.
    """
    return _read(find_corpus() if path is None else _placed(Path(path), f"path is {str(path)!r}"))


def split_by_source(corpus: Corpus, held_out: float = 0.1) -> tuple[Corpus, Corpus]:
    """Split a corpus into a part for training and a part held out.

    A sentence and all its translations go to one side, by a hash of the source sentence alone. So
    no source stands on both sides, and a sentence stays on its side when the file is sorted
    otherwise or grows. Sentences that differ by a comma are two, and may be parted.

    Parameters
    ----------
    corpus : Corpus
        The pairs to split.
    held_out : float, optional
        The share of the source sentences to hold out, on average; from 0 to 1.

    Returns
    -------
    training, held : Corpus
        The pairs of each side, in their order; all else is that of the whole corpus.

    Raises
    ------
    ValueError
        When the share is not from 0 to 1.
    """
    if not 0 <= held_out <= 1:
        raise ValueError(f"held_out must be a share from 0 to 1, got {held_out}.")
    held = {source for source in dict(corpus.pairs) if _lot(source) < held_out * LOTS}
    training = tuple(pair for pair in corpus.pairs if pair[0] not in held)
    other = tuple(pair for pair in corpus.pairs if pair[0] in held)
    return corpus._replace(pairs=training), corpus._replace(pairs=other)


def _lot(sentence: str) -> int:
    """Return a number below `LOTS`, as if drawn, and always the same for one sentence."""
    return int.from_bytes(hashlib.sha256(sentence.encode()).digest()[:8], "big")


# Where it is ---------------------------------------------------------------------------------


def _placed(place: Path, told: str) -> Path:
    """Return the file that a place means: itself, or the archive in it or one folder below."""
    place = place.expanduser()
    if place.is_file():
        return place
    found = [place / ARCHIVE, *sorted(place.glob(f"*/{ARCHIVE}"))]
    for file in found:
        if file.is_file():
            return file
    raise FileNotFoundError(
        f"{told}, which is no file, and no folder with {ARCHIVE} in it or one folder below; "
        f"{INSTEAD}."
    )


@cache
def _fetched() -> Path | None:
    """Return the site's archive, kept in the user's cache; None where it cannot be had."""
    try:
        import pooch
        from tqdm import tqdm
    except ModuleNotFoundError as error:
        _tell(f"{error.name} is not installed (pip install 'unrolled[language]')")
        return None
    kept = Path(pooch.os_cache("unrolled"), ARCHIVE)
    if kept.is_file():
        return kept
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        # It comes to its place whole and read, or not at all, however many processes fetch it.
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            site = pooch.create(folder, SITE, registry={ARCHIVE: None}, retry_if_failed=1)
            # Until pooch knows the total: it takes a bar without one for no bar, or fails on it.
            with tqdm(total=1, desc=ARCHIVE, unit="B", unit_scale=True, delay=0.5) as bar:
                download = pooch.HTTPDownloader(
                    progressbar=bar, chunk_size=2**16, timeout=(CONNECT, READ),
                    headers={"User-Agent": BROWSER},
                )  # fmt: skip
                file = Path(site.fetch(ARCHIVE, downloader=download))
            _read(file)
            file.replace(kept)
    except OSError as error:  # those of the network as well
        _tell(str(error))
        return None
    except ValueError as error:
        raise ValueError(
            f"{SITE}{ARCHIVE} is not the corpus that is known there: {error}"
        ) from error
    return kept


def _tell(reason: str) -> None:
    """Say why the book's own sentences stand in for the corpus."""
    print(
        f"{SITE}{ARCHIVE} cannot be had; the book's own sentences stand in for it: {reason}",
        file=sys.stderr,
    )


# What is in it -------------------------------------------------------------------------------


def _read(path: Path) -> Corpus:
    """Read a text of pairs, or an archive with one in it."""
    name, raw, about = path.name, b"", b""
    if path.suffix.lower() == ".zip":
        date, raw, about = _unpacked(path)
        name += f" of {date}" if date else ""
    elif _is_bearable(path, path.stat().st_size):
        raw = path.read_bytes()
    raw = raw.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n")  # as Windows saves it
    pairs, digest = _pairs(path, raw), hashlib.sha256(raw).hexdigest()
    if digest == OWN_DIGEST:
        return Corpus(OWN_NAME, pairs, digest, OF_OUR_OWN)
    return Corpus(name, pairs, digest, ATTRIBUTION if TATOEBA in raw or TATOEBA in about else "")


def _unpacked(path: Path) -> tuple[str, bytes, bytes]:
    """Return the date of the one text in an archive, the text, and what is said about it."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {member.filename: member for member in archive.infolist()}
            if climbing := [name for name in members if _climbs(name)]:
                raise ValueError(f"{path} names {climbing[0]!r}, outside of the archive.")
            texts = [name for name in members if _is_text(name)]
            if len(texts) != 1:
                raise ValueError(f"{path} must hold one text, .txt or .tsv, got {texts}.")
            for name in {texts[0], ABOUT} & members.keys():
                _is_bearable(path, members[name].file_size)
            year, month, day, *_ = members[texts[0]].date_time
            date = f"{year}-{month:02}-{day:02}" if year > UNDATED else ""
            about = archive.read(ABOUT) if ABOUT in members else b""
            return date, archive.read(texts[0]), about
    except DAMAGE as error:
        raise ValueError(
            f"{path} is damaged, or no archive that can be read ({error}); fetch it again, or "
            f"{INSTEAD}."
        ) from error


def _is_text(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix in {".txt", ".tsv"} and not path.name.startswith(("_", "."))


def _climbs(name: str) -> bool:
    """Whether a name in an archive leads out of it; nothing is unpacked, but it is not honest."""
    paths = (PurePosixPath(name), PureWindowsPath(name))
    return any(path.anchor or ".." in path.parts for path in paths)


def _is_bearable(path: Path, size: int) -> bool:
    if size > LARGEST:
        raise ValueError(
            f"{path} holds {size:,} bytes of text, and more than {LARGEST:,} are refused."
        )
    return True


def _pairs(path: Path, raw: bytes) -> tuple[tuple[str, str], ...]:
    """Return the first two columns of each line."""
    try:
        lines = raw.decode("utf-8").rstrip("\n").split("\n")
    except UnicodeDecodeError as error:
        number = raw.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path}, line {number}: the text must be in UTF-8, and is not."
        ) from error
    pairs = []
    for number, line in enumerate(lines, 1):
        columns = line.split("\t")
        if len(columns) not in (2, 3) or not all(map(str.strip, columns[:2])):
            raise ValueError(
                f"{path}, line {number}: expected a sentence, a tab and its translation, "
                f"got {line[:60]!r}."
            )
        pairs.append((columns[0], columns[1]))
    return tuple(pairs)
