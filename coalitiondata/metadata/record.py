"""What every format says about the data set as a whole, read from datapackage.json."""

from __future__ import annotations

from dataclasses import dataclass

from coalitiondata import schema

# Stands in until datapackage.json lists contributors; the name in pyproject.toml.
_AUTHORS = ("The coalitiondata authors",)
_DOI = "https://doi.org/"


@dataclass(frozen=True, slots=True)
class Licence:
    """Terms of the compilation: SPDX identifier, name in words, address of the text."""

    spdx: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Record:
    """The data set: its authors are organisations; `doi` and `homepage` are None until they exist.

    `created` is an ISO date, `version` that of the data, which is not that of the package.
    """

    name: str
    title: str
    description: str
    version: str
    created: str
    authors: tuple[str, ...]
    licences: tuple[Licence, ...]
    keywords: tuple[str, ...]
    doi: str | None
    homepage: str | None

    @property
    def year(self) -> str:
        """Year of this version."""
        return self.created[:4]

    @property
    def address(self) -> str | None:
        """Where the data set is found: its DOI as an address, else its homepage, if any."""
        return f"{_DOI}{self.doi}" if self.doi else self.homepage


def record() -> Record:
    """The data set as datapackage.json describes it."""
    package = schema.package()
    return Record(
        name=str(package["name"]),
        title=str(package["title"]),
        description=str(package["description"]),
        version=str(package["version"]),
        created=str(package.get("created", ""))[:10],
        authors=tuple(each["title"] for each in package.get("contributors", [])) or _AUTHORS,
        licences=tuple(
            Licence(each["name"], each["title"], each["path"]) for each in package["licenses"]
        ),
        keywords=tuple(package.get("keywords", [])),
        doi=str(package["id"]).removeprefix(_DOI) if "id" in package else None,
        homepage=package.get("homepage"),
    )
