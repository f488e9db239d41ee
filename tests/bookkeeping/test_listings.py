"""A function that is the lesson, and a module's reference: read from their own files."""

import ast
from textwrap import dedent

import pytest

from bookkeeping.site import listings
from bookkeeping.site.docstrings import link_pages
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


def lesson(source: str, name: str) -> str | None:
    return listings.lesson(source, ast.parse(source), name)


def test_a_lesson_is_the_function_with_the_first_line_of_its_docstring():
    assert (
        lesson(SOURCE, "double") == 'def double(x):\n    """Double a number."""\n    return 2 * x'
    )


def test_a_lesson_may_be_a_method_or_private():
    assert lesson(SOURCE, "Counter.up") == "def up(self):\n    return 1"
    assert lesson(SOURCE, "_hidden") == "def _hidden():\n    return 3"


DECORATED = """\
@cache
@np.errstate(all="ignore")
def f():
    return 1"""
OVERLOADED = """\
@overload
def f(x: int): ...


@typing.overload
def f(x: str): ...


def f(x):
    return x"""
PROPERTY = """\
class A:
    @property
    def f(self):
        return 1

    @f.setter
    def f(self, to):
        pass"""
TEXT = """\
class A:
    def f(self):
        return '''
  two
          ten'''"""
DOCUMENTED = """\
class f:
    'A.'

    def g(self):
        '''Say "hi" and \"\"\"ho\"\"\".

        More.
        '''
        return 1"""


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        pytest.param(DECORATED, DECORATED, id="decorators"),
        pytest.param(OVERLOADED, "def f(x):\n    return x", id="overloads"),
        pytest.param(
            PROPERTY,
            "@property\ndef f(self):\n    return 1\n\n@f.setter\ndef f(self, to):\n    pass",
            id="a property and its setter",
        ),
        pytest.param("if a:\n  def f(): 1\nelse:\n  def f(): 2\n", "def f(): 2", id="branches"),
        pytest.param(
            "a = '\u2028\f'\n\f\ndef f(): g('\x85')", "def f(): g('\x85')", id="Python's lines"
        ),
        pytest.param("class A:\n\f\tdef f(): 1\n", "def f(): 1", id="a form feed before a method"),
        pytest.param(TEXT, "def f(self):\n    return '''\n  two\n          ten'''", id="a text"),
        pytest.param(
            "class f(E): 'Wrong.'\n", "class f(E): 'Wrong.'", id="no more than a docstring"
        ),
        pytest.param("def f(): 'Ä\\nb'; 1\n", "def f(): 'Ä'; 1", id="a docstring with a neighbour"),
        pytest.param(
            DOCUMENTED, DOCUMENTED.replace(".\n\n        More.\n        ", "."), id="in it"
        ),
        pytest.param("def f():\n r'''\\a\n b'''", "def f():\n r'''\\a'''", id="a raw docstring"),
        pytest.param('def f():\n """A "b"\n c"""', "def f():\n 'A \"b\"'", id="a mark at the end"),
        pytest.param('def f():\n ("A\\n"\n  "b")\n', 'def f():\n ("A")', id="two texts in one"),
    ],
)
def test_a_lesson_shows_the_lines_of_its_own(source, shown):
    assert lesson(source, "A.f" if source.startswith("class A") else "f") == shown


@pytest.mark.parametrize("name", ["triple", "Counter.down", "double.x"])
def test_what_is_not_there_is_no_lesson(name):
    assert lesson(SOURCE, name) is None


def test_the_reference_names_what_is_public_in_its_order():
    assert public_names(ast.parse(SOURCE)) == [
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
