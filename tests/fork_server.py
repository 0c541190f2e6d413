"""What ``forks.py`` starts: it imports what ``stdtools`` does before it reads its arguments, and forks for each run.

With few imports of its own, for a child is to have little that a process just started has not.
"""

import json
import os
import socket
import sys
import time

import stdtools.cli  # noqa: F401 - what main() imports
from stdtools.__main__ import main


def serve(requests: socket.socket) -> None:
    """Answer each request, which is its length, JSON and three streams, with a process id and then its status."""
    while size := requests.recv(8, socket.MSG_WAITALL):
        args, env, cwd, umask = json.loads(requests.recv(int.from_bytes(size), socket.MSG_WAITALL))
        streams = socket.recv_fds(requests, 1, 3)[1]
        pid = os.fork()
        if not pid:
            requests.close()
            become(args, env, cwd, umask, streams)
            main()
        for stream in streams:
            os.close(stream)
        requests.sendall(pid.to_bytes(8))
        requests.sendall(os.waitpid(pid, 0)[1].to_bytes(8))


def become(args: list[str], env: dict[str, str], cwd: str, umask: int, streams: list[int]) -> None:
    """Have what a process has that is started like this."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.umask(umask)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    sys.argv = args
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        old = getattr(sys, name)
        how = {"encoding": old.encoding, "errors": old.errors, "closefd": False}
        setattr(sys, name, open(number, "w" if number else "r", **how))  # noqa: SIM115 - to the end of the process


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
