"""Judge what a reader types for a side of an equation, with the values that the page brings along.

Neither NumPy nor SymPy is needed here, so that a browser can run it.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from bookkeeping.check import searching
from bookkeeping.check.formulas.faults import FormulaError, Misfit, Unreadable, Unusable
from bookkeeping.check.formulas.names import Names
from bookkeeping.check.formulas.plain import Table
from bookkeeping.check.formulas.reading import Node, Reader, nodes_of
from bookkeeping.check.formulas.surface import parse
from bookkeeping.check.plain_form import to_tex
from bookkeeping.check.usual_tex import as_here
from bookkeeping.check.written import (
    Blurred,
    TooLong,
    Written,
    definitions_of,
    difference,
    entries,
    expression,
    failed_at,
    names_of,
    same_shape,
)  # fmt: skip

LONGEST = 2000  # characters of an answer
WITHIN = 1e-9
CLOSE = 1e-6
TINY = 1e-12
SEEDS = (1, 2)
SHAPES = re.compile(r"(?:(?:[Aa]n array of )?shapes? |(?<=and ))(?:\(\d+, \d+\)|\(\))|\(\d+, \d+\)")
UNDECLARED = re.compile(
    r"the letter '(?P<base>.+?)'(?: with these marks \((?P<marked>.+?)\))? is not declared"
    r"(?:.*; declared are (?P<alike>.+))?"
)
UNSET = re.compile(r"^\\(?!delta|bar|hat|tilde|mathrm|operatorname|frac|alpha|sigma|lambda|star)")
UNSPELT = [
    (r"\\delta\s*\\bar\{?\\?(\w+)\}?", r"d\1bar"), (r"\\(?:bar|hat)\{?\\?(\w+)\}?", r"\1bar"),
    (r"\\delta\s+", "d"), (r"\\(?:mathrm|operatorname)\{(\w+)\}", r"\1"), (r"\^\{\\top\}", "'"),
    (r"\s*\^\{(\([^{}]*\))\}", r"\1"), (r"_\{(\w+)\}", r"_\1"), (r"\\", ""),
]  # fmt: skip
IDLE = re.compile(r"[Tt]he letter (.+) plays no part in this exercise")
POWER = re.compile(r"\s*\^\s*(?:\{[^(){}]*\}|\w)$")
LIKE_SHAPES = re.compile(r"[Aa] ((?:column|row) of \d+ numbers) and a \1 cannot be multiplied")
OUT_OF_PLACE = re.compile(  # yet it is read
    rf"{IDLE.pattern}|is an index, and stands in no sum|from where to where"
)
NUMBERED = re.compile(r"[A-Za-z]_\{?\d")
UP_TO = re.compile(r"\\(?:sum|prod)_\{[^{}]*\}\^\{([A-Za-z])\}")
SUMS = r"A sum is written `sum(j=1..n) …` or `\sum_{j=1}^{n} …`"
LENGTHS = (
    r"For the length of a vector write `\lVert a \rVert`, or add up the squares of its entries"
)
QUOTED = re.compile("'([^']+)'")
AGREE = {"step": "step", "index": "index", "transposed": "transpos"}  # a place, a slip's word on it


class Miss(NamedTuple):
    """The first place at which an answer is wrong."""

    point: str
    entry: list[int]
    yours: Any
    right: Any


def judge(box: Mapping[str, Any], answer: str) -> dict[str, Any]:
    """Judge an answer.

    Parameters
    ----------
    box : mapping
        What the build wrote beside the page: see ``attempts.py``.
    answer : str
        TeX of the side that is asked for.

    Returns
    -------
    dict
        ``fate`` is *right*, *numbers* (right at all of the page's numbers, but not shown to be the
        same formula), *wrong* or *unreadable*; ``says`` one or two sentences with ``$…$``;
        ``where`` the place of the slip in words, ``span`` its first and last character in the
        answer, as `usual_tex.as_here` returns it; ``example`` one number that is wrong; ``slip``
        the page's own words on a slip that is known; ``needs_proof`` whether `proving.settle` can
        say more.
    """
    if not answer.strip():
        return _verdict("unreadable", "Type the formula first.")
    if len(answer) > LONGEST:
        return _verdict("unreadable", f"An answer may hold {LONGEST:,} characters at most.")
    answer = as_here(answer, box.get("plain", {}))
    names = names_of(box, answer)
    try:
        asked = expression(box["asks"], names)
        node = read_answer(answer, asked, names)
    except FormulaError as error:
        return _unknown(box, names, error, answer) or _unreadable(error, answer)
    except RecursionError:
        return _verdict("unreadable", "These brackets are nested too deeply to be read.")
    if same := _held(node, asked):
        span = searching.span_of(same, answer)
        says = f"${box['asks']}$ itself is what is asked for: write it by other letters."
        return _verdict("wrong", says, where=_at(answer, span), span=span)
    if bare := _bare_function(node):
        span = searching.span_of(bare, answer)
        tex = bare.args[0].tex
        shown = re.search(rf"{re.escape(tex)}\s*\([^()]*\)", f"{box['asks']} {box['right']}")
        says = f"${tex}$ is a function: say of what, as in ${shown[0] if shown else f'{tex}(x)'}$."
        return _verdict("wrong", says, where=_at(answer, span), span=span)
    try:
        return _judged(box, names, node, answer)
    except (RecursionError, OverflowError):
        return _verdict("unreadable", "This formula is too deep or too large to be worked out.")


def read_answer(answer: str, asked: Node, names: Names) -> Node:
    """Read an answer; one that repeats the left side is taken without it.

    Raises
    ------
    Unreadable
        With the place in the answer.
    """
    forms = parse(answer).children
    if len(forms) != 1:
        raise Unreadable("one formula is asked for, and here are several")
    statement = Reader(names).statement(forms[0])
    sides, relations = statement.first.sides, statement.first.relations
    if statement.second is not None or relations not in ((), ("=",)):
        raise Unreadable("only what stands behind the sign of equality is asked for")
    if len(sides) == 2 and sides[0] != asked:
        raise Unreadable("only what stands behind the sign of equality is asked for")
    return sides[-1]


def _held(part: Any, wanted: Node) -> Node | None:
    """Return where a formula holds another one, or None."""
    if isinstance(part, Node):
        if part == wanted:
            return part
        part = part.args
    if isinstance(part, tuple):
        return next(filter(None, (_held(each, wanted) for each in part)), None)
    return None


def _bare_function(node: Node) -> Node | None:
    """Return a letter for a function that is not applied to anything, or None."""
    applied = {
        id(each.args[0]) for each in nodes_of(node) if each.op in {"call", "slope", "gradient"}
    }
    return next(
        (
            each for each in nodes_of(node)
            if each.op == "name" and each.args[0].kind == "function" and id(each) not in applied
        ),
        None,
    )  # fmt: skip


def _judged(box: Mapping[str, Any], names: Names, node: Node, answer: str) -> dict[str, Any]:
    try:
        miss = first_miss(box, names, node)
    except TooLong as error:
        return _unreadable(error, answer)
    except Unusable as error:
        return _unreadable(error, answer)
    except FormulaError as error:
        return _misshapen(box, names, node, answer, error)
    if miss is None:
        return _accepted(box, names, node)
    return _refused(box, names, node, answer, miss)


def _misshapen(
    box: Mapping[str, Any], names: Names, node: Node, answer: str, error: FormulaError
) -> dict[str, Any]:
    """Return the verdict on what has no value, or one of another shape."""
    says = _sentence(SHAPES.sub(_shape_in_words, _without_types(error.message)))
    if LIKE_SHAPES.search(says):
        says += r" Entry by entry the sign is $\odot$, typed `.*`."
    if _is_transposed(box, names, node):
        says += " It is the right one, transposed."
    found = searching.locate(box, names, node, answer)
    span = found.span or _place(error, answer)
    slip = _slip(box, names, node)
    where = _beside(slip, found) if slip else found.says or _at(answer, span)
    return _verdict("wrong", says, where=where, span=span, slip=slip)


def _is_transposed(box: Mapping[str, Any], names: Names, node: Node) -> bool:
    """Whether an answer is right once it is transposed."""
    try:
        return first_miss(box, names, Node("transpose", (node,))) is None
    except (FormulaError, RecursionError, OverflowError):
        return False


def _shape_in_words(found: re.Match[str]) -> str:
    sizes = [int(size) for size in re.findall(r"\d+", found.group())]
    return _in_words(*sizes) if sizes else "a single number"


def first_miss(box: Mapping[str, Any], names: Names, node: Node) -> Miss | None:
    """Return where an answer differs first from the right one, or None if it does nowhere.

    Raises
    ------
    FormulaError
        When it cannot be worked out.
    """
    for case in box["cases"]:
        evaluator = Written(names, case)
        scale = max((abs(x) for a in case["answers"] for x in entries(right_of(a))), default=0.0)
        for number, point in enumerate(case["points"]):
            with evaluator.at(number):
                yours = evaluator.evaluate(node)
            right = right_of(case["answers"][number])
            shown = ", ".join(f"{k} = {v}" for k, v in point.items() if isinstance(v, int))
            shown = shown or case.get("sizes", "").replace("$", "")
            if isinstance(yours, (tuple, str, frozenset, bool)) or callable(yours):
                raise Misfit("a number or an array of numbers is asked for")
            if not same_shape(yours, right):
                raise Misfit(f"this is {shape_of(yours)}; asked for is {shape_of(right)}")
            for at, (mine, wanted) in enumerate(zip(entries(yours), entries(right), strict=True)):
                within = case.get("within", WITHIN) * max(scale, abs(wanted))
                if not abs(mine - wanted) <= within:
                    return Miss(shown, _entry(right, at), _real(mine), wanted)
    return None


def right_of(answer: Any) -> Any:
    """Return a right value: a number, or a list of rows as a table."""
    return Table([list(row) for row in answer]) if isinstance(answer, list) else answer


def _real(value: Any) -> float:
    """Return a number to be shown; none where it is no real number."""
    return float(value.real)


def _entry(value: Any, at: int) -> list[int]:
    """Return the place of an entry, counted from one."""
    if not isinstance(value, Table):
        return []
    row, column = divmod(at, len(value[0]))
    if len(value[0]) == 1:
        return [row + 1]
    return [column + 1] if len(value) == 1 else [row + 1, column + 1]


def shape_of(value: Any) -> str:
    """Return the shape of a value in words."""
    if not isinstance(value, Table):
        return "a single number"
    return _in_words(len(value), len(value[0]))


def _in_words(rows: int, columns: int) -> str:
    if columns == 1:
        return f"a column of {rows} numbers"
    return f"a row of {columns} numbers" if rows == 1 else f"a matrix of ${rows} \\times {columns}$"


def means_the_same(box: Mapping[str, Any], names: Names, node: Node) -> bool | None:
    """Whether an answer equals the right side with random numbers in place of all values.

    Returns
    -------
    bool or None
        None where one of them cannot be worked out for such numbers.
    """
    right = expression(box["right"], names)
    if node == right:
        return True
    definitions = definitions_of(box, names)
    try:
        return all(
            _alike(Blurred(names, case, definitions, seed), node, right)
            and _alike_unsized(Blurred(names, case, definitions, seed, sized=False), node, right)
            for case in box["cases"] for seed in SEEDS
        )  # fmt: skip
    except (FormulaError, OverflowError, RecursionError):
        return None


def _alike_unsized(evaluator: Blurred, node: Node, right: Node) -> bool:
    """Whether two sides agree for sizes that are no whole numbers, where both have a value then."""
    try:
        return _alike(evaluator, node, right)
    except FormulaError:
        return True


def _alike(evaluator: Blurred, node: Node, right: Node) -> bool:
    for number in range(len(evaluator.points)):
        with evaluator.binding(evaluator.point(number)):
            yours, wanted = evaluator.evaluate(node), evaluator.evaluate(right)
        if not same_shape(yours, wanted):
            return False
        scale = max(1e-3, *(abs(x) for x in (*entries(yours), *entries(wanted))))
        if not difference(yours, wanted) <= WITHIN * scale:
            return False
    return True


def _accepted(box: Mapping[str, Any], names: Names, node: Node) -> dict[str, Any]:
    count = sum(len(entries(right_of(a))) for case in box["cases"] for a in case["answers"])
    same = means_the_same(box, names, node)
    if same:
        if node == expression(box["right"], names):
            return _verdict("right", "Right.")
        return _verdict("right", "Right, in another form than the page's.")
    says = f"All {count} numbers of the page come out right."
    if same is False:
        says += (
            " With any numbers for its letters it would be another formula than the page's, so it"
            " holds by what the letters have to do with one another, or by chance."
        )
    return _verdict("numbers", says, needs_proof=same is None)


def _refused(
    box: Mapping[str, Any], names: Names, node: Node, answer: str, miss: Miss
) -> dict[str, Any]:
    at = f"At ${miss.point}$ " if miss.point else ""
    what = _entry_in_words(miss.entry)
    yours, right = _told_apart(miss.yours, miss.right)
    says = f"{at}{what} comes out as ${yours}$, and has to be ${right}$."
    said = f"Not yet. {says[0].upper()}{says[1:]}{_in_all(box, names, node)}"
    found = searching.locate(box, names, node, answer)
    example = {
        "point": miss.point, "entry": miss.entry, "yours": miss.yours, "right": miss.right
    }  # fmt: skip
    slip = _slip(box, names, node)
    where = _beside(slip, found) if slip else found.says
    bound = UP_TO.search(box["right"])
    if not slip and bound and NUMBERED.search(answer) and r"\sum" not in answer:
        where = f"It has to hold for every ${bound[1]}$, and here is a fixed number of entries."
    return _verdict("wrong", said, where=where, span=found.span, slip=slip, example=example)


def _beside(slip: str, found: searching.Place) -> str:
    """Return the place of a slip that is known, where the page's words on it say the same."""
    return found.says if AGREE.get(found.kind, "\0") in slip else ""


def _in_all(box: Mapping[str, Any], names: Names, node: Node) -> str:
    """Return what is wrong with all numbers alike: their sign, or one factor."""
    ratios = []
    for case in box["cases"]:
        evaluator = Written(names, case)
        for number, answer in enumerate(case["answers"]):
            try:
                with evaluator.at(number):
                    yours = evaluator.evaluate(node)
            except FormulaError:  # it has no value there
                return ""
            if not same_shape(yours, right_of(answer)):
                return ""
            pairs = zip(entries(yours), entries(right_of(answer)), strict=True)
            ratios += [mine / wanted for mine, wanted in pairs if abs(wanted) > TINY]
    first = ratios[0] if ratios else 0
    if abs(first) < TINY or any(abs(each - first) > CLOSE * abs(first) for each in ratios):
        return ""
    if abs(first + 1) < CLOSE:
        return " All numbers are right but for their sign."
    return f" All numbers are ${_shown(_real(first))}$ times what they have to be."


def _entry_in_words(entry: list[int]) -> str:
    if not entry:
        return "the value"
    if len(entry) == 2:
        return f"the entry in row {entry[0]}, column {entry[1]},"
    named = searching.ordinal(entry[0])
    return f"the {named} entry"


def _told_apart(one: float, other: float) -> tuple[str, str]:
    """Return two numbers in as many digits as tell one from the other, as TeX."""
    for digits in range(4, 17):
        shown = _shown(one, digits), _shown(other, digits)
        if shown[0] != shown[1]:
            break
    return shown


def _shown(value: float, places: int = 4) -> str:
    """Return a number in a few digits, as TeX."""
    if not math.isfinite(value):
        return r"\text{no number}"
    text = f"{value or 0.0:.{places}g}"  # without the sign of a zero
    if "e" in text:
        digits, power = text.split("e")
        return rf"{digits} \cdot 10^{{{int(power)}}}"
    return text


def _slip(box: Mapping[str, Any], names: Names, node: Node) -> str:
    """Return the page's own words on a slip that an answer is, or nothing."""
    return next((s["says"] for s in box.get("slips", ()) if _is_slip(box, names, node, s)), "")


def _is_slip(box: Mapping[str, Any], names: Names, node: Node, slip: Mapping[str, Any]) -> bool:
    """Whether an answer has the numbers of a slip that is known."""
    try:
        wrong = expression(slip["tex"], names)
        if node == wrong:
            return True
        for case in box["cases"]:
            evaluator = Written(names, case)
            for number in range(len(case["points"])):
                with evaluator.at(number):
                    yours, theirs = evaluator.evaluate(node), evaluator.evaluate(wrong)
                if not same_shape(yours, theirs):
                    return False
                scale = max(abs(x) for x in entries(theirs)) or 1.0
                if not difference(yours, theirs) <= case.get("within", WITHIN) * scale:
                    return False
    except FormulaError:
        return False
    return True


def _verdict(fate: str, says: str, **more: Any) -> dict[str, Any]:
    return {
        "fate": fate, "says": says, "where": "", "span": None, "example": None, "slip": "",
        "needs_proof": False, **more,
    }  # fmt: skip


def _place(error: FormulaError, answer: str) -> list[int] | None:
    """Return the characters of the answer that an error speaks of."""
    failed = failed_at(error)
    whole = searching.span_of(failed, answer) if failed else None
    return whole or searching.span_at(answer, error.line, error.column)


def _unreadable(error: FormulaError, answer: str) -> dict[str, Any]:
    span = _place(error, answer)
    says = _sentence(_friendly(error.message))
    fate = "wrong" if OUT_OF_PLACE.search(error.message) else "unreadable"
    where = "" if says.rstrip(".").endswith((SUMS, LENGTHS)) else _at(answer, span)
    return _verdict(fate, says, where=where, span=span)


def _unknown(
    box: Mapping[str, Any], names: Names, error: FormulaError, answer: str
) -> dict[str, Any] | None:
    """Return the verdict on a letter that the page does not have; None for another fault."""
    letter = UNDECLARED.match(error.message)
    if letter is None:
        return None
    span = _place(error, answer)
    tex = letter["marked"] or letter["base"].replace(r"\\", "\\")
    held = POWER.sub("", answer[span[0] : span[1]].strip()) if span else ""
    tex = held or tex
    letters = {
        each: typed for each in box.get("palette", ()) if (typed := _typed(box, names, each))
    }
    near = difflib.get_close_matches(_spelt(box, tex), letters.values(), n=3, cutoff=0.5)
    there = [f"${each}$, typed `{typed}`" for each, typed in letters.items() if typed in near]
    if not there:
        known = {tex for case in box["cases"] for tex in case["values"]}
        there = [f"${name}$" for name in (letter["alike"] or "").split(", ") if name in known]
    says = f"I do not know the letter ${tex}$"
    if there:
        says += f"; there is {', '.join(there)}."
    else:
        says += ". The buttons show the letters that there are; the hint says where to begin."
    return _verdict("wrong", says, span=span)


def _spelt(box: Mapping[str, Any], tex: str) -> str:
    """Return how TeX may be typed plainly."""
    table = box.get("plain", {})
    for name in sorted(table, key=lambda each: -len(table[each])):
        if len(table[name]) > 1 and name.isalnum():
            tex = tex.replace(table[name], name)
    for found, put in UNSPELT:
        tex = re.sub(found, put, tex)
    return tex


def _typed(box: Mapping[str, Any], names: Names, tex: str) -> str:
    """Return how a letter is typed plainly; nothing where that is read as something else."""
    typed = _spelt(box, tex)
    try:
        same = expression(to_tex(typed, box.get("plain", {})), names) == expression(tex, names)
    except FormulaError:
        return ""
    return typed if same else ""


def _at(answer: str, span: list[int] | None) -> str:
    """Return the place of a fault in words."""
    if span is None:
        return ""
    held = answer[span[0] : span[1]].strip()
    if not held:
        return "At the end of the formula."
    whole = searching.LETTER.fullmatch(held) and "\\" in held and held.count("{") == held.count("}")
    known = whole and not UNSET.search(held)
    return f"At ${held}$." if known else f"At `{held}`."


def _friendly(message: str) -> str:
    """Return a message of the language without what only its tests need to know."""
    if "from where to where" in message:
        return f"{message}. {SUMS}"
    if message.endswith(r"\sum runs over"):
        return SUMS
    if "|" in message:
        return LENGTHS
    if idle := IDLE.search(message):
        return (
            f"this exercise is written with the letters of its buttons; {idle[1]} is none of them"
        )
    told = message.replace("for this page", "on this page").replace(r"\\", "\\")
    return QUOTED.sub(r"`\1`", told)


def _without_types(message: str) -> str:
    """Return a message, or plain words in place of what Python says."""
    head, colon, _ = message.partition(": ")
    if not (colon and head.isalpha() and head.endswith("Error")):
        return message
    if head in {"OverflowError", "ZeroDivisionError", "ValueError"}:
        return "this has no value at the page's numbers"
    return "this cannot be worked out: a function, a list and a number are different things"


def _sentence(message: str) -> str:
    """Return a message as a sentence."""
    return f"{message[0].upper()}{message[1:]}" + ("" if message.endswith((".", "?")) else ".")


def misses(box: Mapping[str, Any], tex: str) -> Iterator[str]:
    """Yield what is wrong with a text that has to be right, for the build."""
    verdict = judge(box, tex)
    if verdict["fate"] != "right":
        yield f"{verdict['fate']}: {verdict['says']} {verdict['where']}".strip()
