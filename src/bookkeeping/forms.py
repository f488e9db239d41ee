"""The forms of the book's YAML files, as JSON schemas: what is used of them, and how.

A ``description`` says in a message what an entry should be, where the schema alone would not tell.
"""

from typing import Any

Form = dict[str, Any]

TEXT: Form = {"type": "string"}


def _object(**properties: Form) -> Form:
    return {"type": "object", "properties": properties}


def _list(of: Form) -> Form:
    return {"type": "array", "items": of}


TEXTS = _list(TEXT)
COLOUR: Form = {"type": "object", "required": ["drawn", "light", "dark"]}
SITE: Form = {
    "pattern": (
        r"^(?!.*\.html?/?\Z)https?://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?"  # the host
        r"(/(?!\.+(/|\Z))[A-Za-z0-9_.~%+-]+)*/?\Z"  # the folders under it
    ),
    "description": (
        "an address that begins with https:// or http:// and ends in the folder of the site, "
        "such as https://example.org/book/"
    ),
}
REPOSITORY: Form = {
    "pattern": "^https?://[^/]*(github|gitlab|bitbucket)[^/]*(/[^/]+){2,}/?$",
    "description": (
        "the address of a repository on GitHub, GitLab or Bitbucket, such as "
        "https://github.com/name/book; leave it empty for any other"
    ),
}
CHECK: Form = {
    "pattern": r"^\w+(\.\w+)*:\w+$",
    "description": "a function, written as package.module:function",
}

CONFIG = _object(
    title=TEXT,
    author=TEXT,
    site_url={**TEXT, "anyOf": [{"const": ""}, SITE]},
    only_build_toc_files={"type": "boolean"},
    repository=_object(
        url={**TEXT, "anyOf": [{"const": ""}, REPOSITORY]}, branch=TEXT, path_to_book=TEXT
    ),
    execute=_object(timeout={"type": "number"}),
    bookkeeping=_object(
        packages=TEXTS,
        lock=TEXT,
        tests=TEXT,
        licence=TEXT,
        evidence_pages=TEXT,
        check_pages=TEXT,
        web=TEXT,
        summary=TEXT,
        fonts=TEXTS,
        served=TEXTS,
        versions=TEXTS,
        distributions={"type": "object", "additionalProperties": TEXTS},
        outside={"type": "object", "additionalProperties": {**TEXT, **CHECK}},
        check_figure={**TEXT, **CHECK},
        unprinted=TEXTS,
        redirects={"type": "object", "additionalProperties": TEXT},
        figure_colours={"type": "object", "additionalProperties": COLOUR},
        macros={"type": "object", "additionalProperties": TEXT},
    ),
    sphinx=_object(config={"type": "object"}),
)
ENTRIES = _list({"$ref": "#"})
TOC = _object(
    format=TEXT, root=TEXT, file=TEXT, title=TEXT, url=TEXT, glob=TEXT, caption=TEXT,
    parts=ENTRIES, chapters=ENTRIES, sections=ENTRIES, subtrees=ENTRIES, entries=ENTRIES,
)  # fmt: skip
NAMES: Form = {"type": ["object", "null"], "description": "a list of letters and kinds"}
LETTER = {
    **_object(
        shown=TEXT, means=TEXT, code=TEXT, names=NAMES, signs=TEXTS,
        always={"type": "boolean"},
    ),
    "required": ["means"],
    "additionalProperties": False,
}  # fmt: skip
SECTION = {
    **_object(title=TEXT, says=TEXT, pages=TEXTS, gradient=TEXT, letters=_list(LETTER)),
    "required": ["title", "pages", "letters"],
    "additionalProperties": False,
}
NOTATION = _list(SECTION)
SLIP = {
    **_object(tex=TEXT, says=TEXT),
    "required": ["tex", "says"],
    "additionalProperties": False,
}  # fmt: skip
TRY = {
    **_object(
        asks=TEXT, side={"type": "integer", "description": "the number of a side"}, hint=TEXT,
        slips=_list(SLIP), forms={**TEXTS, "minItems": 3}, letters=TEXTS,
        knows=TEXTS, plain={"type": "object", "additionalProperties": TEXT},
    ),
    "required": ["asks", "hint", "forms"],
    "additionalProperties": False,
}  # fmt: skip
TRIES: Form = {"type": "object", "additionalProperties": TRY}
FRONT_MATTER = _object(
    data={"anyOf": [TEXT, TEXTS, {"type": "null", "description": "the name of a file, or a list"}]},
    kernelspec={"type": "object"},
    mystnb={"type": "object"},
)
MYSTNB = _object(figure={"type": "object"}, image={"type": "object"})
LOADED: Form = {
    "not": {},
    "description": "to be loaded: the code of a cell has to stand on its page",
}
HEADER = {
    **_object(tags=TEXTS, mystnb=MYSTNB, load=LOADED),
    "type": ["object", "null"],
    "description": "a list of names and values",
}
