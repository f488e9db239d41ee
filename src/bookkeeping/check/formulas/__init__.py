"""Read a displayed equation as it is typed, and evaluate what was read.

Nothing here imports NumPy or Sphinx: the operations on arrays are handed in.
"""
