"""Turn a formula that is typed plainly, `dc(t+1) * f(t+1)`, into TeX, by one table and few rules.

``plain-form.js`` does the same in the browser; both are held to ``plain_forms.json``. What the
outcome means is left to the language of equations.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

PIECE = re.compile(
    r"\s+|∂?[A-Za-z]+[0-9]*(?:_(?:[A-Za-z0-9]+?(?=[A-Za-z]_)|[A-Za-z0-9]+))?"
    r"|[0-9]+(?:\.[0-9]+)?|\.\*|\.T(?![A-Za-z0-9_])|\.\.|.",
    re.DOTALL,
)
INDEX = re.compile(r"(?:[tTsi]|[0-9]+)(?:[+-][0-9]+)?")
STEPS = "tTs"  # letters of time, which are no powers
RANGE = re.compile(r"([A-Za-z])=(.+)\.\.(.+)")
SIGNS = {
    "−": "-", "·": r"\cdot", "×": r"\times", "⊙": r"\odot", "∘": r"\odot", ".*": r"\odot",
    "⋅": r"\cdot", "@": "",
}  # fmt: skip
SPELT = dict(
    zip(
        "αβγεζηθκλμνξπρστφχψωΓΔΘΛΞΠΣΦΨΩ",
        """alpha beta gamma epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi
        psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega""".split(),
        strict=True,
    )
)
ANY = "".join(SPELT)
# Other signs of Unicode, in a text that is typed plainly, and in TeX.
WRITTEN = {
    "δ_": "delta_", "δ": "d", "∑": "sum", "√": "sqrt ", "ŷ": "yhat", "′": "'", "²": "^2",
    "³": "^3", "⁻¹": "^-1", "**": "^", "ᵀ": "⊤", "partial ": "∂",
}  # fmt: skip
IN_TEX = {
    **{letter: rf"\{word} " for letter, word in SPELT.items()},
    "δ": r"\delta ", "∂": r"\partial ", "∇": r"\nabla ", "∑": r"\sum", "√": r"\sqrt",
    "ŷ": r"\hat{y}", "′": "'", "²": "^{2}", "³": "^{3}", "⁻¹": "^{-1}", "−": "-",
    "·": r"\cdot ", "⋅": r"\cdot ", "×": r"\times ", "⊙": r"\odot ", "∘": r"\odot ",
}  # fmt: skip
TRANSPOSED = (
    (r"\^\s*[⊤ᵀ]", r"^{\\top}"), (r"[⊤ᵀ](?=\s*\})", r"\\top "),
    (r"\^\{(\([^{}]*\))\}\s*[⊤ᵀ]", r"^{\1\\top}"), (r"[⊤ᵀ]", r"^{\\top}"),
)  # fmt: skip
GREEK = frozenset(
    """alpha beta gamma delta epsilon varepsilon zeta eta theta kappa lambda mu nu xi pi rho sigma
    tau phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell star""".split()
)
FUNCTIONS = frozenset("tanh exp ln log sin cos".split())
BIG = frozenset({"sum", "prod"})
OPERATORS = frozenset("softmax diag tr".split())
ACCENTS = {"bar": r"\bar", "hat": r"\hat", "tilde": r"\tilde"}


def to_tex(text: str, table: Mapping[str, str]) -> str:
    r"""Return the TeX of a formula that is typed plainly.

    What holds a backslash or a brace is TeX already, but for letters of Unicode.

    Parameters
    ----------
    text : str
        Such as ``W_for' * dfbar(t+1)``.
    table : mapping from str to str
        By the name of a letter its TeX, and by ``*`` the sign that it stands for, if any.

    Examples
    --------
    >>> to_tex("dc(t+1) * f(t)", {"*": r"\odot"})
    '\\delta c^{(t+1)} \\odot f^{(t)}'
    """
    if "\\" in text or "{" in text:
        for found, put in TRANSPOSED:
            text = re.sub(found, put, text)
        for letter, word in IN_TEX.items():
            text = text.replace(letter, word)
        return text
    return _Plain(_spelt(text), table).whole()


def _spelt(text: str) -> str:
    """Return a plain text with letters of Unicode as their names, apart from other letters."""
    for letter, word in WRITTEN.items():
        text = text.replace(letter, word)
    text = re.sub(r"∂\s+", "∂", text)
    text = re.sub(f"([^d_∂\\s])([{ANY}])", r"\1 \2", text)
    text = re.sub(f"([{ANY}])([A-Za-z{ANY}])", r"\1 \2", text)
    for letter, word in SPELT.items():
        text = text.replace(letter, word)
    return text


class _Plain:
    """Reads the pieces of a plain formula from left to right."""

    def __init__(self, text: str, table: Mapping[str, str]) -> None:
        self.pieces = [piece for piece in PIECE.findall(text) if not piece.isspace()]
        self.table = table
        self.at = 0

    @property
    def next(self) -> str:
        return self.pieces[self.at] if self.at < len(self.pieces) else ""

    def take(self) -> str:
        piece = self.next
        self.at += 1
        return piece

    def whole(self) -> str:
        """Read all, with each bracket that closes none."""
        found = [self.sequence()]
        while self.next:
            found += [self.take(), self.sequence()]
        return " ".join(each for each in found if each)

    def sequence(self) -> str:
        """Read up to a closing bracket or the end."""
        found = []
        while self.next and self.next != ")":
            found.append(self.quotient() if _begins(self.next) else self.sign())
        return " ".join(each for each in found if each)

    def sign(self) -> str:
        piece = self.take()
        if piece == "*":
            return self.table.get("*", "")
        return SIGNS.get(piece, piece)

    def quotient(self) -> str:
        """Read an atom, and what it is divided by."""
        name = self.next
        above, bare = self.atom()
        while (
            self.next == "/"
            and self.at + 1 < len(self.pieces)
            and _begins(self.pieces[self.at + 1])
        ):
            self.take()
            other = self.next
            below, low = self.below()
            if _is_change(name) and _is_change(other):
                bare, low = (each.replace(r"\delta ", "d ", 1) for each in (bare, low))
            above = bare = rf"\frac{{{bare}}}{{{low}}}"
            name = below
        return above

    def below(self) -> tuple[str, str]:
        """Read what something is divided by: an atom, or a sum with all that it sums."""
        is_sum = self.next.partition("_")[0] in BIG
        told, bare = self.atom()
        while is_sum and _begins(self.next):
            told = bare = f"{bare} {self.quotient()}"
        return told, bare

    def atom(self) -> tuple[str, str]:
        """Read a letter, a number or brackets with what is written beside them.

        Returns
        -------
        str
            As it stands in a product.
        str
            As it stands in a fraction, without brackets around the whole.
        """
        piece = self.take()
        if piece == "(":
            inner, whole = self.closed()
            told = self.scripts(whole, "")
            return told, inner if told == whole else told
        if piece[0].isdigit():
            told = self.scripts(piece, "")
            return told, told
        told = self.word(piece)
        return told, told

    def closed(self) -> tuple[str, str]:
        """Read what brackets hold: without them, and with them, unless they are left open."""
        inner = self.sequence()
        if self.next != ")":
            return f"({inner}", f"({inner}"
        self.take()
        return inner, rf"\left({inner}\right)"

    def word(self, piece: str) -> str:
        """Read a letter, a function or a sum."""
        head, _, below = piece.partition("_")
        if head in BIG:
            return self.big(head, below)
        if piece == "sqrt" and self.next == "(":
            self.take()
            return self.scripts(rf"\sqrt{{{self.closed()[0]}}}", "")
        if piece == "sqrt" and _begins(self.next):
            return rf"\sqrt{{{self.atom()[1]}}}"
        if piece in FUNCTIONS or piece in OPERATORS:
            return self.function(piece)
        letter = self.letter(piece)
        if self.next == "'" and self.pieces[self.at + 1 : self.at + 2] == ["("]:
            self.take()
            return letter + "'"
        return self.scripts(letter, self.index())

    def big(self, head: str, below: str) -> str:
        """Read a sum or a product; the table may hold the bounds that are not typed."""
        if not below and self.next == "(" and (span := self.range()):
            return rf"\{head}{span}"
        if below:
            return self.table.get(f"{head}_{below}", rf"\{head}_{{{below}}}")
        return self.table.get(head, rf"\{head}")

    def function(self, piece: str) -> str:
        r"""Read a function; a power behind its brackets goes to its name: ``\tanh^{2}(c)``."""
        name = rf"\{piece}" if piece in FUNCTIONS else rf"\operatorname{{{piece}}}"
        power = self.power()
        if self.next != "(":
            return name + power
        self.take()
        _, brackets = self.closed()
        return f"{name}{power or self.power()}{brackets}"

    def range(self) -> str:
        """Read what a sum runs over, ``(t=1..T)``; nothing where it says something else."""
        end = self.pieces.index(")", self.at) if ")" in self.pieces[self.at :] else len(self.pieces)
        held = RANGE.fullmatch("".join(self.pieces[self.at + 1 : end]))
        if held is None:
            return ""
        self.at = end + 1
        return rf"_{{{held[1]}={held[2]}}}^{{{held[3]}}}"

    def index(self) -> str:
        """Read an index in brackets, ``(t-1)``; nothing where they hold something else."""
        raised = self.next == "^"  # as it is printed
        begin = self.at + raised
        if self.pieces[begin : begin + 1] != ["("] or ")" not in self.pieces[begin:]:
            return ""
        end = self.pieces.index(")", begin)
        held = "".join(self.pieces[begin + 1 : end])
        if not INDEX.fullmatch(held) or (raised and held[0] not in STEPS):
            return ""
        self.at = end + 1
        return f"({held})"

    def power(self) -> str:
        """Read a power."""
        if self.next != "^":
            return ""
        self.take()
        sign = self.take() if self.next == "-" else ""
        if not _begins(self.next):
            return "^"
        piece = self.take()
        return f"^{{{sign}{self.closed()[0] if piece == '(' else self.bare(piece)}}}"

    def bare(self, piece: str) -> str:
        return piece if piece[0].isdigit() else self.letter(piece)

    def scripts(self, told: str, index: str) -> str:
        """Write an index, a transposition and a power beside what was read."""
        if self.transposes():
            told, index = rf"{told}^{{{index}\top}}", ""
            plain = False
        else:
            plain = not index
            told = told if plain else f"{told}^{{{index}}}"
        power = self.power()
        if not power:
            return told
        return told + power if plain else rf"\left({told}\right){power}"

    def transposes(self) -> bool:
        """Take a transposition, ``'``, ``.T`` or ``^T``; the table may keep the power."""
        after = self.pieces[self.at + 1] if self.at + 1 < len(self.pieces) else ""
        is_power = self.next == "^" and (after == "⊤" or (after == "T" and "^T" not in self.table))
        if self.next not in {"'", "⊤", ".T"} and not is_power:
            return False
        self.at += 2 if is_power else 1
        return True

    def letter(self, name: str) -> str:
        """Return the TeX of a letter's name, from the table or by rule."""
        if name in self.table:
            return self.table[name]
        if name[0] == "∂":
            return rf"\partial {self.letter(name[1:])}"
        if "_" in name:
            base, below = name.split("_", 1)
            return f"{self.letter(base)}_{{{below}}}"
        if name in GREEK:
            return rf"\{name}"
        if len(name) == 1:
            return name
        if digits := re.fullmatch(r"([A-Za-z]+)([0-9]+)", name):
            return f"{self.letter(digits[1])}_{{{digits[2]}}}"
        for word, accent in ACCENTS.items():
            if name.endswith(word) and len(name) > len(word):
                inner, change = name.removesuffix(word), ""
                if len(inner) > 1 and inner[0] == "d":
                    inner, change = inner[1:], r"\delta "
                return rf"{change}{accent}{{{self.letter(inner)}}}"
        if name[0] == "d":
            return rf"\delta {self.letter(name[1:])}"
        return rf"\mathrm{{{name}}}"


def _begins(piece: str) -> bool:
    """Whether a piece begins an atom."""
    return piece == "(" or re.match("∂?[A-Za-z]|[0-9]", piece) is not None


def _is_change(name: str) -> bool:
    """Whether a name begins like a derivative, dJ."""
    return len(name) > 1 and name[0] in "d∂" and name not in OPERATORS
