"""What must be known before Django reads its settings."""

import os

OPTION = "--data-dir"


def apply_options(argv: list[str]) -> None:
    """Put the value of `--data-dir`, wherever it stands, into MUSTER_DATA_DIR, because settings read that.

    The last one wins, as with argparse. A missing value is left for the command's own parser to report.
    """
    for position, word in enumerate(argv):
        if word == "--":
            return
        if word.startswith(OPTION + "="):
            os.environ["MUSTER_DATA_DIR"] = word.removeprefix(OPTION + "=")
        elif word == OPTION and position + 1 < len(argv):
            os.environ["MUSTER_DATA_DIR"] = argv[position + 1]
