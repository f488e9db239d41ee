"""What an author does to the sources of a book between two builds, as data that can be drawn."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, NamedTuple

Files = dict[str, str]
Change = Callable[[Files, int], Files]
Date = Literal["now", "long ago", "as before"]

# Kinds of edit, each with the places where it may be done, and what may stand at each of them.
WORDINGS: dict[str, list[tuple[str, ...]]] = {
    # the table of contents
    "caption of a part": [("caption: First steps", "caption: Beginnings")],
    "title in the table": [("- file: shown\n", "- file: shown\n        title: Pictures\n")],
    "link in the table": [
        ("url: https://example.org/sheep", "url: https://example.org/goats"),
        ("title: A shepherd's book", "title: A farmer's book"),
    ],
    "depth of numbers": [("numbered: 2", "numbered: 1")],
    # words of a page, and what other pages, lists and the search make of them
    "words": [
        ("It counts, and it adds", "It adds, and then it counts"),
        ("the 37 sheep", "the 41 sheep"),
        ("They are few.", "They are many."),
        ("Of what is added.", "Of what was added."),
        ("The double of two is", "Twice two is"),
        ("{given}`0.25`", "{given}`0.75`"),
        ("It does not matter which", "Never mind which"),
        ("It is the sum with itself", "It is itself, and itself again"),
    ],
    "title of a page": [
        ("# Counting\n", "# Counting sheep\n"),
        ("# Answers\n", "# All answers\n"),
        ("# Adding\n", "# Adding\n\n### A step too deep\n"),
    ],
    "heading that a page links to": [("## How to look them up", "## How to find them")],
    "heading": [
        ("## The twos", "## The pairs"),
        ("## Of flocks", "## On flocks"),
        ("(part-of-twos)=", "(part-of-pairs)="),
    ],
    "front matter": [("[data/numbers.txt]\n", "[data/numbers.txt]\nnosearch: true\n")],
    # figures, tables, listings
    "caption": [
        ("to look at", "with four corners"),
        ("alt: A fence that", "alt: A hedge that"),
        ("Pairs and their sums", "Sums of pairs"),
        ("How it is added", "How to add"),
    ],
    "figure before others": [
        (
            "```{figure} _pictures/fold.svg\n:name: fig-fold",
            "```{figure} _pictures/fold.svg\n:alt: Again.\n\nFirst.\n```\n\n"
            "```{figure} _pictures/fold.svg\n:name: fig-fold",
        )
    ],
    "output": [
        ('<rect width="900"', '<rect width="700"'),
        ('{"k": 1}, {"k": 2}', '{"k": 1}, {"k": 3}'),
        ("It starts.", "It begins."),
    ],
    # what other pages show
    "value on another page": [
        ('"a score"', '"two tens"'),
        ('glue("flock", 20)', 'glue("flock", 30)'),
        ('glue("word"', 'glue("phrase"'),
    ],
    "exercise solved elsewhere": [("Count them\n", "Count the sheep\n")],
    "exercise": [
        ("Count again\n", "Count once more\n"),
        (":label: exercise-count\n", ":label: exercise-sheep\n"),
        (
            "```{exercise-start} Count them",
            "```{exercise} None\n:label: exercise-none\n\nWhat is nothing?\n```\n\n"
            "```{exercise-start} Count them",
        ),
    ],
    "theorem": [("{prf:theorem} Order\n", "{prf:theorem} Any order\n")],
    "term": [
        ("\nflock\n  What", "\nherd\n  What"),
        ("\nsheep\n  What", "\nlamb\n  A young one.\n\nsheep\n  What", "\nlamb\n  What"),
        ("What is counted together.", "Those that stay together."),
    ],
    "bibliography": [("author = {Peano, Giuseppe}", "author = {Péano, Joseph}")],
    "correction": [("A fold is not a fence", "A fold is no fence")],
    "question": [("[ ] A fold\n: It is {", "[ ] A flock\n: It is of sheep in {")],
    # equations, their letters and their tests
    "equation": [
        ("= x + x $$", "= 2 x $$", "= 3 x $$"),
        (
            "```{math}\n:label: sum",
            "```{math}\n:label: one\n:definition: Peano\ni = 1\n```\n\n```{math}\n:label: sum",
        ),
    ],
    "letter": [("means: how many", "means: so many")],
    "test": [
        ("for x in (3, 5)", "for x in (3, 7, 11)"),
        ('witness="counted"', 'witness="told on fingers"'),
    ],
    "helper of a test": [("return left + right + 0", "return right - left")],
    "table of a test": [("7 11\n", "7 11\n13 17\n")],
    # files that pages take in
    "included text": [("are spoken together", "are sung together")],
    "included listing": [("return sorted(sheep)", "return list(sheep)")],
    "lesson": [("right):\n    return left + right\n", "right):\n    return +left + right\n")],
    "docstring": [("Add two numbers.", "Add numbers.")],
    "module": [("left + right  #", "right + left  #", "left +  #")],
    "data": [("1\n2\n3\n", "2\n3\n5\n7\n")],
    "download": [("pair,sum\n1,2\n", "pair,sum\n1,3\n")],
    "picture": [("M0 0L9 9", "M0 9L9 0")],
    "style": [("margin: 1em", "margin: 2em")],
    # settings
    "setting": [
        ("title: A small book", "title: A tiny book"),
        ("Free as air", "Free as water"),
        ("A book of sheep.", "A book of goats."),
    ],
    "what everything runs with": [
        ("#222832", "#222833"),
        ("myst-nb==1.4.0", "myst-nb==1.5.0"),
    ],
}


def reword(files: Files, places: list[tuple[str, ...]], choice: int) -> Files:
    """Put another wording at one of these places; nothing, where none stands there any more."""
    choice, place = divmod(choice, len(places))
    wordings = sorted(places[place], key=len, reverse=True)  # one may hold another
    found = ((n, w) for w in wordings for n, text in files.items() if w in text)
    name, standing = next(found, ("", ""))
    others = [w for w in places[place] if w != standing]
    wanted = others[choice % len(others)]
    return {**files, name: files[name].replace(standing, wanted, 1)} if name else files


def pages(files: Files) -> list[str]:
    """Return the names of the pages in the table of contents."""
    return re.findall(r"- file: (\S+)", files["_toc.yml"])


def _without(toc: str, page: str) -> str:
    return re.sub(rf"^ *- file: {page}\n", "", toc, flags=re.M)


def rename_page(files: Files, choice: int) -> Files:
    """Give a page another name, in its folder or another; every other time, links go with it."""
    page = pages(files)[choice % len(pages(files))]
    folder, _, last = page.rpartition("/")
    new = [f"{folder}/new-{last}".lstrip("/"), last if folder else f"back/{last}"][choice // 2 % 2]
    if f"book/{new}.md" in files:
        return files
    place = re.escape(page)
    links = rf"(?<=file: ){place}$|(?<=\[){place}(?=\])"
    if choice % 2:
        links += rf"|\b{place}(?=\.md)|(?<=[`<]){place}(?=[`>])|(?<=:link: ){place}$"
    moved = {n.replace(f"book/{page}.md", f"book/{new}.md"): text for n, text in files.items()}
    return {n: re.sub(links, new, text, flags=re.M) for n, text in moved.items()}


def delete_page(files: Files, choice: int) -> Files:
    """Take a page out of the table of contents; every other time, its file goes too."""
    page = pages(files)[choice % len(pages(files))]
    left = {**files, "_toc.yml": _without(files["_toc.yml"], page)}
    if choice % 2:
        del left[f"book/{page}.md"]
    return left


def add_page(files: Files, choice: int) -> Files:
    """Add a page that has what others number, list or search; or take it away again."""
    page = "back/new"
    if page in pages(files):
        return delete_page(files, pages(files).index(page) | 1)
    text = (
        "# New\n\nOf sheep.\n\n## Of a lamb\n\n```{figure} ../_pictures/fold.svg\n:alt: New.\n\n"
        "New.\n```\n\n```{exercise} New\n:label: exercise-new\n\nWhat is new?\n```\n"
    )
    toc = files["_toc.yml"].replace(
        "- file: back/lists", f"- file: {page}\n      - file: back/lists"
    )
    return {**files, "_toc.yml": toc, f"book/{page}.md": text}


def swap_pages(files: Files, choice: int) -> Files:
    """Let two pages of the table of contents change places."""
    names = pages(files)
    first = names[choice % len(names)]
    second = names[choice // len(names) % len(names)]
    swapped = {first: second, second: first}
    toc = re.sub(
        r"(?<=- file: )\S+", lambda found: swapped.get(found[0], found[0]), files["_toc.yml"]
    )
    return {**files, "_toc.yml": toc}


def move_page(files: Files, choice: int) -> Files:
    """Put a page at the end of the other part."""
    names = pages(files)
    page = names[choice % len(names)]
    toc = _without(files["_toc.yml"], page)
    return {**files, "_toc.yml": toc.replace("      - url:", f"      - file: {page}\n      - url:")}


def add_module(files: Files, choice: int) -> Files:
    """Add a module to the package, or take it away again."""
    name = "src/toy/halving.py"
    left = {n: text for n, text in files.items() if n != name}
    return left if name in files else {**files, name: "def half(number):\n    return number / 2\n"}


def add_style(files: Files, choice: int) -> Files:
    """Take the book's own style sheet away, or bring it back."""
    name = "book/_static/book.css"
    left = {n: text for n, text in files.items() if n != name}
    return left if name in files else {**files, name: "figure { margin: 3em; }\n"}


def tell_tests_otherwise(files: Files, choice: int) -> Files:
    """Change what tests come by in several ways, each of them alone."""
    other = {"by-hand": "by-heart", "by-heart": "by-hand"}

    def swapped(text: str) -> str:
        return re.sub("by-hand|by-heart", lambda found: other[found[0]], text)

    return {swapped(name): swapped(text) for name, text in files.items()}


FAULTS = {
    "book/adding.md": ["\nIt is 0.5.\n", "\nSee {ref}`nowhere`.\n", "\n[there](nowhere.md)\n"],
    "book/shown.md": ["\n```{code-cell} python\n1 / 0\n```\n", "\n$$ x = 1 $$ (unclaimed)\n"],
    "src/toy/adding.py": ["\nraise SystemError\n"],
    "tests/test_toy.py": ["\nassert False\n"],
    "_toc.yml": ["      - file: nowhere\n"],
}


# What would be shown unwatched; none of it may pass, whatever else has been edited. Nothing else is
# wrong with it, so that it passes where it is not refused. Each use is tried from where the page
# runs and from the root; where all of them are refused, the last line of the cell stops the page.
USES = """
```{code-cell} python
import os
import sqlite3
import subprocess
from glob import glob
from pathlib import Path

shell = get_ipython()
uses = [
    lambda at: subprocess.run(["true"]),
    lambda at: os.system("true") == 0,
    lambda at: shell.getoutput("echo it") == "it",
    lambda at: (at / "data/more.csv").read_text(),
    lambda at: os.path.getsize("data/more.csv"),
    lambda at: os.listdir(at / "tools"),
    lambda at: glob(f"{at}/tools/*"),
    lambda at: sqlite3.connect(at / "data/more.csv").close() is None,
    lambda at: shell.run_line_magic("run", f"{at}/tools/herd.py") or "herd" in shell.user_ns,
]


def passes(use, at):
    try:
        return bool(use(at))
    except Exception:
        return False


places = Path(), Path(os.environ["BOOKKEEPING_ROOT"])
passed = [n for n, use in enumerate(uses) if any(passes(use, at) for at in places)]
passed[0], passed
```
"""
OUTPUT = (
    '{"output_type": "execute_result", "execution_count": 1, "metadata": {}, '
    '"data": {"text/plain": "5"}}'
)
CELL = '{"cell_type": "code", "execution_count": 1, "metadata": {}, "source": "2 + 2", "outputs": '
TITLE = '{"cell_type": "markdown", "metadata": {}, "source": "# Old"}'
PYTHON = '{"kernelspec": {"name": "python3", "language": "python", "display_name": "Python"}}'
STORED = (
    f'{{"cells": [{TITLE}, {CELL}[{OUTPUT}]}}], "metadata": {PYTHON}, '
    '"nbformat": 4, "nbformat_minor": 4}\n'
)
EXTRA = (
    "# Extra\n\n```{figure} ../_pictures/fold.svg\n:name: fig-extra\n:alt: Again.\n\nMore.\n```\n"
)
UNWATCHED: dict[str, Files] = {
    "a page uses what is not watched": {"book/adding.md": USES},
    "a notebook with outputs": {"book/old.ipynb": STORED, "_toc.yml": "      - file: old\n"},
    "pages by a pattern": {
        "book/more/extra.md": EXTRA,
        "_toc.yml": "      - glob: more/*\n",
    },
}


def append(files: Files, texts: Files) -> Files:
    """Append texts to files, which may not be there yet."""
    return {**files, **{name: files.get(name, "") + text for name, text in texts.items()}}


def break_it(files: Files, choice: int) -> Files:
    """Make one of the mistakes that stop a build."""
    faults = [(name, fault) for name, held in FAULTS.items() for fault in held]
    name, fault = faults[choice % len(faults)]
    return {**files, name: files[name] + fault} if name in files else files


def change_a_character(files: Files, choice: int) -> Files:
    """Change any character of any page, or of the notation or the bibliography."""
    names = sorted(n for n in files if n.startswith("book/") and not n.endswith(".py"))
    name = names[choice % len(names)]
    place = choice // len(names) % len(files[name])
    new = "a" if files[name][place] != "a" else "b"
    return {**files, name: files[name][:place] + new + files[name][place + 1 :]}


CHANGES: dict[str, Change] = {
    **{
        kind: lambda files, choice, places=places: reword(files, places, choice)
        for kind, places in WORDINGS.items()
    },
    "a page renamed": rename_page,
    "a page deleted": delete_page,
    "a page added": add_page,
    "two pages swapped": swap_pages,
    "a page moved": move_page,
    "a module added": add_module,
    "a style sheet added": add_style,
    "what tests are told": tell_tests_otherwise,
    "a fault": break_it,
    **{
        kind: lambda files, choice, texts=texts: append(files, texts)
        for kind, texts in UNWATCHED.items()
    },
    "a character": change_a_character,
}
TOUCH, COMMIT, EARLIER = "a file touched", "all committed", "an earlier version"
# A dozen sequences hold all of these: the kinds, those that leave most open twice.
OPEN = ["a page renamed", "a page deleted", "two pages swapped", "a fault", "a character"]
DECK = [*CHANGES, TOUCH, COMMIT, EARLIER, *OPEN]


class Edit(NamedTuple):
    """One edit; the choice settles what its kind leaves open."""

    kind: str
    choice: int = 0
    date: Date = "now"
