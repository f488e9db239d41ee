"""What Sphinx' search forgets between two builds: the terms of pages that are not written again.

Sphinx 9 keeps titles and words in the search index that it wrote, and reads them back; the entries
of glossaries and references it keeps nowhere, so that a second build would drop them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

Entries = dict[str, list[tuple[str, str, str]]]


def _kept(app: Sphinx) -> Path:
    """Return where the entries wait for the next build, beside the pages as Sphinx read them."""
    return Path(app.doctreedir) / "index-entries.json"


def recall(app: Sphinx, env: BuildEnvironment) -> None:
    """Give Sphinx the entries of the pages that are still there; those it writes come anew."""
    entries = env._search_index_index_entries
    entries.clear()  # what an earlier build was given here is kept with the environment
    if _kept(app).exists():
        known = cast("Entries", json.loads(_kept(app).read_text(encoding="utf-8")))
        entries.update((name, known[name]) for name in known if name in env.found_docs)


def drop_lost_words(app: Sphinx) -> list[Any]:
    """Drop the words that the last page lost, which Sphinx keeps with an empty list of pages."""
    indexer: Any = getattr(app.builder, "indexer", None)
    for words in (indexer._mapping, indexer._title_mapping) if indexer is not None else ():
        for word in [word for word, docnames in words.items() if not docnames]:
            del words[word]
    return []


def keep(app: Sphinx, exception: Exception | None) -> None:
    """Write down the entries of every page for the next build."""
    indexer: Any = getattr(app.builder, "indexer", None)
    if exception is None and indexer is not None:
        _kept(app).write_text(json.dumps(indexer._index_entries), encoding="utf-8")
