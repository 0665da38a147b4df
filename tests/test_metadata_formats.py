"""The metadata files pass the validators of their formats, which run for real."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shipped
from raw_files import ROOT

import coalitiondata as cd
from coalitiondata import schema
from coalitiondata.metadata import bibtex, cff, croissant, datacite, schema_org
from coalitiondata.metadata.record import Record, record
from coalitiondata.metadata.sources import every

METADATA = ROOT / "metadata"
KERNEL = "{http://datacite.org/schema/kernel-4}"
pytestmark = shipped.needed


def read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((METADATA / name).read_text(encoding="utf-8"))
    return content


def with_doi() -> Record:
    about = record()
    values = {name: getattr(about, name) for name in Record.__dataclass_fields__}
    return Record(**{**values, "doi": "10.1234/test", "homepage": "https://example.org/data"})


def cff_faults(path: Path) -> subprocess.CompletedProcess[str]:
    command = ["check_jsonschema", "--builtin-schema", "vendor.citation-file-format", str(path)]
    return subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)


# CITATION.cff


def test_cff_passes_the_schema_of_its_format() -> None:
    pytest.importorskip("check_jsonschema")
    done = cff_faults(ROOT / "CITATION.cff")
    assert done.returncode == 0, done.stdout + done.stderr


def test_cff_with_a_doi_passes_and_a_broken_one_does_not(tmp_path: Path) -> None:
    pytest.importorskip("check_jsonschema")
    pytest.importorskip("yaml")
    text = cff.text(with_doi(), list(every().values()))
    path = tmp_path / "CITATION.cff"
    path.write_text(text, encoding="utf-8")
    assert cff_faults(path).returncode == 0
    path.write_text(text.replace("type: dataset", "type: data set"), encoding="utf-8")
    assert cff_faults(path).returncode == 1


def test_cff_names_the_data_set_and_the_works_of_all_other_sources() -> None:
    yaml = pytest.importorskip("yaml")
    content = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert content["type"] == "dataset"
    assert content["version"] == cd.data_version
    assert content["license"] == "CC-BY-4.0"
    assert "doi" not in content
    dois = {each["doi"] for each in content["references"] if "doi" in each}
    assert dois == set(cd.load("sources")["doi"].dropna())
    notes = " ".join(each["notes"] for each in content["references"])
    others = [each for each in every().values() if not each.own]
    assert [each.source_id for each in others if each.title not in notes] == []


def test_there_is_no_zenodo_file_that_would_hide_the_cff() -> None:
    assert not (ROOT / ".zenodo.json").exists()


# DataCite


def test_datacite_json_passes_the_schema_and_invents_no_doi() -> None:
    schema45 = pytest.importorskip("datacite.schema45")
    content = read("datacite.json")
    schema45.validator.validate(content)
    assert not {"doi", "prefix", "suffix"} & set(content)
    assert not schema45.validate({**content, "publicationYear": "soon"})


def test_datacite_json_with_a_doi_passes_the_schema() -> None:
    schema45 = pytest.importorskip("datacite.schema45")
    content = datacite.content(with_doi(), list(every().values()))
    schema45.validator.validate(content)
    assert content["doi"] == "10.1234/test"


def test_datacite_relates_every_doi_and_page_of_a_source() -> None:
    related = pd.DataFrame(read("datacite.json")["relatedIdentifiers"])
    named = related.groupby("relatedIdentifierType")["relatedIdentifier"].agg(set)
    sources = cd.load("sources")
    assert named["DOI"] == set(sources["doi"].dropna())
    assert named["URL"] == set(sources["url"].dropna())
    kind = related.set_index("relatedIdentifier")["relationType"]
    assert kind["10.7910/DVN/2VZ5ZC"] == "IsDerivedFrom"
    assert kind["10.1080/03050620213653"] == "References"


def test_datacite_xml_says_what_the_json_says() -> None:
    root = ET.parse(METADATA / "datacite.xml").getroot()
    content = read("datacite.json")
    identifier = root.find(f"{KERNEL}identifier")
    assert identifier is not None
    assert (identifier.text, identifier.attrib) == (":tba", {"identifierType": "DOI"})
    assert [each.text for each in root.iter(f"{KERNEL}creatorName")] == [
        each["name"] for each in content["creators"]
    ]
    assert root.findtext(f"{KERNEL}version") == cd.data_version
    assert root.findtext(f"{KERNEL}publicationYear") == content["publicationYear"]
    assert [each.text for each in root.iter(f"{KERNEL}relatedIdentifier")] == [
        each["relatedIdentifier"] for each in content["relatedIdentifiers"]
    ]


def test_datacite_xml_with_a_doi_has_it_once() -> None:
    pytest.importorskip("datacite")
    root = ET.fromstring(datacite.xml_text(with_doi(), []).encode())
    assert [each.text for each in root.iter(f"{KERNEL}identifier")] == ["10.1234/test"]


# Croissant


def test_croissant_is_valid_and_every_record_is_that_of_the_table() -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    dataset = mlcroissant.Dataset(METADATA / "croissant.json")
    issues = dataset.metadata.ctx.issues
    assert not issues.errors
    assert not issues.warnings
    assert [each.id for each in dataset.metadata.record_sets] == list(cd.tables()["name"])
    for table in schema.tables().values():
        frame = cd.load(table.name)
        # Reading any record checks the checksum of the file; the long table shows it by its head.
        limit = 2000 if len(frame) > 20_000 else len(frame)
        found = pd.DataFrame(first(dataset.records(table.name), limit))
        assert len(found) == limit, table.name
        assert list(found.columns) == [f"{table.name}/{name}" for name in table.columns]
        for field in table.fields:
            column = found[f"{table.name}/{field.name}"]
            expected = frame[field.name].head(limit)
            if field.type == "string":
                # The reader takes the party called NA for a missing value.
                filled = column.notna()
                assert (expected[filled] == column[filled].str.decode("utf-8")).all()
                assert expected[~filled].isna().all() or set(expected[~filled].dropna()) <= {"NA"}
            elif field.type == "date":
                assert (pd.to_datetime(column).isna() == expected.isna()).all()
                assert (pd.to_datetime(column).dropna() == expected.dropna()).all()
            else:
                assert (column.isna() == expected.isna()).all()
                # The reader's parser of decimal numbers is off in the last digits.
                same = np.isclose(
                    column.dropna().astype(float),
                    expected.dropna().astype(float),
                    rtol=1e-13,
                    atol=0,
                )
                assert same.all()


def first(records: Any, limit: int) -> list[dict[str, Any]]:
    return [record for _, record in zip(range(limit), records, strict=False)]


def test_croissant_catches_a_table_with_one_changed_byte(tmp_path: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    (tmp_path / "metadata").mkdir()
    (tmp_path / "data").mkdir()
    shutil.copy(METADATA / "croissant.json", tmp_path / "metadata")
    for table in schema.tables().values():
        shutil.copy(shipped.DATA / table.path, tmp_path / "data")
    path = tmp_path / "data" / "successions.csv"
    path.write_bytes(path.read_bytes().replace(b"1814", b"1815", 1))
    dataset = mlcroissant.Dataset(tmp_path / "metadata" / "croissant.json")
    assert len(first(dataset.records("sources"), 3)) == 3
    with pytest.raises(Exception, match="successions") as caught:
        first(dataset.records("successions"), 1)
    assert "is not identical with the reference" in str(caught.value.__cause__ or caught.value)


def test_croissant_has_the_checksums_of_datapackage_json() -> None:
    files = {each["name"]: each["sha256"] for each in read("croissant.json")["distribution"]}
    assert files == {each.path: each.sha256 for each in schema.tables().values()}
    assert None not in files.values()


def test_croissant_with_a_doi() -> None:
    content = croissant.content(with_doi(), "data")
    assert content["identifier"] == "https://doi.org/10.1234/test"
    assert content["url"] == "https://example.org/data"


# schema.org


def test_schema_org_has_what_search_engines_ask_for() -> None:
    content = read("dataset.jsonld")
    assert content["@context"] == "https://schema.org/"
    assert content["@type"] == "Dataset"
    assert 50 <= len(content["description"]) <= 5000
    assert content["license"] == "https://creativecommons.org/licenses/by/4.0/"
    last = cd.load("coalitions")["observed_until"].max().year
    # The Holy League is the first coalition.
    assert content["temporalCoverage"] == f"1684/{last}"
    assert content["version"] == cd.data_version
    assert len(content["distribution"]) == len(cd.tables())
    for each in content["distribution"]:
        assert (METADATA / each["contentUrl"]).resolve().is_file()
    names = [each["name"] for each in content["variableMeasured"]]
    assert names == [
        f"{table.name}.{field}" for table in schema.tables().values() for field in table.columns
    ]
    assert not {"identifier", "url"} & set(content)


def test_schema_org_is_json_ld_of_one_data_set() -> None:
    rdflib = pytest.importorskip("rdflib")
    content = schema_org.content(with_doi(), list(every().values()), "data")
    # The context is a page on the net; its vocabulary alone reads the same names.
    content["@context"] = {"@vocab": "https://schema.org/"}
    graph = rdflib.Graph().parse(data=json.dumps(content), format="json-ld")
    kind = rdflib.RDF.type
    assert len(set(graph.subjects(kind, rdflib.URIRef("https://schema.org/Dataset")))) == 1
    downloads = graph.subjects(kind, rdflib.URIRef("https://schema.org/DataDownload"))
    assert len(set(downloads)) == len(cd.tables())


# BibTeX


def test_references_bib_is_what_cite_gives() -> None:
    text = (shipped.DATA / "references.bib").read_text(encoding="utf-8")
    comment, _, entries = text.partition("\n\n")
    assert comment.startswith("%")
    assert "@" not in comment
    assert entries == cd.cite(style="bibtex")


def test_bibtex_with_a_doi() -> None:
    assert "doi = {10.1234/test}" in bibtex.own(with_doi())
