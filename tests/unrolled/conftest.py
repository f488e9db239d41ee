"""How hypothesis tries things in this folder."""

import os

from hypothesis import settings

# A busy machine is no counterexample; and what CI tries is the same every time.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")
