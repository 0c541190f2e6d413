"""Where the process begins: ``stdtools`` and ``python -m stdtools``."""

import gc
import signal


def main() -> None:
    """Run the command line of this process and end the process with its exit code."""
    # Ctrl-C while the modules below load ends the process as the kernel would, with no traceback.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    gc.disable()  # the imports make much that lives long and nothing to collect: 4 ms
    from stdtools.cli import run

    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main()
