"""Copies of a module with one slip in them, to see that a test would notice."""

import inspect
import types


def mutant(module, right, wrong):
    """Return a copy of a module in which one piece of its source, which must occur, is another."""
    source = inspect.getsource(module)
    assert source.count(right) == 1, f"{right!r} must stand once in {module.__name__}"
    copy = types.ModuleType(f"{module.__name__}_with_a_slip")
    exec(compile(source.replace(right, wrong), f"<{wrong}>", "exec"), vars(copy))
    return copy
