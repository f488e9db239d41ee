r"""Turn what people write in LaTeX into the TeX of this book: ``W^T`` into ``W^{\top}``.

Only what can mean one thing is turned; all else is left to the language of equations, which says
what it does not know.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

GROUP = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
BOUNDS = re.compile(rf"\\(?:sum|prod)\s*(?:_\s*(?:{GROUP}|\w)\s*)?$")  # a power here is a bound
SANS = r"(?:\\(?:mathsf|mathrm|mathit|text|rm|sf)\s*)"
TRANSPOSITION = re.compile(
    rf"\^\s*(?:T|{SANS}?\{{\s*T\s*\}}|{SANS}T(?![A-Za-z])|\\intercal(?![A-Za-z])"
    rf"|\{{\s*(?:{SANS}(?:\{{\s*T\s*\}}|T)|\\intercal)\s*\}})"
)
STEP_TRANSPOSED = re.compile(
    rf"\^\s*\{{\s*(\([^(){{}}]*\))\s*(?:{SANS}?(?:\{{\s*T\s*\}}|T)|\\intercal)\s*\}}"
)
NAMED = re.compile(r"\\(?:mathrm|text|rm)\s*\{\s*(diag|tr|softmax)\s*\}")
OPERATORS = frozenset({"diag", "tr", "softmax"})
WORD = re.compile(  # what is typed without its backslash, in TeX
    r"(?<![\\A-Za-z])(?<!\\operatorname\{)(?<!\\mathrm\{)(?<!\\text\{)"
    r"(?:sum|prod|tanh|exp|ln|log|diag|softmax|delta|Delta|sigma|Sigma|lambda|alpha|mu|partial)"
    r"(?![A-Za-z])"
)
STEP_THEN_TOP = re.compile(r"\^\{(\([^(){}]*\))\}\s*\^\{\\top\}")
CALLED = re.compile(r"\\(?:tanh|exp|ln|log|sin|cos)\s*(?=(?:\\left\s*)?\()")
RAISED = re.compile(rf"\s*\^\s*({GROUP}|\d|[A-Za-z](?![A-Za-z]))")
BOLD = re.compile(r"\\(?:mathbf|boldsymbol|bm|vec)\s*(?:\{\s*(\\?[A-Za-z]+)\s*\}|([A-Za-z]))")
DOTLESS = re.compile(r"\\([ij])math(?![A-Za-z])")
LENGTH = re.compile(r"\\(?:\||Vert(?![A-Za-z]))")
PRIME = re.compile(r"\^\s*(?:\{\s*\\prime\s*\}|\\prime(?![A-Za-z]))")
CHANGE = (
    rf"\\partial(?![A-Za-z])\s*(?:\\(?:bar|hat|tilde)\s*)*(?:\\?[A-Za-z]+|{GROUP})"
    rf"(?:\s*[_^]\s*(?:{GROUP}|\w))*"
)
QUOTIENT = re.compile(rf"({CHANGE})\s*/\s*({CHANGE})")
UNBOUND = re.compile(r"\\(sum|prod)\s*_\s*(?:\{\s*([A-Za-z])\s*\}|([A-Za-z]))(?!\s*\^)")
COMMAND = re.compile(r"\\[A-Za-z]+$")
BETWEEN = frozenset({r"\odot", r"\cdot", r"\times", r"\quad"})  # a group behind is no argument


def as_here(answer: str, table: Mapping[str, str]) -> str:
    r"""Return an answer in the TeX of this book.

    Parameters
    ----------
    answer : str
        TeX as a reader types it.
    table : mapping from str to str
        How letters are typed plainly, as `plain_form.to_tex` takes it. With ``^T`` in it a power T
        stays one; ``sum_j`` has the bounds of a sum that is typed without.

    Examples
    --------
    >>> as_here(r"\frac{w^T S_B w}{\|w\|^2}", {})
    '\\frac{w^{\\top} S_B w}{\\lVert w\\rVert ^2}'
    """
    answer = DOTLESS.sub(r" \1", answer)
    answer = PRIME.sub("'", answer)
    answer = NAMED.sub(r"\\operatorname{\1}", answer)
    answer = WORD.sub(lambda found: _command(found[0]), answer)
    answer = STEP_THEN_TOP.sub(r"^{\1\\top}", answer)
    answer = _powers_at_names(answer)
    answer = BOLD.sub(lambda found: f" {found[1] or found[2]}", answer)
    answer = QUOTIENT.sub(r"\\frac{\1}{\2}", answer)
    answer = UNBOUND.sub(
        lambda found: table.get(f"{found[1]}_{found[2] or found[3]}", found[0]), answer
    )
    answer = _lengths(answer)
    if "^T" not in table:
        answer = _transposed(answer)
    return _bracketed(answer)


def _command(word: str) -> str:
    return rf"\operatorname{{{word}}}" if word in OPERATORS else rf"\{word} "


def _powers_at_names(answer: str) -> str:
    r"""Return it with powers of functions at their names: ``\tanh(c)^2`` as ``\tanh^2(c)``."""
    for found in reversed(list(CALLED.finditer(answer))):
        end = _closing(answer, answer.index("(", found.end()))
        if raised := RAISED.match(answer, end):
            name, inner, rest = found[0].rstrip(), answer[found.end() : end], answer[raised.end() :]
            called = (
                rf"\left({name}{inner}\right)^{{-1}}"  # at its name it would be an inverse
                if re.fullmatch(r"\{\s*-\s*1\s*\}", raised[1])
                else f"{name}^{raised[1]}{inner}"
            )
            answer = f"{answer[: found.start()]}{called}{rest}"
    return answer


def _closing(text: str, at: int) -> int:
    """Return the place behind the bracket that closes the one at a place; the end if none does."""
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if depth == 0:
            return place + 1
    return len(text)


def _lengths(answer: str) -> str:
    """Return it with bars that say which of them opens."""
    if len(LENGTH.findall(answer)) % 2:
        return answer
    bars = itertools.cycle([r"\lVert ", r"\rVert "])
    return LENGTH.sub(lambda _: next(bars), answer)


def _transposed(answer: str) -> str:
    """Return it with the sign of a transposition in place of a power T."""
    answer = STEP_TRANSPOSED.sub(r"^{\1\\top}", answer)
    return TRANSPOSITION.sub(
        lambda found: found[0] if BOUNDS.search(answer[: found.start()]) else r"^{\top}", answer
    )


def _bracketed(answer: str) -> str:
    r"""Return it with brackets for braces that a power stands behind, ``{a + b}^2``."""
    opened: list[int] = []
    signs = list(answer)
    for at, sign in enumerate(answer):
        if sign == "{":
            opened.append(at)
        elif sign == "}" and opened:
            begin = opened.pop()
            if _is_bare(answer[:begin].rstrip()) and re.match(r"\s*\^", answer[at + 1 :]):
                signs[begin], signs[at] = r"\left(", r"\right)"
    return "".join(signs)


def _is_bare(before: str) -> bool:
    """Whether braces behind this are no argument and no script."""
    command = COMMAND.search(before)
    return command[0] in BETWEEN if command else not before.endswith(("_", "^", "}", "]"))
