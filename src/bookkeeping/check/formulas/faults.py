"""What can be wrong with a formula, and where."""

from __future__ import annotations


class FormulaError(ValueError):
    """A formula that cannot be used as it stands.

    Parameters
    ----------
    message : str
        What was expected, what was found, and how to mend it.
    line, column : int
        Place within the formula's own text, both from one; zero where no place can be named.
    """

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column

    def __str__(self) -> str:
        where = f" (line {self.line}, column {self.column} of the formula)" if self.line else ""
        return self.message + where


class Unreadable(FormulaError):
    """The text is no formula of the language, or holds a letter that nobody has declared."""


class Unusable(FormulaError):
    """A letter without a value, a value without a letter, or a value of the wrong kind."""


class Misfit(FormulaError):
    """Shapes that do not fit, or an operation that has no meaning for these values."""


class Untrue(FormulaError):
    """Both sides were evaluated, and they differ."""
