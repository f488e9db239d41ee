#!/bin/sh
# The interval of a calibration error has the same width for every confidence that one asks for.
#
# Seen with uncertainty-calibration 0.1.4, scikit-learn 1.9.1, NumPy 2.4.6; Python 3.11.
#
# Expected. `get_calibration_error_uncertainties` returns "1-alpha confidence intervals", by drawing
# with replacement, and `alpha=0.1` is its default. So that is an interval of 90 %, one of 50 % with
# `alpha=0.5` is much shorter, and one of 10 % is shorter still.
#
# What happens. Below this function, alpha counts in per cent (its own default there is 10.0), and
# nothing converts it. `alpha=0.1` cuts a twentieth of a per cent from each end of a hundred drawn
# values, so that what is called 90 % reaches from one end of them to the other. Any alpha between 0
# and 1 does so: for a thousand examples the interval of 99 % has a width of 0.0613, and that of 10
# % has 0.0600. The interval of 90 % is found with `alpha=10`, and is 0.0449 wide.
#
# Why it matters. The default interval is a third too wide and grows with nothing that one sets; of
# two methods, the better calibrated one seems no better. Whoever wants more certainty gets the same
# interval again.
#
# Way out. `alpha=10` for 90 %.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    numpy==2.4.6 scikit-learn==1.9.1 uncertainty-calibration==0.1.4

"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from calibration import get_calibration_error, get_calibration_error_uncertainties

print("Python", sys.version.split()[0])
for name in ("uncertainty-calibration", "scikit-learn", "numpy"):
    print(name, version(name))

random = np.random.default_rng(0)
said = random.uniform(size=1000)
true = (random.uniform(size=1000) < said**2).astype(int)

# The same hundred draws by hand, turned round the estimate as the package does.
np.random.seed(0)
drawn = []
for _ in range(100):
    rows = np.random.choice(1000, size=1000, replace=True)
    drawn.append(get_calibration_error(said[rows], true[rows], debias=False))
estimate = get_calibration_error(said, true, debias=False)

found = {}
for alpha in (0.01, 0.1, 0.5, 0.9, 10, 50):
    np.random.seed(0)
    low, _, high = get_calibration_error_uncertainties(said, true, alpha=alpha)
    found[alpha] = [float(low), float(high)]
    print(f"alpha {alpha}: {low:.4f} to {high:.4f}, width {high - low:.4f}")


def by_hand(share):
    """Return the interval that leaves out this share of the draws."""
    ends = np.quantile(drawn, [1 - share / 2, share / 2])
    return (2 * estimate - ends).tolist()


print("by hand, 90 %%: %.4f to %.4f" % tuple(by_hand(0.1)))
print("by hand, 50 %%: %.4f to %.4f" % tuple(by_hand(0.5)))
widths = {alpha: high - low for alpha, (low, high) in found.items()}
if (
    np.allclose(found[10], by_hand(0.1))
    and np.allclose(found[50], by_hand(0.5))
    and np.allclose(found[0.1], by_hand(0.001))
    and widths[0.9] > 0.95 * widths[0.01]
    and widths[0.1] > 1.3 * widths[10]
):
    print("As found: alpha is read as per cent.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
