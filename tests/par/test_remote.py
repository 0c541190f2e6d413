"""Jobs of a cluster, without one: what a worker does with them, and which are handed over when."""

import os
import select
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stdtools.par import delivery, remote
from stdtools.par.cluster_runner import ClusterRunner
from stdtools.par.delivery import Delivery
from stdtools.par.digest import how
from stdtools.par.jobs import Ending, Job, Plan
from stdtools.par.remote import Ended, run_job
from stdtools.par.source import Items
from stdtools.shared.streams import Output

pytestmark = [pytest.mark.process, pytest.mark.once]


def test_a_job_that_takes_too_long_has_failed_whatever_it_says(tmp_path: Path) -> None:
    """And what it has started is ended with it: else that would hold the pipe open."""
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    script = f"trap 'exit 0' TERM; (trap '' TERM; exec sleep 100) > {tmp_path}/pipe & wait"
    ending = run_job("run", [b"sh", b"-c", script.encode()], None, 0.5).ending
    assert (ending.timed_out, ending.is_good, how(ending)) == (True, False, "timed out")
    poll = select.poll()
    poll.register(reader)
    assert poll.poll(10_000) == [(reader, select.POLLHUP)]
    os.close(reader)
    ending = run_job("run", [b"sh", b"-c", b"exit 3"], None, 60).ending
    assert (ending.exit, ending.timed_out) == (3, False)


def test_what_has_no_exit_code_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "MOST_OUTPUT", 2 << 20)
    said = run_job("run", [b"head", b"-c", b"3M", b"/dev/zero"], None, None)
    assert (how(said.ending), len(said.out)) == ("it said more than 2 MiB", 2 << 20)
    assert how(run_job("run", [b"echo", b"x" * (1 << 20)], None, None).ending) == "not started: Argument list too long"


class Cluster:
    """A cluster on which the latest job ends first, but the one that is *last*, and says its words."""

    run_id = "run"

    def __init__(self, last: int) -> None:
        self.woken, self._writer = os.pipe()
        os.write(self._writer, b".")
        self.began: list[bytes] = []  # by what words
        self._last = last
        self._jobs: list[Job] = []

    def submit(self, job: Job, function: object, run: str, argv: list[bytes], *rest: object) -> None:
        self.began.append(b" ".join(argv))
        self._jobs.append(job)

    def ended(self) -> Iterator[tuple[Job, Ended, None]]:
        self._jobs.sort(key=lambda job: (job.number != self._last, job.number))
        job = self._jobs.pop()
        if job.number == self._last:
            self.began.append(b"end")
        yield job, Ended(Ending(exit=0), b"%s\n" % b" ".join(job.argv), b""), None


@pytest.mark.parametrize(
    ("window", "began"),
    [
        (delivery.WINDOW, [b"a 1", b"b 2", b"c 2", b"d 2", b"e 2", b"end"]),
        (2, [b"a 1", b"b 2", b"c 2", b"end", b"d 1", b"e 2"]),
    ],
)
def test_slots_are_those_of_jobs_that_run_and_not_too_many_wait(
    monkeypatch: pytest.MonkeyPatch, window: int, began: list[bytes]
) -> None:
    monkeypatch.setattr(delivery, "WINDOW", window)
    written: list[bytes] = []
    cluster: Any = Cluster(last=1)
    ClusterRunner(
        Plan(2),
        Items(None, "", b"\n", given=[b"a", b"b", b"c", b"d", b"e"]),
        lambda task, number, slot: [*task.items, b"%d" % slot],
        Delivery(written.append, written.append, ordered=True, by_line=False, live=True, written=lambda number: None),
        Output(),
        cluster=cluster,
        tags=lambda task: (b"", b""),
        ended=lambda job, ending, is_last: None,
        idle=lambda: None,
    ).run()
    assert cluster.began == began
    assert b"".join(written) == b"".join(each + b"\n" for each in sorted(began) if each != b"end")
