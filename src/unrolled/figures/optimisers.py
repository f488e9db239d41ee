"""The drawings of a small classifier: one neuron and its loss, and both passes with numbers.

Inputs and labels are squares, hidden neurons mauve; everything that flows backwards is violet.
"""

from collections.abc import Iterator, Mapping
from typing import cast

import numpy as np
from matplotlib.figure import Figure

from unrolled.figures.diagrams import Diagram, Edge, Node, Part, Words, draw_diagram
from unrolled.figures.stepping import Picture
from unrolled.figures.style import DATA, FIRST, HIDDEN, INK, TARGET

__all__ = ["loss_chain", "network_passes"]

RING = 0.44


def loss_chain() -> Diagram:
    """Describe one neuron with a sigmoid, its loss, and the derivative that reaches a weight.

    Returns
    -------
    Diagram
    """
    nodes: dict[str, Part] = {
        "w1": Node("w_1", (0.0, 1.5), FIRST),
        "x1": Node("x_1", (0.0, 0.5), DATA, square=True),
        "x2": Node("x_2", (0.0, -0.5), DATA, square=True),
        "b": Node("b", (0.0, -1.5), FIRST),
        "o": Node("o", (2.7, 0.0)),
        "p": Node("p", (5.3, 0.0)),
        "y": Node("y", (5.3, -1.5), TARGET, square=True),
        "J": Node("J", (8.4, 0.0), square=True),
    }
    edges = [
        Edge("w1", "o", "x_1", label_side=0.32),
        *(Edge(name, "o") for name in ("x1", "x2", "b")),
        Edge("o", "p", "p\\,(1 - p)", label_side=0.42),
        Edge("p", "J", r"\dfrac{p - y}{p\,(1 - p)}", label_side=0.72),
        Edge("y", "J"),
    ]
    return Diagram(nodes, edges)


def network_passes(
    x: np.ndarray,
    weights: tuple[np.ndarray, np.ndarray],
    forward: Mapping[str, np.ndarray],
    backward: Mapping[str, np.ndarray],
    says: tuple[str, str, str, str],
    alts: tuple[str, str, str, str],
) -> Iterator[Picture]:
    """Draw both passes of a network with one hidden layer and one output, with their numbers.

    Parameters
    ----------
    x : ndarray of shape (n_in,)
    weights : tuple of ndarray of shape (n_in, n_hidden) and (n_hidden, 1)
        Written on the edges.
    forward : mapping of str to ndarray
        Under "h" the outputs of the hidden neurons, under "o" the logit, under "J" the loss.
    backward : mapping of str to ndarray
        Under "a" and "o" the derivatives of the loss with respect to the pre-activations.
    says, alts : tuple of str
        What happens in each step, and what a reader who cannot see it needs.

    Yields
    ------
    Picture
        Hidden layer, output and loss, error of the output, errors of the hidden layer.
    """
    n_in, n_hidden = weights[0].shape
    inputs = [f"x{i + 1}" for i in range(n_in)]
    hidden = [f"h{j + 1}" for j in range(n_hidden)]
    into = [(i, h, "o") for h in hidden for i in inputs]
    later: list[tuple[str, ...]] = [(h, "o") for h in hidden]
    last: list[tuple[str, ...]] = [("o", "J")]
    shown = {name: _number(value) for name, value in zip(inputs, x, strict=True)}
    stages: list[tuple[dict[str, str], list[tuple[str, ...]], list[str], bool]] = [
        (_named(hidden, forward["h"]), [path[:2] for path in into], hidden, True),
        (_named(["o", "J"], np.append(forward["o"], forward["J"])), later + last, ["o", "J"], True),
        ({"o": _number(backward["o"])}, last, ["o"], False),
        (_named(hidden, backward["a"]), later, hidden, False),
    ]  # fmt: skip
    for (new, paths, now, ahead), told, alt in zip(stages, says, alts, strict=True):
        known = [*shown]
        shown |= new
        diagram = _network(n_in, n_hidden, weights, shown)
        ax = draw_diagram(
            diagram, paths=paths, now=now, forward=ahead, known=known if ahead else None,
            found=[] if ahead else now, only_paths=True, size=12.0,
        )  # fmt: skip
        yield Picture(cast(Figure, ax.get_figure(root=True)), told, alt)


def _network(
    n_in: int,
    n_hidden: int,
    weights: tuple[np.ndarray, np.ndarray],
    shown: Mapping[str, str],
) -> Diagram:
    """Describe the network, with a number in each node that has one, and else a letter."""
    nodes: dict[str, Part] = {}
    for i, at in enumerate(_heights(n_in, 1.9)):
        nodes[f"x{i + 1}"] = Node(shown[f"x{i + 1}"], (0.0, at), DATA, square=True, radius=RING)
    for j, at in enumerate(_heights(n_hidden, 1.9)):
        text = shown.get(f"h{j + 1}", f"h_{j + 1}")
        nodes[f"h{j + 1}"] = Node(text, (4.2, at), HIDDEN, radius=RING)
    nodes["o"] = Node(shown.get("o", "o"), (7.0, 0.0), INK, radius=RING)
    nodes["J"] = Node(shown.get("J", "J"), (9.0, 0.0), INK, square=True, radius=RING)
    for place, text in ((0.0, "inputs"), (4.2, "hidden"), (7.0, "output"), (9.0, "loss")):
        nodes[text] = Words(text, (place, -2.9))
    edges = [
        Edge(f"x{i + 1}", f"h{j + 1}", _number(weights[0][i, j]), label_at=0.66, label_side=0.0)
        for i in range(n_in)
        for j in range(n_hidden)
    ]
    edges += [
        Edge(f"h{j + 1}", "o", _number(weights[1][j, 0]), label_at=0.45, label_side=0.0)
        for j in range(n_hidden)
    ]
    return Diagram(nodes, [*edges, Edge("o", "J")])


def _heights(n: int, apart: float) -> np.ndarray:
    """Return heights from the top down, centred at zero."""
    return apart * ((n - 1) / 2 - np.arange(n))


def _named(names: list[str], values: np.ndarray) -> dict[str, str]:
    """Write a number for each of several nodes."""
    return {name: _number(value) for name, value in zip(names, np.ravel(values), strict=True)}


def _number(value: float | np.ndarray) -> str:
    """Write a number with two decimals at most."""
    return f"{round(float(np.squeeze(value)), 2) + 0.0:g}"
