"""What a build needs is imported here once, and not in each of the builds that are forked off."""

import importlib

from bookkeeping.check.formulas import surface
from bookkeeping.site.settings import EXTENSIONS

for name in ("bookkeeping.site.build", *EXTENSIONS):
    importlib.import_module(name)
surface.parse("x")
