#!/bin/sh
# A first figure inside `rc_context` takes the notebook's drawing settings away with it.
#
# Seen with matplotlib 3.11.2, matplotlib-inline 0.2.2, ipykernel 7.4.0, IPython 9.18.1; Python 3.11.
#
# Expected. `InlineBackend.rc` holds for the whole session of a kernel. A context that changes the
# size of letters, and nothing else, gives back the size of letters when it ends, and nothing else.
#
# What happens. The inline backend sets itself up when the first figure is made, and writes into
# rcParams then: its own `rc`, and that matplotlib is interactive. If that moment lies inside an
# `rc_context`, the end of the context puts back what was there before, so both are gone while the
# backend itself stays, and it does not set itself up again. Nothing is said, and from then on
#   - `svg.hashsalt`, set by `InlineBackend.rc`, is None: the same notebook, run twice, gives SVG
#     with other ids;
#   - a figure that no `plt.show()` follows leaves no output at all.
# That figures go missing was reported to matplotlib (24351) and matplotlib-inline (22); that the
# user's `InlineBackend.rc` goes with them has the same cause.
#
# Way out. `%matplotlib inline` before the first figure, or the settings in a `matplotlibrc` file.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    matplotlib==3.11.2 matplotlib-inline==0.2.2 ipykernel==7.4.0 ipython==9.18.1 \
    nbclient==0.11.0 nbformat==5.11.1

# Nobody's own settings take part.
unset MPLBACKEND MATPLOTLIBRC
export MPLCONFIGDIR="$folder" IPYTHONDIR="$folder" JUPYTER_CONFIG_DIR="$folder"
export JUPYTER_DATA_DIR="$folder" JUPYTER_RUNTIME_DIR="$folder" PYTHONHASHSEED=0
cd "$folder"

cat > try.py <<'PYTHON'
import re
import subprocess
import sys
from importlib.metadata import version

from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

SETTINGS = """\
%config InlineBackend.figure_formats = ['svg']
%config InlineBackend.rc = {'svg.hashsalt': 'always the same'}
import matplotlib as mpl
import matplotlib.pyplot as plt"""
IN_CONTEXT = "with mpl.rc_context({'font.size': 12}):\n    plt.plot([2, 1, 3])\n    plt.show()"
WAYS = {
    "first figure outside a context": ["plt.plot([2, 1, 3])\nplt.show()"],
    "first figure inside a context": [IN_CONTEXT],
    "the same after %matplotlib inline": ["%matplotlib inline", IN_CONTEXT],
}
LATER = [
    "plt.plot([1, 3, 2]);",
    "plt.plot([3, 1, 2])\nplt.show()",
    "print(mpl.rcParams['svg.hashsalt'], mpl.is_interactive(), sep='; ')",
]


def drawings(cell):
    shown = (output.get("data", {}) for output in cell.outputs)
    return [data["image/svg+xml"] for data in shown if "image/svg+xml" in data]


def run(first):
    """Return rcParams at the end, the drawings without `show`, and the ids of the last drawing."""
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in (SETTINGS, *first, *LATER)])
    client = NotebookClient(notebook, kernel_name="python3", timeout=60)
    client.execute(stderr=subprocess.DEVNULL)
    silent, shown, told = notebook.cells[-3:]
    (drawing,) = drawings(shown)
    ids = re.findall(r'id="(m[0-9a-f]{10})"', drawing)
    assert ids, "a drawing without the ids that this is about"
    return told.outputs[0].text.strip(), len(drawings(silent)), ids


print("Python", sys.version.split()[0])
for name in ("matplotlib", "matplotlib-inline", "ipykernel", "ipython", "nbclient"):
    print(name, version(name))
found = {}
for way, first in WAYS.items():
    (told, silent, one), (_, _, other) = run(first), run(first)
    found[way] = (told, silent, one == other)
    print(f"\n{way}:")
    print(f"  svg.hashsalt; interactive: {told}")
    print(f"  drawings of a cell without plt.show(): {silent}")
    print(f"  first id of the last drawing, two runs: {one[0]}, {other[0]}")

kept, lost = ("always the same; True", 1, True), ("None; False", 0, False)
if list(found.values()) != [kept, lost, kept]:
    sys.exit("\nThe behaviour has changed: this finding is out of date.")
print("\nAs found: the context took the settings away.")
PYTHON
"$folder/venv/bin/python" try.py
