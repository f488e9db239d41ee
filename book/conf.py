from pathlib import Path

from bookkeeping.site.settings import sphinx_settings

globals().update(sphinx_settings(Path(__file__).parents[1]))
