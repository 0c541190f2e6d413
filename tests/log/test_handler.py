"""RotatingHandler in the place of logging.handlers.RotatingFileHandler."""

import logging
import logging.config
import logging.handlers
import multiprocessing
import os
import stat
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stdtools.log import RotatingHandler
from stdtools.shared.disk import lock_within
from tests.log.chain import chain, numbers

MakeLogger = Callable[..., logging.Logger]


@pytest.fixture
def make_logger(tmp_path: Path) -> Iterator[MakeLogger]:
    """Make a logger of its own with a RotatingHandler for a.log."""
    handlers = []

    def make(**settings: object) -> logging.Logger:
        logger = logging.Logger("test")
        handlers.append(RotatingHandler(tmp_path / "a.log", **settings))
        logger.addHandler(handlers[-1])
        return logger

    yield make
    for handler in handlers:
        handler.close()


def test_counts_bytes_and_rotates_between_records(tmp_path: Path, make_logger: MakeLogger) -> None:
    logger = make_logger(maxBytes=12, backupCount=2, encoding="utf-8")
    for text in ("ééé", "ab", "c\nd\ne", "f"):  # seven bytes, three, six, two
        logger.warning(text)
    assert chain(tmp_path / "a.log") == ["ééé\nab\n".encode(), b"c\nd\ne\nf\n"]


def test_a_record_of_several_lines_is_never_split(tmp_path: Path, make_logger: MakeLogger) -> None:
    logger = make_logger(maxBytes=10, backupCount=9)
    logger.warning("1\n2\n3\n4\n5\n6\n7\n8")
    logger.warning("x")
    logger.warning("1\n2\n3\n4")
    assert chain(tmp_path / "a.log") == [b"1\n2\n3\n4\n5\n6\n7\n8\n", b"x\n1\n2\n3\n4\n"]


def test_is_the_class_of_the_standard_library_for_all_that_ask(make_logger: MakeLogger) -> None:
    handler = make_logger(maxBytes=10, backupCount=2, delay=True).handlers[0]
    assert isinstance(handler, logging.handlers.RotatingFileHandler)
    assert (handler.maxBytes, handler.backupCount, handler.baseFilename[-5:]) == (10, 2, "a.log")
    assert not os.path.exists(handler.baseFilename), "delay opens nothing"


@pytest.mark.parametrize("rollovers", [0, 1, 3])
def test_the_files_are_those_of_the_standard_library(tmp_path: Path, make_logger: MakeLogger, rollovers: int) -> None:
    logger = make_logger(maxBytes=1000, backupCount=2)
    peer = logging.Logger("peer")
    peer.addHandler(logging.handlers.RotatingFileHandler(tmp_path / "b.log", maxBytes=1000, backupCount=2))
    for n in range(4):
        for each in (logger, peer):
            each.warning("line %d", n)
            if n < rollovers:
                each.handlers[0].doRollover()
    peer.handlers[0].close()
    for name in tmp_path.glob("a.log*"):
        other = tmp_path / name.name.replace("a", "b", 1)
        assert name.read_bytes() == other.read_bytes()
        assert name.stat().st_mode == other.stat().st_mode
    assert len(list(tmp_path.glob("a.log*"))) == len(list(tmp_path.glob("b.log*")))


def test_dict_config_needs_the_name_of_the_class_alone(tmp_path: Path) -> None:
    """In a process of its own: logging's configuration is everybody's."""
    code = """if True:
        import logging, logging.config
        logging.config.dictConfig({
            "version": 1,
            "formatters": {"short": {"format": "%(levelname)s %(message)s"}},
            "handlers": {"file": {"class": "stdtools.log.RotatingHandler", "formatter": "short",
                                  "filename": "a.log", "maxBytes": 20, "backupCount": 3}},
            "root": {"handlers": ["file"], "level": "INFO"},
        })
        for n in range(4):
            logging.info("number %d", n)
        logging.shutdown()
    """
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, check=True)
    assert chain(tmp_path / "a.log") == [b"INFO number 0\n", b"INFO number 1\n", b"INFO number 2\n", b"INFO number 3\n"]


def test_wrong_limits_are_loud(make_logger: MakeLogger) -> None:
    """The standard library takes '5MB' and never rotates."""
    with pytest.raises(TypeError, match="maxBytes is a whole number, not '5MB'"):
        make_logger(maxBytes="5MB")


def test_a_missing_directory_is_an_error_when_the_handler_is_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        RotatingHandler(tmp_path / "nodir" / "a.log")


def test_modes_of_opening(tmp_path: Path, make_logger: MakeLogger) -> None:
    os.umask(0o027)
    path = tmp_path / "a.log"
    make_logger().warning("one")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    make_logger(mode="a").warning("two")
    assert path.read_bytes() == b"one\ntwo\n"
    make_logger(mode="w").warning("three")
    assert path.read_bytes() == b"three\n"
    make_logger(mode="w", maxBytes=100).warning("four")
    assert path.read_bytes() == b"three\nfour\n", "as the standard library: a limit appends"
    with pytest.raises(FileExistsError):
        make_logger(mode="x")


def test_text_that_the_encoding_lacks_is_not_lost(tmp_path: Path, make_logger: MakeLogger) -> None:
    make_logger(encoding="ascii").warning("é \ud800")
    make_logger(encoding="utf-8").warning("é \ud800")
    make_logger(encoding="ascii", errors="replace").warning("é")
    assert (tmp_path / "a.log").read_bytes() == b"\\xe9 \\ud800\n" + "é \\ud800\n".encode() + b"?\n"


def test_namer_and_rotator_are_used(tmp_path: Path, make_logger: MakeLogger) -> None:
    logger = make_logger(maxBytes=4, backupCount=2)
    handler = logger.handlers[0]
    handler.namer = lambda name: name.replace(".log", "-old.log")
    moved = []

    def rotator(source: str, target: str) -> None:
        moved.append(os.path.basename(target))
        os.rename(source, target)

    handler.rotator = rotator
    for text in "abc":
        logger.warning(text * 3)
    assert moved == ["a-old.log.1", "a-old.log.1"]
    assert sorted(name for name in os.listdir(tmp_path) if name[0] == "a") == ["a-old.log.1", "a-old.log.2", "a.log"]


def test_after_close_a_record_opens_the_file_again(tmp_path: Path, make_logger: MakeLogger) -> None:
    logger = make_logger()
    logger.warning("one")
    logger.handlers[0].close()
    logger.warning("two")
    assert (tmp_path / "a.log").read_bytes() == b"one\ntwo\n"


def test_records_that_cannot_be_written_are_accounted_for(tmp_path: Path) -> None:
    """The standard library prints a traceback and forgets them."""
    code = """if True:
        import logging, resource, signal
        from stdtools.log import RotatingHandler
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        logging.raiseExceptions = False
        handler = RotatingHandler("a.log")
        logger = logging.Logger("test")
        logger.addHandler(handler)
        logger.warning("fits")
        resource.setrlimit(resource.RLIMIT_FSIZE, (20, resource.RLIM_INFINITY))
        for n in range(3):
            logger.warning("does not fit any more %d", n)
        assert handler.missing == 3
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        logger.warning("again")
        assert handler.missing == 0
    """
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "a.log").read_bytes() == b"fits\nstdtools log: 3 records dropped: File too large\nagain\n"


def test_a_record_that_cannot_be_formatted_goes_to_handle_error(
    tmp_path: Path, make_logger: MakeLogger, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = make_logger()
    logger.warning("%d", "no number")
    logger.warning("next")
    assert "TypeError" in capsys.readouterr().err
    assert (tmp_path / "a.log").read_bytes() == b"next\n"


def test_an_impossible_rotation_warns_once_and_loses_nothing(tmp_path: Path, make_logger: MakeLogger) -> None:
    (tmp_path / "a.log.1").mkdir()
    (tmp_path / "a.log.1" / "x").write_bytes(b"")
    logger = make_logger(maxBytes=4, backupCount=1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for text in ("one", "two", "three"):
            logger.warning(text)
    messages = [str(warning.message) for warning in caught]
    assert len(messages) == 1
    assert messages[0].startswith(f"{tmp_path / 'a.log'} cannot be rotated and grows beyond its limit: [Errno ")
    assert (tmp_path / "a.log").read_bytes() == b"one\ntwo\nthree\n"


def _log(path: Path, writer: int, count: int) -> None:
    handler = RotatingHandler(path, maxBytes=8192, backupCount=900)
    logger = logging.Logger("child")
    logger.addHandler(handler)
    for n in range(count):
        logger.warning("writer %d line %06d", writer, n)
    handler.close()


def test_threads_and_processes_lose_nothing(tmp_path: Path, make_logger: MakeLogger) -> None:
    """Three threads on one handler, two forked children on the same one, two processes on their own."""
    path = tmp_path / "a.log"
    logger = make_logger(maxBytes=8192, backupCount=900)

    def log(writer: int) -> None:
        for n in range(1000):
            logger.warning("writer %d line %06d", writer, n)

    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=log, args=[writer]) for writer in (3, 4)]
    processes += [
        multiprocessing.get_context("spawn").Process(target=_log, args=[path, writer, 1000]) for writer in (5, 6)
    ]
    threads = [threading.Thread(target=log, args=[writer]) for writer in range(3)]
    for each in (*processes, *threads):
        each.start()
    for each in (*processes, *threads):
        each.join()
    assert [process.exitcode for process in processes] == [0] * 4
    lines = b"".join(chain(path)).splitlines()
    assert len(lines) == 7000
    for writer in range(7):
        assert numbers(lines, writer) == list(range(1000))


def test_an_idle_forked_child_does_not_keep_the_lock_of_a_killed_parent(tmp_path: Path) -> None:
    code = """if True:
        import logging, os, signal, time
        from stdtools.log import RotatingHandler
        logger = logging.Logger("parent")
        handler = RotatingHandler("a.log")
        logger.addHandler(handler)
        logger.warning("before")
        with handler._file.alone():
            if os.fork() == 0:
                os.write(1, b"%d\\n" % os.getpid())
                time.sleep(60)
            os.kill(os.getpid(), signal.SIGKILL)
    """
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert parent.wait() == -9
    with open(tmp_path / ".a.log.lock", "rb") as lock:
        assert lock_within(lock.fileno(), 5)
    os.kill(child, 9)
    parent.stdout.close()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
def test_an_encoding_that_many_cannot_append_to_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(ValueError, match="a log that many append to cannot be utf-"):
        RotatingHandler(tmp_path / "a.log", encoding=encoding)
    assert os.listdir(tmp_path) == []


def test_limits_may_be_changed_later(tmp_path: Path, make_logger: MakeLogger) -> None:
    logger = make_logger()
    handler = logger.handlers[0]
    handler.maxBytes, handler.backupCount = 4, 3
    for text in ("one", "two", "six"):
        logger.warning(text)
    assert chain(tmp_path / "a.log") == [b"one\n", b"two\n", b"six\n"]


def test_devices_and_pipes_are_written_to_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/dev/null")
    os.mkfifo(tmp_path / "fifo")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    for name in ("/dev/null", str(tmp_path / "link"), str(tmp_path / "fifo")):
        handler = RotatingHandler(name, maxBytes=10, backupCount=2)
        for _ in range(5):
            handler.emit(logging.makeLogRecord({"msg": "a device"}))
        handler.doRollover()
        handler.close()
    assert sorted(os.listdir(tmp_path)) == ["fifo", "link"]
    assert os.read(reader, 1000) == b"a device\n" * 5
    os.close(reader)


def test_the_mode_of_the_file_before_is_kept(tmp_path: Path, make_logger: MakeLogger) -> None:
    (tmp_path / "a.log").write_bytes(b"old\n")
    (tmp_path / "a.log").chmod(0o600)
    make_logger(maxBytes=4, backupCount=1).warning("new")
    assert stat.S_IMODE((tmp_path / "a.log").stat().st_mode) == 0o600


def test_backups_lie_beside_the_file_and_not_beside_a_link_to_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "a.log").symlink_to("real/a.log")
    (tmp_path / "real/a.log").write_bytes(b"")
    handler = RotatingHandler(tmp_path / "a.log", maxBytes=4, backupCount=3)
    for text in ("one", "two"):
        handler.emit(logging.makeLogRecord({"msg": text}))
    handler.close()
    assert sorted(os.listdir(tmp_path / "real")) == [".a.log.lock", "a.log", "a.log.1"]


def test_another_terminator_stays_the_only_one(tmp_path: Path) -> None:
    for _ in range(2):
        handler = RotatingHandler(tmp_path / "a.log", maxBytes=6, backupCount=2)
        handler.terminator = "\0"
        for text in "ab":
            handler.emit(logging.makeLogRecord({"msg": text}))
        handler.close()
    assert b"".join(chain(tmp_path / "a.log")) == b"a\0b\0a\0b\0"


def test_a_truncating_handler_truncates_when_it_opens(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"old\n")
    handler = RotatingHandler(tmp_path / "a.log", mode="w", delay=True)
    assert (tmp_path / "a.log").read_bytes() == b"old\n"
    for text in ("one", "two"):
        handler.emit(logging.makeLogRecord({"msg": text}))
    handler.close()
    assert (tmp_path / "a.log").read_bytes() == b"one\ntwo\n"
    with pytest.raises(ValueError, match="mode is 'a', 'w' or 'x', not 'bogus'"):
        RotatingHandler(tmp_path / "a.log", mode="bogus")


@pytest.mark.parametrize("hook", ["namer", "rotator"])
def test_a_hook_that_fails_loses_no_record(tmp_path: Path, make_logger: MakeLogger, hook: str) -> None:
    def broken(*names: str) -> str:
        raise KeyError("broken")

    logger = make_logger(maxBytes=4, backupCount=2)
    setattr(logger.handlers[0], hook, broken)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for text in ("one", "two"):
            logger.warning(text)
    assert (tmp_path / "a.log").read_bytes() == b"one\ntwo\n"
