"""Readers without scripts get the theme's colours by what their browser prefers."""

from __future__ import annotations

import pytest

from bookkeeping.site.without_scripts import FILE, by_preference, write_colours


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        ("p{color:red}", ""),
        (
            'html[data-theme="dark"] p, p{color:red}',
            "@media (prefers-color-scheme:dark){html[data-theme=auto] p{color:red}}",
        ),
        (
            "@media print{html[data-theme=light] :is(a,b){x:y}p{z:z}}",
            "@media print{@media (prefers-color-scheme:light)"
            "{html[data-theme=auto] :is(a,b){x:y}}}",
        ),
        ("@import 'a';html[data-theme=light]{--a:b}/* html[data-theme=dark]{} */",
         "@media (prefers-color-scheme:light){html[data-theme=auto]{--a:b}}"),
        ("@font-face{src:url(a)}@keyframes k{from{a:b}to{c:d}}", ""),
    ],
)  # fmt: skip
def test_a_rule_for_a_theme_is_bound_to_the_preference(css, expected):
    assert by_preference(css) == expected


def test_the_sheet_is_there_even_where_no_sheet_names_a_theme(tmp_path):
    write_colours(tmp_path)
    assert (tmp_path / FILE).read_text().strip() == ""
