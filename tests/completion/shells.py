"""Shells under a pty, into which a line is typed and Tab is pressed."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
SETUP = {
    "bash": "PS1='READY> '; bind 'set enable-bracketed-paste off' 'set bell-style none' 'set page-completions off'; "
    "bind 'set completion-query-items 0'; source {script}",
    "zsh": "PS1='READY> '; unsetopt beep zle_bracketed_paste; bindkey -e; LISTMAX=9999; "
    "autoload -U compinit; compinit -u -D; source {script}",
    "fish": "function fish_prompt; printf 'READY> '; end; function fish_greeting; end; source {script}",
}
MARK = "argument:"


class Shell:
    """An interactive shell in *place* that has read the completion script."""

    def __init__(self, kind: str, script: Path, place: Path) -> None:
        self.kind = kind
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "200", "LINES": "2000"}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(place)
            os.execvpe(START[kind][0], START[kind], environment)
        import fcntl
        import struct
        import termios

        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 2000, 200, 0, 0))
        self.wait(0.3)
        self.send(SETUP[kind].format(script=script) + "\n")
        self.until("READY> ")
        self.wait(0.3)

    def send(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def wait(self, quiet: float) -> str:
        """Return what comes until it is *quiet* for so many seconds."""
        parts = []
        while select.select([self.fd], [], [], quiet)[0]:
            try:
                data = os.read(self.fd, 1 << 16)
            except OSError:
                break
            parts.append(data)
            if b"\x1b[6n" in data:  # where is the cursor?
                self.send("\x1b[1;1R")
            if b"\x1b[c" in data or b"\x1b[0c" in data:
                self.send("\x1b[?62c")
        return b"".join(parts).decode("utf-8", "replace")

    def until(self, text: str, seconds: float = 20) -> str:
        """Return what comes up to *text*."""
        said = ""
        end = time.monotonic() + seconds
        while text not in said and time.monotonic() < end:
            said += self.wait(0.1)
        return said

    def complete(self, line: str) -> list[str]:
        """Return the words of the line that Tab makes of *line*."""
        self.send(line + "\t")
        self.wait(0.4)
        self.send("\x01")
        self.send(f"printf '{MARK}%s;\\n' ")
        self.send("\n")
        said = self.until(";\r\n") + self.wait(0.3)
        return re.findall(rf"(?m)^(?:\x1b\[[0-9;?]*[a-zA-Z]|\x1b[()=>]\w?|\r)*{MARK}(.*?);\r*$", said, re.DOTALL)

    def listed(self, line: str) -> str:
        """Return what two Tabs behind *line* show; the line is thrown away."""
        self.send(line + "\t")
        said = self.wait(0.5)
        self.send("\t")
        said += self.wait(0.5)
        self.send("\x15")
        self.wait(0.2)
        self.send("\x03")
        self.wait(0.3)
        return said

    def end(self) -> None:
        """End the shell."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def is_here(kind: str) -> bool:
    """Whether the machine has the shell."""
    return shutil.which(kind) is not None


def check_syntax(kind: str, script: Path) -> None:
    """Let the shell read the script without running it."""
    subprocess.run([kind, "-n", str(script)], check=True)
