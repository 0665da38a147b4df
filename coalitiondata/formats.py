"""Names of the formats and styles that can be asked for; nothing is imported to know them."""

from __future__ import annotations

from typing import Literal

Format = Literal["parquet", "csv", "stata", "sqlite", "duckdb"]
Style = Literal["text", "bibtex"]
