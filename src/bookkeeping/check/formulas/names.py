"""The letters of a page: what each is, as the data file of the notation declares it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from typing import Any

from lark import Token, Tree

from bookkeeping.check.formulas.faults import FormulaError, Unreadable
from bookkeeping.check.formulas.surface import Form, parse, text_of

KINDS = frozenset(
    {"number", "vector", "row", "matrix", "function", "set", "index", "tuple", "node"}
)
ENTRIES = {"vector": 1, "row": 1, "tuple": 1, "matrix": 2}


@dataclasses.dataclass(frozen=True)
class Parts:
    """A letter with its accents, and what is written beside it."""

    base: str
    sub: tuple[Form, ...]
    sup: Form | None
    primes: int


@dataclasses.dataclass(frozen=True)
class Name:
    """One declared name.

    Parameters
    ----------
    tex : str
        As it is typed, with its slots: ``x^{(t)}``.
    kind : str
        One of `KINDS`.
    slots : tuple of str
        The letters in it that stand for any index.
    random : bool
        Whether chance decides on its value.
    first : int
        Number of its first entry, where it has entries.
    bar : bool
        Whether a bar stands before the last argument of a function, and not a comma.
    """

    tex: str
    kind: str
    slots: tuple[str, ...] = ()
    random: bool = False
    first: int = 1
    bar: bool = False

    @cached_property
    def parts(self) -> Parts:
        """The name taken apart."""
        return parts_of(_only(self.tex))

    @cached_property
    def key(self) -> str:
        """The name as the same text, however it was typed."""
        return key_of(self.tex)

    @property
    def entries(self) -> int:
        """How many indices an entry of it has."""
        return ENTRIES.get(self.kind, 0)


@dataclasses.dataclass(frozen=True)
class Found:
    """A name met in a formula: its indices, the entry that is meant, and what is left over."""

    name: Name
    indices: tuple[Form, ...]
    entry: tuple[Form, ...]
    sup: Form | None  # a power or a transposition
    primes: int


def _only(tex: str) -> Form:
    forms = parse(tex).children
    if len(forms) != 1:
        raise Unreadable(f"{tex!r} is not one name")
    return forms[0]


@cache
def key_of(tex: str) -> str:
    """Return the text of a name, the same however it was typed."""
    return text_of(_only(tex))


def parts_of(form: Form) -> Parts:
    """Take a letter and what is written beside it apart.

    Raises
    ------
    Unreadable
        When the form is not a letter with scripts.
    """
    scripts: list[Form] = []
    base = form
    while isinstance(base, Tree) and base.data == "item":
        scripts = [*base.children[1:], *scripts]
        base = base.children[0]
    if not (isinstance(base, Tree) and base.data in {"letter", "accented", "prefixed"}):
        raise Unreadable(f"{text_of(form)!r} is not a letter with marks")
    if base.data == "prefixed":  # δh_i^{(t)}: what is written beside h belongs to δh
        inner = base.children[1]
        if isinstance(inner, Tree) and inner.data == "item":
            scripts = [*inner.children[1:], *scripts]
            inner = inner.children[0]
        base = Tree("prefixed", [base.children[0], inner])
    sub: tuple[Form, ...] = ()
    sup, primes = None, 0
    for script in scripts:
        if script.data == "sub" and not sub:
            sub = tuple(_elements(script.children[0]))
        elif script.data == "sup" and sup is None:
            sup = script.children[0]
        elif script.data == "prime":
            primes += len(script.children)
        else:
            raise Unreadable(f"{text_of(form)!r} has two marks at one place")
    return Parts(text_of(base), sub, sup, primes)


def _elements(form: Form) -> Iterator[Form]:
    """Return what commas separate; a bar between two stays as it is, with both."""
    if not (isinstance(form, Tree) and form.data == "list"):
        yield form
        return
    if any(_is(c, "separator") and str(c.children[0]) != "," for c in form.children):
        yield form
        return
    yield from (child for child in form.children if not _is(child, "separator"))


def _is(form: Any, data: str) -> bool:
    return isinstance(form, Tree) and form.data == data


class Names:
    """The names that formulas of one page may use.

    Parameters
    ----------
    declared : mapping from str to str or mapping
        By the name's TeX its kind, ``random`` before it where chance decides, or a mapping with
        ``kind`` and any of ``slots``, ``first`` and ``bar``.
    gradient : str, optional
        ``shape`` when a derivative of a number has the shape of what it is taken by, ``row`` when
        that by a column is a row.
    """

    def __init__(self, declared: Mapping[str, Any], gradient: str = "shape") -> None:
        self.gradient = gradient
        given = {tex: _declaration(tex, what) for tex, what in declared.items()}
        self.indices = {key_of(tex) for tex, name in given.items() if name.kind == "index"}
        self.by_key: dict[str, Name] = {}
        for tex, name in given.items():
            held = dataclasses.replace(name, slots=self._slots(name))
            if held.key in self.by_key:
                raise FormulaError(f"{tex!r} is declared twice")
            self.by_key[held.key] = held

    def _slots(self, name: Name) -> tuple[str, ...]:
        if name.kind == "index":
            return ()
        if name.slots:
            return tuple(key_of(slot) for slot in name.slots)
        parts = name.parts
        letters: list[str] = []
        for form in [*parts.sub, *([parts.sup] if parts.sup is not None else [])]:
            if _is_word(form, self.indices):
                continue
            letters += [text for text in _letters(form) if text in self.indices]
        return tuple(dict.fromkeys(letters))

    @cached_property
    def _by_base(self) -> dict[str, list[Name]]:
        found: dict[str, list[Name]] = {}
        for name in self.by_key.values():
            found.setdefault(name.parts.base, []).append(name)
        for names in found.values():  # the more of a name is fixed, the sooner it is tried
            names.sort(key=lambda n: (-_weight(n), -_fixed(n), -len(n.slots)))
        return found

    def declares(self, base: str) -> bool:
        """Whether any name begins with this letter."""
        return base in self._by_base

    def find(self, form: Form) -> Found | None:
        """Return the name that a letter with its scripts means, or None if none is declared."""
        parts = parts_of(form)
        for name in self._by_base.get(parts.base, ()):
            if found := _match(name, parts):
                return found
        return None

    def name(self, tex: str) -> Name:
        """Return the name that is typed like this in a test.

        Raises
        ------
        Unreadable
            When it is not declared.
        """
        key = key_of(tex)
        if key not in self.by_key:
            raise Unreadable(
                f"{tex!r} is not declared for this page; its names are "
                f"{', '.join(sorted(n.tex for n in self.by_key.values()))}"
            )
        return self.by_key[key]


def _declaration(tex: str, what: Any) -> Name:
    """Read one declaration of the data file."""
    options = dict(what) if isinstance(what, Mapping) else {"kind": what}
    words = str(options.pop("kind", "")).split()
    kind = words[-1] if words else ""
    if kind not in KINDS or words[:-1] not in ([], ["random"]):
        raise FormulaError(
            f"{tex!r} is declared as {what!r}; a kind is one of {', '.join(sorted(KINDS))}, "
            "with 'random' before it where chance decides"
        )
    slots, first = options.pop("slots", ()), options.pop("first", 1)
    bar = options.pop("bar", False)
    if options:
        raise FormulaError(f"{tex!r} has options that no name has: {', '.join(options)}")
    slots = (slots,) if isinstance(slots, str) else tuple(slots)
    return Name(tex, kind, slots, len(words) > 1, first, bar)


def _weight(name: Name) -> int:
    parts = name.parts
    return 2 * len(parts.sub) + 2 * (parts.sup is not None) + 3 * parts.primes


def _fixed(name: Name) -> int:
    """Return how many letters in a name's scripts are no slots."""
    parts = name.parts
    forms = [*parts.sub, *([parts.sup] if parts.sup is not None else [])]
    return sum(text not in name.slots for form in forms for text in _letters(form))


def _letters(form: Form | Token) -> Iterator[str]:
    """Yield every letter of a form."""
    if isinstance(form, Tree):
        if form.data == "letter":
            yield text_of(form)
        else:
            for child in form.children:
                yield from _letters(child)


def _is_word(form: Form, indices: Iterable[str]) -> bool:
    """Whether a script such as ``out`` is a word, although letters in it may be indices."""
    if not _is(form, "chain"):
        return False
    return any(text not in set(indices) for text in _letters(form))


def _match(name: Name, atom: Parts) -> Found | None:
    """Hold a letter and its scripts against one declared name."""
    declared = name.parts
    bound: dict[str, Form] = {}
    primes = atom.primes - declared.primes
    if primes < 0 or (primes and name.kind != "function"):
        return None
    sup = atom.sup
    if declared.sup is not None:
        rest = _match_sup(declared.sup, sup, name.slots, bound)
        if rest is None:
            return None
        (sup,) = rest
    left = _match_sub(declared.sub, atom.sub, name.slots, bound)
    if left is None:
        return None
    entry = _entry(left, name.entries)
    if entry is None:
        return None
    if set(bound) != set(name.slots):
        return None
    return Found(name, tuple(bound[slot] for slot in name.slots), entry, sup, primes)


def _match_sup(
    declared: Form, sup: Form | None, slots: tuple[str, ...], bound: dict[str, Form]
) -> tuple[Form | None] | None:
    """Match a superscript; return what is left of it, or None if it does not match."""
    if sup is None:
        return None
    if _bind(declared, sup, slots, bound):
        return (None,)
    if (
        _is(sup, "chain")
        and len(sup.children) == 2
        and _bind(declared, sup.children[0], slots, bound)
    ):
        return (sup.children[1],)
    return None


def _match_sub(
    declared: tuple[Form, ...], sub: tuple[Form, ...], slots: tuple[str, ...],
    bound: dict[str, Form],
) -> tuple[Form, ...] | None:  # fmt: skip
    """Match subscripts; return those that are left, or None if they do not match."""
    left = list(sub)
    for form in declared:
        if not left:
            return None
        wanted = [text_of(c) for c in form.children] if _is(form, "chain") else []
        many = [w for w in wanted if w in slots]
        if many and len(many) == len(wanted):
            pieces = _split(left[0], len(many))
            if pieces:
                left.pop(0)
            elif len(left) >= len(many):
                pieces, left = left[: len(many)], left[len(many) :]
            else:
                return None
            for slot, piece in zip(many, pieces, strict=True):
                if not _note(slot, piece, bound):
                    return None
        elif not _bind(form, left.pop(0), slots, bound):
            return None
    return tuple(left)


def _split(form: Form, count: int) -> list[Form]:
    """Take ``jk`` apart where two indices are written without a comma."""
    if _is(form, "chain") and len(form.children) == count:
        return list(form.children)
    if _is(form, "number") and len(text_of(form)) == count > 1:
        return [Tree("number", [Token("NUMBER", digit)]) for digit in text_of(form)]
    return []


def _entry(left: tuple[Form, ...], count: int) -> tuple[Form, ...] | None:
    """Return the indices of an entry, or None when they are not those of such a name."""
    if not left or len(left) == count:
        return left
    if len(left) == 1 and count == 2 and (pieces := _split(left[0], 2)):
        return tuple(pieces)
    return None


def _note(slot: str, form: Form, bound: dict[str, Form]) -> bool:
    if slot in bound and text_of(bound[slot]) != text_of(form):
        return False
    bound[slot] = form
    return True


def _bind(declared: Any, form: Any, slots: tuple[str, ...], bound: dict[str, Form]) -> bool:
    """Match two forms; a slot takes what stands there, but no brackets: x_{(i)} is not x_i."""
    if isinstance(declared, Tree) and declared.data == "letter" and text_of(declared) in slots:
        return (
            isinstance(form, Tree)
            and form.data != "parens"
            and _note(text_of(declared), form, bound)
        )
    if isinstance(declared, Tree) and isinstance(form, Tree):
        return (
            declared.data == form.data
            and len(declared.children) == len(form.children)
            and all(
                _bind(d, f, slots, bound)
                for d, f in zip(declared.children, form.children, strict=True)
            )
        )
    return bool(declared == form)
