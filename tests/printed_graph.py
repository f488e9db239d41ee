"""The quantities of a graph in the letters of the book, as values that follow one another."""

import re

import numpy as np
import sympy

from bookkeeping.check.formulas.evaluating import Defined

SLOTS = {"x": "x_j", "y": "y_i", "w": "w^{(t)}", "h": "h^{(t)}"}
SPELLED = {"obar": r"\bar{o}", "p_out": "p_{out}"}


def letter(symbol):
    """Return the TeX of a quantity, and its indices: ``h(2)`` is h^{(t)} of two."""
    name = SPELLED.get(str(symbol), str(symbol))
    if found := re.fullmatch(r"([a-z])[_(](\d+)\)?", name):
        return SLOTS[found[1]], int(found[2])
    return (name,)


def letters_of(graph, values):
    """Return the inputs of a graph and all that follows from them, each by its definition."""
    programs = {
        letter(symbol): lambda of, number=number: number for symbol, number in values.items()
    }
    for symbol, definition in graph.definitions.items():
        programs[letter(symbol)] = program_of(definition)
    return {
        tex: Defined(lambda of, *at, tex=tex: programs[tex, *at](of)) for tex, *_ in programs
    }  # fmt: skip


def program_of(definition):
    used = sorted(sympy.sympify(definition).free_symbols, key=str)
    function = sympy.lambdify(
        used, definition, [{"sigma": lambda x: 1 / (1 + np.exp(-x))}, "numpy"]
    )
    return lambda of: function(*(of(*letter(symbol)) for symbol in used))


def edges_of(graph):
    """Return the uses of a graph, as pairs of nodes."""
    return {(letter(tail), letter(head)) for tail, head, _ in graph.edges}


def paths_between(edges, start, end):
    """Return all paths from a node to another, each as the set of its edges, by plain search."""
    if start == end:
        return frozenset({frozenset()})
    return frozenset(
        rest | {(start, head)}
        for tail, head in edges
        if tail == start
        for rest in paths_between(edges, head, end)
    )
