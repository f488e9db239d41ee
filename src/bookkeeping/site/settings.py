"""Turns ``_config.yml`` into the settings that Sphinx wants."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sphinx.errors import ConfigError

from bookkeeping.project import Project
from bookkeeping.run.notebooks import MYST_EXTENSIONS
from bookkeeping.site.katex import RENDERER
from bookkeeping.texts import PageError

EXTENSIONS = [
    "sphinx_external_toc",
    "myst_nb",
    "sphinx_design",
    "sphinx_exercise",
    "sphinx_proof",
    "sphinx_togglebutton",
    "sphinx_copybutton",
    "sphinxcontrib.bibtex",
    "sphinxcontrib.katex",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "notfound.extension",
    "bookkeeping.site.extension",
]
# Parts of every page. The theme makes each twice, once to see whether it is empty; these never are.
SHOWN_ALWAYS = [
    "navbar-logo.html", "search-entry.html", "sbt-sidebar-nav.html", "article-header-buttons.html",
    "author.html", "copyright.html",
]  # fmt: skip


def sphinx_settings(root: Path) -> dict[str, Any]:
    """Return every setting of ``conf.py``.

    Parameters
    ----------
    root : Path
        The folder that holds ``_config.yml`` and ``_toc.yml``.
    """
    project = Project(root.resolve())
    try:
        config, _ = project.config, project.docnames
    except PageError as error:  # the one kind whose words Sphinx shows
        raise ConfigError(str(error)) from error
    settings: dict[str, Any] = {
        "project": config.get("title", ""),
        "author": config.get("author", ""),
        "copyright": f"{config.get('copyright', '')}, {config.get('author', '')}",
        # Only a site with an address can have social cards.
        "extensions": [*EXTENSIONS, *(["sphinxext.opengraph"] if project.site_url else [])],
        "external_toc_path": str(project.root / "_toc.yml"),
        "external_toc_exclude_missing": config.get("only_build_toc_files", True),
        "exclude_patterns": ["_build", "**.ipynb_checkpoints"],
        "nitpicky": True,
        "default_role": "literal",  # docstrings name things between single backquotes
        # The words of a docstring's types ("ndarray of shape") are no references.
        "nitpick_ignore_regex": [("py:.*", ".*")],
        "numfig": True,
        "numfig_secnum_depth": 2,  # so that a number tells the page
        "math_numfig": True,
        "math_eqref_format": "({number})",
        "numfig_format": {"figure": "Figure %s", "table": "Table %s", "code-block": "Listing %s"},
        **_notebooks(project),
        **_html(project),
        **_references(),
    }
    settings.update(config.get("sphinx", {}).get("config", {}))
    return settings


def _notebooks(project: Project) -> dict[str, Any]:
    return {
        "nb_custom_formats": {
            ".md": ["bookkeeping.site.stored_pages.read_page", {"root": str(project.root)}, False]
        },
        "nb_execution_mode": "off",  # pages were executed before Sphinx started
        "nb_merge_streams": True,
        "nb_render_markdown_format": "myst",  # what a cell shows is the book's Markdown
        "nb_mime_priority_overrides": [("html", "image/svg+xml", 0)],
        "nb_code_prompt_show": "Show the {type}",
        "nb_code_prompt_hide": "Hide the {type}",  # in words of our own: html_fixes
        "nb_number_source_lines": False,
        "myst_enable_extensions": sorted(MYST_EXTENSIONS),
        "myst_heading_anchors": 3,
        "myst_dmath_double_inline": True,
        "katex_prerender": True,
        "html_math_renderer": RENDERER,
        "katex_css_path": "katex/katex.min.css",
        "copybutton_exclude": ".linenos, .gp, .go",
        "copybutton_prompt_text": r">>> |\.\.\. |\$ ",
        "copybutton_prompt_is_regexp": True,
        "togglebutton_hint": "Show",
        "togglebutton_hint_hide": "Hide",
    }


def _references() -> dict[str, Any]:
    return {
        "bibtex_default_style": "plain",
        "bibtex_reference_style": "author_year",
        "autodoc_member_order": "bysource",
        "autodoc_typehints": "none",
        "autodoc_preserve_defaults": True,
        "add_module_names": False,
        "napoleon_numpy_docstring": True,
        "napoleon_google_docstring": False,
        "napoleon_use_rtype": False,
        "napoleon_use_param": False,
        "napoleon_use_ivar": True,
        "viewcode_line_numbers": True,
        "viewcode_follow_imported_members": False,  # the reference names what a module defines
    }


def _html(project: Project) -> dict[str, Any]:
    config = project.config
    repository = project.repository
    here = Path(__file__).parent
    theme: dict[str, Any] = {
        "show_toc_level": 2,
        "search_bar_text": "Search this book",
        "navigation_with_keys": False,
        "use_download_button": True,
        "use_fullscreen_button": False,
        "article_header_end": ["article-header-buttons.html"],
        "primary_sidebar_end": [],
        "templates_skip_empty_check": SHOWN_ALWAYS,
        "content_footer_items": [],
        "article_footer_items": ["provenance.html"],
        "navbar_start": [],
        "navbar_center": [],
        "navbar_end": [],
        "navbar_persistent": [],
        "footer_content_items": ["author.html", "copyright.html", "licence.html"],
        "pygments_light_style": "a11y-high-contrast-light",
        "pygments_dark_style": "a11y-high-contrast-dark",
        "logo": {"text": config.get("title", ""), **_mark(project)},
    }
    if repository["url"]:
        theme |= {
            "repository_url": repository["url"],
            "repository_branch": repository.get("branch", "main"),
            "path_to_docs": repository.get("path_to_book", "book"),
            "use_repository_button": True,
            "use_edit_page_button": True,
            "use_issues_button": "bitbucket" not in repository["url"],  # the theme cannot
        }
    site_url = project.site_url
    settings: dict[str, Any] = {
        "html_theme": "sphinx_book_theme",
        "html_title": config.get("title", ""),
        "html_theme_options": theme,
        "html_context": {"default_mode": "auto", "licence": project.own.get("licence", "")},
        "html_static_path": [
            path for path in (str(project.book / "_static"), str(here / "static"))
            if Path(path).is_dir()
        ],
        "html_css_files": ["bookkeeping.css", *_own(project, "book.css")],
        "html_js_files": [
            *((name, {"defer": "defer"}) for name in ("bookkeeping.js", "reading.js")),
            *_own(project, "book.js"),
        ],
        "html_favicon": _optional(project, "mark.svg"),
        "templates_path": [str(here / "templates")],
        "html_sidebars": {
            "**": ["navbar-logo.html", "search-entry.html", "sbt-sidebar-nav.html"],
            "search": ["navbar-logo.html", "sbt-sidebar-nav.html"],  # has a search box itself
        },
        "html_show_sphinx": False,
        "html_copy_source": True,
        "html_sourcelink_suffix": "",
        "html_permalinks_icon": "#",
        "html_baseurl": site_url,
        "notfound_urls_prefix": _path_of(site_url),
        "notfound_template": "page.html",
    }  # fmt: skip
    if site_url:
        settings["ogp_site_url"] = site_url
    return settings


def _path_of(site_url: str) -> str:
    """Return the path under which the site stands on its host."""
    path = site_url.split("://", 1)[-1].partition("/")[2].strip("/")
    return f"/{path}/" if path else "/"


def _own(project: Project, name: str) -> list[str]:
    return [name] if (project.book / "_static" / name).exists() else []


def _mark(project: Project) -> dict[str, str]:
    """Return the book's mark for the sidebar; one drawing follows light and dark by itself."""
    if not _own(project, "mark.svg"):
        return {}
    return {"image_light": "_static/mark.svg", "image_dark": "_static/mark.svg", "alt_text": ""}


def _optional(project: Project, name: str) -> str:
    path = project.book / "_static" / name
    return os.fspath(path) if path.exists() else ""
