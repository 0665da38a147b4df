"""Wrong fits, designs that cannot be estimated, backends and wrong calls."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.multiverses import Multiverse, audit, backends, evaluate, kernel, multiverse
from analysis.multiverses.choices import main_specification
from analysis.multiverses.frames import Frame, frame, frame_choice, rows_of, scale
from coalitiondata.errors import InvalidDataError, MissingExtraError, UnknownNameError

pytest_plugins = ["multiverse_runs"]


# --- wrong fits


def slightly(change: Callable[[kernel.Estimate], kernel.Estimate]) -> Callable[..., object]:
    def fit(*arguments: object) -> kernel.Estimate | kernel.Failure:
        made = kernel.fit(*arguments)  # type: ignore[arg-type]
        return change(made) if isinstance(made, kernel.Estimate) else made

    return fit


FAULTS = {
    "coefficients": slightly(
        lambda e: dataclasses.replace(e, coefficients=e.coefficients + 3e-6 * e.errors)
    ),
    "errors": slightly(lambda e: dataclasses.replace(e, covariance=e.covariance * (1 + 5e-6))),
    "refusal": lambda *_: kernel.Failure("separation", "power_hhi_z: has no finite estimate"),
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_mismatch_stops_the_run(
    fault: str,
    tables: dict[str, pd.DataFrame],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(evaluate, "fit", FAULTS[fault])
    with pytest.raises(audit.MismatchError, match=r"specification wartime-[0-9a-f]{16} \(.*stops"):
        multiverse(tmp_path, families=["wartime"], limit=20, backend="sequential", tables=tables)
    assert not (tmp_path / "summary.csv").exists()


def test_the_command_tells_of_a_mismatch(
    tables: dict[str, pd.DataFrame],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(evaluate, "fit", FAULTS["errors"])
    out = str(tmp_path / "out")
    arguments = ["--family", "ngo", "--limit", "20", "--backend", "sequential", "--quiet"]
    assert main(["multiverse", "--out", out, *arguments]) == 1
    assert "robust errors by 2.5e-06, more than 1e-06" in capsys.readouterr().err


# --- the kernel on designs that cannot be estimated


def small(event: list[int], cluster: list[int] | None = None, **columns: list[float]) -> Frame:
    n = len(event)
    yes = np.ones(n, dtype=bool)
    return Frame(
        start=np.full(n, -np.inf),
        stop=np.arange(1.0, n + 1),
        event=np.array(event, dtype=bool),
        cluster=np.array(cluster if cluster else range(n)),
        coalition=np.array([f"c-{k}" for k in range(n)], dtype=object),
        place=np.array([f"p-{k}" for k in cluster or range(n)], dtype=object),
        columns={name: np.array(values, dtype=float) for name, values in columns.items()},
        recent=yes,
        caretaker=~yes,
        coalition_form=yes,
        dated=yes,
        planned=yes,
    )


@pytest.mark.parametrize(
    ("kind", "words", "columns"),
    [
        ("constant", "x: takes one value", {"x": [2.0] * 12}),
        ("separation", "x: has no finite", {"x": [float(k) for k in range(12)]}),
        ("collinear", "x, y: say the same", {"x": [1, 4, 2] * 4, "y": [2, 8, 4] * 4}),
        (
            "few events",
            "12 events for 3 coefficients",
            {"x": [1, 4, 2] * 4, "y": [2, 8] * 6, "w": [1, 0, 0, 1] * 3},
        ),
    ],
)
def test_what_cannot_be_estimated_says_why(
    kind: str, words: str, columns: dict[str, list[float]]
) -> None:
    made = small([1] * 12, **columns)
    rows = np.ones(12, dtype=bool)
    found = kernel.fit(
        kernel.risk(made, rows, stratified=False),
        np.column_stack(list(made.columns.values())),
        tuple(columns),
    )
    assert isinstance(found, kernel.Failure)
    assert found.kind == kind
    assert words in found.reason


def test_strata_and_clusters_can_be_too_few() -> None:
    rows = np.ones(12, dtype=bool)
    made = small([1] * 12, [k // 6 for k in range(12)], x=[1, 4, 2, 5] * 3, y=[1, 1, 2] * 4)
    X = np.column_stack([made.columns["x"], made.columns["y"]])
    found = kernel.fit(kernel.risk(made, rows, stratified=False), X, ("x", "y"))
    assert found == kernel.Failure(
        "few clusters", "2 clusters for 2 coefficients; robust errors need more"
    )
    by_stratum = small([1] * 12, [k // 2 for k in range(12)], x=[k // 2 for k in range(12)])
    found = kernel.fit(
        kernel.risk(by_stratum, rows, stratified=True), by_stratum.columns["x"][:, None], ("x",)
    )
    assert isinstance(found, kernel.Failure)
    assert found.kind == "no contrast"


def test_a_specification_without_rows_is_a_row_with_a_reason(
    tables: dict[str, pd.DataFrame],
) -> None:
    specification = main_specification("wartime")
    made = frame(frame_choice(specification), tables, scale("wartime", tables))
    unknown = np.full(len(made.stop), np.nan)
    empty = dataclasses.replace(made, columns=dict.fromkeys(made.columns, unknown))
    assert not rows_of(specification, empty).any()
    row = evaluate.evaluate(specification, empty, evaluate.fitter(empty))
    assert (row["n"], row["status"], row["reason_kind"]) == (0, "not estimated", "few events")
    assert audit.audit(specification, empty, evaluate.fitter(empty)) is None


# --- backends and wrong calls


@pytest.mark.parametrize(("backend", "library"), [("loky", "joblib"), ("dask", "distributed")])
def test_backends_give_the_same_rows(
    backend: str, library: str, tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    pytest.importorskip(library)
    options = {"families": ["ngo", "wartime"], "limit": 40, "figures": False, "tables": tables}
    ours = multiverse(tmp_path / "a", backend=backend, workers=2, **options)  # type: ignore[arg-type]
    theirs = multiverse(tmp_path / "b", backend="sequential", **options)  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(ours.specifications, theirs.specifications)


def test_a_scheduler_is_found_by_its_address(
    result: Multiverse, tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        made = multiverse(
            tmp_path,
            families=["ngo"],
            limit=15,
            address=cluster.scheduler_address,
            figures=False,
            tables=tables,
        )
    there = result.specifications[result.specifications["family"] == "ngo"]
    kept = [name for name in there if "refit" not in name]
    pd.testing.assert_frame_equal(made.specifications[kept], there[kept].reset_index(drop=True))


def test_the_backend_follows_from_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert backends.resolve("sequential", 4, None) == ("sequential", 1)
    assert backends.resolve(None, 1, None) == ("sequential", 1)
    if find_spec("joblib"):
        assert backends.resolve(None, 3, None) == ("loky", 3)
    monkeypatch.setattr(backends, "find_spec", lambda name: None)
    assert backends.resolve(None, 3, None) == ("sequential", 1)
    with pytest.raises(MissingExtraError, match=r"needs joblib: pip install"):
        backends.resolve("loky", 2, None)
    with pytest.raises(MissingExtraError, match="needs distributed"):
        backends.resolve(None, None, "tcp://127.0.0.1:8786")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"backend": "spark"}, UnknownNameError, "no backend 'spark'; choose one of loky"),
        ({"workers": 0}, InvalidDataError, "workers is 0"),
        ({"backend": "loky", "address": "tcp://a"}, InvalidDataError, "backend 'dask', not"),
        ({"families": ["naval"]}, UnknownNameError, "no family 'naval'; it covers governing"),
        ({"families": []}, InvalidDataError, "no family is named"),
        ({"limit": 2}, InvalidDataError, "limit is 2; it must be at least 3"),
        ({"permutations": -1}, InvalidDataError, "permutations is -1; it must be 1 or more"),
        ({"bootstraps": 1}, InvalidDataError, "bootstraps is 1; it must be 2 or more"),
        ({"bootstraps": 9, "seed": -2}, InvalidDataError, "seed is -2; it must be 0 or more"),
    ],
)
def test_wrong_calls_say_what_is_wrong(
    options: dict[str, object], error: type[Exception], words: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(error, match=words):
        multiverse(out, **options)  # type: ignore[arg-type]
    assert not out.exists()


def test_the_command_writes_into_no_folder_of_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.docx").write_text("do not touch")
    assert main(["multiverse", "--out", str(tmp_path), "--quiet"]) == 1
    assert "is not a folder of this command" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.docx"]


def test_help_names_the_subcommand_and_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, words in ((["--help"], "multiverse"), (["multiverse", "--help"], "--address")):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 0
        assert words in capsys.readouterr().out
    with pytest.raises(SystemExit) as stop:
        main(["multiverse", "--limit", "some"])
    assert stop.value.code == 2
    assert "'some' is neither a number nor 'all'" in capsys.readouterr().err
