"""The Transformer in drawings, made from the names of its parameters.

A name such as ``encoder.0.attention.query.W`` says which stack, layer and sublayer a parameter
belongs to, so the drawing shows what the model has, in the order in which the model has it. Queries
are orange, keys blue, values brick, and grey lines carry the input of a sublayer past it.
"""

from collections.abc import Iterable

from unrolled.figures.diagrams import Box, Diagram, Edge, Group, Node, Part, Point, Words
from unrolled.figures.style import KEYS, QUERIES, QUIET, THIN, VALUES

__all__ = ["one_layer_of_each", "stacks"]

ENCODER, DECODER, BETWEEN = 2.25, 6.75, 4.5
ROLES = {"V": (VALUES, -0.85), "K": (KEYS, 0.0), "Q": (QUERIES, 0.85)}
WORDS = {
    ("encoder", "attention"): "attention,\npadding mask",
    ("decoder", "self_attention"): "attention,\nlook-ahead mask",
    ("decoder", "cross_attention"): "cross-attention,\nsource's padding mask",
}
WIDE = 1.7  # points, of the lines that carry what is computed


def one_layer_of_each(names: Iterable[str]) -> Diagram:
    """Describe one layer of the encoder and one of the decoder, with all that is around them.

    Parameters
    ----------
    names : iterable of str
        The names of all parameters, in the order of the model.

    Returns
    -------
    Diagram
        Boxes are called as the parameters are, without the number of the layer:
        ``encoder.attention``.
    """
    names = list(names)
    nodes: dict[str, Part] = {
        "source": Words("source tokens", (ENCODER, 0.0), (1.0, 0.25)),
        "target": Words("target tokens so far", (DECODER, 0.0), (1.0, 0.25)),
    }
    edges: list[Edge] = []
    groups: list[Group] = []
    for stack, x, tokens in (("encoder", ENCODER, "source"), ("decoder", DECODER, "target")):
        aside = x - 1.75 if stack == "encoder" else x + 1.75
        start = f"{stack} start"
        nodes[start] = Box("embed, add positions", (x, 0.85), (2.9, 0.6), width=THIN)
        edges.append(Edge(tokens, start, width=WIDE))
        below, y = start, 2.0
        for norm in (field for field in _fields(names, stack) if field.endswith("_norm")):
            field = _after(_fields(names, stack), norm)
            below, y = _sublayer(nodes, edges, stack, (x, y), aside, below, norm, field)
        low, high = f"{stack} low", f"{stack} high"
        nodes[low], nodes[high] = Words("", (x - 2.0, 1.33)), Words("", (x + 2.0, y - 0.4))
        groups.append(Group((low, high), margin=0.0))
        count = len({name.split(".")[1] for name in names if name.startswith(f"{stack}.")})
        left = x - 1.95 if stack == "encoder" else x + 0.25
        nodes[f"{stack} words"] = Words(f"{stack}, {count} ×", (left, y - 0.12), align="left")
        nodes[f"{stack}_norm"] = Box("normalise", (x, y + 0.65), (2.3, 0.5), width=THIN)
        edges.append(Edge(below, f"{stack}_norm", width=WIDE))
    top = nodes["decoder_norm"].at[1]
    nodes["logits"] = Box("times the embedding", (DECODER, top + 0.95), (2.9, 0.6), width=THIN)
    nodes["next"] = Words("a score for every next token", (DECODER, top + 1.8), (1.0, 0.25))
    edges += [Edge("decoder_norm", "logits", width=WIDE), Edge("logits", "next", width=WIDE)]
    _lead_memory(nodes, edges)
    return Diagram(nodes, edges, groups, (0.1, -0.35, 8.9, top + 2.15))


def stacks(names: Iterable[str]) -> Diagram:
    """Describe all layers, and which of them reads what.

    Parameters
    ----------
    names : iterable of str
        The names of all parameters.

    Returns
    -------
    Diagram
        Boxes are called ``encoder 0``, ``decoder 0`` and so on.
    """
    names, high = list(names), 0.0
    nodes: dict[str, Part] = {}
    edges: list[Edge] = []
    for stack, x, tokens in (("encoder", 1.9, "source"), ("decoder", 6.9, "target")):
        layers = sorted({int(n.split(".")[1]) for n in names if n.startswith(f"{stack}.")})
        nodes[tokens] = Words(f"{tokens} tokens", (x, 0.0), (1.0, 0.25))
        below = tokens
        for layer in layers:
            name = f"{stack} {layer}"
            nodes[name] = Box(
                f"{stack} layer {layer + 1}", (x, 1.0 + layer), (2.6, 0.55), width=THIN
            )
            edges.append(Edge(below, name, width=WIDE))
            below = name
        high = max(high, 2.0 + layers[-1])
        nodes[f"{stack} top"] = Words(
            "memory" if stack == "encoder" else "next token", (x, 2.0 + layers[-1]), (0.9, 0.25)
        )
        edges.append(Edge(below, f"{stack} top", width=WIDE))
    top = nodes["encoder top"].at
    for name in [name for name in nodes if name.startswith("decoder ") and name[-1].isdigit()]:
        y = nodes[name].at[1]
        edges.append(
            Edge("encoder top", name, via=((4.2, top[1]), (4.2, y)), colour=KEYS, width=WIDE)
        )
    return Diagram(nodes, edges, limits=(0.2, -0.4, 8.7, high + 0.45))


def _fields(names: Iterable[str], stack: str) -> list[str]:
    """List the parts of a layer in the order of the model."""
    return list(dict.fromkeys(n.split(".")[2] for n in names if n.startswith(f"{stack}.")))


def _after(fields: list[str], name: str) -> str:
    return fields[fields.index(name) + 1]


def _sublayer(
    nodes: dict[str, Part], edges: list[Edge], stack: str, at: Point, aside: float,
    below: str, norm: str, field: str,
) -> tuple[str, float]:  # fmt: skip
    """Add a normalisation, what follows it, and the line past both; return the sum and its top."""
    x, y = at
    attends = "attention" in field
    middle, height = (y + 1.6, 0.95) if attends else (y + 0.95, 0.6)
    total = middle + height / 2 + 0.45
    inner, outer, plus = f"{stack}.{norm}", f"{stack}.{field}", f"{stack}.{field} +"
    words = WORDS.get((stack, field), field.replace("_", " "))
    nodes[inner] = Box("normalise", (x, y), (2.3, 0.5), width=THIN)
    nodes[outer] = Box(words, (x, middle), (3.0, height), width=2.2 if attends else THIN)
    nodes[plus] = Node("+", (x, total), radius=0.2)
    edges += [Edge(below, inner, width=WIDE), Edge(outer, plus, width=WIDE)]
    corners = ((aside, y - 0.42), (aside, total))
    edges.append(Edge(below, plus, via=corners, begin=(x, y - 0.42), colour=QUIET))
    if not attends:
        edges.append(Edge(inner, outer, width=WIDE))
    elif field == "cross_attention":
        _array(nodes, edges, inner, outer, "Q")
    else:
        for role in ROLES:
            _array(nodes, edges, inner, outer, role, (x, y + 0.5))
        nodes[f"fork of {inner}"] = Words("", (x, y + 0.5))
        edges.append(Edge(inner, f"fork of {inner}", head=False, width=WIDE))
    return plus, total + 0.95


def _array(
    nodes: dict[str, Part], edges: list[Edge], start: str, end: str, role: str,
    fork: Point | None = None,
) -> None:  # fmt: skip
    """Lead queries, keys or values into an attention, and name the arrow."""
    colour, shift = ROLES[role]
    x, low = nodes[end].at[0] + shift, nodes[end].at[1] - nodes[end].half[1]
    nodes[f"{role} of {end}"] = Words(f"${role}$", (x + 0.24, low - 0.26))
    begin = fork or (x, nodes[start].at[1] + nodes[start].half[1])
    corner = (x, begin[1]) if fork and x != fork[0] else (x, low - 0.3)
    edges.append(Edge(start, end, via=(corner,), begin=begin, colour=colour, width=WIDE))


def _lead_memory(nodes: dict[str, Part], edges: list[Edge]) -> None:
    """Lead what the encoder found to the keys and values of the decoder."""
    cross = nodes["decoder.cross_attention"]
    y = cross.at[1] - cross.half[1] - 0.55
    fork, top = (DECODER + ROLES["V"][1], y), nodes["encoder_norm"].at[1] + 0.75
    nodes["fork of memory"] = Words("", fork)
    nodes["memory"] = Words("memory", (ENCODER + 0.95, top + 0.22))
    corners = ((ENCODER, top), (BETWEEN, top), (BETWEEN, y))
    edges.append(Edge("encoder_norm", "fork of memory", via=corners, head=False, width=WIDE))
    for role in "VK":
        _array(nodes, edges, "encoder_norm", "decoder.cross_attention", role, fork)
