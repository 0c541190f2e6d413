"""Where the process begins: ``stdtools`` and ``python -m stdtools``."""

import _signal  # type: ignore[import-not-found]  # built in: to load ``signal`` takes 5 ms, in which Ctrl-C is an error
import gc


def main() -> None:
    """Run the command line of this process and end the process with its exit code."""
    # Ctrl-C while the modules below load ends the process as the kernel would, with no traceback.
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)

    gc.disable()  # the imports make much that lives long and nothing to collect: 4 ms
    from stdtools.cli import run

    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main()
