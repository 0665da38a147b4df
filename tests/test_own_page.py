"""The page about own data tells the truth: its code runs, its example has sources."""

from __future__ import annotations

import re
import subprocess
import sys

import pandas as pd
import shipped
from raw_files import ROOT

import coalitiondata as cd

pytestmark = shipped.needed
PAGE = ROOT / "docs" / "own-data.md"


def test_the_code_on_the_page_runs() -> None:
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))
    done = subprocess.run(
        [sys.executable, "-W", "error::FutureWarning", "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"MPLBACKEND": "Agg", "PATH": "", "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert "['state-cow-255', 'state-cow-255', 'state-cow-260', 'state-cow-255'," in said
    assert "03/04/1650" in said
    assert "['date', 'number'] ['Red']" in said


def test_every_airline_has_a_source_and_nothing_was_refused() -> None:
    table = pd.read_csv(ROOT / "docs" / "own-data" / "airlines.csv", dtype="object")
    assert table["source"].str.startswith("http").all()
    own = cd.CoalitionData.from_members(
        table, coalition="alliance", member="airline", family="airlines", until="2021-12-31"
    )
    rows = own.load("coalitions").set_index("name")
    assert str(rows.loc["oneworld", "start"])[:10] == "1999-02-01"
    assert str(rows.loc["Star Alliance", "start"])[:10] == "1997-05-14"
    assert rows["status"].astype("object").to_dict() == {
        "Qualiflyer Group": "ended", "SkyTeam": "ongoing", "Star Alliance": "ongoing",
        "oneworld": "ongoing",
    }  # fmt: skip
    assert rows.loc["Qualiflyer Group", ["end_precision"]].tolist() == ["month"]
    assert set(own.load("sources")["url"].dropna()) <= set(table["source"])
    assert own.validate().empty
