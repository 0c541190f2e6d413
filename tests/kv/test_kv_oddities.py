"""Keys, values and words that people come to type, and that look like something else."""

import contextlib
import json
import os
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Run

pytestmark = [pytest.mark.process, pytest.mark.once]


def test_negative_numbers_stay_in_their_place(kv: Run) -> None:
    assert kv("incr", "-1", "5").text == "5\n"
    assert kv("incr", "-1", "-2").text == "3\n"
    assert kv("keys").text == "-1\n"
    assert kv("set", "k", "-5", "--ttl", "1h").code == 0
    assert kv("incr", "k", "-0.5").text == "-5.5\n"
    assert kv("set", "zero", "-0", "--json").code == 0
    assert kv("get", "zero").text == "-0.0\n"
    kv("push", "q", "-1", "x", "-2", "--left")
    assert kv("get", "q").text == '["-2", "x", "-1"]\n'
    assert kv("append", "text", "-5").text == "2\n"
    kv("set", "-0", "a")
    kv("set", "-7", "b")
    assert kv("get", "-7", "-1", "-0") == (0, b"b\x003\n\0", ""), "-0 is an option here"
    assert kv("get", "--", "-0").text == "a"
    assert (kv("has", "-7").code, kv("ttl", "-7").text, kv("keys", "-7").text) == (0, "never\n", "-7\n")
    assert kv("rename", "-7", "-8").code == 0
    assert kv("del", "-8", "-9").text == "1\n"
    assert kv("incr", "k", "-x").err == "stdtools kv incr: no such option '-x'; see 'stdtools kv incr --help'\n"


def test_numbers_too_large_are_left_alone(kv: Run) -> None:
    for text in ("9" * 5000, "1e400"):
        kv("set", "k", text)
        assert kv("incr", "k") == (2, b"", "stdtools kv incr: k: holds text, no number\n")
        assert kv("get", "k").text == text
        assert kv("incr", "new", text).code == 2
    kv("set", "k", "9" * 400)
    message = "stdtools kv incr: k: holds a number that is too large to add to a float\n"
    assert kv("incr", "k", "0.5") == (2, b"", message)
    assert kv("incr", "k").text == f"1{'0' * 400}\n"


def test_null_is_a_value(kv: Run) -> None:
    kv("set", "k", "null", "--json")
    assert kv("incr", "k").err == "stdtools kv incr: k: holds null, no number\n"
    assert kv("push", "k", "x").err == "stdtools kv push: k: holds null, no list\n"
    assert kv("pop", "k").err == "stdtools kv pop: k: holds null, no list\n"
    assert kv("append", "k", "x").err == "stdtools kv append: k: holds null, neither text nor bytes\n"
    assert kv("get", "k").text == "null\n"


def test_a_key_is_told_as_it_is_typed(kv: Run) -> None:
    assert kv("get", "a\\b").err == "stdtools kv get: no key 'a\\b'\n"
    assert kv("get", "--key-bytes", r"\xff\x1b").err == "stdtools kv get: no key '\\xff\\x1b'\n"


def test_text_that_utf_8_lacks_and_long_numbers_come_through_a_listing(kv: Run) -> None:
    values = [r'"\ud800"', r'"\udcff"', '{"$text": ["\\ud83d", "\\ude00"]}', r'["\udcff é"]', r'{"\ud800": 1}']
    values.append(f'{{"$int": "0x{"f" * 5000}"}}')
    kv("import", stdin="".join(f'{{"key": "{number}", "value": {value}}}\n' for number, value in enumerate(values)))
    exported = kv("export").out
    for form in ("table", "plain", "csv", "tsv"):
        assert kv("list", "--format", form).code == kv("get", "0", "5", "--format", form).code == 0
    for number, args in enumerate((["list"], ["get", *map(str, range(6))])):
        for form in ("json", "jsonl"):
            records = kv(*args, "--format", form)
            assert (records.code, records.err) == (0, "")
            assert kv("import", "--store", f"{number}{form}", stdin=records.out).code == 0
            assert kv("export", "--store", f"{number}{form}").out == exported


def test_a_default_of_bytes_is_these_bytes(kv: Run) -> None:
    assert kv("get", "none", "--default", b"\xff").out == b"\xff"
    assert kv("get", "none", "--default", b"\xff", "--csv").text.endswith(
        'none,bytes,"{""$base64"": true, ""encoded"": ""/w==""}"\n'
    )


def test_a_damaged_value_does_not_keep_the_others_from_being_shown(kv: Run) -> None:
    kv("set", "a", "1")
    kv("set", "z", "2")
    kv("import", stdin='{"key": "bad", "pickle": {"$base64": true, "encoded": "AAAA"}}\n')
    problem = "bad: the pickle cannot be read: there is no opcode 0x00 at byte 0\n"
    assert kv("get", "bad", "a", "z") == (2, b"12", f"stdtools kv get: {problem}")
    assert kv("get", "bad", "a", "--csv") == (2, b"key,type,value\na,text,1\n", f"stdtools kv get: {problem}")
    assert kv("get", "bad", "none").code == 2
    assert kv("list", "-0") == (2, b"a\x001\0bad\0\0z\x002\0", f"stdtools kv list: {problem}")


def test_what_was_listed_as_damaged_is_not_imported_as_null(kv: Run) -> None:
    kv("import", stdin='{"key": "bad", "pickle": {"$base64": true, "encoded": "AAAA"}}\n')
    listed = kv("list", "--jsonl")
    assert listed.code == 2
    result = kv("import", "--store", "copy", stdin=listed.out)
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith(
        "stdtools kv import: standard input: record 1: its value was damaged where it was listed;"
    )
    assert kv("export", "--store", "copy").out == b""


def _on_terminal(kv: Run, *args: str) -> str:
    """Return what *args* show on a terminal with long lines."""
    import fcntl
    import pty
    import struct
    import termios

    ours, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 300, 0, 0))
    with open(terminal, "wb", buffering=0) as screen:
        assert kv(*args, "--color", "never", stdout=screen).code == 0
    with open(ours, "rb", buffering=0) as reader:
        return reader.read(4096).decode()


def test_escape_sequences_do_not_reach_a_terminal(kv: Run) -> None:
    kv("set", "k\x1b[31m", "v\x1b]0;t\a\u202e")
    for args in (["keys"], ["keys", "-0"], ["list", "-0"], ["list"], ["get", "k\x1b[31m"], ["get", "k\x1b[31m", "-0"]):
        shown = _on_terminal(kv, *args)
        assert "31m" in shown or "]0;t" in shown
        assert not set(shown) & set("\x1b\a\u202e"), args


def test_a_store_without_a_name_is_no_store(kv: Run) -> None:
    kv("set", "k", "v")
    for args in (["--store", "", "del", "k"], ["del", "k", "--store", ""], ["convert", "default", ""]):
        assert kv(*args).err.split("; see")[0].endswith(": the name of the store is empty"), args
    assert kv("get", "k", env={"STDTOOLS_KV_STORE": ""}).text == "v"


def test_a_store_is_not_backed_up_onto_itself(kv: Run) -> None:
    kv("set", "k", "v", "--store", "./a.db")
    assert kv("backup", "a.db", "--store", "./a.db") == (2, b"", "stdtools kv backup: a.db: is the store itself\n")
    missing = kv("backup", "b.db", "--store", "none")
    assert missing.code == 2
    assert missing.err.endswith("/kv/none.db: No such file or directory\n")


def test_nothing_is_converted_where_nothing_is(kv: Run) -> None:
    result = kv("convert", "none", "./new.db")
    assert (result.code, result.out) == (2, b"")
    assert result.err.endswith("/kv/none.db: No such file or directory\n")
    assert kv("keys", "--store", "./new.db").code == 2


def test_a_store_that_is_a_dangling_link_does_not_hide_the_others(kv: Run, home: Path) -> None:
    kv("set", "k", "v")
    (home / ".local/share/stdtools/kv/a.db").symlink_to("nowhere")
    result = kv("stores")
    assert result.code == 2
    assert [line.split("\t")[0] for line in result.text.splitlines()] == ["default"]
    assert result.err.endswith("/kv/a.db: No such file or directory\n")


@pytest.fixture
def drafts(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory for temporary files."""
    place = tmp_path_factory.mktemp("drafts")
    monkeypatch.setenv("TMPDIR", str(place))
    return place


def _script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("editor", ["false", "no-such-editor", '"', "rm", "sh -c 'kill -9 $$'"])
def test_an_editor_that_fails_leaves_no_draft_of_what_was_there(kv: Run, drafts: Path, editor: str) -> None:
    kv("set", "k", "secret")
    result = kv("edit", "k", env={"EDITOR": editor})
    assert (result.code, result.out) == (2, b"")
    assert result.err.count("\n") == 1
    assert list(drafts.iterdir()) == []
    assert kv("get", "k").text == "secret"


def test_a_draft_that_is_not_stored_is_kept_and_named(kv: Run, drafts: Path, tmp_path: Path) -> None:
    kv("set", "k", "[1]", "--json")
    for code in ("0", "1"):
        result = kv("edit", "k", "-q", env={"EDITOR": _script(tmp_path / "editor", f'echo [2 >"$1"; exit {code}')})
        assert result.code == 2
        place = Path(result.err.splitlines()[0].removeprefix("stdtools kv edit: what you wrote is in "))
        assert place.read_text() == "[2\n"


def test_values_that_cannot_be_edited_leave_no_draft(kv: Run, drafts: Path) -> None:
    kv("set", "raw", "x", "--bytes")
    kv("import", stdin='{"key": "bad", "pickle": {"$base64": true, "encoded": "AAAA"}}\n')
    assert kv("edit", "raw").code == kv("edit", "bad").code == 2
    assert list(drafts.iterdir()) == []


def test_an_editor_adds_no_newline_to_a_value(kv: Run, tmp_path: Path) -> None:
    kv("set", "k", "secret")
    at_end = _script(tmp_path / "at_end", 'echo >>"$1"')
    assert kv("edit", "k", env={"EDITOR": at_end}).err == "stdtools kv edit: 'k' is as it was\n"
    assert kv("edit", "k", env={"EDITOR": _script(tmp_path / "new", 'echo other >"$1"')}).code == 0
    assert kv("get", "k").text == "other"
    kv("set", "lines", "a\n")
    kv("edit", "lines", env={"EDITOR": at_end})
    assert kv("get", "lines").text == "a\n\n"


def test_ctrl_c_belongs_to_the_editor(kv: Run, drafts: Path, tmp_path: Path) -> None:
    """In vi it leaves the insert mode; an editor that dies of it ends the command like that, too."""
    kv("set", "k", "old", "--store", "./a.db")
    stays = _script(tmp_path / "stays", 'trap "echo new >$1; exit 0" INT; echo ready; while :; do sleep 0.05; done')
    dies = _script(tmp_path / "dies", "echo ready; exec sleep 60")
    assert _edit_and_press_ctrl_c(tmp_path, stays) == 0
    assert kv("get", "k", "--store", "./a.db").text == "new"
    assert _edit_and_press_ctrl_c(tmp_path, dies) == 130
    assert kv("get", "k", "--store", "./a.db").text == "new"
    assert list(drafts.iterdir()) == []


def _edit_and_press_ctrl_c(place: Path, editor: str) -> int:
    """Return the exit code of kv edit on a terminal where Ctrl-C is pressed when *editor* says that it is ready."""
    import pty

    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(place)
        os.environ["EDITOR"] = editor
        os.execv(COMMAND, [COMMAND, "kv", "--store", "./a.db", "edit", "k"])
    with open(terminal, "r+b", buffering=0) as screen:
        shown = b""
        while b"ready" not in shown:
            shown += screen.read(100)
        screen.write(b"\x03")
        with contextlib.suppress(OSError):  # how a terminal ends
            while screen.read(100):
                pass
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code if code >= 0 else 128 - code


def test_json_that_is_wrong_is_told_with_its_place(kv: Run) -> None:
    result = kv("set", "k", "--json", stdin='{"a": 1,\n "b": }\n')
    assert result.err == "stdtools kv set: standard input: line 2, column 7: not JSON: expecting value\n"


def test_elements_are_counted_where_a_listing_is_shortened(kv: Run) -> None:
    kv("set", "k", json.dumps({"$set": list(range(100))}), "--json")
    assert "… 100 elements" in _on_terminal(kv, "list")
    kv("set", "k", json.dumps({str(number): number for number in range(99)}), "--json")
    assert "… 99 elements" in _on_terminal(kv, "list")


def test_what_cannot_be_shown_is_not_replaced_where_it_was_asked_for(kv: Run) -> None:
    kv("import", stdin='{"key": "bad", "pickle": {"$base64": true, "encoded": "AAAA"}}\n')
    error = "bad: the pickle cannot be read: there is no opcode 0x00 at byte 0"
    for args in (["set", "bad", "x", "--get"], ["set", "bad", "x", "--if-value", "y"], ["incr", "bad"], ["pop", "bad"]):
        assert kv(*args) == (2, b"", f"stdtools kv {args[0]}: {error}\n"), args
    lines = ['{"op": "set", "key": "bad", "value": 1, "get": true}', '{"op": "get", "key": "bad"}']
    lines += ['{"op": "push", "key": "bad", "value": 1}', '{"op": "list"}']
    answers = [json.loads(line) for line in kv("batch", stdin="\n".join(lines)).text.splitlines()]
    assert answers == [{"ok": False, "error": error}] * 4
    assert kv("set", "bad", "x").code == 0


def test_json_is_the_same_in_any_order_of_its_keys(kv: Run) -> None:
    kv("set", "k", '{"b": [{"d": 1, "c": 2}], "a": 1}', "--json")
    assert kv("set", "k", "2", "--json", "--if-value", '{"a": 1, "b": [{"c": 2, "d": 1.0}]}').code == 1
    assert kv("set", "k", "2", "--json", "--if-value", '{"a": 1, "b": [{"c": 2, "d": 1}]}').code == 0
    kv("set", "k", '{"b": 1, "a": 1}', "--json")
    line = '{"op": "set", "key": "k", "value": 3, "if_value": {"a": 1, "b": 1}}'
    assert kv("batch", stdin=line).text == '{"ok": true, "done": true}\n'
