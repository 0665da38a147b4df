"""Build the whole site into a folder that works without a server and without network.

    python docs/site/make.py [OUT]        by default site/ at the top of the repository

Pages are checked as they are built: a broken link, an unknown name or a malformed docstring stops
the build. The folder is replaced as a whole when everything is there, or not at all.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from coalitiondata.replacing import settle, staging

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MARK = ".coalitiondata-site"


def main(arguments: list[str] | None = None) -> int:
    """Build the site; 0 if it stands, 1 if it does not."""
    parser = argparse.ArgumentParser(prog="python docs/site/make.py", description=__doc__)
    parser.add_argument("out", nargs="?", type=Path, default=ROOT / "site")
    parser.add_argument("--quick", action="store_true", help="leave out gallery and explorer")
    given = parser.parse_args(arguments)
    out = given.out.resolve()
    if out.exists() and not (out / MARK).is_file() and (not out.is_dir() or any(out.iterdir())):
        print(
            f"{given.out} exists and is not a site made by this command; "
            "name another folder or remove it.",
            file=sys.stderr,
        )
        return 1
    with staging(out) as staged:
        made = build(staged, quick=given.quick)
        if made is None:
            return 1
        old = [path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()]
        settle(made, out, gone=old)
    pages = len(list(out.rglob("*.html")))
    print(f"{pages} pages; open {given.out / 'index.html'}")
    return 0


def build(work: Path, *, quick: bool = False) -> Path | None:
    """The finished site inside `work`, or None if Sphinx found something wrong."""
    sys.path.insert(0, str(HERE))
    from source import assemble

    source, made = work / "source", work / "html"
    say("pages and notebooks")
    assemble(source)
    if not quick:
        from gallery import draw

        say("figures of the gallery")
        draw(source)
    say("sphinx")
    command = [sys.executable, "-m", "sphinx", "--builder", "html", "--fail-on-warning"]
    command += ["--keep-going", "--quiet", "--conf-dir", str(HERE), str(source), str(made)]
    environment = {**os.environ, "COALITIONDATA_SITE_QUICK": "1" if quick else ""}
    if subprocess.run(command, env=environment, check=False).returncode:
        return None
    if not quick:
        say("explorer")
        explorer(made / "explorer")
    shutil.rmtree(made / ".doctrees", ignore_errors=True)
    (made / MARK).write_text("made by docs/site/make.py\n", encoding="utf-8")
    return made


def explorer(out: Path) -> None:
    """The page that shows every coalition."""
    command = [sys.executable, str(ROOT / "docs" / "explorer" / "build.py"), str(out)]
    subprocess.run(command, check=True)


def say(what: str) -> None:
    """Progress, on standard error."""
    print(f"... {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
