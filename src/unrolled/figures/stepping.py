"""Every step of a pass as a drawing of its own, to be stepped through on the page.

A page cell ends in a `StepThrough` of `Picture` objects. The built page shows one of them at a time
with buttons, and all of them, one under the other, where scripts do not run.
"""

from collections.abc import Iterable
from functools import cache
from io import StringIO
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG, RendererSVG
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser
from matplotlib.textpath import TextToPath

from unrolled.figures.style import book_style, style_violations

__all__ = ["Picture", "StepThrough", "full_axes"]

STEPS = "application/vnd.book.steps+json"  # the page's build knows it by this name
PICTURE = "image/svg+xml"


class Picture(NamedTuple):
    """One step: its drawing, what happens in it, and what a reader who cannot see it needs."""

    figure: Figure
    says: str  # one or two short sentences; $…$ is mathematics, {eq}`label` an equation of the book
    alt: str  # what a sighted reader takes away from this drawing
    tex: str = ""  # an equation displayed under the drawing, without dollar signs


class StepThrough:
    """The steps of a pass, in order; the last line of a page cell.

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


@book_style()
def full_axes(width: float, height: float) -> Axes:
    """Make a figure that is all Axes, since a layout engine takes longer than a drawing.

    Parameters
    ----------
    width, height : float
        Inches.

    Returns
    -------
    Axes
    """
    return plt.figure(figsize=(width, height)).add_axes((0.0, 0.0, 1.0, 1.0))


def _step(picture: Picture) -> dict[str, str]:
    """Return a picture as plain texts, and close its figure."""
    if found := style_violations(picture.figure):
        raise ValueError(" ".join(found))
    drawing = _drawn(picture.figure)
    plt.close(picture.figure)
    return {"drawing": drawing, "says": picture.says, "alt": picture.alt, "tex": picture.tex}


class _Parser(MathTextParser):  # type: ignore[type-arg]
    """Reads a formula once; matplotlib reads it again for each drawing."""

    _parse_cached = cache(MathTextParser._parse_cached.__wrapped__)  # type: ignore[attr-defined]


class _Letters(TextToPath):
    """Shapes of letters, by one parser for all drawings."""

    def __init__(self) -> None:
        super().__init__()
        self.mathtext_parser = _Parser("path")


LETTERS = _Letters()


class _Renderer(RendererSVG):
    """Draws as matplotlib does, with letters that the drawings before have left."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)  # type: ignore[no-untyped-call]
        self._text2path = LETTERS


def _drawn(figure: Figure) -> str:
    """Return a figure as SVG, the same text for the same figure.

    `Figure.savefig` would go through every figure twice, and read all its formulas anew.
    """
    file = StringIO()
    FigureCanvasSVG(figure)
    figure.set(dpi=72, facecolor="none")  # a unit of SVG is a point
    with mpl.rc_context({"svg.hashsalt": "a book that runs"}):
        size = 72 * figure.get_size_inches()
        renderer = _Renderer(*size, file, metadata={"Date": None, "Creator": None})
        figure.draw(renderer)
        renderer.finalize()  # type: ignore[no-untyped-call]
    return file.getvalue()
