"""The command line: one module per verb, which adds its own parser and runs it."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from coalitiondata.cli import (
    check,
    cite,
    codebook,
    completion,
    export,
    head,
    show,
    tables,
    template,
    validate,
    verify,
    versions,
)
from coalitiondata.cli.layout import paragraph
from coalitiondata.cli.parsers import Formatter, Parser
from coalitiondata.errors import CoalitionDataError, UnknownNameError

OK, PROBLEM, USAGE, INTERRUPTED = 0, 1, 2, 130

_VERBS = (tables, show, head, codebook, cite, validate, export, template, check, verify, versions,
          completion)  # fmt: skip

_EXAMPLES = """\
examples:
  coalitiondata tables
  coalitiondata head coalitions --family wartime
  coalitiondata codebook coalitions.end_cause
  coalitiondata export out --format stata

On a terminal the output is laid out for its width; piped or redirected it is
plain: one record a line, tables as CSV.

exit codes: 0 all is well; 1 a problem was found; 2 the call was wrong.
"""


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    from coalitiondata import __version__

    top = argparse.ArgumentParser(
        prog="coalitiondata",
        description="Wartime, governing and NGO coalitions: list, show, cite, check and export.",
        epilog=_EXAMPLES,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"coalitiondata {__version__}")
    verbs = top.add_subparsers(required=True, metavar="VERB", title="verbs", parser_class=Parser)
    for verb in _VERBS:
        verb.add(verbs)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns 0, 1 for a problem that was found, 2 for a wrong call."""
    options = parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        # What goes into a file or another program is UTF-8 with LF everywhere.
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except UnknownNameError as error:
        return _complain(error, USAGE)
    except CoalitionDataError as error:
        return _complain(error, PROBLEM)
    except BrokenPipeError:
        # The reader (`head`, a closed pager) has seen enough; keep the interpreter's exit quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:
        # No room, no permission: the system's own words say what.
        return _complain(error, PROBLEM)
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _complain(error: Exception, code: int) -> int:
    sys.stdout.flush()
    text = f"coalitiondata: {error}"
    print(paragraph(text, 2) if sys.stderr.isatty() else text, file=sys.stderr)
    return code
