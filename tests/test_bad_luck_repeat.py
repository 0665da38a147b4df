"""The same numbers again: other threads, another order of sets, another moment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import shipped
from bad_luck import state

ROOT = Path(__file__).resolve().parents[1]
# One family of the study with every digit, and one of its figures as bytes.
PART = """
import hashlib, sys
from pathlib import Path
import pandas as pd
from analysis.study import duration_models, model_figures, style
from analysis.study.family import family_results
from analysis.study.plan import WARTIME
from analysis.study.samples import load_tables
made = family_results(WARTIME, load_tables(), lambda step: None)
main = duration_models.estimates(made.fitted, made.main)
parts = [main, *made.variant_estimates, made.robustness]
out = Path(sys.argv[1])
for number, part in enumerate(parts):
    part.to_csv(out / f"{number}.csv", index=False)
with style.house_style():
    style.save(model_figures.forest([(made.family, made.fitted)], "Source"), out, "forest")
"""


def run(call: list[str], threads: int) -> None:
    """A command with so many threads for linear algebra, sets in an order of their own."""
    counts = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads)
    )
    env = {**os.environ, **counts, "PYTHONHASHSEED": str(threads), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, *call], env=env, cwd=ROOT, check=True, capture_output=True)


@shipped.needed
def test_part_of_the_study_on_one_and_on_four_threads(tmp_path: Path) -> None:
    for threads in (1, 4):
        (tmp_path / str(threads)).mkdir()
        run(["-c", PART, str(tmp_path / str(threads))], threads)
    made = state(tmp_path / "1")
    assert len(made) > 5
    assert state(tmp_path / "4") == made


@shipped.needed
@pytest.mark.skipif(
    "WHOLE_STUDY" not in os.environ, reason="takes minutes: set the variable WHOLE_STUDY to run it"
)
def test_the_whole_study_on_one_two_and_four_threads(tmp_path: Path) -> None:
    made = []
    for threads in (1, 2, 4):
        out = tmp_path / str(threads)
        run(["-m", "analysis", "--quiet", "--out", str(out)], threads)
        made.append(state(out))
        assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["outputs"] == {
            name: digest for name, digest in made[-1].items() if name != "manifest.json"
        }
    assert made[0] == made[1] == made[2]
