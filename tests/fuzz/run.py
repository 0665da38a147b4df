"""Run generated hostile cases against every entry point, in processes with bounds.

    python tests/fuzz/run.py --cases 20000 --seed 1
    python tests/fuzz/run.py --seed 1 --only 1234        # one case again, with its traceback

Every case follows from (seed, number of the case) alone. With `--log FILE` the outcomes are kept,
and a run that was broken off goes on where it stopped. The exit code is 1 if any outcome is neither
a valid result nor an error that the package promises.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing as mp
import os
import resource
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve()
for _folder in (_HERE.parents[1], _HERE.parents[2]):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

SECONDS, GIGABYTES = 20.0, 4.0
OUTCOMES = ("valid", "typed error", "other exception", "broken invariant", "timeout", "died")
GOOD = OUTCOMES[:2]

Outcome = dict[str, Any]


def play(seed: int, case: int, only: str | None = None) -> Outcome:
    """One case in this process: which entry point, and how it ended."""
    import numpy as np

    from coalitiondata.errors import CoalitionDataError
    from fuzz.entries import ENTRIES
    from fuzz.invariants import BrokenError

    rng = np.random.default_rng([seed, case])
    names = list(ENTRIES)
    shares = np.array([share for _, share in ENTRIES.values()])
    name = names[int(rng.choice(len(names), p=shares / shares.sum()))]
    name = only or name
    folder = Path(tempfile.mkdtemp(prefix="fuzz-case-"))
    began = time.perf_counter()
    said: str | None = None
    trace = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ENTRIES[name][0](rng, folder)
        outcome = "valid"
    except BrokenError as error:
        outcome, said, trace = "broken invariant", str(error), traceback.format_exc()
    except CoalitionDataError as error:
        good = len(str(error).strip()) >= 10 and not str(error).startswith("0 ")
        outcome, said = (
            ("typed error" if good else "other exception"),
            f"{type(error).__name__}: {error}",
        )
    except BaseException as error:
        outcome, said, trace = (
            "other exception",
            f"{type(error).__name__}: {error}",
            traceback.format_exc(),
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    # What was said may hold half a letter, which no file can.
    said = said and said.encode("utf-8", "backslashreplace").decode()[:500]
    trace = trace.encode("utf-8", "backslashreplace").decode()
    seconds = round(time.perf_counter() - began, 4)
    return {"case": case, "entry": name, "outcome": outcome, "seconds": seconds, "said": said,
            "trace": trace[-3000:]}  # fmt: skip


def _worker(pipe: Connection, seed: int, only: str | None, gigabytes: float) -> None:
    limit = int(gigabytes * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        case = pipe.recv()
        if case is None:
            return
        pipe.send(play(seed, case, only))


class Hand:
    """A worker process and the case that it has in hand."""

    def __init__(self, seed: int, only: str | None, gigabytes: float) -> None:
        self.made = (seed, only, gigabytes)
        self.case: int | None = None
        self.since = 0.0
        self.start()

    def start(self) -> None:
        self.pipe, theirs = mp.get_context("fork").Pipe()
        self.process = mp.get_context("fork").Process(
            target=_worker, args=(theirs, *self.made), daemon=True
        )
        self.process.start()
        theirs.close()

    def give(self, case: int | None) -> None:
        self.case, self.since = case, time.monotonic()
        self.pipe.send(case)

    def end(self, outcome: str) -> Outcome:
        self.process.kill()
        self.process.join()
        case = self.case
        self.case = None
        self.start()
        return {
            "case": case,
            "entry": "",
            "outcome": outcome,
            "seconds": SECONDS,
            "said": None,
            "trace": "",
        }


def run(
    cases: list[int], seed: int, *, workers: int = 2, only: str | None = None,
    seconds: float = SECONDS, gigabytes: float = GIGABYTES, log: Path | None = None,
    quiet: bool = False,
) -> list[Outcome]:  # fmt: skip
    """The outcome of each case, and of those that the log has already."""
    import fuzz.entries  # noqa: F401  # once, before the processes part

    done = [json.loads(line) for line in log.open()] if log and log.exists() else []
    seen = {each["case"] for each in done}
    todo = [case for case in cases if case not in seen][::-1]
    total, began = len(todo), time.monotonic()
    hands = [Hand(seed, only, gigabytes) for _ in range(min(workers, max(len(todo), 1)))]
    file = log.open("a") if log else None
    while todo or any(hand.case is not None for hand in hands):
        for hand in hands:
            if hand.case is None and todo:
                hand.give(todo.pop())
        ready = wait([hand.pipe for hand in hands if hand.case is not None], timeout=0.5)
        for hand in hands:
            if hand.case is None:
                continue
            outcome = None
            if hand.pipe in ready:
                try:
                    outcome = hand.pipe.recv()
                    hand.case = None
                except (EOFError, OSError):
                    outcome = hand.end("died")
            elif time.monotonic() - hand.since > seconds:
                outcome = hand.end("timeout")
            if outcome is not None:
                outcome["entry"] = outcome["entry"] or only or entry_of(seed, outcome["case"])
                done.append(outcome)
                if file:
                    file.write(json.dumps(outcome) + "\n")
                    file.flush()
                if not quiet and outcome["outcome"] not in GOOD:
                    print(f"\n{outcome['case']} {outcome['entry']}: {outcome['outcome']} "
                          f"{outcome['said']}", file=sys.stderr)  # fmt: skip
                if not quiet and (total - len(todo)) % 100 == 0:
                    rate = (total - len(todo)) / (time.monotonic() - began)
                    print(
                        f"\r{total - len(todo)} of {total}, {rate:.0f} a second",
                        end="",
                        file=sys.stderr,
                    )
    for hand in hands:
        hand.pipe.send(None)
    return done


def entry_of(seed: int, case: int) -> str:
    """The entry point of a case that could not say so itself."""
    import numpy as np

    from fuzz.entries import ENTRIES

    shares = np.array([share for _, share in ENTRIES.values()])
    rng = np.random.default_rng([seed, case])
    return list(ENTRIES)[int(rng.choice(len(shares), p=shares / shares.sum()))]


def table(done: list[Outcome]) -> str:
    """Entry point by outcome, as Markdown."""
    counts = Counter((each["entry"], each["outcome"]) for each in done)
    lines = ["| Entry point | " + " | ".join(OUTCOMES) + " | longest, s |",
             "|---" * (len(OUTCOMES) + 2) + "|"]  # fmt: skip
    for name in dict.fromkeys(sorted(each["entry"] for each in done)):
        longest = max(each["seconds"] for each in done if each["entry"] == name)
        cells = [str(counts[name, outcome]) for outcome in OUTCOMES]
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {longest:.1f} |")
    totals = [str(sum(counts[key] for key in counts if key[1] == each)) for each in OUTCOMES]
    lines.append(f"| all {len(done)} | " + " | ".join(totals) + " | |")
    return "\n".join(lines)


def main() -> int:
    """Run, and print the table and what is needed to see each bad case again."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="bound of one case")
    parser.add_argument(
        "--gigabytes", type=float, default=GIGABYTES, help="address space of a process"
    )
    parser.add_argument("--entry", help="only this entry point")
    parser.add_argument("--only", type=int, help="only this case, in this process")
    parser.add_argument("--log", type=Path, help="JSON Lines of outcomes; goes on where it stopped")
    options = parser.parse_args()
    if options.only is not None:
        outcome = play(options.seed, options.only, options.entry)
        print(outcome["entry"], outcome["outcome"], outcome["said"], outcome["trace"], sep="\n")
        return 0 if outcome["outcome"] in GOOD else 1
    cases = list(range(options.first, options.first + options.cases))
    done = run(cases, options.seed, workers=options.workers, only=options.entry,
               seconds=options.seconds, gigabytes=options.gigabytes, log=options.log)  # fmt: skip
    bad = [each for each in done if each["outcome"] not in GOOD]
    print("\n" + table(done))
    for each in bad:
        print(f"--seed {options.seed} --only {each['case']}: {each['entry']}: {each['outcome']}: "
              f"{each['said']}")  # fmt: skip
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
