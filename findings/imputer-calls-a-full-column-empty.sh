#!/bin/sh
# scikit-learn's imputer drops a column of large finite numbers, and says that it has none.
#
# Seen with scikit-learn 1.9.1, NumPy 2.4.6; Python 3.11.
#
# Expected. `SimpleImputer` takes finite numbers and missing values, and refuses infinite ones. It
# leaves out a column "without any observed values". A column with numbers stays, filled with their
# mean, or there is an error that says that the mean is too large.
#
# What happens. The mean comes from `numpy.ma`, which masks a quotient that is infinite or above
# about 4.5e307. So a mean is masked if the sum before it overflows, and also if nothing overflows:
# 5e307 alone will do. The imputer reads the mask as a column without values. It writes nan to
# `statistics_`, and `transform` drops the column, with the warning that it has no observed values,
# although none may be missing. With `keep_empty_features=True` it stays, and gaps are filled with
# zero. In 32 bits the sum overflows from 3.4e38 on. The median of two such numbers is infinite, and
# infinity is filled in.
#
# Why it matters. The largest number is a common stand-in for "no limit" (`sys.float_info.max`). One
# such value among three, or two among any number, remove the column, and the warning sends one to
# look for values that are there. Later steps that read columns by their number read others then.
#
# Way out. Mark such values as missing before, or scale the column.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    numpy==2.4.6 scikit-learn==1.9.1

"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings
from fractions import Fraction

import numpy as np
import sklearn
from sklearn.impute import SimpleImputer

print("Python", sys.version.split()[0])
print("scikit-learn", sklearn.__version__, "NumPy", np.__version__)


def fill(column, dtype=np.float64, **options):
    """Return the statistic of a column, the last row filled, and what was said."""
    table = np.column_stack([column, np.arange(1.0, len(column) + 1)]).astype(dtype)
    there = [Fraction(float(value)) for value in table[:, 0] if value == value]
    assert abs(sum(there) / len(there)) <= Fraction(float(np.finfo(dtype).max))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        imputer = SimpleImputer(**options).fit(table)
        filled = imputer.transform(table)
    said = [str(one.message) for one in caught]
    overflow = any("overflow" in text for text in said)
    empty = any("without any observed values: [0]" in text for text in said)
    return imputer.statistics_[0], filled[-1].tolist(), overflow, empty


most, gap = sys.float_info.max, float("nan")
columns = {
    "4e307": ([4e307, gap], {}),
    "5e307": ([5e307, gap], {}),
    "one of three at the limit": ([1.0, 2.0, most], {}),
    "one of five at the limit": ([1.0, 2.0, 3.0, 4.0, most], {}),
    "two of seven at the limit": ([1.0, 2.0, 3.0, 4.0, 5.0, most, most], {}),
    "32 bits": ([2e38, 2e38, gap], {"dtype": np.float32}),
    "kept": ([most, most, gap], {"keep_empty_features": True}),
    "median": ([most, most, gap], {"strategy": "median"}),
}
found = {}
for name, (column, options) in columns.items():
    statistic, last, overflow, empty = found[name] = fill(column, **options)
    print(
        f"{name}: statistic {statistic:.3g}, last row {last}"
        + ", overflow" * overflow
        + ", called empty" * empty
    )

called_empty = [name for name, (statistic, last, _, empty) in found.items() if empty]
if (
    called_empty
    == ["5e307", "one of three at the limit", "two of seven at the limit", "32 bits"]
    and all(np.isnan(found[name][0]) and len(found[name][1]) == 1 for name in called_empty)
    and [name for name in called_empty if found[name][2]] == called_empty[2:]
    and found["kept"][1] == [0, 3]
    and found["median"][1] == [np.inf, 3]
):
    print("As found: columns of numbers count as empty.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
