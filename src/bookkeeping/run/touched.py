"""What running code touches: the modules it imports, and the files of the project that it uses.

Python tells its audit hooks what it opens, lists, connects to and executes, and which programs it
starts. It tells neither that a file was looked for or asked for its size, nor what compiled code
reads by itself (TensorFlow, HDF5), nor what a process of `multiprocessing` does. From all that a
page is kept by its folder, which holds nothing but what it declares; a test is not.
"""

from __future__ import annotations

import builtins
import dis
import importlib
import os
import sys
import sysconfig
import threading
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

IMPORT_STATEMENT = dis.opmap["IMPORT_NAME"]
USES = {"open", "os.listdir", "os.scandir", "sqlite3.connect", "exec"}
UNSEEN = os.O_WRONLY | os.O_TRUNC | os.O_EXCL  # who opens a file so is shown nothing of it
STARTS = {
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile",
    "os.forkpty", "pty.spawn",
}  # fmt: skip
SHELLS = {"IPython", "ipykernel", "pexpect", "ptyprocess"}  # they start what others ask them to
MADE = {
    "_build", ".git", ".hypothesis", ".nox", ".pytest_cache", ".venv", "__pycache__",
    "site-packages",
}  # fmt: skip
OWN = str(Path(__file__).resolve().parents[1])  # our own code is in every key by itself
MACHINERY = "<frozen importlib"
_places = sysconfig.get_paths()
INSTALLED = (_places["purelib"], _places["platlib"])
STANDARD = (_places["stdlib"], _places["platstdlib"], "<frozen ")

_imported: dict[str, set[str]] = {}  # by an importing module, what it imports
_recorded: dict[tuple[int, int], Any] = {}  # the statements whose imports are remembered
_used: dict[str, set[str]] = defaultdict(set)  # by a module that was at work, what it used
_loaded: set[str] = set()  # files that were executed
_import, _import_module = builtins.__import__, importlib.import_module


class UnwatchedError(Exception):
    """A use of something whose edits nobody would notice."""


def record_imports() -> None:
    """Remember from now on who imports what, also where it has been imported before."""
    if builtins.__import__ is _import:
        builtins.__import__ = _import_and_remember


def _import_and_remember(
    name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
) -> Any:
    __tracebackhide__ = True  # no part of what a page is told
    module = _import(name, globals, locals, fromlist, level)
    caller = sys._getframe(1)
    statement = (id(caller.f_code), caller.f_lasti)
    if statement in _recorded:  # functions import the same again and again
        return module
    _recorded[statement] = caller.f_code  # kept, so that no other code gets its number
    # Not where something is imported on behalf of another: by the machinery of imports itself, or
    # by NumPy when SciPy has it add to its docstrings.
    if caller.f_code.co_code[caller.f_lasti] == IMPORT_STATEMENT:
        found = str(getattr(module, "__name__", name)) if fromlist else name
        parts = {f"{found}.{part}" for part in fromlist or ()} & sys.modules.keys()
        _imported.setdefault(_name_of(caller), set()).update({found}, parts)
    return module


def reached(modules: Iterable[str], among: Container[str] | None = None) -> set[str]:
    """Return these modules, what they import, and what that imports, with their packages."""
    found: set[str] = set()
    names = set(modules)
    while names:
        packages = {name[:end] for name in names for end in range(len(name)) if name[end] == "."}
        found |= names | packages
        deeper = {name for known in names | packages for name in _imported.get(known, ())}
        names = {name for name in deeper - found if among is None or name in among}
    return found


def watch(root: Path, folder: Path | None = None) -> None:
    """Remember from now on what is used of a project, and by which modules.

    Parameters
    ----------
    root : Path
        The project.
    folder : Path, optional
        Where the code runs, if that holds copies of the files that it declares: the use of any
        other file of the project is then refused.
    """
    top, declared = os.path.realpath(root), os.path.realpath(folder) if folder else ""

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        __tracebackhide__ = True
        if event in STARTS:
            _refuse_program(event, sys._getframe(1))
        elif event in USES and (path := _path_of(event, arguments, top)):
            asking = sys._getframe(1)
            by_machinery = asking.f_code.co_filename.startswith(MACHINERY)
            if by_machinery and not path.endswith(".py"):
                return  # it looks for a module, or reads what it once compiled
            if declared and _is_in(path, declared):
                meant = os.path.join(top, os.path.relpath(path, declared))
                if os.path.exists(path) or not os.path.exists(meant):
                    return
                path = meant
            if not is_ours(path, top):
                return
            if event == "exec" or by_machinery:
                _loaded.add(path)
            elif declared and path not in _loaded:
                _refuse_undeclared(os.path.relpath(path, top), declared)
            # A thread may hold no line of the project: then those count that wait for it.
            waiting = sys._current_frames().get(threading.main_thread().ident or 0)
            for module in set(_at_work(asking)) or set(_at_work(waiting)):
                _used[module].add(path)

    importlib.import_module = _import_module_and_remember
    sys.addaudithook(hear)


def _path_of(event: str, arguments: tuple[Any, ...], root: str) -> str:
    """Return what an event is about, or nothing where it cannot be of the project."""
    about = arguments[0]
    if event == "exec":
        about = about.co_filename if isinstance(about, CodeType) else ""
    elif event == "open" and arguments[2] & UNSEEN:
        return ""
    elif about is None:
        about = "."
    if not isinstance(about, (str, bytes, os.PathLike)):
        return ""
    path = os.fsdecode(about)
    if event == "sqlite3.connect":
        path = path.removeprefix("file:").partition("?")[0]
    return "" if path.startswith((*INSTALLED, *STANDARD, "<")) else _placed(path, root)


def _placed(path: str, root: str) -> str:
    """Return a path as the project names it, though a link leads into the project, or out of it."""
    path = os.path.abspath(path)
    return path if _is_in(path, root) else os.path.realpath(path)


def _is_in(path: str, folder: str) -> bool:
    return f"{path}{os.sep}".startswith(f"{folder}{os.sep}")


def is_ours(path: str, root: str) -> bool:
    """Whether a file belongs to the project, and was neither made nor installed."""
    if not _is_in(path, root) or _is_in(path, sys.prefix) or _is_in(path, OWN):
        return False
    return MADE.isdisjoint(os.path.relpath(path, root).split(os.sep))


def _refuse_undeclared(name: str, declared: str) -> None:
    __tracebackhide__ = True
    if not os.path.isfile(os.path.join(declared, name)):
        raise UnwatchedError(
            f"the page reads {name} without declaring it; name it in the front matter under "
            "`data:`, so that an edit of it runs the page again."
        )


def _refuse_program(event: str, asking: FrameType) -> None:
    """Refuse a program, unless a library starts it for purposes of its own."""
    __tracebackhide__ = True
    for frame in _outwards(asking):
        file, room = frame.f_code.co_filename, _name_of(frame).partition(".")[0]
        if file.startswith(INSTALLED) and room not in SHELLS:
            return
        if not file.startswith((*INSTALLED, *STANDARD)):
            break
    raise UnwatchedError(
        f"this starts a program ({event}), and what a program reads cannot be watched; do it in "
        "Python, or start it beforehand and read what it leaves."
    )


def _at_work(asking: FrameType | None) -> Iterator[str]:
    """Yield the modules on whose behalf something is used, up to where we use it ourselves."""
    for frame in _outwards(asking):
        file = frame.f_code.co_filename
        if _is_in(file, OWN):
            return
        if not file.startswith((*INSTALLED, *STANDARD)):
            yield _name_of(frame)


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield a frame and those that called it, without those that only remember an import."""
    while frame:
        if frame.f_code.co_filename != __file__:
            yield frame
        frame = frame.f_back


def _name_of(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__"))


def _import_module_and_remember(name: str, package: str | None = None) -> ModuleType:
    __tracebackhide__ = True
    module, caller = _import_module(name, package), sys._getframe(1)
    if not caller.f_code.co_filename.startswith((*INSTALLED, *STANDARD)):
        _imported.setdefault(_name_of(caller), set()).add(module.__name__)
    return module


def loaded(root: Path) -> list[str]:
    """Return the files of the project that were executed, named from the root."""
    return sorted(Path(path).relative_to(root).as_posix() for path in _loaded)


def modules_of(root: Path) -> dict[str, str]:
    """Return the files of the project's modules, by the names of these."""
    files = {
        name: _placed(file, str(root))
        for name, module in list(sys.modules.items())
        if isinstance(file := getattr(module, "__file__", None), str)
        and not file.startswith((*INSTALLED, *STANDARD))
    }
    return {name: file for name, file in files.items() if is_ours(file, str(root))}


def touched_by(modules: Iterable[str], ours: dict[str, str]) -> set[str]:
    """Return all that these modules touched, and what they import, among these of the project."""
    names = reached(modules, ours)
    files = {ours[name] for name in names & ours.keys()}
    return files.union(*(_used.get(name, set()) for name in names))
