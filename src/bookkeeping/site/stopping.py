"""A file that cannot be used stops the build in words of our own."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from bookkeeping.texts import PageError

Given = ParamSpec("Given")
Result = TypeVar("Result")


def in_words(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Let what Sphinx calls print a `PageError` and leave; Sphinx would tell of a crash."""

    @functools.wraps(function)
    def called(*arguments: Given.args, **named: Given.kwargs) -> Result:
        try:
            return function(*arguments, **named)
        except PageError as error:
            print(f"\n{error}", file=sys.stderr)
            raise SystemExit(1) from error

    return called
