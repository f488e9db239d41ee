"""One browser and one server a worker; a page for each test that asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # the helpers beside this file are found only with its own pytest.ini
    from visiting import Reader, Visit

HERE = Path(__file__).parent


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave these tests to ``nox -s site``: nothing else has a browser."""
    return None if config.inipath == HERE / "pytest.ini" else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    """A browser with the built book open to it."""
    from built import SITE
    from visiting import reading

    if not (SITE / "index.html").exists():
        pytest.exit(f"There is no book in {SITE}: build it first.", returncode=2)
    with reading(SITE) as reader:
        yield reader


@pytest.fixture
def visit(reader: Reader) -> Iterator[Callable[..., Visit]]:
    """Open pages; they are closed again when the test is over."""
    visits: list[Visit] = []

    def open_page(name: str, *args: Any, **options: Any) -> Visit:
        visits.append(reader.visit(name, *args, **options))
        return visits[-1]

    yield open_page
    for one in visits:
        one.close()
