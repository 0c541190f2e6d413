"""What the workers of the tests do; a worker that was not forked imports it."""

import faulthandler
import multiprocessing
import os
import signal
import struct
import sys
import time
from typing import NoReturn

initialized: list[object] = []


def square(number: int) -> int:
    return number * number


def initialize(*what: object) -> None:
    initialized.extend(what)


def what_was_initialized(_: object) -> list[object]:
    return initialized


def fail_to_initialize() -> NoReturn:
    raise LookupError("no such thing")


def end_at_once() -> NoReturn:
    sys.stderr.write("cannot go on\n")
    os._exit(3)


def pid(_: object) -> int:
    return os.getpid()


def slow_when_even(number: int) -> int:
    if number % 2 == 0:
        time.sleep(0.02)
    return number


def negative_is_bad(number: int) -> int:
    if number < 0:
        raise ValueError(f"{number} is bad")
    return number


def stop(_: object) -> NoReturn:
    raise StopIteration(7)


def leave(code: int) -> NoReturn:
    sys.exit(code)


def lambda_of_odd(number: int) -> object:
    return (lambda: None) if number % 2 else number


class Awkward(Exception):
    """Cannot be unpickled: its class takes two arguments, and its instances say that they have one."""

    def __init__(self, one: object, two: object) -> None:
        super().__init__(one)


def be_awkward(number: int) -> NoReturn:
    raise Awkward(number, number)


class Unreadable:
    """Can be pickled, but not unpickled."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> tuple[object, ...]:
        return refuse, (self.number,)


def refuse(number: int) -> NoReturn:
    raise ValueError(f"cannot be read: {number}")


def unreadable(number: int) -> Unreadable:
    return Unreadable(number)


def die_of_13(number: int) -> int:
    if number % 100 == 13:
        sys.stderr.write(f"about to die of {number}\n")
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def exit_of_13(number: int) -> int:
    if number == 13:
        os._exit(5)
    return number


def die_once(path: str) -> str:
    """Die, unless that has already happened here."""
    if not os.path.exists(path):
        os.close(os.open(path, os.O_CREAT))
        os.kill(os.getpid(), signal.SIGKILL)
    return path


def die_and_leave_a_child(path: str) -> None:
    """Die while answering, and leave behind a process that holds descriptors open. Its pid is appended to *path*."""
    child = os.fork()
    if not child:
        time.sleep(600)
    with open(path, "a") as file:
        file.write(f"{child}\n")
    answer_half()
    time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGKILL)


def answer_half_once(path: str) -> str:
    """Die while answering, unless that has already happened here."""
    if not os.path.exists(path):
        os.close(os.open(path, os.O_CREAT))
        answer_half()
        os.kill(os.getpid(), signal.SIGKILL)
    return path


def answer_half() -> None:
    connection = multiprocessing.current_process()._args[0]  # type: ignore[attr-defined]
    os.write(connection.fileno(), struct.pack("!i", 100_000) + b"D" + bytes(50_000))


def open_file(path: str) -> None:
    with open(path):
        pass


def close_all(_: object) -> None:
    """Close the pipe to the parent, and live."""
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))


def big_sometimes(number: int) -> tuple[int, bytes]:
    return number, b"x" * (300_000 if number % 20 == 0 else 10)


def length(data: bytes) -> bytes:
    return data[::-1]


def say(text: str) -> str:
    os.write(2, text.encode())
    return text


def say_and_die(text: str) -> NoReturn:
    os.write(2, text.encode())
    faulthandler.disable()  # pytest's; it writes where we do not look
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError


def kill_self(number: int) -> None:
    os.kill(os.getpid(), number)


def sleep(_: object) -> None:
    time.sleep(600)


def line(data: bytes) -> bytes:
    if data.startswith(b"bad"):
        raise ValueError(data.decode())
    return data.upper()
