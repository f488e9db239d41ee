"""The history of the book: its dates have sources, and the frame problem is counted."""

import csv
import datetime
import itertools
from pathlib import Path

import pytest

DATES = Path(__file__).parents[2] / "book/history/dates.csv"
LANES = {"ideas", "hardware", "data", "in use", "money"}


def rows():
    with DATES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_date_has_a_lane_a_name_and_a_source():
    assert len(rows()) >= 25
    for row in rows():
        assert row["lane"] in LANES, row
        assert row["link"].startswith("http"), row
        assert row["opened"].startswith("http"), row
        assert all(value.strip() for value in row.values()), row
        assert None not in row


def test_dates_are_dates_and_in_order():
    found = [row["when"] for row in rows()]
    for when in found:
        year, month, day = [*map(int, when.split("-")), 1, 1][:3]
        datetime.date(year, month, day)
    assert [when[:4] for when in found] == sorted(when[:4] for when in found)


def test_names_are_used_once():
    names = [row["name"] for row in rows()]
    assert len(set(names)) == len(names)


@pytest.mark.equation("frame-conditions")
def test_one_condition_for_each_pair_that_stays(evidence):
    for n, m, every in ((2, 3, 2), (5, 7, 3), (10, 100, 1000)):
        pairs = list(itertools.product(range(n), range(m)))
        changed = pairs[::every]
        evidence.evaluates(
            {"n": n, "m": m, "c": len(changed), "N": len(set(pairs) - set(changed))},
            witness="pairs listed one by one", within=1e-15,
        )  # fmt: skip
