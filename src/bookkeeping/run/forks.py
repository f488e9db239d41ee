"""Kernels forked from one process that imports the large packages once, where that is safe."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

# Not by `-m`: what stands in `__main__` there would be taken for code that the page imports.
SERVE = "from bookkeeping.run.fork_server import serve; serve()"
# Windows has no fork; on macOS the numerical libraries of Apple do not survive one.
POSSIBLE = sys.platform.startswith("linux")


class ForkServer:
    """The process that kernels are forked from; it ends with the ``with`` block, or with us."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.log = log
        self._turn = threading.Lock()
        with log.open("wb") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", SERVE],
                env={**environment, "MPLBACKEND": "module://matplotlib_inline.backend_inline"},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True,
            )  # fmt: skip

    def __enter__(self) -> ForkServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:  # fmt: skip
        self._process.communicate()  # it ends with its input, and its kernels with it

    def fork(self, **request: Any) -> int:
        """Return the process that became a kernel.

        Raises
        ------
        RuntimeError
            With what it said, when there is no server any more.
        """
        assert self._process.stdin
        assert self._process.stdout
        with self._turn:
            try:
                print(json.dumps(request), file=self._process.stdin, flush=True)
                return int(self._process.stdout.readline())
            except (BrokenPipeError, ValueError) as error:
                said = self.log.read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(said) from error


class Forked:
    """A kernel that is no child of ours, as far as `LocalProvisioner` must know a process."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        """Return None while it runs."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 1
        return None

    wait = poll  # it is called when the process is gone

    def send_signal(self, number: int) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        os.kill(self.pid, signal.SIGKILL)

    def terminate(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGTERM)


class ForkProvisioner(LocalProvisioner):
    """Gives Jupyter's manager of a kernel a process that was forked."""

    server: ForkServer
    imports: list[str]
    variables: dict[str, str]  # of the page's own, beside those of the server

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Have the kernel forked; its environment is the server's, and the page's variables."""
        self.pid = self.pgid = await asyncio.to_thread(
            self.server.fork,
            arguments=cmd[cmd.index("-f") :],
            folder=str(kwargs["cwd"]),
            log=kwargs["stderr"].name,
            imports=self.imports,
            variables=self.variables,
        )
        self.process, self.cwd = cast("Any", Forked(self.pid)), kwargs["cwd"]
        return self.connection_info
