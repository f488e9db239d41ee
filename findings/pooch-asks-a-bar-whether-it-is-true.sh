#!/bin/sh
# pooch cannot use a progress bar of tqdm that waits for its total.
#
# Seen with pooch 1.9.0, tqdm 4.70.1, requests 2.34.2; Python 3.11.
#
# Expected. `HTTPDownloader(progressbar=bar)` takes a bar of one's own that behaves like one of
# tqdm. pooch sets its `total` to the length of the file, so it is made without one.
#
# What happens. pooch asks `elif self.progressbar:`, before it sets the total. A bar of tqdm answers
# that question by its total: without one it raises TypeError ("bool() undefined when iterable ==
# total == None"), so that nothing is downloaded; with a total of zero it is false, so the file
# comes, and the bar is never touched. Any other total works, and is replaced.
#
# Why it matters. What a progress bar is modelled on is the one that does not work, with a message
# that names neither package's argument.
#
# Way out. `tqdm(total=1)`, or any number above zero.
#
# Exit status: 0 if it still happens, 1 if the behaviour has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    pooch==1.9.0 tqdm==4.70.1 requests==2.34.2

"$folder/venv/bin/python" - <<'PYTHON'
import functools
import http.server
import os
import pathlib
import sys
import tempfile
import threading
from importlib.metadata import version

import pooch
from tqdm import tqdm

print("Python", sys.version.split()[0])
for name in ("pooch", "tqdm", "requests"):
    print(name, version(name))
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


found = {}
with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    (folder / "data.bin").write_bytes(bytes(5000))
    handler = functools.partial(Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/data.bin"
        for total in (None, 0, 1):
            target = folder / f"got{total}"
            with open(os.devnull, "w") as nowhere:
                bar = tqdm(total=total, file=nowhere)
                try:
                    pooch.HTTPDownloader(progressbar=bar)(url, str(target), None)
                    told = "no error"
                except TypeError as error:
                    told = f"TypeError: {error}"
                found[total] = (told, target.stat().st_size, bar.n)
            print(
                f"bar with total {total}: {told}; bytes {found[total][1]}, bar at {found[total][2]}"
            )
        server.shutdown()
if (
    found[None][0].startswith("TypeError: bool()")
    and found[None][1:] == (0, 0)
    and found[0] == ("no error", 5000, 0)
    and found[1] == ("no error", 5000, 5000)
):
    print("As found: the bar is asked for its truth before it has a total.")
else:
    print("The behaviour has changed: this finding is out of date.")
    sys.exit(1)
PYTHON
