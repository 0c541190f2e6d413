"""How a process has ended, in words."""

import signal


def how_ended(number: int | None, code: int | None) -> str:
    """Return in words how a process has ended: by the signal *number*, or with an exit *code*."""
    if number is None:
        return "killed" if code is None else f"exit code {code}"
    try:
        return f"killed by {signal.Signals(number).name}"
    except ValueError:
        return f"killed by signal {number}"


def was_ended(number: int | None, code: int | None) -> str:
    """Return the same as what may follow on the name of the process."""
    return f"{'was' if number is not None or code is None else 'ended with'} {how_ended(number, code)}"
