"""A function that is the lesson, and a module's reference: read from their own files."""

from textwrap import dedent

import pytest

from bookkeeping.site.docstrings import link_pages
from bookkeeping.site.listings import lesson
from bookkeeping.site.reference import public_names

SOURCE = dedent('''
    """A module."""

    def double(x):
        """Double a number.

        Parameters
        ----------
        x : int
        """
        return 2 * x

    class Counter:
        """Counts."""

        def up(self):
            return 1

    async def later():
        pass

    def _hidden():
        return 3
''')


def test_a_lesson_is_the_function_with_the_first_line_of_its_docstring():
    assert (
        lesson(SOURCE, "double") == 'def double(x):\n    """Double a number."""\n    return 2 * x'
    )


def test_a_lesson_may_be_a_method_or_private():
    assert lesson(SOURCE, "Counter.up") == "def up(self):\n    return 1"
    assert lesson(SOURCE, "_hidden") == "def _hidden():\n    return 3"


@pytest.mark.parametrize("name", ["triple", "Counter.down", "double.x"])
def test_what_is_not_there_is_no_lesson(name):
    assert lesson(SOURCE, name) is None


def test_the_reference_names_what_is_public_in_its_order():
    assert public_names(SOURCE) == [
        ("function", "double"), ("class", "Counter"), ("function", "later"),
    ]  # fmt: skip


def linked(*lines):
    lines = list(lines)
    link_pages(None, "function", "f", None, None, lines)
    return lines


def test_a_docstring_leads_to_its_page_and_equations():
    text = "Page ``shells``, equation ``shell-share``."
    assert linked(text) == ["Page :ref:`shells`, equation :eq:`shell-share`."]
    assert linked("Equations ``a`` and ``b``.") == ["Equations :eq:`a` and :eq:`b`."]
    assert linked("Page ``a``, equations", "``b``, ``c``") == [
        "Page :ref:`a`, equations", ":eq:`b`, :eq:`c`",
    ]  # fmt: skip


def test_other_words_in_a_docstring_stay_as_they_are():
    assert linked("Between ``low`` and ``high``.") == ["Between ``low`` and ``high``."]
    assert linked("Page ``a``.", "", "``x`` and ``y``") == ["Page :ref:`a`.", "", "``x`` and ``y``"]
