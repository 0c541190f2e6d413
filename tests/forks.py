"""Runs of ``stdtools`` without its start: a process that has started is forked for each, which saves 50 ms of 70."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import defaultdict
from pathlib import Path
from types import TracebackType

Environment = dict[str, str]
Done = subprocess.CompletedProcess[bytes]


class Forks:
    """Runs commands as ``subprocess.run`` does, with a pipe for each stream; several threads may."""

    def __init__(self) -> None:
        self._idle: dict[tuple[tuple[str, str], ...], list[_Server]] = defaultdict(list)

    def __enter__(self) -> "Forks":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for servers in self._idle.values():
            for server in servers:
                server.close()

    def run(self, args: list[str], data: bytes, env: Environment, cwd: Path, timeout: float) -> Done:
        """Run the command *args*, which begin with its name, in a process of a server that has started alike."""
        used_by_python = sorted(item for item in env.items() if item[0].startswith(("LC_", "LANG", "PYTHON")))
        idle = self._idle[tuple(used_by_python)]
        server = idle.pop() if idle else _Server(env)
        try:
            done = server.run(args, data, env, cwd, timeout)
        except BaseException:
            server.close()
            raise
        idle.append(server)
        return done


class _Server:
    """A process that runs ``fork_server.py``, one command after the other."""

    def __init__(self, env: Environment) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            number = theirs.fileno()
            command = [sys.executable, str(Path(__file__).with_name("fork_server.py")), str(number)]
            self._process = subprocess.Popen(command, pass_fds=[number], env=env, stdin=subprocess.DEVNULL)

    def close(self) -> None:
        self._socket.close()
        self._process.wait()

    def run(self, args: list[str], data: bytes, env: Environment, cwd: Path, timeout: float) -> Done:
        os.umask(umask := os.umask(0))
        request = json.dumps([args, env, str(cwd), umask]).encode()
        (stdin, feed), (output, stdout), (errors, stderr) = os.pipe(), os.pipe(), os.pipe()
        self._socket.sendall(len(request).to_bytes(8) + request)
        socket.send_fds(self._socket, [b"."], [stdin, stdout, stderr])
        for descriptor in (stdin, stdout, stderr):
            os.close(descriptor)
        pid = self._receive()

        said: list[bytes] = []
        beside = [
            threading.Thread(target=_write, args=[feed, data]),
            threading.Thread(target=lambda: said.append(_read(errors))),
        ]
        late = threading.Timer(timeout, os.kill, [pid, signal.SIGKILL])
        for thread in (*beside, late):
            thread.start()
        out = _read(output)
        for thread in beside:
            thread.join()
        code = os.waitstatus_to_exitcode(self._receive())
        if late.finished.is_set():
            raise subprocess.TimeoutExpired(args, timeout)
        late.cancel()
        return subprocess.CompletedProcess(args, code, out, said[0])

    def _receive(self) -> int:
        number = self._socket.recv(8, socket.MSG_WAITALL)
        assert len(number) == 8, "the server has ended"
        return int.from_bytes(number)


def _write(pipe: int, data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError), open(pipe, "wb") as file:
        file.write(data)


def _read(pipe: int) -> bytes:
    with open(pipe, "rb") as file:
        return file.read()
