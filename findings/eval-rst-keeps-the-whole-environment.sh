#!/bin/sh
# A bullet list in `eval-rst` puts Sphinx's whole environment into the file of its page.
#
# Seen with myst-parser 5.2.0, Sphinx 9.0.4, docutils 0.22.4; Python 3.11.
#
# Expected. Sphinx keeps each page that it has read in a file of its own, and takes from the page what
# leads elsewhere (settings, reporter, environment) before it writes the file. A page of one bullet has
# a file of a few kilobytes, however large the rest of the book is.
#
# What happens. MyST parses the text of `eval-rst` into a document of its own, with the settings of the
# page, and moves the nodes over. Nodes deeper than the first level (a paragraph in a bullet, what
# autodoc makes of a function) go on naming that other document. Sphinx takes the environment out of a
# copy of the page's settings; those of the other document still have it, and all of it is written
# into the file: 20 KB beside two pages, 50 KB beside sixty, megabytes in a book. The same bullet in
# Markdown has 3 KB. Nothing warns. Builds only grow slower, since the file of a page is read whenever
# another page refers to it.
#
# Way out. After parsing, set `node.document` of every node that came from `eval-rst` to the page's own.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    myst-parser==5.2.0 sphinx==9.0.4 docutils==0.22.4

cd "$folder"
cat > build.py <<'PYTHON'
import pickle
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

NOTES = {
    "markdown": "- A word.\n",
    "restructured": "```{eval-rst}\n- A word.\n```\n",
}


def sizes(others):
    """Build a book with so many other pages; return how many bytes each page's file has."""
    pages = Path(f"book-{others}")
    pages.mkdir()
    (pages / "conf.py").write_text('extensions = ["myst_parser"]\n')
    names = [f"a{number:03}" for number in range(others)] + sorted(NOTES)
    (pages / "index.md").write_text("# Book\n\n```{toctree}\n" + "\n".join(names) + "\n```\n")
    for number in range(others):
        words = " ".join(f"word{number}x{k}" for k in range(200))
        (pages / f"a{number:03}.md").write_text(f"# Page {number}\n\n{words}\n")
    for name, note in NOTES.items():
        (pages / f"{name}.md").write_text(f"# A list\n\n{note}")
    made = Path(f"made-{others}")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", "-d", f"{made}.trees"]
    subprocess.run([*command, str(pages), str(made)], check=True)
    trees = {name: Path(f"{made}.trees", f"{name}.doctree").read_bytes() for name in NOTES}
    holds = {name: b"BuildEnvironment" in tree for name, tree in trees.items()}
    return {name: len(tree) for name, tree in trees.items()}, holds


print("Python", sys.version.split()[0])
for name in ("myst-parser", "sphinx", "docutils"):
    print(name, version(name))
small, holds = sizes(2)
large, _ = sizes(60)
for name in NOTES:
    print(f"{name}: {small[name]} bytes beside 2 pages, {large[name]} beside 60;"
          f" holds the environment: {holds[name]}")
ours, theirs = large["markdown"], large["restructured"]
grows = theirs > 4 * ours and theirs > 1.5 * small["restructured"]
steady = large["markdown"] < 1.2 * small["markdown"] and not holds["markdown"]
if not (grows and steady and holds["restructured"]):
    sys.exit("\nThe behaviour has changed: this finding is out of date.")
print("\nAs found: the page with eval-rst carries the whole environment, and grows with the book.")
PYTHON
venv/bin/python build.py
