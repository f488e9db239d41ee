"""What a build knows: of this run and, kept with Sphinx's environment, of every page."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookkeeping.site.questions import Asked

if TYPE_CHECKING:
    from bookkeeping.check.claims import Claim
    from bookkeeping.project import Project
    from bookkeeping.run.runner import PageRun
    from bookkeeping.site.charts import Chart
    from bookkeeping.site.corrections import Correction
    from bookkeeping.site.figures import Figure
    from bookkeeping.site.ledger import Equation
    from bookkeeping.site.steps import Shown

# What is found on a page and may be shown on others; the names are those of `PageIndex`.
SHOWN_BY_OTHERS = (
    "equations", "figures", "corrections", "integers", "lists", "toctrees", "glued", "skeletons",
)  # fmt: skip


@dataclass
class Build:
    """What is known in this run only."""

    project: Project
    runs: list[PageRun] = field(default_factory=list)
    claims: dict[str, list[Claim]] = field(default_factory=dict)  # by the equation's label
    evidence_seconds: float = 0.0
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)  # of a page's source and outputs
    described: dict[str, list[str]] = field(default_factory=dict)  # the foot of each page
    written: dict[str, str] = field(default_factory=dict)  # what each other file was made of
    asked: Asked = field(default_factory=Asked)
    # By page, formulas as they were used in this build and by the last one.
    formulas: dict[str, tuple[dict[str, str], dict[str, str]]] = field(default_factory=dict)
    # As the theme made them, each with what was asked for it.
    sidebars: dict[tuple[Any, ...], tuple[str, set[Any]]] = field(default_factory=dict)
    sidebar_questions: dict[str, set[Any]] = field(default_factory=lambda: defaultdict(set))


@dataclass
class PageIndex:
    """What was found on each page when it was last read, and what the last build made of it."""

    equations: dict[str, list[Equation]] = field(default_factory=dict)
    steps: dict[str, list[Shown]] = field(default_factory=dict)
    figures: dict[str, list[Figure]] = field(default_factory=dict)
    charts: dict[str, list[Chart]] = field(default_factory=dict)
    corrections: dict[str, list[Correction]] = field(default_factory=dict)
    integers: dict[str, Counter[str]] = field(default_factory=dict)
    first_sentences: dict[str, str] = field(default_factory=dict)
    references: dict[str, dict[str, list[str]]] = field(default_factory=dict)  # modules by package
    lists: dict[str, set[str]] = field(default_factory=dict)  # pages that gather from all others
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)
    toctrees: dict[str, list[str]] = field(default_factory=dict)
    glued: dict[str, dict[str, str]] = field(default_factory=dict)  # hashes of values, by name
    skeletons: dict[str, nodes.document] = field(default_factory=dict)
    toc_entries: dict[str, str] = field(default_factory=dict)
    tries: dict[str, dict[str, int]] = field(default_factory=dict)  # lines of boxes, by label
    in_the_page: dict[str, list[str]] = field(default_factory=dict)  # cells that readers may run
    included: dict[Path, str] = field(default_factory=dict)  # hashes of other files
    entries: dict[str, Any] = field(default_factory=dict)  # of bibliographies, as formatted
    site_fingerprint: str = ""

    def forget(self, docname: str) -> None:
        """Drop what was found on a page."""
        for held in (
            self.equations, self.steps, self.figures, self.charts, self.corrections,
            self.integers, self.first_sentences, self.references, self.lists, self.toctrees,
            self.glued, self.skeletons, self.tries, self.in_the_page,
        ):  # fmt: skip
            held.pop(docname, None)


def start_build(app: Sphinx, project: Project) -> Build:
    """Set up what this run knows."""
    vars(app)["bookkeeping"] = build = Build(project)
    return build


def build_of(app: Sphinx) -> Build:
    """Return what this run knows."""
    return cast("Build", vars(app)["bookkeeping"])


def page_index(env: BuildEnvironment) -> PageIndex:
    """Return what is known of the pages; Sphinx keeps it with the pages themselves."""
    return cast("PageIndex", vars(env).setdefault("bookkeeping", PageIndex()))
