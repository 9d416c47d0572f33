"""The entry point of the `runtimes` command: as little as can be interrupted before it answers."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the process's own command line."""
    try:
        import gc

        gc.disable()  # importing makes much and frees little; `Settings.connect` enables it again
        from runtimes.cli.app import run
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
