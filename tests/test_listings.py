"""What a reader who pastes a listing may count on; that its twin in PyTorch was run as shown."""

import ast
import builtins
import json
import re

import pytest

import listings
from listings import FOLDER, PROJECT, RECORD, ROOT, TOPICS

RAN = json.loads(RECORD.read_text(encoding="utf-8"))
WITHIN = 1e-5


@pytest.fixture(scope="module")
def on_pages():
    return listings.on_pages()


def test_each_topic_has_one_cell_and_one_file(on_pages):
    assert {topic: len(cells) for topic, cells in on_pages.items()} == dict.fromkeys(TOPICS, 1)
    assert {path.stem for path in FOLDER.glob("*.py")} == set(TOPICS)


@pytest.mark.parametrize("topic", TOPICS)
def test_the_page_of_a_cell_shows_its_twin(topic, on_pages):
    ((docname, _),) = on_pages[topic]
    text = PROJECT.page(docname).read_text(encoding="utf-8")
    assert f"{{literalinclude}} ../pytorch/{topic}.py\n" in text
    assert "`pytorch`" in text, "the version that was run"


@pytest.mark.parametrize("topic", TOPICS)
def test_a_listing_is_short_and_no_wider_than_the_page(topic):
    for code in (listings.keras_code(topic), listings.torch_code(topic)):
        lines = [line for line in code.splitlines() if line.strip()]
        assert len(lines) <= 45
        assert max(map(len, lines)) <= 79


@pytest.mark.parametrize("topic", TOPICS)
def test_a_listing_needs_nothing_of_its_page(topic):
    for code in (listings.keras_code(topic), listings.torch_code(topic)):
        nodes = list(ast.walk(ast.parse(code)))
        names = [node for node in nodes if isinstance(node, ast.Name)]
        read = {name.id for name in names if isinstance(name.ctx, ast.Load)}
        given = {name.id for name in names if isinstance(name.ctx, ast.Store)}
        given |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        given |= {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        given |= {n.asname or n.name for n in nodes if isinstance(n, ast.alias)}
        assert read - given - {*dir(builtins)} == set()


@pytest.mark.parametrize("topic", TOPICS)
def test_what_was_run_is_what_is_shown(topic):
    ran = RAN["listings"][topic]
    assert {name: ran[name] for name in ("Keras", "PyTorch")} == listings.digests(topic), (
        "a listing was edited since its outputs were compared: run `nox -s torch`"
    )
    assert ran["largest difference"] < WITHIN


def test_it_was_run_with_what_is_pinned():
    lock = (ROOT / "requirements/book.txt").read_text(encoding="utf-8")
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    pinned = {
        "Keras": re.search(r"^keras==(\S+)", lock, re.M)[1],
        "TensorFlow": re.search(r"^tensorflow==(\S+)", lock, re.M)[1],
        "PyTorch": re.search(r'^TORCH = "(.*)"', noxfile, re.M)[1],
    }
    ran = {name: RAN["versions"][name] for name in pinned}
    assert ran == pinned, "run `nox -s torch`"
