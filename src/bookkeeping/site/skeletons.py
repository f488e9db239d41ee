"""What has a number on each page, without all the rest of it.

Sphinx numbers figures, tables and equations at every build, for which it reads every page as it was
stored, and reads a page again for each number that refers to it. Both read this instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.std import StandardDomain
from sphinx.environment import BuildEnvironment

from bookkeeping.site.state import page_index

KINDS = (nodes.section, addnodes.toctree)
NAMES = (nodes.title, nodes.caption)  # of what has a number


def skeleton(env: BuildEnvironment, doctree: nodes.document) -> nodes.document:
    """Return the sections, tables of contents and numbered parts of a page, in their order."""
    bare = nodes.document(None, None)  # type: ignore[arg-type]  # nobody reports on it
    bare += _kept(env, doctree)
    for node in bare.findall():
        node.document = None  # type: ignore[assignment]  # else each keeps its whole page
    bare.ids = dict.fromkeys(doctree.ids, nodes.inline())  # what can be named and has no number
    bare.ids |= {name: node for node in bare.findall(nodes.Element) for name in node["ids"]}
    return bare


def _kept(env: BuildEnvironment, parent: nodes.Element) -> Iterator[nodes.Node]:
    for node in parent.children:
        if isinstance(node, KINDS) or (isinstance(node, nodes.Element) and _numbered(env, node)):
            copy = _alone(node)
            copy += [part.deepcopy() for part in node.children if isinstance(part, NAMES)]
            # By its code Sphinx tells a listing from another container.
            copy += [
                _alone(part) for part in node.children if isinstance(part, nodes.literal_block)
            ]
            copy += _kept(env, node)
            yield copy
        elif isinstance(node, nodes.Element):
            yield from _kept(env, node)


def _alone(node: nodes.Element) -> nodes.Element:
    """Copy a node without its children; what writes the page may change the attributes."""
    copy = node.copy()
    copy.attributes = deepcopy(node.attributes)
    return copy


def _numbered(env: BuildEnvironment, node: nodes.Element) -> bool:
    """Whether Sphinx gives this a number: what it can count, if it has a name."""
    return any(
        domain.get_enumerable_node_type(node)
        and (not isinstance(domain, StandardDomain) or domain.get_numfig_title(node))
        for domain in env.domains.sorted()
    )


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Note the skeleton of a page that was just read, and its tables of contents."""
    index, docname = page_index(app.env), app.env.current_document.docname
    index.skeletons[docname] = skeleton(app.env, doctree)
    index.toctrees[docname] = [node.pformat() for node in doctree.findall(addnodes.toctree)]


def forget_numbers(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Forget the sections' numbers of the last build: Sphinx gives numbers, and takes none away."""
    numbered = (node for toc in env.tocs.values() for node in toc.findall(nodes.reference))
    for node in (*env.titles.values(), *numbered):
        node.attributes.pop("secnumber", None)
    return []


def number_from_skeletons(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Let Sphinx read skeletons while it gives numbers."""
    vars(env)["get_doctree"] = page_index(env).skeletons.__getitem__
    return []


def read_pages_again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Let Sphinx read whole pages again."""
    del vars(env)["get_doctree"]
    return []


class _Skeletons:
    """Sphinx' environment, with the skeletons in place of the pages."""

    def __init__(self, env: BuildEnvironment) -> None:
        self._env = env

    def get_doctree(self, docname: str) -> nodes.document:
        return page_index(self._env).skeletons[docname]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._env, name)


class Numbered(StandardDomain):
    """Sphinx' own domain, with numbers that are looked up in skeletons."""

    def _resolve_numref_xref(self, env: BuildEnvironment, *rest: Any) -> Any:
        return super()._resolve_numref_xref(_Skeletons(env), *rest)  # type: ignore[arg-type]


def setup(app: Sphinx) -> None:
    """Put the domain in place of Sphinx' own."""
    app.add_domain(Numbered, override=True)
