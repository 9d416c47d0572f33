"""Write docs/conformance.md and .json from the reports that a whole scripts/test left in build/.

With --check change nothing: fail if a backend's result is worse than the page says, and tell if the
page is behind. Needs the environment of the checkout: .venv/bin/python scripts/conformance.py
"""

from __future__ import annotations

import sys
from pathlib import Path

from runtimes.contract.report.conformance import page
from runtimes.contract.report.summary import FILE, Summary, dump, read_summaries, worse

ROOT = Path(__file__).resolve().parents[1]
NEW = ROOT / "build/reports" / FILE
OLD = ROOT / "docs/conformance.json"
PAGE = ROOT / "docs/conformance.md"


def main(arguments: list[str]) -> int:
    new = read_summaries(NEW)
    if arguments == ["--check"]:
        return check(new)
    OLD.write_text(dump(new))
    PAGE.write_text(page(new))
    print(f"wrote {PAGE} and {OLD}")
    return 0


def check(new: list[Summary]) -> int:
    """Compare with what is committed; 1 for worse."""
    old = read_summaries(OLD)
    for line in worse(old, new):
        print(f"conformance: {line}", file=sys.stderr)
    if old != new:
        print("conformance: docs/conformance.md is behind; python scripts/conformance.py renews it")
    return int(bool(worse(old, new)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
