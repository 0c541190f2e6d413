"""The commands of kv as they are typed: values, conditions, numbers, lists, times, names."""

import json
import os
import stat
from pathlib import Path

import pytest

from tests.conftest import Run

pytestmark = pytest.mark.process


def test_text_comes_back_as_it_went_in(kv: Run) -> None:
    assert kv("set", "greeting", "hello wörld") == (0, b"", "")
    assert kv("get", "greeting") == (0, "hello wörld".encode(), "")


@pytest.mark.parametrize("data", [b"", b"\n", b"no end", b"two\nlines\n", bytes(range(256)), b"\xff" * 100_000])
def test_standard_input_comes_back_byte_for_byte(kv: Run, data: bytes) -> None:
    assert kv("set", "k", stdin=data).code == 0
    assert kv("get", "k").out == data


@pytest.mark.parametrize(
    "key",
    [
        "",
        " ",
        "-",
        "--help",
        "a\nb",
        "tab\there",
        "=",
        "@x",
        "ключ",
        "nfd e\u0301",
        "é",
        "A",
        "a",
        "x" * 10_000,
        "\x1b[31m",
    ],
)
def test_keys_of_any_text_are_kept_apart(kv: Run, key: str) -> None:
    assert kv("set", "--", key, "value").code == 0
    assert kv("get", "--", key).text == "value"
    assert kv("keys", "-0").out == key.encode() + b"\0"
    assert kv("has", "--", key + "x").code == 1


def test_keys_of_bytes_are_escaped(kv: Run) -> None:
    assert (
        kv("set", b"\xff", "v").err
        == "stdtools kv set: the key \\xff is not UTF-8; --key-bytes takes it; see 'stdtools kv set --help'\n"
    )
    assert kv("set", "--key-bytes", r"\x00\xff\n\\", "v").code == 0
    assert kv("keys", "-0").out == b"\x00\xff\n\\\0"
    assert kv("get", r"\x00\xff\n\\", "--key-bytes").text == "v"
    assert kv("set", "--key-bytes", b"\xff", "w").code == 0
    assert kv("get", "--key-bytes", r"\xff").text == "w"
    assert kv("get", "--key-bytes", r"\q").code == 2
    exported = [json.loads(line) for line in kv("export").text.splitlines()]
    assert exported[0]["key"] == {"$base64": True, "encoded": "AP8KXA=="}


@pytest.mark.parametrize(
    ("typed", "shown", "type_name"),
    [
        ("1", "1", "int"),
        ("1.5", "1.5", "float"),
        ("null", "null", "null"),
        ("true", "true", "bool"),
        ('"text"', "text", "text"),
        ("[1, [2]]", "[1, [2]]", "list"),
        ('{"b": 1, "a": {}}', '{"b": 1, "a": {}}', "dict"),
        ('{"$float": "NaN"}', '{"$float": "NaN"}', "float"),
        ('{"$tuple": [1, "x"]}', '{"$tuple": [1, "x"]}', "tuple"),
        ('{"$set": [1]}', '{"$set": [1]}', "set"),
        ('{"$base64": true, "encoded": "AP8="}', "\0\udcff", "bytes"),
    ],
)
def test_json_values_have_types(kv: Run, typed: str, shown: str, type_name: str) -> None:
    assert kv("set", "k", typed, "--json").code == 0
    end = "" if type_name in ("text", "bytes") else "\n"
    assert kv("get", "k").out == (shown + end).encode("utf-8", "surrogateescape")
    assert json.loads(kv("get", "k", "--jsonl").text)["type"] == type_name


def test_values_that_are_no_json_are_told(kv: Run) -> None:
    for typed in ("{", "NaN", "1 2", "", '{"$nonsense": 1}', '{"$class": "os.system"}', "[" * 100_000):
        result = kv("set", "k", typed, "--json")
        assert (result.code, result.out) == (2, b""), typed
        assert result.err.startswith("stdtools kv set: VALUE: "), typed
        assert result.err.count("\n") == 1
    assert kv("has", "k").code == 1


def test_an_absent_key_is_exit_1(kv: Run) -> None:
    assert kv("get", "k") == (1, b"", "stdtools kv get: no key 'k'\n")
    assert kv("get", "-q", "k") == (1, b"", "")
    assert kv("get", "k", "--default", "d") == (0, b"d", "")
    assert kv("has", "k") == (1, b"", "")
    assert kv("del", "k") == (1, b"0\n", "")
    assert kv("ttl", "k").code == kv("expire", "k", "1m").code == kv("persist", "k").code == 1
    assert kv("pop", "k").code == kv("rename", "k", "l").code == kv("copy", "k", "l").code == 1
    assert kv("keys").code == kv("list").code == 1


def test_several_keys_come_one_after_the_other(kv: Run) -> None:
    kv("set", "a", "1")
    kv("set", "b", "2")
    assert kv("get", "a", "b") == (0, b"12", "")
    assert kv("get", "a", "x", "b", "-0") == (1, b"1\x002\0", "stdtools kv get: no key 'x'\n")
    assert kv("get", "a", "x", "--default", "d", "--csv").text == "key,type,value\na,text,1\nx,text,d\n"


def test_conditions(kv: Run) -> None:
    assert kv("set", "k", "1", "--if-value", "1").code == 1
    assert kv("set", "k", "1", "--if-absent").code == 0
    assert kv("set", "k", "2", "--if-absent") == (1, b"", "stdtools kv set: 'k' is there already\n")
    assert kv("set", "k", "2", "--if-value", "x") == (1, b"", "stdtools kv set: 'k' has another value\n")
    assert kv("set", "k", "2", "--if-value", "1", "--get") == (0, b"1", "")
    assert kv("incr", "k").text == "3\n"
    assert kv("set", "k", "9", "--if-value", "3").code == 0
    assert kv("set", "k", '{"a": [1]}', "--json", "--if-value", "9").code == 1
    assert kv("set", "k", '{"a": [1]}', "--json", "--if-value", '"9"').code == 0
    assert kv("set", "k", "x", "--if-value", '{"a": [1]}').code == 0
    assert kv("get", "k").text == "x"
    kv("set", "k", "x\n")
    assert kv("set", "k", "y", "--if-value", "x").code == 1, "a newline belongs to text"
    assert kv("set", "k", "y", "--if-value", "x\n").code == 0
    kv("set", "k", "1", "--json")
    assert kv("set", "k", "2", "--json", "--get", "--if-value", "1") == (0, b"1\n", "")
    assert kv("set", "k", "y", "--if-value", "2\n").code == 0


def test_times_to_live(kv: Run) -> None:
    kv("set", "k", "v", "--ttl", "1h")
    assert 3590 < float(kv("ttl", "k").text) <= 3600
    kv("set", "k", "w", "--keep-ttl")
    assert float(kv("ttl", "k").text) <= 3600
    kv("append", "k", "x")
    kv("set", "n", "1", "--ttl", "1h")
    kv("incr", "n")
    assert float(kv("ttl", "k").text) <= 3600
    assert float(kv("ttl", "n").text) <= 3600
    kv("copy", "k", "copied")
    kv("rename", "k", "moved")
    assert float(kv("ttl", "copied").text) <= 3600
    assert float(kv("ttl", "moved").text) <= 3600
    kv("set", "n", "2")
    assert kv("ttl", "n").text == "never\n"
    kv("expire", "n", "90s")
    assert float(kv("ttl", "n").text) <= 90
    kv("expire", "n", "60")
    assert 50 < float(kv("ttl", "n").text) <= 60, "a number is seconds"
    kv("persist", "n")
    assert kv("ttl", "n").text == "never\n"
    for bad in ("0", "-1s", "soon", "", "101y", "nan"):
        assert kv("expire", "n", "--", bad).code == 2, bad


def test_what_has_expired_is_not_there(kv: Run, shell: Run) -> None:
    kv("set", "stays", "v")
    assert shell("stdtools kv set goes v --ttl 0.05s; sleep 0.1").code == 0
    info = json.loads(kv("info", "--jsonl").text)
    assert (info["keys"], info["expiring"]) == (1, 0)
    assert kv("get", "goes").code == kv("has", "goes").code == kv("ttl", "goes").code == 1
    assert kv("keys").text == "stays\n"
    assert '"goes"' not in kv("export").text
    assert kv("set", "goes", "new", "--if-absent").code == 0
    assert kv("ttl", "goes").text == "never\n"


def test_numbers(kv: Run) -> None:
    assert [kv("incr", "n", *by).text for by in ([], ["5"], ["-2"], ["0.5"], ["1e2"])] == [
        "1\n",
        "6\n",
        "4\n",
        "4.5\n",
        "104.5\n",
    ]
    kv("set", "big", str(2**63 - 1))
    assert kv("incr", "big").text == f"{2**63}\n"
    kv("set", "word", "abc")
    assert kv("incr", "word") == (2, b"", "stdtools kv incr: word: holds text, no number\n")
    kv("set", "flag", "true", "--json")
    assert kv("incr", "flag").err == "stdtools kv incr: flag: holds bool, no number\n"
    assert kv("incr", "n", "much").code == 2


def test_text_and_bytes_grow(kv: Run) -> None:
    assert kv("append", "k", "añb").text == "3\n"
    assert kv("append", "k", stdin=b"\n").text == "4\n"
    assert kv("append", "k", stdin=b"\xff").text == "6\n"
    assert kv("get", "k").out == "añb\n".encode() + b"\xff"
    kv("set", "k", "1", "--json")
    assert kv("append", "k", "x") == (2, b"", "stdtools kv append: k: holds int, neither text nor bytes\n")


def test_lists_are_queues(kv: Run) -> None:
    assert kv("push", "q", "a", "b").text == "2\n"
    assert kv("push", "q", '{"n": 1}', "--json").text == "3\n"
    assert kv("push", "q", "--left", "x", "y").text == "5\n"
    assert kv("get", "q").text == '["y", "x", "a", "b", {"n": 1}]\n'
    assert kv("pop", "q").text == '{"n": 1}\n'
    assert kv("pop", "q", "--left").text == "y"
    for _ in range(3):
        assert kv("pop", "q").code == 0
    assert kv("pop", "q") == (1, b"", "stdtools kv pop: the list 'q' is empty\n")
    kv("set", "t", "text")
    assert kv("push", "t", "a") == (2, b"", "stdtools kv push: t: holds text, no list\n")


def test_an_element_that_cannot_be_printed_stays(kv: Run) -> None:
    kv("push", "q", "a")
    with open("/dev/full", "wb") as full:
        assert kv("pop", "q", stdout=full).code == 2
    assert kv("pop", "q").text == "a"


def test_names(kv: Run) -> None:
    kv("set", "a", "1")
    kv("set", "b", "2")
    assert kv("rename", "a", "b") == (1, b"", "stdtools kv rename: 'b' is there already; --replace takes its place\n")
    assert kv("rename", "a", "a").code == 0
    assert kv("rename", "a", "b", "--replace").code == 0
    assert kv("keys").text == "b\n"
    assert kv("copy", "b", "c").code == 0
    assert kv("copy", "b", "c").code == 1
    assert kv("get", "b", "c").text == "11"


def test_keys_and_deletion_by_pattern(kv: Run) -> None:
    for key in ("user:1", "user:2", "user", "User:3", "job%1", "job_1", "jobx1"):
        kv("set", key, "v")
    assert kv("keys", "user:*").text == "user:1\nuser:2\n"
    assert kv("keys", "--prefix", "user").text == "user\nuser:1\nuser:2\n"
    assert kv("keys", "*:[13]", "--prefix", "u").text == "user:1\n"
    assert kv("keys", "job_1").text == "job_1\n"
    assert (
        kv("keys", "[ju]*1", "--json").text
        == '[{"key": "job%1"},\n {"key": "job_1"},\n {"key": "jobx1"},\n {"key": "user:1"}]\n'
    )
    assert kv("del", "--glob", "job%*").text == "1\n"
    assert kv("del", "--prefix", "job").text == "2\n"
    assert kv("del", "user:1", "nobody", "user:2").text == "2\n"
    assert kv("del", "--glob", "z*") == (1, b"0\n", "")
    assert kv("keys").text == "User:3\nuser\n"
    assert kv("del").code == kv("del", "a", "--glob", "b").code == 2


def test_a_listing_has_types_sizes_and_times(kv: Run) -> None:
    kv("set", "a", "x" * 1000)
    kv("set", "b", "[1]", "--json", "--ttl", "1m")
    first, second = (json.loads(line) for line in kv("list", "--jsonl").text.splitlines())
    assert (first["key"], first["type"], first["ttl"], first["value"]) == ("a", "text", None, "x" * 1000)
    assert first["size"] > 1000
    assert (second["type"], second["value"]) == ("list", [1])
    assert 50 < second["ttl"] <= 60
    assert second["modified"][:2] == "20"
    plain = kv("list").text.splitlines()
    assert plain[0].split("\t")[-1] == "x" * 1000
    assert kv("list", "-0").out == b"a\0" + b"x" * 1000 + b"\0b\0[1]\n\0"


def test_stores_have_names_or_paths(kv: Run, home: Path, tmp_path: Path) -> None:
    kv("--store", "one", "set", "k", "1")
    kv("set", "k", "2", "--store", "two.db")
    kv("set", "k", "3", env={"STDTOOLS_KV_STORE": "three"})
    kv("set", "k", "4")
    assert kv("get", "k", "--store", "one").text == "1"
    assert kv("--store", "./two.db", "get", "k").text == "2"
    assert kv("--store", "one", "get", "k", "--store", "three").text == "3"
    place = home / ".local/share/stdtools/kv"
    assert sorted(os.listdir(place)) == ["default.db", "one.db", "three.db"]
    assert kv("stores", "--csv").text.splitlines()[0] == "store,bytes,path"
    assert [line.split("\t")[0] for line in kv("stores").text.splitlines()] == ["default", "one", "three"]
    assert kv("get", "k", "--store", "./none.db").err == "stdtools kv get: ./none.db: No such file or directory\n"
    assert kv("get", "k", "--store", "none").code == 1
    config = home / ".config/stdtools"
    config.mkdir(parents=True)
    (config / "config.toml").write_text('[kv]\nstore = "one"\n[kv.get]\ndefault = "d"\n')
    assert kv("get", "k", "none") == (0, b"1d", "")


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_its_owner_may_read_a_store(kv: Run, home: Path, tmp_path: Path, umask: int) -> None:
    os.umask(umask)
    kv("--store", "./new/one/a.db", "set", "k", "v")
    for made in ("new", "new/one", "new/one/a.db"):
        assert (tmp_path / made).stat().st_mode & 0o077 == 0
    kv("set", "k", "v")
    place = home / ".local/share/stdtools/kv"
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert stat.S_IMODE((place / "default.db").stat().st_mode) == 0o600


def test_reading_leaves_a_store_alone(kv: Run, tmp_path: Path) -> None:
    kv("set", "k", "v", "--store", "./a.db")
    before = (tmp_path / "a.db").stat()
    for args in (["get", "k"], ["keys"], ["list"], ["info"], ["check"], ["export"], ["has", "k"], ["ttl", "k"]):
        assert kv("--store", "./a.db", *args).code == 0, args
    after = (tmp_path / "a.db").stat()
    assert (after.st_mtime_ns, after.st_size, after.st_ino) == (before.st_mtime_ns, before.st_size, before.st_ino)
    assert os.listdir(tmp_path) == ["a.db"]


def test_an_editor_changes_text_and_json(kv: Run, tmp_path: Path) -> None:
    kv("set", "t", "one two", "--ttl", "1h")
    assert kv("edit", "t", env={"EDITOR": "sed -i s/two/three/"}).code == 0
    assert kv("get", "t").text == "one three"
    assert kv("ttl", "t").text != "never\n"
    kv("set", "j", '{"a": [1, {"$tuple": [2]}]}', "--json")
    assert kv("edit", "j", env={"VISUAL": "sed -i s/2/5/", "EDITOR": "false"}).code == 0
    assert kv("get", "j").text == '{"a": [1, {"$tuple": [5]}]}\n'
    assert kv("edit", "j", env={"EDITOR": "true"}).err == "stdtools kv edit: 'j' is as it was\n"
    failed = kv("edit", "j", env={"EDITOR": "false"})
    assert failed.err == "stdtools kv edit: false: ended with 1; nothing is stored\n"
    assert kv("edit", "j", env={"EDITOR": "no-such-editor"}).err.endswith("no-such-editor: No such file or directory\n")
    result = kv("edit", "j", env={"EDITOR": "sed -i s/{/x/"})
    assert result.code == 2
    assert "what you wrote is in" in result.err
    assert kv("edit", "new", env={"EDITOR": "cp /etc/hostname"}).code == 0
    kv("set", "raw", "x", "--bytes")
    assert kv("edit", "raw", env={"EDITOR": "true"}).code == 2


def test_an_edit_is_refused_when_the_value_was_changed_meanwhile(kv: Run, tmp_path: Path) -> None:
    kv("set", "k", "old")
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nstdtools kv set k other\necho mine > "$1"\n')
    editor.chmod(0o755)
    result = kv("edit", "k", env={"EDITOR": str(editor)})
    assert result.code == 2
    assert result.err.endswith("k: was changed by another process meanwhile; nothing is stored\n")
    assert kv("get", "k").text == "other"


def test_what_is_deleted_is_not_chosen_by_a_default(kv: Run, home: Path) -> None:
    kv("set", "k", "v")
    place = home / ".config/stdtools/config.toml"
    place.parent.mkdir(parents=True)
    place.write_text('[kv.del]\nglob = "*"\nprefix = ""\n')
    result = kv("del", env={"STDTOOLS_KV_DEL_GLOB": "*", "STDTOOLS_KV_DEL_PREFIX": ""})
    assert result.code == 2
    assert "config.toml: [kv.del] has no option 'glob'" in result.err
    assert kv("get", "k").text == "v"


def test_typing_errors_are_told(kv: Run) -> None:
    assert kv("gte").err == "stdtools kv: no such command 'gte'; did you mean get?\n"
    assert kv("set").err.startswith("stdtools kv set: missing argument 'KEY'")
    assert kv("set", "k", "v", "--json", "--bytes").code == 2
    assert kv("set", "k", "v", "--ttl", "1h", "--keep-ttl").code == 2
    assert kv("set", "k", "v", "--if-absent", "--if-value", "x").code == 2
    assert kv("keys", "-0", "--json").code == kv("get", "k", "-0", "--csv").code == kv("list", "-0", "--csv").code == 2
    assert kv("backup", "-").code == 2
    for args in (["set", "k", "v", "--ttl", "0.0004"], ["expire", "k", "0.0004"]):
        assert "'0.0004' is no time at all" in kv(*args).err


def test_a_default_that_does_not_fit_what_was_typed_is_ignored(kv: Run) -> None:
    kv("set", "k", "v", "--ttl", "1h")
    assert kv("set", "k", "w", "--keep-ttl", env={"STDTOOLS_KV_SET_TTL": "1"}) == (0, b"", "")
    assert float(kv("ttl", "k").text) > 3000
    assert kv("set", "k", "w", "--ttl", "1m", env={"STDTOOLS_KV_SET_KEEP_TTL": "1"}) == (0, b"", "")
    assert float(kv("ttl", "k").text) <= 60
    assert kv("set", "k", "[1]", "--bytes", env={"STDTOOLS_KV_SET_JSON": "1"}) == (0, b"", "")
    assert kv("get", "k", "-0", env={"STDTOOLS_KV_GET_FORMAT": "csv"}) == (0, b"[1]\0", "")
    assert kv("keys", "--csv", env={"STDTOOLS_KV_KEYS_NULL": "1"}) == (0, b"key\nk\n", "")


def completions(words: str, incomplete: str) -> list[str]:
    """Return what Tab offers behind *words*."""
    from stdtools.cli import stdtools_command
    from stdtools.shared.completing import offers

    return [line.split("\t")[0] for line in offers(stdtools_command, [*words.split(), incomplete])]


def test_tab_offers_the_keys_that_no_shell_would_run_or_expand(kv: Run) -> None:
    for key in (
        "user:1",
        "user:2",
        "job",
        "user:$(touch x)",
        "user:`id`",
        "user:*",
        "user:a b",
        "user:\n",
        "user:;",
        "usér",
    ):
        kv("set", key, "v")
    kv("set", "--", "--replace", "v")
    assert completions("kv get", "user") == ["user:1", "user:2"]
    assert completions("kv get", "") == ["job", "user:1", "user:2", "usér"]
    assert completions("kv get --store", "") == ["default"]
    assert completions("kv get --", "-") == ["--replace"]
    assert completions("kv del user:1", "j") == ["job"]
    assert completions("kv get --store none", "user") == []
    kv("set", "other", "v", "--store", "two")
    assert completions("kv --store two get", "") == ["other"]
    assert "get" in completions("kv", "g")


def test_unknown_values_of_a_newer_kind_are_shown_not_run(kv: Run, tmp_path: Path, home: Path) -> None:
    """A pickle that would run a command is printed."""
    import stdtools.kv

    with stdtools.kv.open(home / ".local/share/stdtools/kv/default.db") as store:
        store.dict[b"evil"] = b"cos\nsystem\n(S'touch canary'\ntR."
        store.dict[b"torn"] = b"\x80\x04\x95"
    shown = kv("get", "evil")
    assert (shown.code, shown.text) == (0, '{"$class": "os.system", "args": ["touch canary"]}\n')
    torn = kv("get", "torn")
    assert torn.code == 2
    assert torn.err.startswith("stdtools kv get: ")
    assert kv("check", "--csv").code == 1
    listed = kv("list")
    assert listed.code == 2
    assert len(listed.text.splitlines()) == 2
    assert kv("del", "torn").text == "1\n"
    assert not (tmp_path / "canary").exists()


def test_batch_answers_every_line_in_order(kv: Run) -> None:
    lines = [
        '{"op": "set", "key": "a", "value": 1}',
        '{"op": "set", "key": "a", "value": {"$tuple": [2]}, "if_value": 1, "get": true}',
        '{"op": "set", "key": "a", "value": 3, "if_absent": true}',
        '{"op": "get", "key": "a"}',
        '{"op": "get", "key": "x"}',
        '{"op": "get", "keys": ["a", "x"], "default": null}',
        "",
        "nonsense",
        '{"op": "fly"}',
        '{"op": "get", "key": "a", "speed": 1}',
        '{"op": "get"}',
        "[]",
        '{"op": "incr", "key": "n", "by": 2.5}',
        '{"op": "incr", "key": "a"}',
        '{"op": "append", "key": "t", "value": "x"}',
        '{"op": "push", "key": "q", "values": [1, "two"]}',
        '{"op": "pop", "key": "q"}',
        '{"op": "pop", "key": "none"}',
        '{"op": "expire", "key": "q", "ttl": "1h"}',
        '{"op": "persist", "keys": ["q", "none"]}',
        '{"op": "ttl", "key": "q"}',
        '{"op": "rename", "old": "q", "new": "r"}',
        '{"op": "copy", "source": "r", "target": "t"}',
        '{"op": "has", "keys": ["r", "t"]}',
        '{"op": "keys", "glob": "[rt]"}',
        '{"op": "list", "prefix": "r"}',
        '{"op": "del", "key": {"$base64": true, "encoded": "/w=="}}',
        '{"op": "del", "prefix": ""}',
    ]
    result = kv("batch", stdin="\n".join(lines))
    assert result.text.splitlines() == [
        '{"ok": true, "done": true}',
        '{"ok": true, "done": true, "old": 1}',
        '{"ok": true, "done": false}',
        '{"ok": true, "value": {"$tuple": [2]}}',
        '{"ok": true, "found": false}',
        '{"ok": true, "values": [{"value": {"$tuple": [2]}}, {"value": null}]}',
        '{"ok": false, "error": "line 1, column 1: not JSON: expecting value"}',
        '{"ok": false, "error": "no operation \'fly\'; there are set, get, has, del, keys, list, incr, append, push, '
        'pop, ttl, expire, persist, rename, copy"}',
        '{"ok": false, "error": "get has no field \'speed\'; it has default, key, keys"}',
        '{"ok": false, "error": "the field \'key\' is missing"}',
        '{"ok": false, "error": "an operation is a JSON object"}',
        '{"ok": true, "value": 2.5}',
        '{"ok": false, "error": "a: holds tuple, no number"}',
        '{"ok": true, "size": 1}',
        '{"ok": true, "size": 2}',
        '{"ok": true, "value": "two"}',
        '{"ok": true, "found": false}',
        '{"ok": true}',
        '{"ok": true, "count": 1}',
        '{"ok": true, "ttl": null}',
        '{"ok": true, "done": true}',
        '{"ok": true, "done": false}',
        '{"ok": true, "found": true}',
        '{"ok": true, "keys": ["r", "t"]}',
        '{"ok": true, "list": [{"key": "r", "type": "list", "value": [1]}]}',
        '{"ok": true, "count": 0}',
        '{"ok": true, "count": 4}',
    ]
    assert (result.code, result.err) == (2, "stdtools kv batch: 6 of 27 operations failed\n")


def test_an_atomic_batch_is_all_or_nothing(kv: Run) -> None:
    good = '{"op": "set", "key": "a", "value": 1}\n{"op": "incr", "key": "a"}\n'
    failed = kv("batch", "--atomic", stdin=good + "nonsense\n" + good)
    assert failed.code == 2
    assert [json.loads(line)["ok"] for line in failed.text.splitlines()] == [False] * 5
    assert kv("keys").code == 1
    refused = kv("batch", "--atomic", stdin=good + '{"op": "set", "key": "a", "value": 9, "if_absent": true}\n')
    assert refused.code == 1
    assert refused.text.splitlines()[-1] == '{"ok": true, "done": false}'
    assert kv("keys").code == 1
    assert kv("batch", "--atomic", stdin=good) == (0, b'{"ok": true, "done": true}\n{"ok": true, "value": 2}\n', "")
    assert kv("get", "a").text == "2\n"


def test_a_lone_operation_is_answered_at_once(kv: Run, tmp_path: Path) -> None:
    from subprocess import PIPE, Popen

    from tests.conftest import COMMAND

    process = Popen([COMMAND, "kv", "--store", "./a.db", "batch"], cwd=tmp_path, stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    for number in range(3):
        process.stdin.write(b'{"op": "incr", "key": "n"}\n')
        process.stdin.flush()
        assert process.stdout.readline() == b'{"ok": true, "value": %d}\n' % (number + 1)
        assert kv("--store", "./a.db", "get", "n").text == f"{number + 1}\n"
    process.stdin.close()
    assert process.wait() == 0
    process.stdout.close()


def test_export_and_import_are_inverse(kv: Run) -> None:
    kv("set", "text", "ü\n")
    kv("set", "raw", stdin=b"\xff\0")
    kv("set", "json", '[1, {"$tuple": [2.5, null]}, {"$dict": [["$b", {"$float": "-Infinity"}]]}]', "--json")
    kv("set", "gone", "later", "--ttl", "1h")
    kv("set", "--key-bytes", r"\xff", "v")
    exported = kv("export")
    assert kv("import", "--store", "two", stdin=exported.out).text == "5\n"
    assert kv("export", "--store", "two").out == exported.out
    assert float(kv("ttl", "gone", "--store", "two").text) <= 3600
    listed = kv("list", "--jsonl")
    assert kv("import", "--store", "three", stdin=listed.out).text == "5\n"
    assert kv("get", "raw", "--store", "three").out == b"\xff\0"
    assert kv("keys", "-0", "--store", "three").out == kv("keys", "-0").out


def test_an_import_is_all_or_nothing(kv: Run) -> None:
    kv("set", "b", "old")
    lines = '{"key": "a", "value": 1}\n{"key": "b", "value": 2}\n{"key": "c", "value": 3}\n'
    result = kv("import", stdin=lines)
    assert result.code == 2
    assert result.err == "stdtools kv import: b: is there already, or comes twice; see --replace and --keep\n"
    assert kv("keys").text == "b\n"
    assert kv("import", "--keep", stdin=lines).text == "2\n"
    assert kv("get", "b").text == "old"
    assert kv("import", "--replace", stdin=lines).text == "3\n"
    assert kv("get", "b").text == "2\n"
    assert kv("import", "--replace", stdin='{"key": "d", "value": 1}\n{"key": "d", "value": 2}\n').text == "2\n"
    assert kv("get", "d").text == "2\n"
    for wrong in (
        '{"key": "e", "value": 1}\n{"key": 5, "value": 1}',
        '{"key": "e"}',
        '{"value": 1}',
        '{"key": "e", "value": 1, "vlaue": 2}',
        '{"key": "e", "value": {"$class": "os.system"}}',
        '{"key": "e", "value": 1, "expires": "soon"}',
        '{"key": "e", "value": 1, "ttl": -5}',
        '{"key": "e", "pickle": "text"}',
        '"e"',
        '{"key": "e", "value": 1',
    ):
        result = kv("import", stdin=wrong)
        assert (result.code, result.out) == (2, b""), wrong
        assert result.err.startswith("stdtools kv import: standard input: record "), wrong
        assert result.err.count("\n") == 1
    assert kv("keys").text == "a\nb\nc\nd\n"


def test_compact_backup_and_info(kv: Run, tmp_path: Path) -> None:
    kv("import", stdin="".join(f'{{"key": "{n}", "value": "{"x" * 1000}"}}\n' for n in range(2000)))
    kv("del", "--glob", "1*")
    info = json.loads(kv("info", "--jsonl").text)
    assert (info["kind"], info["keys"], info["expiring"], info["written_by"]) == ("sqlite", 889, 0, "stdtools")
    before, after = map(int, kv("compact").text.split("\t"))
    assert info["unused"] > 0
    assert before == info["bytes"]
    assert after < before / 1.5
    assert kv("backup", "copy.db").code == 0
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    assert kv("export", "--store", "copy.db").out == kv("export").out
    with open("/dev/full", "wb"):
        assert kv("backup", "/dev/full").code == 2


@pytest.mark.parametrize("store", ["typo", "./typo.db"])
def test_a_store_that_is_not_there_is_told_and_not_made(kv: Run, store: str) -> None:
    for args in (["info"], ["check"], ["compact"], ["export"], ["backup", "copy.db"]):
        result = kv(*args, "--store", store)
        assert (result.code, result.out) == (2, b""), args
        assert result.err.endswith("typo.db: No such file or directory\n"), args
    assert kv("batch", "--store", store, "nofile") == (2, b"", "stdtools kv batch: nofile: No such file or directory\n")
    assert kv("stores").code == 1
    assert kv("info", "--store", store).code == 2


def test_an_import_says_how_a_number_that_json_lacks_is_written(run: Run) -> None:
    result = run("kv", "import", "-", stdin='{"key": "a", "value": NaN}\n')
    assert (result.code, result.err) == (
        2, 'stdtools kv import: standard input: record 1: not JSON: NaN; write {"$float": "NaN"}\n',
    )  # fmt: skip
