"""Names of the formats and styles that can be asked for; nothing is imported to know them."""

from __future__ import annotations

from typing import Literal

Format = Literal[
    "parquet",
    "csv",
    "csv-excel",
    "jsonl",
    "stata",
    "spss",
    "rds",
    "excel",
    "sqlite",
    "duckdb",
]
BookFormat = Literal["text", "csv", "markdown", "html", "pdf"]
Shell = Literal["bash", "zsh", "fish"]
Style = Literal["text", "bibtex", "apa", "csl-json"]
