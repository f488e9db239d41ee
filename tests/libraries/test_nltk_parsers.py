"""What the page about readings says of NLTK's parsers, run on the version that is locked."""

import pytest
from nltk import CFG, ChartParser
from nltk.grammar import DependencyGrammar
from nltk.parse import ProjectiveDependencyParser

PHRASE = "atama-ga akai sakana-o taberu neko".split()
GRAMMAR = """
    'akai' -> 'atama-ga'
    'sakana-o' -> 'akai'
    'taberu' -> 'atama-ga' | 'sakana-o'
    'neko' -> 'atama-ga' | 'akai' | 'taberu'
"""
FIVE = {
    "(neko (taberu (sakana-o (akai atama-ga))))",
    "(neko (akai atama-ga) (taberu sakana-o))",
    "(neko (taberu atama-ga (sakana-o akai)))",
    "(neko atama-ga (taberu (sakana-o akai)))",
    "(neko atama-ga akai (taberu sakana-o))",
}


@pytest.mark.library("nltk-lists-readings")
def test_both_parsers_list_the_readings():
    dependencies = ProjectiveDependencyParser(DependencyGrammar.fromstring(GRAMMAR))
    assert {" ".join(str(tree).split()) for tree in dependencies.parse(PHRASE)} == FIVE
    phrases = ChartParser(
        CFG.fromstring("""
            clause -> "fed" ducks | clause phrase
            ducks -> "ducks" | ducks phrase
            phrase -> "with" thing
            thing -> "bread" | thing phrase
        """)
    )
    counts = [len(list(phrases.parse(["fed", "ducks", *["with", "bread"] * m]))) for m in range(5)]
    assert counts == [1, 2, 5, 14, 42]
