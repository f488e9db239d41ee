"""A recurrent network described by its definitions, and the derivatives of its loss.

Every derivative is a complex step through the definitions, which knows no formula of the way back.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bookkeeping.check.formulas.evaluating import Defined

STEP = 1e-30


def logistic(a):
    """Squash numbers between zero and one; complex ones too."""
    return 1 / (1 + np.exp(-a))


class Recurrent:
    """What all such networks have in common; `defined` says what each of its letters is."""

    def __init__(self):
        self.known: dict[Any, Any] = {}

    def defined(self, of, tex, *at):
        """Return a letter by its definition, from others."""
        raise NotImplementedError

    def run(self, moved=None, known=None):
        """Return what says the value of any letter, when something is added to some."""
        moved, known = moved or {}, {} if known is None else known

        def of(tex, *at):
            if (tex, *at) not in known:
                value = self.defined(of, tex, *at)
                known[tex, *at] = value + moved[tex, *at] if (tex, *at) in moved else value
            return known[tex, *at]

        return of

    def value(self, tex, *at):
        """Return the value of a letter."""
        return self.run(known=self.known)(tex, *at)

    def delta(self, tex, *at):
        """Differentiate the whole loss by a letter, by a complex step for each entry."""
        if ("delta", tex, *at) not in self.known:
            here = self.value(tex, *at)
            derivatives = np.zeros(here.shape)
            for place in np.ndindex(here.shape):
                push = np.zeros(here.shape, dtype=complex)
                push[place] = 1j * STEP
                derivatives[place] = np.imag(self.run({(tex, *at): push})("J")) / STEP
            self.known["delta", tex, *at] = derivatives
        return self.known["delta", tex, *at]

    def moving(self, *quantities):
        """By its TeX each of some letters, so that it moves when others move."""
        return {
            tex: Defined(lambda of, *at, tex=tex: self.defined(of, tex, *at)) for tex in quantities
        }
