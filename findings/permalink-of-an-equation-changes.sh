#!/bin/sh
# The permalink of a numbered LaTeX environment leads nowhere after the next build.
#
# Seen with myst-parser 5.2.0, Sphinx 9.0.4, docutils 0.22.4; Python 3.11.
#
# Expected. With MyST's `amsmath` extension, an `equation` or `align` typed without dollars gets a
# number and a link with the title "Permalink to this equation". The page is text and nothing in it
# is random, so two builds are equal, and a permalink that somebody kept still finds its equation.
#
# What happens. MyST makes the label of each numbered environment from `uuid.uuid4()`, and Sphinx
# makes of it the id of the equation. Every build from nothing writes other ids, the page differs in
# each, and no permalink outlives a build. `PYTHONHASHSEED` has no say in it. A `\label` inside the
# environment does not help, as MyST does not read it. Equations in dollars or in `{math}` are the
# same in every build, with and without a label, and so is a starred environment.
#
# Way out. Write `{math}` with `:label:`, or dollars with a label in brackets behind them.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    myst-parser==5.2.0 sphinx==9.0.4 docutils==0.22.4

export PYTHONHASHSEED=0 SOURCE_DATE_EPOCH=0
cd "$folder"
mkdir pages
cat > pages/conf.py <<'PYTHON'
extensions = ["myst_parser", "sphinx.ext.mathjax"]
myst_enable_extensions = ["amsmath", "dollarmath"]
PYTHON
cat > pages/index.md <<'PAGE'
# Two pages

```{toctree}
environment
others
```
PAGE
cat > pages/environment.md <<'PAGE'
# An environment

\begin{equation}
\label{circle}
x^2 + y^2 = r^2
\end{equation}
PAGE
cat > pages/others.md <<'PAGE'
# The other ways to write it

\begin{equation*}
x^2 + y^2 = r^2
\end{equation*}

$$
x^2 + y^2 = r^2
$$ (dollars)

```{math}
:label: directive

x^2 + y^2 = r^2
```

```{math}
x^2 + y^2 = r^2
```
PAGE
for build in one other; do
    venv/bin/python -m sphinx -q -W -b html -d "$build.doctrees" pages "$build"
done

cat > compare.py <<'PYTHON'
import re
import sys
from importlib.metadata import version
from pathlib import Path

print("Python", sys.version.split()[0])
for name in ("myst-parser", "sphinx", "docutils"):
    print(name, version(name))

ids, equal = {}, {}
for page in ("environment", "others"):
    texts = [Path(build, f"{page}.html").read_text("utf-8") for build in ("one", "other")]
    ids[page] = [re.findall(r'id="equation-([^"]+)"', text) for text in texts]
    equal[page] = texts[0] == texts[1]
    links = [text.count("to this equation") for text in texts]
    print(f"\n{page}.html, built twice: {'equal' if equal[page] else 'different'}")
    for build, names, count in zip(("one", "other"), ids[page], links):
        print(f"  {build}: {count} permalink(s), to {', '.join(names)}")

one, other = ids["environment"]
random = len(one) == len(other) == 1 and one != other and not equal["environment"]
steady = equal["others"] and ids["others"][0] == ["dollars", "directive"]
if not (random and steady):
    sys.exit("\nThe behaviour has changed: this finding is out of date.")
print("\nAs found: the permalink of the environment is another one in each build.")
PYTHON
venv/bin/python compare.py
