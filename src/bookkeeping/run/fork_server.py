"""The process that kernels are forked from: it imports what a page imports, and forks.

It is started once a build, by `bookkeeping.run.forks`, and reads one request a line. What it has
imported stays for the pages after; the project's own packages it never imports. It makes no thread
and no socket: those of a kernel are made after the fork.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import sys
import traceback
from typing import Any, NoReturn

from ipykernel import kernelapp

from bookkeeping.run import touched


def serve() -> None:
    """Answer each request with the process that became a kernel, until the build is gone."""
    touched.record_imports()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the build says when to stop
    signal.signal(signal.SIGCHLD, _bury)
    for line in sys.stdin:
        request = json.loads(line)
        for name in request["imports"]:
            with contextlib.suppress(Exception):  # the page itself will raise it, and be shown
                importlib.import_module(name)
        gc.freeze()  # a kernel's collector would write into all that it shares
        process = os.fork()
        if not process:
            _become_kernel(request)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpgid(process, process)
        print(process, flush=True)
    os._exit(0)


def _bury(signum: int, frame: Any) -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _become_kernel(request: dict[str, Any]) -> NoReturn:
    """Be a kernel as if started anew: with its own group of processes, streams and folder."""
    status = 1
    try:
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(request["log"], os.O_WRONLY)
        for stream, file in ((0, nothing), (1, log), (2, log)):
            os.dup2(file, stream)
        os.environ.update(request["variables"])
        os.chdir(request["folder"])
        parent = f"--IPKernelApp.parent_handle={os.getppid()}"  # the kernel ends when that does
        kernelapp.launch_new_instance(argv=[*request["arguments"], parent])
        status = 0
    except BaseException:  # it is told with the page's line
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)
