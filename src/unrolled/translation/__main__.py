"""Translate from the command line: ``python -m unrolled.translation "A sentence."``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from unrolled.translation.shipped import SHIPPED
from unrolled.translation.translator import Maps, Translator

INCHES = 2.2  # of each map


def main(arguments: Sequence[str] | None = None) -> int:
    """Translate the sentences given as arguments, or the lines of the standard input.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the command line.

    Returns
    -------
    int
        0, or 1 when something could not be translated; then stderr says why.
    """
    parser = argparse.ArgumentParser(
        prog="python -m unrolled.translation", description="Translate from English to German."
    )
    parser.add_argument("sentence", nargs="*", help="without any, the lines of the standard input")
    parser.add_argument("--beams", type=int, default=4, help="beginnings to follow; 1 is greedy")
    parser.add_argument("--model", type=Path, default=SHIPPED, help="another file of weights")
    parser.add_argument(
        "--attention", type=Path, metavar="FILE.svg", help="draw what the decoder looked at"
    )
    options = parser.parse_args(arguments)
    try:
        translator = Translator(options.model)
        if options.attention:
            return _draw(translator, options.sentence, options.beams, options.attention)
        if options.sentence:
            print(*translator.translate(options.sentence, n_beams=options.beams), sep="\n")
        else:
            for line in sys.stdin:
                print(*translator.translate([line], n_beams=options.beams), flush=True)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _draw(translator: Translator, sentences: Sequence[str], n_beams: int, path: Path) -> int:
    """Print the translation of one sentence, and draw its maps."""
    if len(sentences) != 1 or not sentences[0].strip():
        raise ValueError("--attention needs one sentence.")
    maps = translator.maps(sentences[0], n_beams=n_beams)
    print(*translator.translate(sentences, n_beams=n_beams))
    _save_maps(maps, path)
    return 0


def _save_maps(maps: Maps, path: Path) -> None:
    """Draw a map for each layer (rows) and head (columns) of the attention to the source."""
    from unrolled.figures.plots import heat_map
    from unrolled.figures.style import book_style, panels

    n_layers, n_heads = maps.cross.shape[:2]
    names = [[*map(_drawable, tokens)] for tokens in (maps.written, maps.source)]
    with book_style():
        size = INCHES * n_heads, INCHES * n_layers
        figure, axes = panels(*size, (1.0,) * n_heads, rows=n_layers)
        for number, ax in enumerate(axes):
            layer, head = divmod(number, n_heads)
            heat_map(maps.cross[layer, head], *names, limits=(0, 1), ax=ax)
            ax.set_title(f"layer {layer + 1}, head {head + 1}")
        figure.savefig(path, format="svg", facecolor="white")


def _drawable(token: str) -> str:
    """Spell out what cannot be seen, and keep a dollar from opening a formula."""
    shown = (sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in token)
    return "".join(shown).replace("$", r"\$")


if __name__ == "__main__":
    sys.exit(main())
