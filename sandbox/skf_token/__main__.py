"""Have the SKF tokens of a home plugged in; ``odc-sandbox skf-token plug`` starts this."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from sandbox.skf_token.process import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.skf_token", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("socket", type=Path, metavar="SOCKET")
    options = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    return run(options.folder, options.socket)


if __name__ == "__main__":
    sys.exit(main())
