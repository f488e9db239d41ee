"""What a run says while it works: what is done, what is under way, and how long it will take."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


class Progress:
    """One line for each page that is finished, with an estimate by the seconds of the last run.

    Parameters
    ----------
    names : list of str
        What is to be done.
    seconds : mapping from str to float
        How long each took the last time, as far as it is known.
    at_once : int
        How many are under way at a time.
    say : callable
        Takes each line.
    clock : callable, optional
        Tells the time in seconds.
    """

    def __init__(
        self, names: list[str], seconds: Mapping[str, float], at_once: int,
        say: Callable[[str], None], clock: Callable[[], float] = time.perf_counter,
    ) -> None:  # fmt: skip
        known = [seconds[name] for name in names if name in seconds]
        usual = statistics.mean(known) if known else 0.0
        self.expected = {name: seconds.get(name, usual) for name in names}
        self._at_once, self._say, self._clock = at_once, say, clock
        self._begun: dict[str, float] = {}
        self.took: dict[str, float] = {}

    def begin(self, name: str) -> None:
        """Note that something is under way."""
        self._begun[name] = self._clock()

    def finish(self, name: str, outcome: str) -> None:
        """Note that it is finished, and say so."""
        self.took[name] = self._clock() - self._begun.pop(name)
        line = f"  [{len(self.took)}/{len(self.expected)}] {name:<40} {outcome}"
        under_way = f"; now {', '.join(self._begun)}" if self._begun else ""
        self._say(f"{line} {self.took[name]:6.1f} s{self.left()}{under_way}")

    def left(self) -> str:
        """Say how long the rest will take, at the pace so far; nothing where nothing is known."""
        expected = sum(self.expected[name] for name in self.took)
        pace = sum(self.took.values()) / expected if expected else 1.0
        now = self._clock()
        rest = [
            max(0.0, pace * self.expected[name] - (now - self._begun.get(name, now)))
            for name in self.expected.keys() - self.took.keys()
        ]
        seconds = max(max(rest, default=0.0), sum(rest) / self._at_once)
        return f"; about {seconds:.0f} s left" if seconds >= 1 else ""
