"""The graphs whose paths the page about the chain rule follows.

All of them are `unrolled.symbolic.computation_graph.Graph`; what they show holds for any other.
"""

from sympy import Expr, Function, Symbol, cos, sin, symbols, tanh

from unrolled.shapes import check_integer
from unrolled.symbolic.computation_graph import Graph
from unrolled.symbolic.vectors import sigma

__all__ = [
    "any_unit",
    "chain_of_diamonds",
    "output_unit",
    "product_by_hand",
    "shared_weight",
]


def product_by_hand() -> Graph:
    """Give the smallest graph with two paths: f is the product of two quantities that use y."""
    y, a, b, f = symbols("y a b f")
    return Graph({a: 2 * y, b: y**2, f: a * b})


def output_unit() -> Graph:
    """Give the output of one LSTM unit: y uses the cell, and a gate that uses the cell too.

    Returns
    -------
    Graph
        With ``a`` for the pre-activation of the output gate without the peephole.
    """
    c, a, p_out, obar, o, y = symbols("c a p_out obar o y")
    return Graph({obar: a + p_out * c, o: sigma(obar), y: o * tanh(c)})


def any_unit() -> Graph:
    """Give a graph of the same shape with arbitrary functions."""
    c, obar, o, y = symbols("c obar o y")
    pre, gate, out = map(Function, "PGF")
    return Graph({obar: pre(c), o: gate(obar), y: out(o, c)})


def chain_of_diamonds(n_diamonds: int) -> Graph:
    """Chain diamonds: each quantity v is used twice, and the two results give the next v.

    Parameters
    ----------
    n_diamonds : int
        At least 1. There are four edges in each, and two paths through it.

    Returns
    -------
    Graph
        From ``v_0`` to ``v_n``.

    Raises
    ------
    ValueError
        When the number is not a positive integer.
    """
    n_diamonds = check_integer("n_diamonds", n_diamonds)
    definitions: dict[Symbol, Expr] = {}
    before = Symbol("v_0")
    for k in range(1, n_diamonds + 1):
        a, b, v = symbols(f"a_{k} b_{k} v_{k}")
        definitions |= {a: sin(before), b: cos(before), v: a * b}
        before = v
    return Graph(definitions)


def shared_weight(n_steps: int, *, copies: bool = False) -> Graph:
    """Use one weight at every step: h(t) = tanh(w h(t-1)), and the loss J is the last h squared.

    Parameters
    ----------
    n_steps : int
        At least 1.
    copies : bool, optional
        Give every step a weight of its own, ``w(t)``, equal to the shared one.

    Returns
    -------
    Graph

    Raises
    ------
    ValueError
        When the number is not a positive integer.
    """
    n_steps = check_integer("n_steps", n_steps)
    w, before = symbols("w h(0)")
    definitions: dict[Symbol, Expr] = {}
    for t in range(1, n_steps + 1):
        used = w
        if copies:
            used = Symbol(f"w({t})")
            definitions[used] = w
        h = Symbol(f"h({t})")
        definitions[h] = tanh(used * before)
        before = h
    definitions[Symbol("J")] = before**2 / 2
    return Graph(definitions)
