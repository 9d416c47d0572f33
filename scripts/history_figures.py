"""Draw the figures of docs/history.md from docs/history/recording.json.

    scripts/history_figures.py [FOLDER]     where to; else beside the recording

The recording is made on a quiet machine, as root, by
    runtimes history examples/history.yaml --runs 6 --rounds 4 --json docs/history/recording.json
with a configuration file that names an engine for each era, all of which have localhost/busybox:1.
Where engines and interpreter had folders of their own, their usual ones are written in instead.
"""

from __future__ import annotations

import sys
from pathlib import Path

from runtimes.history.page import ladder, sequence, svg
from runtimes.history.page.html import ran
from runtimes.history.page.table import COLUMNS, figure
from runtimes.history.story.model import load

HOME = Path(__file__).resolve().parent.parent / "docs/history"


def main(folder: Path) -> None:
    eras = ran(load((HOME / "recording.json").read_bytes()))
    drawn = {told.era: sequence.draw(told, "start") for _, told in eras}
    drawn["ladder"] = ladder.draw(eras)
    for name, drawing in drawn.items():
        (folder / f"{name}.svg").write_text(svg.alone(drawing))
    rows = [
        ["", *(told.era for _, told in eras)],
        ["---", *("---:" for _ in eras)],
        *([column.head, *(figure(column, told) for _, told in eras)] for column in COLUMNS),
    ]
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    (folder / "comparison.md").write_text(table)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HOME)
