"""Every step of a sweep as a drawing of its own, to be stepped through on the page.

A page cell ends in a `StepThrough` of `Picture` objects. The built page shows one of them at a time
with buttons, and all of them, one under the other, where scripts do not run.
"""

from collections.abc import Iterable
from io import BytesIO
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

__all__ = ["Picture", "StepThrough"]

STEPS = "application/vnd.book.steps+json"  # the page's build knows it by this name
PICTURE = "image/svg+xml"


class Picture(NamedTuple):
    """One step: its drawing, what happens in it, and what a reader who cannot see it needs."""

    figure: Figure
    says: str  # one or two short sentences; $…$ is mathematics, {eq}`label` an equation of the book
    alt: str  # what a sighted reader takes away from this drawing
    tex: str = ""  # an equation displayed under the drawing, without dollar signs


class StepThrough:
    """The steps of a sweep, in order; the last line of a page cell.

    The figures are drawn at once and closed, so that the cell shows nothing beside the steps. A
    generator keeps one figure open at a time; matplotlib complains of more than twenty.

    Parameters
    ----------
    pictures : iterable of Picture

    Raises
    ------
    ValueError
        When there is no picture.
    """

    def __init__(self, pictures: Iterable[Picture]) -> None:
        self._steps = [_step(picture) for picture in pictures]
        if not self._steps:
            raise ValueError("pictures must hold at least one step, got none.")

    def __len__(self) -> int:
        return len(self._steps)

    def __repr__(self) -> str:
        return f"<StepThrough of {len(self)} steps>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """Show the first drawing, with all steps beside it for whoever can show them."""
        return {
            PICTURE: self._steps[0]["drawing"],
            STEPS: {"steps": [dict(step) for step in self._steps]},
            "text/plain": repr(self),
        }


def _step(picture: Picture) -> dict[str, str]:
    """Return a picture as plain texts, and close its figure."""
    drawing = _drawn(picture.figure)
    plt.close(picture.figure)
    return {"drawing": drawing, "says": picture.says, "alt": picture.alt, "tex": picture.tex}


def _drawn(figure: Figure) -> str:
    """Return a figure as SVG, the same text for the same figure."""
    file = BytesIO()
    with mpl.rc_context({"svg.hashsalt": "a book that runs"}):
        figure.savefig(
            file, format="svg", facecolor="none", metadata={"Date": None, "Creator": None}
        )
    return file.getvalue().decode("utf-8")
