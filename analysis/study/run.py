"""The main job: every table and figure of the study, from the data alone."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from analysis.study.plan import FAMILIES
from coalitiondata.errors import MissingExtraError
from coalitiondata.replacing import staging

NEEDED = ("lifelines", "scipy", "formulaic", "comprisk", "matplotlib", "seaborn", "tqdm")


def run(out: Path | str = "results", *, quiet: bool = False) -> Path:
    """Compute and write everything into `out`; returns the folder.

    `quiet` leaves out the progress bar. The same data and libraries give the same bytes. Everything
    is written beside `out` and takes the place of an earlier run in one step, so that a run that
    breaks off leaves that one as it was.

    Raises:
        TargetExistsError: `out` is a file, or a folder that holds other things.
        MissingExtraError: a library of the analysis is not installed.
        DamagedFileError: a table of the data set is missing or altered.
        NotWrittenError: the disk is full, or the folder read-only.
    """
    _require_libraries()
    from tqdm import tqdm

    from analysis.study.contents import draw_figures, write_tables
    from analysis.study.family import family_results, family_steps
    from analysis.study.further import ALSO, STEPS, further
    from analysis.study.hypotheses import hypotheses
    from analysis.study.organisations import organisation_results
    from analysis.study.report import report
    from analysis.study.results import replace, writable
    from analysis.study.samples import load_tables

    folder = writable(Path(out))
    steps = 5 + STEPS + sum(map(family_steps, FAMILIES))
    layout = "{l_bar}{bar}| {n_fmt}/{total_fmt} {elapsed}"
    # Opened first: that a folder is read-only is known before minutes are spent on its content.
    with (
        staging(folder) as staged,
        tqdm(total=steps, disable=quiet, file=sys.stderr, bar_format=layout) as bar,
    ):

        def tell(step: str) -> None:
            bar.set_description(f"{step:<30}", refresh=False)
            bar.update()

        loaded = load_tables(*ALSO)
        results = [family_results(family, loaded, tell) for family in FAMILIES]
        organisations = organisation_results(loaded, tell)
        rest = further(loaded, tell)
        answers = hypotheses(
            results,
            {
                "ngo": organisations.answers,
                "wartime": [rest.convergences.answer, rest.lifespans.answer],
            },
            rest.members,
        )
        tell("writing tables")
        write_tables(results, organisations, rest, answers, staged)
        tell("drawing figures")
        draw_figures(results, organisations, staged)
        tell("writing the report")
        text = report(results, organisations, answers, rest)
        (staged / "report.md").write_text(text, encoding="utf-8", newline="\n")
        replace(staged, folder)
    return folder


def _require_libraries() -> None:
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise MissingExtraError(
            f"the analysis needs {', '.join(missing)}: pip install 'coalitiondata[analysis]'"
        )
