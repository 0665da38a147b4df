"""Build the explorer page: `python docs/explorer/build.py OUT`."""

from __future__ import annotations

import argparse
from pathlib import Path

from explorer_data.page import build

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder to write the page into")
    build(parser.parse_args().out)
