"""The front door: help, version, exit codes, signals, closed streams, start-up."""

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import stdtools
from stdtools.cli import stdtools_command
from stdtools.shared.commands import LazyGroup
from tests.commands import LEAVES, TABLE
from tests.conftest import COMMAND, Run

pytestmark = pytest.mark.process

# One line for each command that runs without end or at least for long ...
LONG_RUNS = {
    "find": ["find", *["/usr"] * 200],
    "fixenc": ["fixenc", "--from", "latin-1", "/dev/zero"],
    "walk": ["walk", *["/usr"] * 200],
    "par": ["par", "yes", ":::", "hi"],
    "log view": ["log", "view", "/dev/zero"],
    "log verify": ["log", "verify", "/dev/zero"],
    "unpack": ["unpack", "<I:id", "/dev/zero"],
    "pack": ["pack", "<I:id", "--stream"],
    "tmpl": ["tmpl", "/dev/zero", "--keep"],
}
# ... but not for those that end at once, or have signals of their own, see tests/log.
KV = "set get has del keys list incr append push pop ttl expire persist rename copy edit batch export import convert"
KV_COMMANDS = {f"kv {name}" for name in f"{KV} stores info check compact backup".split()}
TASKS = "add list show edit done reopen rm import export stats sql undo redo log"
TASKS_COMMANDS = {
    f"tasks {name}" for name in [*TASKS.split(), *(f"projects {n}" for n in ["list", "add", "edit", "rm"])]
}
FILTERS = {
    *(f"config {name}" for name in ("path", "show", "set", "unset", "edit")),
    "help",
    "completion",
    "count",
    "date",
    "unpickle",
    "sub",
    "wrap",
    "lines",
    "top",
    "merge",
    "look",
    "path",
    "copy",
    "sponge",
}  # see tests/text, ordered, files
NO_LONG_RUN = {*FILTERS, "diff", "log path", "log run", "log write", *KV_COMMANDS, *TASKS_COMMANDS}
# ... one that writes a little on standard output, of STDIN where that is read
SHORT_RUNS = {
    "diff": ["diff", "operations.jsonl", "pairs.jsonl"],
    "find": ["find", "records.bin"],
    "fixenc": ["fixenc", "--detect", "records.bin"],
    "walk": ["walk", "records.bin"],
    "par": ["par", "echo", ":::", "hi"],
    "kv set": ["kv", "set", "k", "v", "--get"],
    "kv get": ["kv", "get", "k"],
    "kv has": ["kv", "has", "k"],
    "kv del": ["kv", "del", "absent"],
    "kv keys": ["kv", "keys"],
    "kv list": ["kv", "list"],
    "kv incr": ["kv", "incr", "n"],
    "kv append": ["kv", "append", "k", "v"],
    "kv push": ["kv", "push", "q", "v"],
    "kv pop": ["kv", "pop", "q"],
    "kv ttl": ["kv", "ttl", "k"],
    "kv expire": ["kv", "expire", "k", "1h"],
    "kv persist": ["kv", "persist", "k"],
    "kv rename": ["kv", "rename", "k", "k"],
    "kv copy": ["kv", "copy", "k", "l", "--replace"],
    "kv edit": ["kv", "edit", "k", "-q"],
    "kv batch": ["kv", "batch", "operations.jsonl"],
    "kv export": ["kv", "export"],
    "kv import": ["kv", "import", "pairs.jsonl", "--replace"],
    "kv convert": ["kv", "convert", "default", "copied.db", "--replace"],
    "kv stores": ["kv", "stores"],
    "kv info": ["kv", "info"],
    "kv check": ["kv", "check", "--csv"],
    "kv compact": ["kv", "compact"],
    "kv backup": ["kv", "backup", "copy.db"],
    "tasks add": ["tasks", "add", "one more"],
    "tasks list": ["tasks", "list"],
    "tasks show": ["tasks", "show", "1"],
    "tasks edit": ["tasks", "edit", "1", "--to-priority", "3", "-n"],
    "tasks done": ["tasks", "done", "1", "-n"],
    "tasks reopen": ["tasks", "reopen", "2", "-n"],
    "tasks rm": ["tasks", "rm", "3", "-n"],
    "tasks import": ["tasks", "import", "tasks.csv", "--again"],
    "tasks export": ["tasks", "export"],
    "tasks projects list": ["tasks", "projects", "list"],
    "tasks projects add": ["tasks", "projects", "add", "home", "-q"],
    "tasks projects edit": ["tasks", "projects", "edit", "home", "--description", "x"],
    "tasks projects rm": ["tasks", "projects", "rm", "none such", "-q"],
    "tasks stats": ["tasks", "stats"],
    "tasks sql": ["tasks", "sql", "select 1"],
    "tasks undo": ["tasks", "undo"],
    "tasks redo": ["tasks", "redo"],
    "tasks log": ["tasks", "log"],
    "log path": ["log", "path"],
    "log run": ["log", "run", "short.log", "--tee", "--", "echo", "hi"],
    "log verify": ["log", "verify", "records.bin"],
    "log view": ["log", "view", "records.bin"],
    "log write": ["log", "write", "short.log", "--tee"],
    "unpack": ["unpack", "<I:id", "records.bin"],
    "pack": ["pack", "<I:id", "7"],
    "tmpl": ["tmpl", "-e", "$a", "-D", "a=1"],
    "count": ["count", "operations.jsonl"],
    "sub": ["sub", "a", "b", "operations.jsonl"],
    "wrap": ["wrap", "operations.jsonl"],
    "lines": ["lines", "1", "operations.jsonl"],
    "top": ["top", "--by", "op", "--text", "operations.jsonl"],
    "merge": ["merge", "operations.jsonl"],
    "look": ["look", "{", "operations.jsonl"],
    "path": ["path", "name", "records.bin"],
    "copy": ["copy", "-n", "records.bin", "copied.bin"],
    "sponge": ["sponge", "soaked.txt"],
    "date": ["date", "--to", "date"],
    "completion": ["completion", "bash"],
    "help": ["help", "dates"],
    "config path": ["config", "path"],
    "config show": ["config", "show", "count"],
    "config set": ["config", "set", "count.color", "never"],
    "config unset": ["config", "unset", "count.color", "-q"],
    "config edit": ["config", "edit"],
    "unpickle": ["unpickle", "value.pickle"],
}
STDIN = {"log write": b"hi\n", "sponge": b"hi\n"}
SILENT = {"sponge", "config set", "config unset", "config edit"} | {
    f"kv {name}" for name in ["has", "expire", "persist", "rename", "copy", "edit", "backup"]
}  # where all is well
SILENT |= {f"tasks projects {name}" for name in ("add", "edit", "rm")}
NOTHING = {
    "config unset",
    "diff",
    "kv del",
    "tasks projects add",
    "tasks projects rm",
}  # a difference; the same run finds nothing
# ... and one that reads the file whose name comes next.
READS = {
    "diff": ["diff", "-"],
    "walk": ["walk", "--from"],
    "fixenc": ["fixenc", "--detect"],
    "par": ["par", "--py", "line", "-a"],
    "log verify": ["log", "verify"],
    "log view": ["log", "view"],
    "kv batch": ["kv", "batch"],
    "kv import": ["kv", "import"],
    "unpack": ["unpack", "<I:id"],
    "pack": ["pack", "<I:id", "--from"],
    "tmpl": ["tmpl", "--keep"],
    "count": ["count"],
    "sub": ["sub", "a", "b"],
    "wrap": ["wrap"],
    "lines": ["lines", "1"],
    "top": ["top", "--text"],
    "merge": ["merge"],
    "look": ["look", "x"],
    "unpickle": ["unpickle"],
}
READS_NO_FILE = {
    *(f"config {name}" for name in ("path", "show", "set", "unset", "edit")),
    "help",
    "completion",
    "date",
    "copy",
    "path",
    "sponge",
    "find",
    "log path",
    "log run",
    "log write",
    *(KV_COMMANDS - {"kv batch", "kv import"}),
    *TASKS_COMMANDS,
}
# What each command loads beyond click and what click loads; see test_start_up_loads_only.
STARTUP_MODULES = {
    "--version": "cli __main__ shared shared.backups shared.commands shared.config shared.disk shared.errors "
    "shared.journal shared.log_lock shared.options shared.parameters shared.places shared.records shared.rotation "
    "shared.screen shared.sizes shared.streams shared.whole_lines",
    "walk": "shared.processors shared.scratch tree tree.branches tree.command_criteria tree.command_filters "
    "tree.command_tables tree.command_trees tree.command_walk tree.criteria shared.deep tree.drawing tree.entry "
    "tree.facts tree.finding tree.forms tree.live tree.measuring tree.patterns tree.query tree.reading tree.sharing "
    "tree.sweep tree.troubles tree.walker tree.writing",
    "diff": "shared.patterns diff diff.bits diff.chains diff.checking diff.command diff.command_shape "
    "diff.comparing diff.comparison diff.edits diff.effort diff.engine diff.expressions diff.functions "
    "diff.headers diff.hunks diff.inputs diff.keys diff.matching diff.mending diff.places diff.printing "
    "diff.resuming diff.running diff.sliding diff.solving diff.trimming diff.unified_format",
    "find": "shared.deep shared.processors tree tree.command_criteria tree.command_filters tree.command_find "
    "tree.criteria tree.entry tree.facts tree.finding tree.forms tree.gnu tree.patterns tree.query tree.reading "
    "tree.sharing tree.sweep tree.troubles tree.walker",
    "fixenc": "fixenc fixenc.candidates fixenc.checking fixenc.classes fixenc.coders fixenc.command "
    "fixenc.command_files fixenc.command_reports fixenc.converting fixenc.detecting fixenc.ebcdic fixenc.encodings "
    "fixenc.letters fixenc.likelihood fixenc.losses fixenc.particulars fixenc.places fixenc.sampling "
    "fixenc.transforms fixenc.unmarked fixenc.variants",
    "par": "par par.alarms par.children par.command_jobs par.command_par par.delivery par.digest par.endings "
    "par.halting par.hearing par.interrupts par.jobs par.launching par.progress par.runner par.source par.spool "
    "par.template par.watchdog shared.processors shared.progress_line shared.scratch",
    "log path": "log log.command log.command_path",
    "log run": "log log.child log.command log.command_run log.command_write log.compression log.gap log.last_lines "
    "log.packing log.pump log.schedule log.sink log.stamp shared.atomic shared.times shared.whole_lines",
    "log verify": "shared.patterns log log.command log.command_verify log.following log.gap log.levels log.lines "
    "log.packing log.pieces log.verifying shared.whole_lines",
    "log view": "shared.patterns log log.command log.command_view log.following log.levels log.lines log.packing "
    "log.pieces log.showing shared.whole_lines",
    "log write": "log log.command log.command_write log.compression log.gap log.packing log.pump log.schedule "
    "log.sink log.stamp shared.atomic shared.times shared.whole_lines",
    "unpack": "pack pack.bulk pack.command_layout pack.command_unpack pack.cursor pack.decode pack.encode "
    "pack.groups pack.kind pack.layout pack.named pack.numbers pack.parser pack.text pack.unpacking",
    "pack": "pack pack.bulk pack.command_layout pack.command_pack pack.cursor pack.decode pack.encode pack.groups "
    "pack.kind pack.layout pack.named pack.numbers pack.parser pack.spool pack.text shared.record_input "
    "shared.scratch",
    "tmpl": "shared.scratch tmpl tmpl.command tmpl.command_render tmpl.language tmpl.rendering tmpl.sources "
    "tmpl.streaming tmpl.telling tmpl.values",
}
_COUNT = "shared.inputs shared.scratch text text.command_count text.counting"
_CONFIG = "configuration.command configuration.command_config configuration.command_settings"
_KV_READER_NAMES = "kv.arguments kv.hashing kv.machine kv.opcodes kv.plain kv.rebuilding kv.forms kv.nesting kv.tags"
_FIELDS = "shared.fields shared.inputs"
STARTUP_MODULES |= {
    "count": "shared.inputs shared.scratch text text.command_count text.counting",
    "sub": "shared.inputs text text.command_sub text.substituting",
    "wrap": "shared.inputs shared.widths text text.command_wrap text.wrapping",
    "lines": "shared.inputs shared.mounts text text.command_lines text.line_index text.picking",
    "top": f"{_FIELDS} ordered ordered.command_top ordered.expression ordered.keys ordered.largest",
    "merge": f"{_FIELDS} ordered ordered.command_keys ordered.command_merge ordered.keys ordered.merging",
    "path": "shared.inputs files files.command_path files.paths",
    "copy": "shared.deep files files.command_copy files.content files.copying files.levels files.making files.moving "
    "files.placing",
    "sponge": "files files.command_sponge files.soaking shared.atomic shared.in_place shared.scratch",
    "help": "helping helping.command_help helping.topics",
    **{
        f"config {name}": f"configuration {_CONFIG} {more}"
        for name, more in {
            "path": "",
            "show": _COUNT,
            "set": f"configuration.toml_text shared.atomic shared.disk {_COUNT}",
            "unset": _COUNT,
            "edit": "shared.draft",
        }.items()
    },
    "date": "shared.days shared.inputs shared.processors clock clock.command_date clock.epochs clock.moments "
    "clock.reading clock.steps clock.writing clock.zones",
    "unpickle": f"shared.inputs kv kv.command_unpickle kv.unpickling {_KV_READER_NAMES}",
    "look": f"{_FIELDS} ordered ordered.command_keys ordered.command_look ordered.keys ordered.looking",
}
_KV = "shared.sqlite kv kv.command kv.command_options kv.keys kv.opening kv.pickles kv.plain kv.store kv.table"
_KV_READER = "kv.arguments kv.hashing kv.machine kv.opcodes kv.rebuilding"
_KV_JSON = "kv.forms kv.hashing kv.nesting kv.tags"
_KV_LINES = f"kv.json_fields kv.command_transfer kv.transfer shared.times {_KV_JSON}"
STARTUP_MODULES |= {
    f"kv {name}": f"{_KV} {more}"
    for name, more in {
        "set": "kv.command_set kv.presenting",
        "get": "kv.command_get kv.presenting",
        "has": "kv.command_get kv.presenting",
        "del": "kv.command_del",
        "keys": "kv.command_list",
        "list": f"kv.command_list kv.presenting {_KV_READER} {_KV_JSON}",
        "incr": f"kv.command_change kv.presenting {_KV_JSON}",
        "append": "kv.command_change kv.presenting",
        "push": f"kv.command_change kv.presenting {_KV_READER}",
        "pop": f"kv.command_change kv.presenting {_KV_READER}",
        "ttl": "kv.command_times",
        "expire": "kv.command_times shared.times",
        "persist": "kv.command_times",
        "rename": "kv.command_names",
        "copy": "kv.command_names",
        "edit": f"kv.command_edit kv.editing shared.draft {_KV_JSON}",
        "batch": f"kv.answering kv.batch kv.json_fields kv.command_batch shared.times {_KV_JSON}",
        "export": f"{_KV_LINES} {_KV_READER}",
        "import": f"{_KV_LINES} shared.record_input",
        "convert": f"{_KV_LINES} kv.foreign kv.recognition",
        "stores": "kv.command_care",
        "info": "kv.care kv.command_care shared.atomic",
        "check": f"kv.care kv.command_care shared.atomic {_KV_READER}",
        "compact": "kv.care kv.command_care shared.atomic",
        "backup": "kv.care kv.command_care shared.atomic",
    }.items()
}
_TASKS = "shared.sqlite tasks tasks.command tasks.command_options tasks.database tasks.schema"
_FILTERS = "tasks.command_filters tasks.command_types tasks.expressions tasks.filters tasks.watching"
_BULK = f"{_FILTERS} tasks.changing tasks.command_add tasks.command_bulk tasks.command_edit"
_PROJECTS = f"{_FILTERS} tasks.changing tasks.command_list tasks.command_projects tasks.projects"
_IMPORT = "arriving aside cleaning command_import decoding dialect header importing json_reading loading reading "
_IMPORT += "rejects splitting taking watching wishes"
STARTUP_MODULES |= {
    f"tasks {name}": f"{_TASKS} {more}"
    for name, more in {
        "add": f"{_FILTERS} tasks.changing tasks.command_add",
        **dict.fromkeys(("list", "show"), f"{_FILTERS} tasks.command_list"),
        **dict.fromkeys(("edit", "done", "reopen", "rm"), _BULK),
        "import": " ".join(
            [
                "tasks.changing tasks.expressions tasks.filters shared.atomic shared.record_input shared.scratch",
                *(f"tasks.{name}" for name in _IMPORT.split()),
            ]
        ),
        "export": f"{_FILTERS} tasks.command_export",
        **{f"projects {name}": _PROJECTS for name in ("list", "add", "edit", "rm")},
        "stats": f"{_FILTERS} tasks.command_stats tasks.stats",
        "sql": "shared.times tasks.asking tasks.command_sql tasks.pointing tasks.spooling",
        **dict.fromkeys(("undo", "redo", "log"), "tasks.command_steps tasks.steps tasks.watching"),
    }.items()
}
NEVER_AT_START = {
    "csv", "dataclasses", "hashlib", "importlib.metadata", "importlib.resources", "logging.handlers", "multiprocessing",
    "pathlib", "platformdirs", "rich", "shutil", "socket", "sqlite3", "subprocess", "tempfile", "tomllib", "urllib",
}  # fmt: skip
# ... but where a command is about it, or needs a file of its own.
NEEDED = {
    "config set": {"tomllib"},
    "config edit": {"tomllib", "subprocess", "tempfile", "shutil"},
    **{key: {"sqlite3"} for key in KV_COMMANDS},
    **{name: {"sqlite3"} for name in TASKS_COMMANDS},
    "tasks import": {"sqlite3", "csv", "hashlib"},
    "kv edit": {"sqlite3", "subprocess", "tempfile", "shutil"},
    "kv export": {"sqlite3", "tempfile", "shutil"},
    "kv backup": {"sqlite3", "tempfile", "shutil"},
}


def test_every_command_is_in_the_matrix() -> None:
    """A new command must say here how to run it."""
    assert set(LEAVES) == set(SHORT_RUNS) == set(LONG_RUNS) | NO_LONG_RUN == set(READS) | READS_NO_FILE


@pytest.mark.parametrize("name", TABLE)
def test_short_help_in_the_table_is_the_first_line_of_the_command(name: str) -> None:
    """--help of the group imports no tool, so the table repeats one line of each."""
    command, short = TABLE[name]
    assert command.help is not None
    assert command.help.splitlines()[0] == short


def test_version_names_program_and_python(run: Run) -> None:
    version = ".".join(map(str, sys.version_info[:3]))
    for option in ("-V", "--version"):
        assert run(option) == (0, f"stdtools {stdtools.__version__} (Python {version}, linux)\n".encode(), "")


def test_no_arguments_and_help_show_the_same_on_stdout(run: Run) -> None:
    bare, full, short = run(), run("--help"), run("-h")
    assert bare == full == short
    assert full.code == 0
    assert "  unpack      Turn packed binary records into rows.\n" in full.text
    assert run("log") == run("log", "--help") == run("log", "-h")


@pytest.mark.once
@pytest.mark.parametrize("name", LEAVES)
def test_help_of_every_command_has_examples_and_fits_80_columns(run: Run, name: str) -> None:
    result = run(*name.split(), "--help")
    assert (result.code, result.err) == (0, "")
    assert run(*name.split(), "-h") == result
    examples = result.text.split("Examples:\n")[1].splitlines()
    assert 2 <= sum(f"stdtools {name}" in line for line in examples) <= 4
    options = result.text.split("Options:")[1].split("Examples:")[0]
    assert max(map(len, options.splitlines())) <= 80
    for common in ("--verbose", "--quiet", "--debug", "--color", "--explain"):
        assert common in options


def test_every_option_has_help() -> None:
    for name, command in LEAVES.items():
        for param in command.params:
            if param.param_type_name == "option":
                assert param.help, (name, param.name)


def test_python_dash_m_is_the_same_program(run: Run, python: str) -> None:
    done = subprocess.run([python, "-m", "stdtools", "--version"], capture_output=True, check=True)
    assert done.stdout == run("--version").out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["unpak"], "stdtools: no such command 'unpak'; did you mean unpack or pack or unpickle?\n"),
        (["frobnicate"], "stdtools: no such command 'frobnicate'; see 'stdtools --help'\n"),
        (["unpack", "--formt", "csv"], "stdtools unpack: no such option '--formt'; did you mean --format?\n"),
        (["--colour"], "stdtools: no such option '--colour'; see 'stdtools --help'\n"),
        (["log", "writ"], "stdtools log: no such command 'writ'; did you mean write?\n"),
        (["log", "write"], "stdtools log write: missing argument 'FILE'; see 'stdtools log write --help'\n"),
        (["--"], "stdtools: missing command; see 'stdtools --help'\n"),
        (["unpack"], "stdtools unpack: a LAYOUT is missing; see 'stdtools unpack --help'\n"),
        (
            ["unpack", "<I", "--format", "xml"],
            "stdtools unpack: invalid value for '--format': 'xml' is not one of 'table', 'plain', 'json', 'jsonl', "
            "'csv', 'tsv'; see 'stdtools unpack --help'\n",
        ),
    ],
)
def test_usage_errors_are_one_line_with_a_way_out_and_exit_2(run: Run, args: list[str], message: str) -> None:
    assert run(*args) == (2, b"", message)


@pytest.mark.once
@pytest.mark.parametrize("name", LEAVES)
def test_full_disk_on_stdout_is_one_line_and_exit_2(run: Run, name: str, records: Path) -> None:
    with open("/dev/full", "wb") as full:
        for args in (
            *([] if name in SILENT else [SHORT_RUNS[name]]),
            [*name.split(), "--help"],
            ["--help"],
            ["--version"],
        ):
            result = run(*args, stdin=STDIN.get(name, b""), stdout=full)
            assert result.code == 2
            assert result.err.endswith(": standard output: No space left on device\n")
            assert result.err.count("\n") == 1


@pytest.mark.once
@pytest.mark.parametrize("name", LEAVES)
def test_closed_streams_are_noticed(shell: Run, name: str, records: Path) -> None:
    """Written output that went nowhere is never exit 0."""
    line = "stdtools " + " ".join(f"'{arg}'" for arg in SHORT_RUNS[name])
    stdin = STDIN.get(name, b"")
    code = int(name in NOTHING)
    if name not in SILENT:
        assert shell(f"{line} >&-", stdin) == (2, b"", f"stdtools {name}: standard output: Bad file descriptor\n")
        assert shell(f"{line} >&- 2>&-", stdin) == (2, b"", "")
    assert shell(f"{line} 2>&-", stdin).code == code
    if not stdin:
        assert shell(f"{line} <&-").code == code
    assert shell("stdtools --help >&-") == (2, b"", "stdtools: standard output: Bad file descriptor\n")


def test_closed_stdin_is_an_error_when_it_is_read(shell: Run) -> None:
    for line in ("unpack '<I'", "pack '<I'", "log write a.log", "log view -"):
        result = shell(f"stdtools {line} <&-")
        assert result.code == 2
        assert result.err.endswith("standard input: Bad file descriptor\n")


@pytest.mark.parametrize("name", set(LONG_RUNS) - {"log verify"})
def test_a_reader_that_goes_away_is_silent_and_141(shell: Run, name: str) -> None:
    line = " ".join(f"'{arg}'" for arg in LONG_RUNS[name])
    feed = "yes '{\"id\": 7}' | " if name == "pack" else ""
    for _ in range(3):
        result = shell(f"{feed}stdtools {line} | head -c 5 >/dev/null; echo ${{PIPESTATUS[@]}}")
        assert result.err == ""
        assert "141 0" in result.text


def test_a_signal_that_python_swallows_is_delivered_again(python: str) -> None:
    """What is raised in a destructor is ignored by Python; a command would go on for as long as it takes."""
    code = """
import os, signal, time
from stdtools import cli
from stdtools.shared.errors import Signalled

class Thrown:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)

cli._catch_signals()
try:
    Thrown()
    for _ in range(600):
        time.sleep(0.1)
    print("went on")
except Signalled as signalled:
    print("ended by", signalled.number)
"""
    done = subprocess.run([python, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("ended by 15\n", "")


@pytest.mark.once
@pytest.mark.parametrize("name", LEAVES)
def test_a_reader_that_reads_all_sees_exit_0(shell: Run, name: str, records: Path) -> None:
    line = " ".join(f"'{arg}'" for arg in SHORT_RUNS[name])
    result = shell(f"stdtools {line} | head -1 >/dev/null; echo ${{PIPESTATUS[@]}}", STDIN.get(name, b""))
    assert (result.text, result.err) == (f"{int(name in NOTHING)} 0\n", "")


@pytest.mark.parametrize("name", READS)
def test_a_missing_file_a_directory_and_random_bytes(run: Run, name: str, tmp_path: Path) -> None:
    """One line, exit 2, and never a traceback; random bytes may be records, too."""
    assert run(*READS[name], "none\n") == (2, b"", f"stdtools {name}: none\\n: No such file or directory\n")
    assert run(*READS[name], ".") == (2, b"", f"stdtools {name}: .: Is a directory\n")
    for size in (0, 1, 2, 3, 1000, 100_000):
        (tmp_path / "random").write_bytes(os.urandom(size))
        result = run(*READS[name], "random")
        assert result.code in (
            (0, 1, 2) if name in ("diff", "lines", "log verify", "look", "unpickle", "walk") else (0, 2)
        )
        assert result.err.count("\n") == (result.code == 2)
        assert "internal error" not in result.err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
@pytest.mark.parametrize("name", LONG_RUNS)
def test_signals_end_a_command_silently(name: str, number: int, code: int) -> None:
    """Also while the modules of the command load: from the moment that we have set our handlers."""
    for delay in (0, 0.01, 0.03, 0.3):
        with subprocess.Popen(
            [COMMAND, *LONG_RUNS[name]], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process:
            status = Path(f"/proc/{process.pid}/status")
            while not int(re.findall(r"SigCgt:\s*(\w+)", status.read_text())[0], 16) >> (signal.SIGTERM - 1) & 1:
                time.sleep(0.001)
            time.sleep(delay)
            process.send_signal(number)
            assert process.stderr is not None
            err = process.stderr.read()
            assert (process.wait(), err) == (-number, b""), "the shell shows this as 128 + the number"
    assert code == 128 + number


@pytest.mark.parametrize("where", ["rt_sigaction", "write", "flock"])
def test_a_signal_at_the_very_beginning_or_end_is_silent_too(tmp_path: Path, where: str) -> None:
    """As our handlers are set, as we tell of an error, and as the journal is written: by strace, at that call."""
    calls = calls_with_handlers(tmp_path, "count", "none")
    number = next(number for number, call in calls if call == where)
    assert signalled_at(tmp_path, where, number, "count", "none") in (
        (-signal.SIGTERM, b""),
        (-signal.SIGTERM, b"stdtools count: none: No such file or directory\n"),
    )


def calls_with_handlers(cwd: Path, *args: str) -> list[tuple[int, str]]:
    """Name the system calls from the one on that sets our handler of SIGTERM, each with its number among its name's."""
    subprocess.run(["strace", "-o", "trace", COMMAND, *args], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True)
    lines = (cwd / "trace").read_text().splitlines()[:-2]  # the last are exit_group() and what came of it
    names = [line.split("(")[0] for line in lines]
    first = next(index for index, line in enumerate(lines) if "rt_sigaction(SIGTERM, {sa_handler=0x" in line)
    return [(names[: index + 1].count(names[index]), names[index]) for index in range(first, len(lines))]


def signalled_at(cwd: Path, call: str, number: int, *args: str) -> tuple[int, bytes]:
    """Run with SIGTERM at one system call; the status and what was on standard error."""
    inject = ["strace", "-o", "/dev/null", "-e", f"inject={call}:signal=TERM:when={number}"]
    done = subprocess.run([*inject, COMMAND, *args], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True)
    assert b"strace: " not in done.stderr, done.stderr
    return done.returncode, done.stderr


def test_an_ignored_interrupt_stays_ignored(shell: Run) -> None:
    """nohup and background jobs of a script start us with SIGINT ignored."""
    line = (
        "trap '' INT; (printf 'aaaa'; sleep 0.6) | stdtools unpack '<I' & sleep 0.4; pkill -INT -P $! stdtools; wait $!"
    )
    assert shell(line).text == "1633771873\n"


def test_a_bug_is_one_line_and_debug_and_the_journal_show_where(python: str, home: Path) -> None:
    code = (
        "import stdtools.pack.command_unpack as c, stdtools.cli as cli\n"
        "def broken(*a, **k): raise RuntimeError('boom \\x1b[31m')\n"
        "c.unpack.callback = broken\n"
        "cli.run({args})"
    )
    plain = subprocess.run([python, "-c", code.format(args=["unpack", "<I"])], capture_output=True, text=True)
    assert plain.returncode == 2
    journal = home / ".local/state/stdtools/log/stdtools.log"
    message = "stdtools unpack: internal error: RuntimeError: boom \\x1b[31m"
    assert plain.stderr == f"{message}; --debug and {journal} show where\n"
    assert ":broken\n" in journal.read_text()
    off = {**os.environ, "STDTOOLS_JOURNAL": "off"}
    call = [python, "-c", code.format(args=["unpack", "<I"])]
    assert subprocess.run(call, capture_output=True, text=True, env=off).stderr == f"{message}; --debug shows where\n"
    debug = subprocess.run(
        [python, "-c", code.format(args=["unpack", "<I", "--debug"])], capture_output=True, text=True
    )
    assert "Traceback (most recent call last)" in debug.stderr
    assert debug.stderr.startswith(plain.stderr)


def test_out_of_memory_is_one_line(python: str) -> None:
    code = (
        "import resource, stdtools.cli as cli\n"
        "import json, stdtools.shared.record_input, stdtools.pack.command_pack, stdtools.pack.encode\n"
        "resource.setrlimit(resource.RLIMIT_AS, (200 << 20, 200 << 20))\n"
        "cli.run(['pack', 'z:a', '--stream'])"
    )
    feeder = subprocess.Popen(
        ["bash", "-c", "printf '{\"a\": \"'; tr '\\0' a < /dev/zero"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    done = subprocess.run([python, "-c", code], stdin=feeder.stdout, capture_output=True, text=True, timeout=60)
    feeder.kill()
    feeder.wait()
    assert feeder.stdout is not None
    feeder.stdout.close()
    assert (done.returncode, done.stderr) == (2, "stdtools pack: not enough memory for this input\n")


@pytest.mark.parametrize("start", STARTUP_MODULES)
def test_start_up_loads_only(start: str, python: str, records: Path) -> None:
    """Modules are what start-up costs; anything new on this list is a decision."""
    args = [start] if start.startswith("-") else SHORT_RUNS[start]
    code = (
        "import sys, os, click; before = set(sys.modules); import stdtools.__main__ as m\n"
        "def leave(code): os.write(2, ' '.join(sorted(set(sys.modules) - before)).encode()); real(code)\n"
        f"real = os._exit; os._exit = leave; sys.argv = ['stdtools', *{args!r}]; m.main()"
    )
    stdin = STDIN.get(start, b"").decode()
    done = subprocess.run([python, "-c", code], input=stdin, capture_output=True, text=True, cwd=records.parent)
    assert done.returncode == (start in NOTHING)
    assert set(STARTUP_MODULES) == {"--version", *LEAVES} - {"completion"}, "which looks at every command"
    loaded = set(done.stderr.split())
    assert not loaded & NEVER_AT_START - NEEDED.get(start, set())
    assert "logging" not in loaded or start in ("log write", "log run")
    ours = {name.removeprefix("stdtools.") for name in loaded if name.startswith("stdtools.")}
    assert ours <= set(f"{STARTUP_MODULES['--version']} {STARTUP_MODULES[start]}".split())


def test_group_help_imports_no_tool(python: str) -> None:
    code = "import sys, stdtools.cli as c\ntry: c.run(['--help'])\nfinally: pass"
    done = subprocess.run([python, "-X", "importtime", "-c", code], capture_output=True, text=True, check=True)
    assert "stdtools.shared" in done.stderr
    assert "stdtools.pack" not in done.stderr


def test_modules_in_the_current_directory_are_not_imported(run: Run, tmp_path: Path) -> None:
    for name in ("struct", "json", "select", "click", "binascii", "csv", "tempfile", "tomllib"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'canary')!r}, 'w')\n")
    (tmp_path / "csv.csv").write_text("a\n1\n")
    for args in (["unpack", "<I", "--json"], ["pack", "<I:a", "--csv", "--from", "csv.csv"], ["unpack", "--layouts"]):
        assert run(*args, stdin=b"aaaa").code == 0
    assert not (tmp_path / "canary").exists()


def test_environment_sets_defaults_and_flags_win(run: Run) -> None:
    env = {"STDTOOLS_UNPACK_FORMAT": "jsonl"}
    assert run("unpack", "<I:a", stdin=b"\1\0\0\0", env=env).text == '{"a": 1}\n'
    assert run("unpack", "<I:a", "--csv", stdin=b"\1\0\0\0", env=env).text == "a\n1\n"
    assert run("unpack", "1s", stdin=b"\xe9", env={"STDTOOLS_UNPACK_TEXT": "latin-1"}).text == "é\n"
    assert run("unpack", stdin=b"\1\2", env={"STDTOOLS_UNPACK_LAYOUT": "nosuch"}).err.startswith(
        "stdtools unpack: no layout"
    )
    result = run("unpack", "<I", env={"STDTOOLS_UNPACK_TAIL": "wag"})
    assert result.code == 2
    assert "STDTOOLS_UNPACK_TAIL" in result.err


@pytest.mark.parametrize(
    "name", ["VERSION", "EXPLAIN", "UNPACK_EXPLAIN", "UNPACK_LAYOUTS", "UNPACK_DUMP", "UNPACK_HELP"]
)
def test_no_variable_makes_a_command_do_something_else(run: Run, name: str) -> None:
    for value in ("1", "1.2"):
        assert run("unpack", "<I:a", stdin=b"\1\0\0\0", env={f"STDTOOLS_{name}": value}) == (0, b"1\n", "")


@pytest.mark.parametrize("name", LEAVES)
def test_every_option_has_a_variable_of_its_own_name(name: str) -> None:
    for option in LEAVES[name].params:
        if option.param_type_name == "option" and option.allow_from_autoenv:
            long_name = max(option.opts, key=len)[2:].replace("-", "_")
            assert option.envvar == f"STDTOOLS_{name}_{long_name}".upper().replace(" ", "_")


def test_python_variables_change_nothing(run: Run) -> None:
    plain = run("unpack", "<I:a", "--json", stdin=b"\1\0\0\0" * 50_000)
    for env in ({"PYTHONUNBUFFERED": "1"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii"}):
        assert run("unpack", "<I:a", "--json", stdin=b"\1\0\0\0" * 50_000, env=env) == plain


def test_nonblocking_stdout_loses_nothing(python: str) -> None:
    """A pipe that some other program made non-blocking answers EAGAIN when it is full."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with open("/dev/zero", "rb") as zero:
        process = subprocess.Popen([COMMAND, "unpack", "B", "--count", "100000"], stdin=zero, stdout=writer)
    os.close(writer)
    time.sleep(0.3)
    data = b""
    while block := os.read(reader, 65536):
        data += block
    os.close(reader)
    assert (process.wait(), data) == (0, b"0\n" * 100_000)


def test_stub_commands_carry_no_code() -> None:
    groups = [stdtools_command, *(command for command, _ in TABLE.values() if isinstance(command, LazyGroup))]
    assert all(command.callback is None for group in groups for command in group.commands.values())


def on_terminal(args: list[str], cwd: Path, keys: bytes = b"", env: dict[str, str] | None = None) -> str:
    """Run the command with a pseudo-terminal as all three streams; return what the screen got."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.environ.update(env or {})
        os.execv(COMMAND, [COMMAND, *args])
    if keys:
        os.write(fd, keys)
    seen = b""
    with contextlib.suppress(OSError):  # the end of a terminal is an I/O error on Linux
        while block := os.read(fd, 65536):
            seen += block
    os.close(fd)
    os.waitpid(pid, 0)
    return seen.decode("utf-8", "surrogateescape").replace("\r\n", "\n")


@pytest.mark.parametrize("form", ["table", "plain", "json", "jsonl", "csv", "tsv", None])
def test_no_control_character_of_the_data_reaches_a_terminal(form: str | None, tmp_path: Path) -> None:
    """65 controls and the bidirectional marks, in values: none arrives raw, in any format."""
    hostile = [chr(c) for c in (*range(1, 32), *range(127, 160))] + list(
        "\u061c\u200e\u200f\u2028\u202a\u202e\u2066\u2069"
    )
    data = b"".join(f"a{c}b".encode() + b"\0" for c in hostile)
    (tmp_path / "z.bin").write_bytes(data)
    args = ["unpack", "z:text", "z.bin", *(["--format", form] if form else [])]
    seen = on_terminal(args, tmp_path, env={"COLUMNS": "200"})
    for character in hostile:
        if character not in "\t\n":  # in CSV they stand as they are, between quotes
            assert f"a{character}b" not in seen, repr(character)


def test_no_control_character_of_a_name_reaches_the_terminal_in_an_error(run: Run, tmp_path: Path) -> None:
    hostile = "no\x1b]0;owned\x07\x9b31m\u202e\nsuch"
    for seen in (on_terminal(["unpack", "<I", hostile], tmp_path), run("unpack", "<I", hostile).err):
        assert seen == ("stdtools unpack: no\\x1b]0;owned\\x07\\x9b31m\\u202e\\nsuch: No such file or directory\n")
    assert "\\xff" in run("unpack", b"<I", b"not-\xff-there").err


def test_color_follows_flag_then_variables_then_terminal(run: Run, tmp_path: Path) -> None:
    (tmp_path / "one.bin").write_bytes(b"aaaa")
    args = ["unpack", "<I:a", "one.bin", "--dump"]

    def colored(*more: str, env: dict[str, str] | None = None) -> bool:
        return b"\x1b[" in run(*args, *more, env=env).out

    assert not colored()
    assert colored("--color", "always")
    assert colored("--color", "always", env={"NO_COLOR": "1"})
    assert colored(env={"FORCE_COLOR": "1"})
    assert colored(env={"CLICOLOR_FORCE": "1"})
    assert not colored(env={"FORCE_COLOR": "0"})
    assert not colored(env={"FORCE_COLOR": "1", "NO_COLOR": "1"})
    assert "\x1b[" in on_terminal(args, tmp_path)
    for env in ({"NO_COLOR": "1"}, {"CLICOLOR": "0"}, {"TERM": "dumb"}):
        assert "\x1b[" not in on_terminal(args, tmp_path, env=env)
    assert "\x1b[" not in on_terminal([*args, "--color", "never"], tmp_path)


def test_reading_from_a_terminal_says_so(tmp_path: Path) -> None:
    seen = on_terminal(["unpack", "<I:a", "--csv"], tmp_path, keys=b"aaa\n\x04")
    assert "stdtools unpack: reading from the terminal; Ctrl-D ends\n" in seen
    assert "174154081" in seen
