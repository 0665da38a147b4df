"""`coalitiondata completion`: scripts for shells, made from the parser itself."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from coalitiondata.cli.parsers import add_verb, completed_by
from coalitiondata.formats import Shell
from coalitiondata.names import known

_EXAMPLES = """\
  coalitiondata completion bash >> ~/.bashrc
  coalitiondata completion zsh > ~/.zfunc/_coalitiondata
  coalitiondata completion fish > ~/.config/fish/completions/coalitiondata.fish
"""


@dataclass
class _Verb:
    """What can follow a verb."""

    name: str
    summary: str
    words: list[str] = field(default_factory=list)  # in place of an argument
    options: dict[str, list[str]] = field(default_factory=dict)  # and the values of each
    helps: dict[str, str] = field(default_factory=dict)
    paths: bool = False


def add(verbs: Any) -> None:
    """Add the verb."""
    command = add_verb(
        verbs, "completion", "print a script that completes calls in a shell", _EXAMPLES, run
    )
    shell = command.add_argument("shell", help=", ".join(get_args(Shell)))
    completed_by(shell, lambda: list(get_args(Shell)))


def run(options: argparse.Namespace) -> int:
    """The script."""
    from coalitiondata.cli import parser

    scripts: dict[str, Callable[[list[_Verb]], Iterator[str]]] = {
        "bash": _bash,
        "zsh": _zsh,
        "fish": _fish,
    }
    script = scripts[known("shell", options.shell, get_args(Shell))]
    sys.stdout.write("\n".join(script(list(_verbs(parser())))) + "\n")
    return 0


def _verbs(top: argparse.ArgumentParser) -> Iterator[_Verb]:
    (verbs,) = (each for each in top._actions if isinstance(each, argparse._SubParsersAction))
    summaries = {each.dest: each.help or "" for each in verbs._choices_actions}
    for name, command in verbs.choices.items():
        verb = _Verb(name, summaries[name])
        for action in command._actions:
            words = action.completions() if hasattr(action, "completions") else []
            for option in action.option_strings:
                verb.options[option] = words
                verb.helps[option] = (action.help or "").split(" (default")[0]
            if not action.option_strings:
                verb.words += words
            verb.paths |= action.type is Path
        yield verb


def _bash(verbs: list[_Verb]) -> Iterator[str]:
    yield "_coalitiondata() {"
    yield '  local cur="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" words='
    yield "  COMPREPLY=()"
    yield '  if [ "$COMP_CWORD" -eq 1 ]; then'
    yield f'    words="{" ".join(verb.name for verb in verbs)} --help --version"'
    yield "  else"
    yield '    case "${COMP_WORDS[1]} $previous" in'
    for verb in verbs:
        for option, values in verb.options.items():
            if values:
                yield f'      "{verb.name} {option}") words="{" ".join(values)}" ;;'
    for verb in verbs:
        words = " ".join([*verb.words, *verb.options])
        yield f'      "{verb.name} "*) words="{words}" ;;'
    yield "    esac"
    yield "  fi"
    yield '  COMPREPLY=($(compgen -W "$words" -- "$cur"))'
    yield "}"
    yield "complete -o default -F _coalitiondata coalitiondata"


def _zsh(verbs: list[_Verb]) -> Iterator[str]:
    yield "#compdef coalitiondata"
    yield "_coalitiondata() {"
    yield "  if (( CURRENT == 2 )); then"
    yield f"    compadd -- {' '.join(verb.name for verb in verbs)} --help --version"
    yield "    return"
    yield "  fi"
    yield '  case "$words[2] $words[CURRENT-1]" in'
    for verb in verbs:
        for option, values in verb.options.items():
            if values:
                yield f'    "{verb.name} {option}") compadd -- {" ".join(values)} ;;'
    for verb in verbs:
        words = " ".join([*verb.words, *verb.options])
        files = "; _files" if verb.paths else ""
        yield f'    "{verb.name} "*) compadd -- {words}{files} ;;'
    yield "  esac"
    yield "}"
    yield 'if [ "$funcstack[1]" = "_coalitiondata" ]; then'
    yield '  _coalitiondata "$@"'
    yield "else"
    yield "  compdef _coalitiondata coalitiondata"
    yield "fi"


def _fish(verbs: list[_Verb]) -> Iterator[str]:
    quoted = "complete -c coalitiondata"
    for verb in verbs:
        after = f"-n '__fish_seen_subcommand_from {verb.name}'"
        yield f"{quoted} -f -n __fish_use_subcommand -a {verb.name} -d {_fished(verb.summary)}"
        files = "" if verb.paths else "-f "
        if verb.words:
            yield f"{quoted} {files}{after} -a '{' '.join(verb.words)}'"
        for option, values in verb.options.items():
            name = f"-l {option[2:]}" if option.startswith("--") else f"-s {option[1:]}"
            given = f" -x -a '{' '.join(values)}'" if values else ""
            yield f"{quoted} {after} {name}{given} -d {_fished(verb.helps[option])}"


def _fished(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
