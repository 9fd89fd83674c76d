"""Run one plugged-in token; ``odc-sandbox usb-token plug`` starts this."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from sandbox.usb_token.process import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.usb_token", description=__doc__)
    parser.add_argument("state", type=Path, metavar="FILE")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    return run(options.state, options.port)


if __name__ == "__main__":
    sys.exit(main())
