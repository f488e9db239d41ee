"""Values that a page pastes from the outputs of another, kept in files by MyST-NB."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from myst_nb.ext.glue.crossref import read_glue_cache
from myst_nb.ext.glue.utils import PendingGlueReference
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform

from bookkeeping.site.state import page_index
from bookkeeping.store import digest


def _kept(env: Any, docname: str) -> Path:
    return Path(env.mystnb_config.output_folder, f"{docname}.glue.json")


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Drop the values of a page that is gone or read again, which may have none by now."""
    _kept(env, docname).unlink(missing_ok=True)
    read_glue_cache.cache_clear()


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Note the values that a page gives."""
    docname = app.env.current_document.docname
    path = _kept(app.env, docname)
    values = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    page_index(app.env).glued[docname] = {name: digest(value) for name, value in values.items()}


class AskForValues(SphinxPostTransform):
    """Looks a pasted value up among those that were noted, before MyST-NB opens its file."""

    default_priority = 4

    def run(self, **kwargs: Any) -> None:
        """Ask for each value that this page pastes."""
        glued = page_index(self.env).glued
        for node in self.document.findall(PendingGlueReference):
            glued.get(node.refdoc, {}).get(node.key)


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_post_transform(AskForValues)
