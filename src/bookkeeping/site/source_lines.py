"""On which line of its page a thing stands."""

from __future__ import annotations

from docutils import nodes


def line_of(node: nodes.Node, until: int = 0) -> int:
    """Return the line on which a node, or the character ``until`` of a text, stands.

    Inside a paragraph only the paragraph knows its line, so line breaks are counted from there.
    """
    block = node
    while _is_inline(block) and block.parent is not None:
        block = block.parent
    breaks = 0
    for text in block.findall(nodes.Text):
        if text is node or _holds(node, text):
            breaks += text.astext()[:until].count("\n")
            break
        breaks += text.astext().count("\n")
    while not block.line and block.parent is not None:
        block, breaks = block.parent, 0
    return (block.line or 1) + breaks


def _is_inline(node: nodes.Node) -> bool:
    """Whether a node stands in a line; myst-nb has containers that do."""
    if isinstance(node, nodes.container):
        return "mime_type" in node or node.get("nb_element") == "mime_bundle"
    return isinstance(node, (nodes.Text, nodes.Inline))


def _holds(node: nodes.Node, text: nodes.Text) -> bool:
    parent: nodes.Node | None = text.parent
    while parent is not None and parent is not node:
        parent = parent.parent
    return parent is node
