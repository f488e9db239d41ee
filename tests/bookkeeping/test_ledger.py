from __future__ import annotations

import pytest

from bookkeeping.claims import Claim
from bookkeeping.ledger import how_checked, power_of_ten


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (0.0, "exact"), (1e-9, "10⁻⁹"), (1.0001e-9, "10⁻⁸"), (9.9e-10, "10⁻⁹"), (3e-16, "10⁻¹⁵"),
        (0.05, "10⁻¹"), (1.0, "10⁰"), (2.0, "10¹"), (5e-324, "10⁻³²³"),
    ],
)  # fmt: skip
def test_an_error_is_rounded_up_to_a_power_of_ten(error, shown):
    assert power_of_ten(error) == shown


def claim(*checks: tuple[str, str, float]) -> Claim:
    return Claim(
        "label", "a", False, "tests/test_a.py", 1, 2, "test_a", checks, False, "", {}, True, ""
    )


def test_the_mark_names_each_witness_once_with_its_largest_error():
    claims = [
        claim(("agrees", "simulation", 0.02), ("identity", "SymPy", 0.0)),
        claim(("agrees", "simulation", 0.004)),
    ]
    assert how_checked(claims) == "simulation 10⁻¹ · SymPy"
