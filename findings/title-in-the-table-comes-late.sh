#!/bin/sh
# A title given in the table of contents is not shown by the next build, only by one from nothing.
#
# Seen with sphinx-external-toc 1.1.0, Sphinx 9.0.4, myst-parser 5.2.0; Python 3.11.
#
# Expected. `_toc.yml` may give a page another title for the navigation (`title:` beside `file:`).
# The extension compares the table with that of the last build and has the pages read again whose
# entries differ, so that after an edit of a title the navigation shows the new one, as it does after
# an edit of a caption or of the order.
#
# What happens. Such a title stands in the entry of the page that it names, and that page alone is
# read again. It is shown by the page above it, whose list of links is made while that one is read,
# and that one is taken for unchanged. The build succeeds without a warning, and every page goes on
# showing the old title until something else in the page above is edited. A build from nothing of the
# same files shows the new title.
#
# Way out. Touch the page above, or build from nothing; in an extension of one's own, compare the
# titles of the children along with an entry of the table.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    sphinx-external-toc==1.1.0 sphinx==9.0.4 myst-parser==5.2.0

cd "$folder"
mkdir pages
cat > pages/conf.py <<'PYTHON'
extensions = ["sphinx_external_toc", "myst_parser"]
PYTHON
echo '# Home' > pages/index.md
echo '# A page' > pages/page.md
table() { # the entry's title, the caption above it
    printf 'root: index\nsubtrees:\n  - caption: %s\n    entries:\n      - file: page\n' "$2"
    printf '        title: %s\n' "$1"
}
shown() { # folder: which of the words stand in the navigation of the first page
    grep -oE 'First title|Second title|First caption|Second caption' "$1/index.html" |
        sort -u | paste -sd , -
}
build() { # folder, doctrees
    venv/bin/python -m sphinx -q -W -d "$2" pages "$1"
}

venv/bin/python -c "
import importlib.metadata, sys
print('Python', sys.version.split()[0])
for name in ('sphinx-external-toc', 'sphinx', 'myst-parser'):
    print(name, importlib.metadata.version(name))
"
table 'First title' 'First caption' > pages/_toc.yml
build site doctrees
before=$(shown site)
sleep 1
table 'Second title' 'First caption' > pages/_toc.yml
build site doctrees
title=$(shown site)
build nothing other
wanted=$(shown nothing)
table 'Second title' 'Second caption' > pages/_toc.yml
build site doctrees
caption=$(shown site)

echo "first build:                        $before"
echo "title edited, built again:          $title"
echo "title edited, built from nothing:   $wanted"
echo "caption edited too, built again:    $caption"
if [ "$before" = "First caption,First title" ] && [ "$title" = "$before" ] &&
    [ "$wanted" = "First caption,Second title" ] && [ "$caption" = "Second caption,Second title" ]
then
    echo "As found: the edited title is shown once the page above is read again for another reason."
else
    echo "The behaviour has changed: this finding is out of date."
    exit 1
fi
