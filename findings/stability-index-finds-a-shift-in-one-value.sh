#!/bin/sh
# frouros' stability index calls two samples of one distribution shifted, for one value in a tail.
#
# Seen with frouros 0.9.0, NumPy 2.1.3, SciPy 1.14.1; Python 3.11.
#
# Expected. The population stability index is read by fixed limits: below 0.1 nothing has changed,
# above 0.25 much has. A bin that is empty in one sample makes it infinite, so tools put a small
# share there, such as 0.0001, or half a value.
#
# What happens. `PSI` puts the smallest normal number there, 2.2e-308, whose logarithm is -708. One
# value of a thousand in a bin that the reference does not reach adds 0.70 to the index. Its bins,
# of equal width from the least value of both samples to the largest, have such bins at their ends
# as a rule. Of 200 pairs of a thousand values, all from the same normal distribution, a third are
# above 0.25, and none with bins of equal shares; of 200 pairs of a hundred values, two in three,
# against one in five. (The example of the documentation has an index of 135.)
#
# Why it matters. The index tells where the outermost value lies. With the limits that it is known
# for, a third of all batches of a thousand raise an alarm, and far more is said of them than of a
# true shift without an empty bin.
#
# Way out. Give equal shares of the reference to the bins and compute the index by hand.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    numpy==2.1.3 scipy==1.14.1 frouros==0.9.0

"$folder/venv/bin/python" - <<'PYTHON'
import math
import sys
from importlib.metadata import version

import numpy as np
from frouros.detectors.data_drift import PSI

print("Python", sys.version.split()[0])
for name in ("frouros", "numpy", "scipy"):
    print(name, version(name))


def index(first, second):
    """Return the index of frouros."""
    detector = PSI()
    detector.fit(X=first)
    return float(detector.compare(X=second)[0].distance)


def by_tenths(first, second):
    """Return the index with bins of equal shares of the first, and half a value in empty ones."""
    edges = np.quantile(first, np.linspace(0.1, 0.9, 9))
    shares = [
        np.maximum(np.bincount(np.searchsorted(edges, values), minlength=10), 0.5) / len(values)
        for values in (first, second)
    ]
    return float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))


# Tenths from 0 to 0.8, and once, in one of them, a value of 1.
reference = np.minimum(np.repeat(np.arange(10) / 10, 100), 0.8)
one_more = reference.copy()
one_more[-1] = 1.0
added = index(reference, one_more)
least = 0.001 * (math.log(0.001) - math.log(sys.float_info.min))
print(f"one value of a thousand in an empty bin: {added:.3f}, of which {least:.3f} are that bin's")

random = np.random.default_rng(0)
above = {}
for size in (100, 1000):
    pairs = [(random.normal(size=size), random.normal(size=size)) for _ in range(200)]
    above[size] = [
        sum(measure(*pair) > 0.25 for pair in pairs) for measure in (index, by_tenths)
    ]
    print(f"of 200 pairs of {size}, above 0.25: {above[size][0]}, by tenths {above[size][1]}")

if (
    abs(added - least) < 0.01
    and 0.69 < least < 0.71
    and 100 < above[100][0]
    and 30 < above[1000][0]
    and above[100][1] < above[100][0] / 3
    and above[1000][1] == 0
):
    print("As found: a single value is a shift.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
