"""Diagrams, drawn from their description: nodes, edges between them, groups around them, paths.

A node is a quantity (a ring, or a square), an operation (a box) or mere words; an edge is a use.
What comes from the previous time step is dashed, a peephole is magenta. A path runs backwards,
violet, with the local derivative on each of its edges; what is not under discussion fades and keeps
its place, so that the eye can step from one drawing to the next. There is one arrow, one dash and
one fade in the book, and they are made here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Patch
from matplotlib.path import Path
from matplotlib.patheffects import Normal, withStroke

from unrolled.figures.stepping import Picture, full_axes
from unrolled.figures.style import (
    DASHES,
    EIGHTH,
    FORMULA_SIZE,
    GRADIENT,
    GROUND,
    INK,
    LINE_WIDTH,
    QUIET,
    SINGLE,
    TEXT_SIZE,
    THIN,
    bare_axes,
    book_style,
    halo,
)

__all__ = [
    "BEFORE",
    "FADED",
    "LINE",
    "RADIUS",
    "TINT",
    "Align",
    "Box",
    "Diagram",
    "Edge",
    "Group",
    "Node",
    "Part",
    "PassStep",
    "Point",
    "Words",
    "draw_arrow",
    "draw_box",
    "draw_diagram",
    "pass_pictures",
]

BEFORE = (0, (4, 2.5))  # dashes: from the previous time step
FADED = 0.5  # opacity of what is not under discussion
TINT = 0.28  # opacity of a colour that fills a node
RADIUS = 0.36  # of a node, in the units of the diagram
OUTLINE, LINE = 1.6, 1.2  # points: of a node, of an edge
HEAD = "-|>,head_length=4.5,head_width=2.4"
SPACE = 1.12  # a line keeps off a rim by this factor

Point = tuple[float, float]
Align = Literal["left", "center", "right"]
Kind = Literal["now", "before", "peephole", "peephole before"]


class Node(NamedTuple):
    """A quantity and its place."""

    text: str  # its letters as TeX, without dollar signs
    at: Point
    colour: str = INK
    square: bool = False  # a quantity that only enters, or a loss
    radius: float = RADIUS
    tint: float = 0.0

    @property
    def half(self) -> Point:
        """Half its width and height."""
        return self.radius, self.radius


class Box(NamedTuple):
    """An operation and the place of its middle."""

    text: str  # words, or mathematics between dollar signs
    at: Point
    size: Point
    colour: str = INK
    tint: float = 0.0
    width: float = OUTLINE  # points, of its outline
    dashed: bool = False  # may be left out
    sharp: bool = False  # a cell of a table
    behind: Sequence[str] = ()  # colours of copies that stand behind it

    @property
    def half(self) -> Point:
        """Half its width and height."""
        return self.size[0] / 2, self.size[1] / 2


class Words(NamedTuple):
    """Words or mathematics without an outline: a caption, or what a line begins or ends at."""

    text: str
    at: Point
    half: Point = (0.0, 0.0)  # lines keep this far from the middle
    align: Align = "center"


Part = Node | Box | Words


class Edge(NamedTuple):
    """One use of a quantity in the definition of another."""

    start: str
    end: str
    local: str = ""  # the local derivative of the end with respect to the start, as TeX
    kind: Kind = "now"
    bend: float = 0.0  # how far the arrow bows to its left, as a share of its length
    label_at: float = 0.5  # where along the arrow the local derivative stands
    label_side: float = 0.3  # how far to its left
    via: Sequence[Point] = ()  # corners; such a line passes over others with a gap
    begin: Point | None = None  # where it parts from another line, away from its start
    colour: str = ""  # that of its kind when empty
    head: bool = True  # what is on a path always has one
    width: float = LINE

    @property
    def before(self) -> bool:
        """Whether it comes from the previous time step."""
        return self.kind.endswith("before")


class Group(NamedTuple):
    """A frame around some nodes, with words above it, or at its right where it is dotted."""

    names: Sequence[str]
    text: str = ""
    margin: float = 0.3
    colour: str = QUIET
    dotted: bool = False
    tint: float = 0.0  # fill it, and draw no frame


class Diagram(NamedTuple):
    """Nodes, the edges between them, and groups of them."""

    nodes: Mapping[str, Part]
    edges: Sequence[Edge]
    groups: Sequence[Group] = ()
    limits: tuple[float, float, float, float] | None = None  # left, bottom, right, top
    margin: float = RADIUS  # around everything, where there are no limits


@book_style()
def draw_diagram(
    diagram: Diagram,
    *,
    paths: Sequence[Sequence[str]] = (),
    known: Sequence[str] | None = None,
    found: Sequence[str] = (),
    now: Sequence[str] = (),
    forward: bool = False,
    only_paths: bool = False,
    width: float = SINGLE,
    height: float | None = None,
    size: float = FORMULA_SIZE,
    ax: Axes | None = None,
) -> Axes:
    """Draw a diagram, and paths through it.

    Parameters
    ----------
    diagram : Diagram
    paths : sequence of sequence of str, optional
        Each a list of node names along edges. Their edges are drawn backwards in violet with the
        local derivatives; everything else fades.
    known : sequence of str, optional
        Nodes that are at full strength although no path touches them; all of them when there is
        neither a path nor this list.
    found : sequence of str, optional
        Nodes whose derivative is known already: tinted violet.
    now : sequence of str, optional
        Nodes under discussion: they get a thick ring, and are tinted unless `forward`.
    forward : bool, optional
        Walk the paths forwards, in the colours of their edges.
    only_paths : bool, optional
        Fade all edges that are on no path, also those between nodes at full strength.
    width : float, optional
        Of a new figure, in inches.
    height : float, optional
        Without it the figure is as high as the diagram asks for.
    size : float, optional
        Of the letters, in points.
    ax : Axes, optional

    Returns
    -------
    Axes
        Every arrow has its edge, ``start > end``, as its gid.

    Raises
    ------
    ValueError
        If a name is not that of a node, or a path steps along no edge.
    """
    lit = {pair for path in paths for pair in pairwise(path)}
    _check(diagram, lit, [*(n for path in paths for n in path), *(known or ()), *found, *now])
    limits = diagram.limits or _bounds(diagram)
    if ax is None and height is None:
        ax = full_axes(width, width * (limits[3] - limits[1]) / (limits[2] - limits[0]))
    ax = bare_axes(ax, width=width, height=height or 1.0)
    everything = not (paths or found or now) and known is None
    on_paths = {name for path in paths for name in path}
    full = {*diagram.nodes} if everything else {*(known or ()), *found, *now, *on_paths}
    for group in diagram.groups:
        _draw_group(ax, diagram, group)
    for edge in diagram.edges:
        is_lit = (edge.start, edge.end) in lit
        strong = everything or (not only_paths and {edge.start, edge.end} <= {*(known or ())})
        named = edge.local and (is_lit or not (paths or found or now))
        _draw_edge(ax, diagram, edge, lit=is_lit, backward=is_lit and not forward, strong=strong)
        if named:
            _name_edge(ax, diagram, edge, size)
    _draw_junctions(ax, diagram, lit, faded=not everything)
    for name, part in diagram.nodes.items():
        tinted = not forward and (name in found or name in now)
        _draw_part(ax, part, size, strong=name in full, found=tinted, now=name in now)
    ax.set_xlim(limits[0], limits[2])
    ax.set_ylim(limits[1], limits[3])
    return ax


def draw_arrow(
    ax: Axes,
    line: Path | Sequence[Point],
    *,
    colour: str = INK,
    width: float = LINE,
    before: bool = False,
    head: bool = True,
    alpha: float = 1.0,
    gap: bool = False,
    zorder: float = 2.0,
) -> FancyArrowPatch:
    """Draw the arrow of the book along a line.

    Parameters
    ----------
    ax : Axes
    line : Path or sequence of (float, float)
        Points are joined by straight lines with rounded corners.
    colour : str, optional
    width : float, optional
        Points.
    before : bool, optional
        Dash it: it comes from the previous time step.
    head : bool, optional
    alpha : float, optional
    gap : bool, optional
        Keep what lies below it apart from it.
    zorder : float, optional

    Returns
    -------
    FancyArrowPatch
    """
    arrow = _Arrow(
        path=line if isinstance(line, Path) else _rounded(line),
        arrowstyle=HEAD if head else "-",
        color=colour,
        lw=width,
        ls=BEFORE if before else "-",
        alpha=alpha,
        zorder=zorder,
        capstyle="butt",
        joinstyle="miter" if head else "round",
    )
    if gap:
        arrow.set_path_effects([withStroke(linewidth=width + 2.6, foreground=GROUND), Normal()])
    _put(ax, arrow)
    return arrow


def draw_box(
    ax: Axes,
    text: str,
    at: Point,
    size: Point,
    colour: str = INK,
    *,
    tint: float = TINT,
    fill: str = "",
    width: float = OUTLINE,
    dashed: bool = False,
    alpha: float = 1.0,
    round_by: float = 0.1,
) -> None:
    """Draw a box around its middle, with words in it.

    Parameters
    ----------
    ax : Axes
    text : str
    at, size : (float, float)
    colour : str, optional
    tint : float, optional
        Opacity of the colour that fills it; the ground of the page lies below.
    fill : str, optional
        Colour of the tint, where it is not that of the outline.
    width : float, optional
        Of its outline, in points.
    dashed : bool, optional
    alpha : float, optional
    round_by : float, optional
        Radius of its corners.
    """
    shape = f"round,pad=0,rounding_size={round_by}"
    corner = (at[0] - size[0] / 2, at[1] - size[1] / 2)
    _outline(
        ax, lambda: FancyBboxPatch(corner, *size, boxstyle=shape), colour, width,
        tint=tint, fill=fill, dashed=dashed, alpha=alpha,
    )  # fmt: skip
    _write(ax, text, at, alpha=alpha)


class PassStep(NamedTuple):
    """One step of a pass through a diagram."""

    says: str  # what happens, in a sentence or two
    paths: Sequence[Sequence[str]]
    now: Sequence[str] = ()  # the nodes that it finds; later steps know them
    tex: str = ""  # its equation
    alt: str = ""  # what a sighted reader takes away
    groups: Sequence[Group] = ()


def pass_pictures(
    diagram: Diagram,
    steps: Iterable[PassStep],
    *,
    known: Sequence[str] = (),
    forward: bool = False,
    **look: Any,
) -> Iterator[Picture]:
    """Draw a pass step by step: more and more is known, and nothing moves.

    Parameters
    ----------
    diagram : Diagram
    steps : iterable of PassStep
    known : sequence of str, optional
        Nodes that are known before the first step.
    forward : bool, optional
        As for `draw_diagram`, which takes `look` as well.
    **look

    Yields
    ------
    Picture
    """
    before = [*known]
    for step in steps:
        ax = draw_diagram(
            diagram._replace(groups=[*diagram.groups, *step.groups]), paths=step.paths,
            known=before if forward else None, found=() if forward else before, now=step.now,
            forward=forward, only_paths=not forward, **look,
        )  # fmt: skip
        yield Picture(cast(Figure, ax.get_figure(root=True)), step.says, step.alt, step.tex)
        before += step.now


def _check(diagram: Diagram, lit: set[tuple[str, str]], named: Sequence[str]) -> None:
    """Refuse names that are not in the diagram, and steps along no edge."""
    uses = {(edge.start, edge.end) for edge in diagram.edges}
    framed = {name for group in diagram.groups for name in group.names}
    strangers = sorted({*named, *framed, *(n for pair in uses for n in pair)} - {*diagram.nodes})
    if strangers:
        raise ValueError(
            f"edges, groups, paths and known must name nodes of the diagram, "
            f"got {', '.join(strangers)}."
        )
    for start, end in sorted(lit - uses):
        raise ValueError(f"paths must run along edges of the diagram, got {start} to {end}.")


def _bounds(diagram: Diagram) -> tuple[float, float, float, float]:
    """Return what a diagram takes up, with room for an outline and for words beside it."""
    low = [np.subtract(part.at, part.half) for part in diagram.nodes.values()]
    high = [np.add(part.at, part.half) for part in diagram.nodes.values()]
    corners = [np.array(corner) for edge in diagram.edges for corner in edge.via]
    left, bottom = np.min([*low, *corners], axis=0) - diagram.margin
    right, top = np.max([*high, *corners], axis=0) + diagram.margin
    return float(left), float(bottom), float(right), float(top)


# Edges ---------------------------------------------------------------------------------------


def _draw_edge(
    ax: Axes, diagram: Diagram, edge: Edge, *, lit: bool, backward: bool, strong: bool
) -> None:
    """Draw one use: forwards, or backwards when a path takes it."""
    own = edge.colour or (EIGHTH if edge.kind.startswith("peephole") else INK)
    line = _line_of(diagram, edge)
    if backward:
        line = Path(np.asarray(line.vertices)[::-1], line.codes)
    arrow = draw_arrow(
        ax, line, colour=GRADIENT if backward else own, width=LINE_WIDTH if lit else edge.width,
        before=edge.before, head=lit or edge.head, alpha=1.0 if lit or strong else FADED,
        gap=bool(edge.via) and (lit or strong), zorder=2.5 if lit else 2.2 if strong else 2.0,
    )  # fmt: skip
    arrow.set_gid(f"{edge.start} > {edge.end}")


def _line_of(diagram: Diagram, edge: Edge) -> Path:
    """Return the line of an edge from rim to rim."""
    if edge.via:
        return _rounded(_corners(diagram, edge))
    curve = _curve(diagram.nodes[edge.start], diagram.nodes[edge.end], edge.bend)
    return Path(curve, [Path.MOVETO, Path.CURVE3, Path.CURVE3])


def _corners(diagram: Diagram, edge: Edge) -> list[Point]:
    """List where an edge begins, turns and ends."""
    start, end = diagram.nodes[edge.start], diagram.nodes[edge.end]
    first, last = (edge.via[0], edge.via[-1]) if edge.via else (end.at, start.at)
    return [edge.begin or _nearest(start, first), *edge.via, _nearest(end, last)]


def _curve(start: Part, end: Part, bend: float) -> np.ndarray:
    """Return the three points of a quadratic curve from rim to rim, bowed to its left."""
    first, last = np.array(start.at), np.array(end.at)
    if not bend:
        ends = np.array([_rim(start, last), _rim(end, first)])
        return np.insert(ends, 1, ends.mean(axis=0), axis=0)
    across = last - first
    pulled = (first + last) / 2 + bend * np.array([-across[1], across[0]])
    return np.array([_rim(start, pulled), pulled, _rim(end, pulled)])


def _rim(part: Part, aim: np.ndarray) -> np.ndarray:
    """Return where a line from the middle of a node to a point leaves it."""
    way = aim - part.at
    half = SPACE * np.array(part.half)
    if isinstance(part, Node) and not part.square:
        return np.asarray(part.at + half[0] * way / np.linalg.norm(way))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(part.at + way * min(1.0, np.nanmin(np.abs(half / way))))


def _nearest(part: Part, corner: Point) -> Point:
    """Return the point of a node that is nearest to a corner: where a line with corners ends."""
    if isinstance(part, Node) and not part.square:
        point = _rim(part._replace(radius=part.radius / SPACE), np.array(corner))
    else:
        point = np.clip(corner, np.subtract(part.at, part.half), np.add(part.at, part.half))
    return float(point[0]), float(point[1])


def _rounded(points: Sequence[Point], radius: float = 0.18) -> Path:
    """Return a path through points, with a small arc at each corner."""
    points = [p for p, before in zip(points, [None, *points], strict=False) if p != before]
    vertices, codes = [np.array(points[0])], [Path.MOVETO]
    for before, corner, after in zip(*(np.array(points[k:]) for k in range(3)), strict=False):
        for way in (before - corner, after - corner):
            length = float(np.linalg.norm(way))
            vertices.append(corner + way * (radius / length if length > 2 * radius else 0.5))
        vertices.insert(-1, corner)
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    return Path([*vertices, np.array(points[-1])], [*codes, Path.LINETO])


def _name_edge(ax: Axes, diagram: Diagram, edge: Edge, size: float) -> None:
    """Write the local derivative to the left of an edge, seen from its start."""
    curve = _curve(diagram.nodes[edge.start], diagram.nodes[edge.end], edge.bend)
    share = edge.label_at
    point = np.array([(1 - share) ** 2, 2 * share * (1 - share), share**2]) @ curve
    ahead = 2 * np.array([share - 1, 1 - 2 * share, share]) @ curve
    left = np.array([-ahead[1], ahead[0]]) / np.linalg.norm(ahead)
    x, y = point + edge.label_side * left
    _write(ax, f"${edge.local}$", (float(x), float(y)), size=size, rim=True)


def _draw_junctions(ax: Axes, diagram: Diagram, lit: set[tuple[str, str]], *, faded: bool) -> None:
    """Put a dot where a line with corners parts from another one of the same start."""
    lines: dict[str, list[tuple[Edge, np.ndarray]]] = {}
    for edge in diagram.edges:
        lines.setdefault(edge.start, []).append((edge, np.array(_corners(diagram, edge))))
    found: dict[Point, Circle] = {}
    for edge, points in (line for same in lines.values() for line in same if line[0].via):
        others = [o for other, o in lines[edge.start] if other is not edge and not other.bend]
        alpha = FADED if faded and (edge.start, edge.end) not in lit else 1.0
        for x, y in points[:-1]:
            if any(_inside(np.array([x, y]), *ends) for o in others for ends in pairwise(o)):
                dot = Circle((x, y), 0.075, fc=edge.colour or INK, ec="none", zorder=2.6)
                found.setdefault((float(x), float(y)), dot).set_alpha(alpha)
    for dot in found.values():
        _put(ax, dot)


def _inside(point: np.ndarray, begin: np.ndarray, end: np.ndarray) -> bool:
    """Whether a point lies on a segment, but at neither of its ends."""
    way = end - begin
    share = float((point - begin) @ way / max(way @ way, 1e-9))
    return 0.001 < share < 0.999 and bool(np.allclose(begin + share * way, point))


class _Arrow(FancyArrowPatch):
    """An arrow whose head is solid, also where its line is dashed."""

    def _draw_paths_with_artist_properties(self, renderer: Any, draw_path_args_list: Any) -> None:
        for part in draw_path_args_list:
            dashes = self.get_linestyle()
            if part[2] is not None:  # the head is filled, the line is not
                self.set_linestyle("-")
            super()._draw_paths_with_artist_properties(renderer, [part])  # type: ignore[misc]
            self.set_linestyle(dashes)
        self.stale = False


# Nodes and groups ----------------------------------------------------------------------------


def _draw_part(ax: Axes, part: Part, size: float, *, strong: bool, found: bool, now: bool) -> None:
    """Draw a quantity, an operation or words."""
    alpha = 1.0 if strong else FADED
    if isinstance(part, Words):
        _write(ax, part.text, part.at, align=part.align)
        return
    if isinstance(part, Box):
        for shift, colour in reversed([*enumerate(part.behind, 1)]):
            place = (part.at[0] + 0.075 * shift, part.at[1] + 0.075 * shift)
            draw_box(ax, "", place, part.size, colour, tint=0, width=THIN)
        # fmt: off
        draw_box(ax, part.text, part.at, part.size, part.colour, tint=part.tint, width=part.width,
                 dashed=part.dashed, alpha=alpha, round_by=0.001 if part.sharp else 0.1)
        # fmt: on
        return
    look: dict[str, Any] = {
        "tint": TINT if found else part.tint, "fill": GRADIENT if found else "", "alpha": alpha
    }  # fmt: skip
    colour, width = GRADIENT if now and found else part.colour, OUTLINE * (1.75 if now else 1)
    if part.square:
        side = 2 * part.radius
        draw_box(ax, "", part.at, (side, side), colour, width=width, round_by=0.06, **look)
    else:
        _outline(ax, lambda: Circle(part.at, part.radius), colour, width, **look)
    if part.text:
        _write(ax, f"${part.text}$", part.at, size=size, level="center_baseline", alpha=alpha)


def _outline(
    ax: Axes, shape: Callable[[], Patch], colour: str, width: float, *,
    tint: float = 0.0, fill: str = "", dashed: bool = False, alpha: float = 1.0,
) -> None:  # fmt: skip
    """Draw an outline on the ground of the page, or on a tint over it."""
    face: Any = GROUND
    if tint:
        _put(ax, shape()).set(fc=GROUND, ec="none", zorder=3)
        face = to_rgba(fill or colour, tint * alpha)
    look = {"fc": face, "ec": to_rgba(colour, alpha), "lw": width, "ls": BEFORE if dashed else "-"}
    _put(ax, shape()).set(**look, zorder=3)


def _put(ax: Axes, patch: Patch) -> Patch:
    """Put a patch into a drawing whose limits are set by other means.

    ``add_patch`` would ask how far it reaches, which takes a third of the time of a drawing.
    """
    ax.add_artist(patch)
    return patch


def _draw_group(ax: Axes, diagram: Diagram, group: Group) -> None:
    """Draw a frame around nodes, and its words above its left corner."""
    parts = [diagram.nodes[name] for name in group.names]
    low = np.min([np.subtract(part.at, part.half) for part in parts], axis=0) - group.margin
    high = np.max([np.add(part.at, part.half) for part in parts], axis=0) + group.margin
    shape = "round,pad=0,rounding_size=0.15"
    (x, y), (width, height) = low, high - low
    frame = FancyBboxPatch((x, y), width, height, boxstyle=shape, zorder=0)
    if group.tint:
        frame.set(fc=group.colour, ec="none", alpha=group.tint)
    else:
        dash = DASHES[2] if group.dotted else "-"
        frame.set(fc="none", ec=group.colour, lw=OUTLINE if group.dotted else THIN, ls=dash)
    _put(ax, frame)
    if group.dotted:
        _write(ax, group.text, (high[0] + 0.1, low[1] + 0.15), align="left")
    else:
        _write(ax, group.text, ((low[0] + high[0]) / 2, high[1] + 0.3))


def _write(
    ax: Axes, text: str, at: Point, *, size: float = 0.0, align: str = "center",
    level: str = "center", alpha: float = 1.0, rim: bool = False,
) -> None:  # fmt: skip
    """Write words or a formula at a place."""
    if not text:
        return
    size = size or (FORMULA_SIZE if text.startswith("$") else TEXT_SIZE)
    written = ax.text(*at, text, color=INK, ha=align, va=level, fontsize=size, alpha=alpha,
                      linespacing=1.05, zorder=5)  # fmt: skip
    if rim:
        halo(written, 4.0)
