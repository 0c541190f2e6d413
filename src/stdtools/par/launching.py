"""Starting a command without a shell between: ``posix_spawn``, a process group of its own, nothing inherited."""

import errno
import os
import signal
from collections.abc import Mapping, Sequence

NOT_FOUND, _NOT_EXECUTABLE = 127, 126
# Python ignores these; a command gets them as the kernel has them.
_IGNORED_BY_PYTHON = [number for name in ("SIGPIPE", "SIGXFSZ") if (number := getattr(signal, name, None))]


class NoCommand(Exception):
    """There is no such command, exit code 127, or it cannot be executed, 126."""

    def __init__(self, name: bytes, error: OSError) -> None:
        super().__init__(name, error)
        self.name = name
        self.code = NOT_FOUND if error.errno in (errno.ENOENT, errno.ENOTDIR) else _NOT_EXECUTABLE
        self.what = error.strerror or ("command not found" if self.code == NOT_FOUND else os.strerror(error.errno or 0))


class Launcher:
    """Starts commands with one *environment*, which also says where they are looked for."""

    def __init__(self, environment: Mapping[bytes, bytes]) -> None:
        self._environment = dict(environment)
        self._known: dict[bytes, bytes] = {}

    def start(self, argv: Sequence[bytes], stdin: int, stdout: int, stderr: int) -> int:
        """Start *argv* with three descriptors as its own and return its pid, which is its process group, too.

        Raises NoCommand, and OSError for whatever else the kernel refuses, as an argument that is too long.
        """
        path = self._known.get(argv[0]) or self._find(argv[0])
        actions = [(os.POSIX_SPAWN_DUP2, fd, number) for number, fd in enumerate((stdin, stdout, stderr))]
        try:
            return self._spawn(path, argv, actions)
        except OSError as error:
            if error.errno == errno.ENOEXEC:  # a script that does not say of what
                return self._spawn(b"/bin/sh", [b"/bin/sh", path, *argv[1:]], actions)
            if error.errno == errno.ENOENT and os.path.exists(path):
                raise NoCommand(
                    argv[0], OSError(errno.ENOENT, "the interpreter in its first line is not there")
                ) from None
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EACCES):
                raise NoCommand(argv[0], OSError(error.errno, "")) from None
            raise

    def _spawn(self, path: bytes, argv: Sequence[bytes], actions: list[tuple[int, int, int]]) -> int:
        return os.posix_spawn(
            path,
            list(argv),
            self._environment,
            file_actions=actions,
            setpgroup=0,
            setsigmask=(),
            setsigdef=_IGNORED_BY_PYTHON,
        )

    def _find(self, name: bytes) -> bytes:
        if b"/" in name:
            return name
        best = OSError(errno.ENOENT, "")
        for directory in self._environment.get(b"PATH", os.fsencode(os.defpath)).split(b":") if name else ():
            path = os.path.join(directory or b".", name)
            if os.path.isfile(path):
                if os.access(path, os.X_OK):
                    self._known[name] = path
                    return path
                best = OSError(errno.EACCES, "")
        raise NoCommand(name, best)
