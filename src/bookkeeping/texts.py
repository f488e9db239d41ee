"""Files as their authors saved them, and what is said of one that cannot be used as it stands."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import reprlib
import tokenize
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

# libyaml's, where PyYAML was built with it: some seven times as fast with our notation.
FAST_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
KINDS = {
    "string": "a text", "number": "a number", "boolean": "true or false", "array": "a list",
    "object": "a list of names and values",
}  # fmt: skip


class PageError(Exception):
    """A file that cannot become part of the book; says on which line, and what to do."""


def read_text(path: Path) -> str:
    """Return the text of a file: in UTF-8, with or without a byte order mark.

    Parameters
    ----------
    path : Path
        A module may be in the encoding that its first lines declare, as Python takes it.

    Raises
    ------
    PageError
        When it is in another encoding, or cannot be read at all.
    """
    try:
        if path.suffix == ".py":
            with tokenize.open(path) as file:
                return file.read()
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        byte = f"the byte 0x{error.object[error.start]:02x}"
        raise PageError(
            f"{path}:{line}: not {error.encoding} ({byte}); save the file as UTF-8"
        ) from error
    except SyntaxError as error:  # in what a module says of its encoding
        raise PageError(f"{path}:1: {error.msg}; save the file as UTF-8") from error
    except OSError as error:
        raise PageError(f"{path}:1: the file cannot be read: {error.strerror}") from error


def lines_of(text: str) -> list[str]:
    r"""Return the lines of a text as Python and Markdown count them: ``\n`` ends one, and no more.

    ``str.splitlines`` ends a line at a form feed too, and at six characters more.
    """
    return text.split("\n")


def parse_module(path: Path) -> ast.Module:
    """Return the syntax tree of a module.

    Raises
    ------
    PageError
        When it is not Python.
    """
    try:
        return ast.parse(read_text(path), str(path))
    except SyntaxError as error:
        raise PageError(f"{path}:{error.lineno or 1}: not Python: {error.msg}") from error
    except ValueError as error:  # a null byte, in Python 3.11
        raise PageError(f"{path}:1: not Python: {error}") from error


def fits(data: Any, form: dict[str, Any]) -> bool:
    """Whether data are of a form, given as a JSON schema."""
    return bool(Draft202012Validator(form).is_valid(data))


@dataclasses.dataclass(frozen=True)
class YamlText:
    """A text in YAML, whose faults are told by line: a file, or a part of a page.

    Parameters
    ----------
    name : str
        What messages call the file.
    text : str
        The text.
    above : int
        How many lines of the file stand above it.
    """

    name: str
    text: str
    above: int = 0

    @classmethod
    def of(cls, path: Path) -> YamlText:
        """Return the text of a file."""
        return cls(str(path), read_text(path))

    def load(self) -> Any:
        """Return what the text holds.

        Raises
        ------
        PageError
            When it is not YAML.
        """
        with contextlib.suppress(yaml.YAMLError, ValueError):
            return yaml.load(self.text, FAST_LOADER)
        try:  # once more, by that which says best what is wrong
            return yaml.safe_load(self.text)
        except yaml.MarkedYAMLError as error:
            # What is not closed is told where it begins, all else where the reader stumbled.
            open_still = error.context_mark and "flow" in (error.context or "")
            mark = error.context_mark if open_still else error.problem_mark
            said = f"{error.context}, {error.problem}" if open_still else error.problem
            last = self.text.rstrip().count("\n")  # what ends too early is told where it ends
            raise self._error(min(mark.line, last) if mark else 0, f"not YAML: {said}") from error
        except yaml.reader.ReaderError as error:
            line = self.text.count("\n", 0, error.position)
            raise self._error(line, f"not YAML: {error.reason}") from error
        except ValueError as error:  # a date that no calendar has
            raise self._error(0, f"not YAML: {error}") from error

    def check(self, data: Any, form: dict[str, Any]) -> None:
        """Refuse what is not of the form that it must have.

        Parameters
        ----------
        data : object
            What the text holds.
        form : dict
            The form, as a JSON schema.

        Raises
        ------
        PageError
            With every place that is not as it must be, and its line.
        """
        found = list(Draft202012Validator(form).iter_errors(data))
        if found:
            raise PageError("\n".join(map(self._told, found)))

    def line_of(self, keys: Iterable[str | int]) -> int:
        """Return the line of the file on which an entry stands, or the last one above it.

        Parameters
        ----------
        keys : iterable of str or int
            The way to the entry: the keys of mappings, the numbers of a list's members.
        """
        node, line = yaml.compose(self.text, yaml.SafeLoader), 0
        for key in map(str, keys):
            if isinstance(node, yaml.MappingNode):
                inside = {name.value: (name, value) for name, value in node.value}
            elif isinstance(node, yaml.SequenceNode):
                inside = {str(number): (value, value) for number, value in enumerate(node.value)}
            else:
                break
            if key not in inside:
                break
            start, node = inside[key]
            line = start.start_mark.line
        return self.above + line + 1

    def _told(self, error: ValidationError) -> str:
        """Say in a line what an entry is, and what it should be."""
        entry = error.json_path.removeprefix("$").removeprefix(".")
        cause = error.context[-1] if error.context else error
        wanted = cause.schema.get("description") or KINDS.get(str(cause.validator_value))
        if cause.validator == "required" or not wanted:
            said = error.message
        else:
            said = f"{reprlib.repr(error.instance)} is not {wanted}"
        if wanted == KINDS["string"] and not isinstance(error.instance, dict | list):
            said += ", for YAML; put it between quotation marks"
        line = self.line_of(error.absolute_path)
        return f"{self.name}:{line}: {entry}{': ' if entry else ''}{said}"

    def _error(self, line: int, said: str) -> PageError:
        return PageError(f"{self.name}:{self.above + line + 1}: {said}")
