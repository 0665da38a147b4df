"""How the command line behaves: help, exit codes, errors, pipes, terminals, completion."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from terminal import COMMAND, ROOT, on_terminal, piped

import coalitiondata as cd
from coalitiondata import schema
from coalitiondata.cli import _VERBS, main

VERBS = [verb.__name__.rpartition(".")[2] for verb in _VERBS]


def widest(text: str) -> int:
    return max(map(len, text.splitlines()))


# Help -------------------------------------------------------------------------------------------


def test_the_verbs_are_these() -> None:
    assert set(VERBS) == {
        "tables", "show", "head", "codebook", "cite", "validate", "export", "verify", "versions",
        "completion", "template", "check",
    }  # fmt: skip


@pytest.mark.parametrize("call", [["--help"], *([verb, "--help"] for verb in VERBS)])
def test_help_fits_80_columns_and_has_examples_that_parse(call: list[str]) -> None:
    done = piped(*call, COLUMNS="200")
    assert done.returncode == 0
    assert done.stderr == ""
    assert widest(done.stdout) <= 80
    _, _, examples = done.stdout.partition("examples:\n")
    calls = re.findall(r"coalitiondata ((?:[^|>\n])+)", examples.split("\n\n")[0])
    assert calls
    for example in calls:
        # Every option and verb of an example is one that help knows.
        verb, *rest = example.split()
        assert verb in VERBS
        told = piped(verb, "--help").stdout
        assert all(word in told for word in rest if word.startswith("-"))


def test_help_on_a_narrow_terminal() -> None:
    code, shown = on_terminal("export", "--help", columns=60)
    assert code == 0
    options, _, _ = shown.partition("examples:")
    assert widest(options) <= 60


def test_help_needs_neither_data_nor_pandas(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom coalitiondata.cli import main\n"
        "try:\n    main(['export', '--help'])\nexcept SystemExit:\n    pass\n"
        "assert 'pandas' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT,
        env={**os.environ, "COALITIONDATA_DATA": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


# Exit codes and errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["show", "coalition"], "Unknown table 'coalition'. Did you mean 'coalitions'?"),
        (["head", "power", "--columns", "valu"], "Unknown column of power 'valu'. Did you mean"),
        (["show", "power", "--family", "war"], "Unknown family 'war'"),
        (["show", "sources", "--family", "ngo"], "Table 'sources' has no coalition_id"),
        (["codebook", "power.valu"], "Unknown column of power 'valu'. Did you mean 'value'"),
        (["codebook", "--format", "htm"], "Unknown format 'htm'. Did you mean 'html'?"),
        (["cite", "--style", "bibtx"], "Unknown style 'bibtx'. Did you mean 'bibtex'?"),
        (["cite", "--coalition", "gov-tiny"], "Unknown coalition 'gov-tiny'. Did you mean"),
        (["export", "out", "--format", "xls"], "Unknown format 'xls'"),
        (["export", "out", "actor"], "Unknown table 'actor'"),
        (["verify", "actor"], "Unknown table 'actor'. Did you mean 'actors'"),
        (["completion", "ksh"], "Unknown shell 'ksh'"),
    ],
)
def test_a_wrong_name_is_one_line_and_exits_with_two(
    tiny_data: Path, call: list[str], said: str
) -> None:
    done = piped(*call)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"coalitiondata: {said}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "call",
    [
        [],
        ["nonsense"],
        ["show"],
        ["show", "power", "--rows", "0"],
        ["show", "power", "--rows", "many"],
        ["show", "power", "--fam", "ngo"],  # an abbreviation may mean another thing tomorrow
        ["codebook", "--format", "pdf"],
        ["codebook", "power.value", "--format", "html"],
    ],
)
def test_a_wrong_call_shows_the_usage_and_exits_with_two(tiny_data: Path, call: list[str]) -> None:
    done = piped(*call)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("usage: coalitiondata")
    assert "Traceback" not in done.stderr


def test_options_may_stand_anywhere(tiny_data: Path) -> None:
    expected = piped("show", "power", "--rows", "1", "--columns", "value").stdout
    assert expected == "value\n40\n"
    for call in (
        ["show", "--rows", "1", "power", "--columns", "value"],
        ["show", "--columns", "value", "--rows", "1", "power"],
    ):
        assert piped(*call).stdout == expected
    sums = piped("verify", "actors", "--sums", "power").stdout
    assert [line.split()[1] for line in sums.splitlines()] == ["actors.csv", "power.csv"]


def test_a_problem_exits_with_one(tiny_data: Path, tmp_path: Path) -> None:
    (tiny_data / "power.csv").write_bytes(b"")
    for call in (["show", "power"], ["verify"], ["export", str(tmp_path / "out")]):
        done = piped(*call)
        assert done.returncode == 1, call
        assert "Traceback" not in done.stderr
        assert "power.csv" in done.stdout + done.stderr


def test_what_the_system_refuses_is_one_line(tiny_data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = piped("codebook", "power", "--out", str(tmp_path / "file" / "inside.txt"))
    assert done.returncode == 1
    assert done.stderr.startswith("coalitiondata: ")
    assert done.stderr.count("\n") == 1


def test_absent_data_folder(tmp_path: Path) -> None:
    done = piped("tables", COALITIONDATA_DATA=str(tmp_path))
    assert done.returncode == 1
    assert "datapackage.json does not exist" in done.stderr
    assert done.stderr.count("\n") == 1


# Pipes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", [["codebook"], ["show", "memberships"], ["completion", "fish"]])
def test_closed_pipe_is_quiet(tiny_data: Path, call: list[str]) -> None:
    reader = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.readline()"], stdin=subprocess.PIPE
    )
    assert reader.stdin is not None
    done = subprocess.run(
        [*COMMAND, *call], stdout=reader.stdin, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    reader.stdin.close()
    reader.wait()
    assert done.stderr == ""
    assert done.returncode == 0


def test_a_pipe_that_is_closed_from_the_start(tiny_data: Path) -> None:
    outside, inside = os.pipe()
    os.close(outside)
    with os.fdopen(inside, "wb") as pipe:
        done = subprocess.run(
            [*COMMAND, "show", "actors"], stdout=pipe, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_interruption_is_quiet(tiny_data: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "from coalitiondata import cli\n"
        "from coalitiondata.cli import tables\n"
        "tables.run = lambda options: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.exit(cli.main(['tables']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 128 + signal.SIGINT
    assert done.stderr == ""


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-8"])
def test_piped_output_is_utf_8_with_unix_line_ends(tiny_data: Path, encoding: str) -> None:
    done = subprocess.run(
        [*COMMAND, "show", "coalitions"], capture_output=True, cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stdout == (tiny_data / "coalitions.csv").read_bytes()


@pytest.mark.parametrize("verb", ["tables", "versions", "verify"])
def test_piped_output_is_plain(tiny_data: Path, verb: str) -> None:
    done = piped(verb, FORCE_COLOR="1", COLUMNS="20")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr
    assert "\r" not in done.stdout + done.stderr
    if verb != "versions":
        assert len(done.stdout.splitlines()) == len(schema.tables())


# Terminals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        ["tables"],
        ["head", "coalitions"],
        ["head", "sources", "-n", "2"],
        ["codebook"],
        ["codebook", "coalitions"],
        ["codebook", "coalitions.end_cause"],
        ["show", "coalition"],  # its error
    ],
)
@pytest.mark.parametrize("columns", [80, 60])
def test_everything_fits_the_terminal(tiny_data: Path, call: list[str], columns: int) -> None:
    code, shown = on_terminal(*call, columns=columns)
    assert code == (2 if call[-1] == "coalition" else 0)
    assert widest(shown) <= columns
    assert "\x1b" not in shown


def test_head_on_a_terminal_shows_every_column_and_row(tiny_data: Path) -> None:
    _, shown = on_terminal("head", "coalitions")
    for name in schema.table("coalitions").columns:
        assert re.search(rf"\b{name}\b", shown)
    assert 'Ångström "I", or so' in shown
    assert len({len(block.splitlines()) for block in shown.split("\n\n")}) == 1


def test_tables_on_a_terminal_say_the_same_as_piped(tiny_data: Path) -> None:
    _, shown = on_terminal("tables")
    assert shown.split() == piped("tables").stdout.split()


# Completion -------------------------------------------------------------------------------------


def bash_offers(script: str, *words: str) -> set[str]:
    line = " ".join(f"'{word}'" for word in words)
    code = (
        f"{script}\nCOMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _coalitiondata\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True)
    assert done.stderr == ""
    return set(done.stdout.split())


def fish_offers(script: str, *words: str) -> set[str]:
    code = f"{script}\ncomplete --do-complete='{' '.join(words)}'"
    done = subprocess.run(["fish", "--no-config", "-c", code], capture_output=True, text=True)
    assert done.stderr == ""
    return {line.split("\t")[0] for line in done.stdout.splitlines()}


SHELLS = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed"),
    )
    for name in ("bash", "fish")
]


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_offers_verbs_options_tables_and_values(shell: str) -> None:
    offers = {"bash": bash_offers, "fish": fish_offers}[shell]
    script = piped("completion", shell).stdout
    assert offers(script, "coalitiondata", "ver") >= {"verify", "versions"}
    assert offers(script, "coalitiondata", "show", "coal") == {"coalitions"}
    assert "--overwrite" in offers(script, "coalitiondata", "export", "out", "--ov")
    assert offers(script, "coalitiondata", "export", "out", "--format", "s") >= {
        "stata", "spss", "sqlite",
    }  # fmt: skip
    assert offers(script, "coalitiondata", "codebook", "--format", "p") == {"pdf"}
    assert offers(script, "coalitiondata", "show", "power", "--family", "w") == {"wartime"}


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_completion_for_zsh_runs(tmp_path: Path) -> None:
    """The function is called as zsh calls it, with `compadd` in place of the line editor's."""
    script = piped("completion", "zsh").stdout
    assert script.startswith("#compdef coalitiondata\n")
    (tmp_path / "_coalitiondata").write_text(script, encoding="utf-8")
    code = (
        "compdef() { : }; compadd() { shift; print -l -- $@ }; _files() { print FILES }\n"
        f"source {tmp_path}/_coalitiondata\n"
        "words=(coalitiondata export out --format s); CURRENT=5; _coalitiondata\n"
        "words=(coalitiondata export out); CURRENT=3; _coalitiondata"
    )
    done = subprocess.run(["zsh", "-f", "-c", code], capture_output=True, text=True)
    assert done.stderr == ""
    assert {"stata", "duckdb", "coalitions", "--overwrite", "FILES"} <= set(done.stdout.split())


def test_completion_knows_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in VERBS:
        with pytest.raises(SystemExit):
            main([verb, "--help"])
        options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out.split("examples:")[0]))
        assert main(["completion", "bash"]) == 0
        (line,) = (
            line
            for line in capsys.readouterr().out.splitlines()
            if line.strip().startswith(f'"{verb} "*)')
        )
        assert options <= set(re.findall(r"--[a-z-]+", line))


def test_version() -> None:
    assert piped("--version").stdout == f"coalitiondata {cd.__version__}\n"
