"""What a library raises at a user's file -> the errors of this package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coalitiondata.errors import DamagedFileError, MissingExtraError


@contextmanager
def read_by_library(path: Path, kind: str, missing: str) -> Iterator[None]:
    """Read the file inside.

    Raises DamagedFileError whatever the library raises there, and MissingExtraError with the words
    `missing` if it is not installed.
    """
    try:
        yield
    except ImportError as problem:
        raise MissingExtraError(missing) from problem
    except DamagedFileError:
        raise
    except MemoryError as problem:
        raise DamagedFileError(f"{path} is too large, or says that it is, to be read.") from problem
    except Exception as problem:  # what a library raises at a damaged file is up to the library
        raise DamagedFileError(f"{path} cannot be read as {kind}: {problem}") from problem
