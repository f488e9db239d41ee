#!/bin/sh
# frouros' STEPD reports a drift every sixty predictions of a model that is always right.
#
# Seen with frouros 0.9.0, NumPy 2.1.3, SciPy 1.14.1; Python 3.11.
#
# Expected. STEPD tests by "equal proportions" whether the last thirty predictions were right as
# often as those before. Where they were, nothing has changed, and it says nothing.
#
# What happens. A correction for continuity is taken off the difference of the two shares, also
# where they do not differ, so that the statistic is negative. Then its sign is dropped, and no
# difference counts like one as large as the correction, divided by a deviation that goes to zero
# for a model that is nearly always right. Where the first sixty predictions, the fewest it takes,
# are all right, p is zero: a drift at every sixtieth prediction, as often as the detector is
# started again. A model that is wrong once and then right a thousand times drifts as well.
#
# Why it matters. A drift is where one throws a model away and trains another. It is the best model
# that is thrown away, sixty predictions after its start, and so is the next.
#
# Way out. Count a drift only where the window has fewer right than what is before it.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    numpy==2.1.3 scipy==1.14.1 frouros==0.9.0

"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings
from importlib.metadata import version

from frouros.detectors.concept_drift import STEPD

print("Python", sys.version.split()[0])
for name in ("frouros", "numpy", "scipy"):
    print(name, version(name))
warnings.simplefilter("ignore")


def drifts(right, guarded=False):
    """Return after how many predictions the detector sounded, started again each time."""
    detector = STEPD()
    found = []
    for number, value in enumerate(right, start=1):
        detector.update(value=value)
        if detector.drift:
            window = detector.correct_window / detector.num_instances_window
            before = detector.correct_overall / detector.num_instances_overall
            if guarded and window >= before:
                continue
            found.append(number)
            detector.reset()
    return found


def every(distance, length):
    """Return a stream in which one prediction in so many is wrong."""
    return [int(number % distance != 0) for number in range(1, length + 1)]


streams = {
    "always right": [1] * 6000,
    "one wrong in 500": every(500, 6000),
    "one wrong in 100": every(100, 6000),
    "one wrong in 20": every(20, 6000),
    "the first wrong, then right": [0] + [1] * 2000,
    "one wrong in 10, then in 2": every(10, 500) + every(2, 500),
}
found = {name: (drifts(right), drifts(right, guarded=True)) for name, right in streams.items()}
for name, (plain, guarded) in found.items():
    print(f"{name}: {len(plain)} drifts, {plain[:4]}; with the way out {len(guarded)}")

if (
    found["always right"] == (list(range(60, 6001, 60)), [])
    and found["one wrong in 500"][0][:4] == [60, 120, 180, 240]
    and found["one wrong in 100"][0] == [60]
    and found["one wrong in 20"] == ([], [])
    and found["one wrong in 10, then in 2"] == ([514], [514])
    and 900 < found["the first wrong, then right"][0][0] < 1500
    and not any(found[name][1] for name in list(streams)[:5])
):
    print("As found: what never goes wrong drifts most.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
