"""A network's definitions as a list of parts and uses: what a drawing of one block needs to know.

Every drawing of a block places the same parts and connects them by the same uses; this module reads
both from the definitions, so that no drawing can disagree with the equations.
"""

from collections.abc import Sequence
from typing import NamedTuple

from unrolled.symbolic.recurrences import Definition, Network
from unrolled.symbolic.vectors import Apply, Hadamard, Parameter, Plus, Quantity, Term

__all__ = ["Part", "Use", "Wiring", "wiring"]

OPERATIONS = {Plus: "plus", Hadamard: "times"}


class Part(NamedTuple):
    """Something that is given, or one operation of the block."""

    name: str
    """That of its result, such as ``c(t)`` or ``z(t) * i(t)``."""
    does: str
    """``given``, ``plus``, ``times``, or the name of an activation."""
    belongs_to: str
    """Key of the quantity that it is, or helps to make."""
    order: int
    """When it can be computed: 0 for what is given, else one more than the latest it needs."""


class Use(NamedTuple):
    """One part is needed for another."""

    start: str
    end: str
    by: str
    """Key of the weights in between, such as ``W_for``; empty if there are none."""


class Wiring(NamedTuple):
    """A block as its parts and uses."""

    parts: tuple[Part, ...]
    uses: tuple[Use, ...]


def wiring(network: Network, *, peepholes: bool = True) -> Wiring:
    """Read the parts of one block, and their uses, from its definitions.

    A pre-activation is not a separate part: its weighted terms become uses of the activation, each
    with the weights in between. Biases use nothing.

    Parameters
    ----------
    network : Network
        Every definition an activation of a weighted sum, or made of sums, products and activations.
    peepholes : bool, optional
        Whether to keep the terms in which a weight multiplies a quantity elementwise.

    Returns
    -------
    Wiring
        What is given first, then the parts in the order of the definitions.

    Notes
    -----
    Page ``lstm-block``, for both drawings.
    """
    sums = {entry.name: entry.value for entry in network.definitions if _is_weighted(entry.value)}
    found: list[tuple[str, str, str]] = []
    uses: list[Use] = []
    for entry in network.definitions:
        if entry.name in sums:
            continue
        if isinstance(entry.value, Apply) and entry.value.args[1] in sums:
            found.append((entry.name.node, entry.value.args[0].name, entry.name.key))
            uses += _weighted_uses(sums[entry.value.args[1]], entry, peepholes=peepholes)
        else:
            _operate(entry.value, entry.name.node, entry.name.key, found, uses)
    return Wiring(_ordered(found, uses), tuple(uses))


def _is_weighted(value: Term) -> bool:
    return isinstance(value, Plus) and any(isinstance(term, Parameter) for term in value.args)


def _weighted_uses(value: Term, entry: Definition, *, peepholes: bool) -> list[Use]:
    """List what a weighted sum uses, and by which weights."""
    uses = []
    for term in value.args:
        if isinstance(term, Parameter) or (isinstance(term, Hadamard) and not peepholes):
            continue
        weights, quantity = term.args
        uses.append(Use(quantity.node, entry.name.node, weights.key))
    return uses


def _operate(
    value: Term, name: str, key: str, found: list[tuple[str, str, str]], uses: list[Use]
) -> None:
    """Take a term apart into operations, the inner ones first."""
    arguments = value.args[1:] if isinstance(value, Apply) else value.args
    does = value.args[0].name if isinstance(value, Apply) else OPERATIONS[type(value)]
    starts = []
    for argument in arguments:
        starts.append(_name_of(argument))
        if not isinstance(argument, Quantity):
            _operate(argument, starts[-1], key, found, uses)
    found.append((name, does, key))
    uses += [Use(start, name, "") for start in starts]


def _name_of(term: Term) -> str:
    if isinstance(term, Quantity):
        return term.node
    if isinstance(term, Apply):
        return f"{term.args[0].name} {_name_of(term.args[1])}"
    return " * ".join(map(_name_of, term.args))


def _ordered(found: Sequence[tuple[str, str, str]], uses: Sequence[Use]) -> tuple[Part, ...]:
    """Put what is given in front, and say when each part can be computed."""
    made = {name for name, _, _ in found}
    given = dict.fromkeys(use.start for use in uses if use.start not in made)
    parts = [Part(name, "given", name.split("(")[0], 0) for name in given]
    order = dict.fromkeys(given, 0)
    for name, does, key in found:
        order[name] = 1 + max(order[use.start] for use in uses if use.end == name)
        parts.append(Part(name, does, key, order[name]))
    return tuple(parts)
