"""Our driver of a library that speaks SKF, by itself, as ``skf_client.c`` is one: LIBRARY.

For each line of its input it reads all certificates of all devices and prints how many: anew where the
line is ``anew``, else as after an event.
"""

from __future__ import annotations

import sys

from agent.tokens.model import Quirks
from agent.tokens.worker.skf.module import SkfModule


def main() -> None:
    """List until the input ends."""
    module = SkfModule(sys.argv[1], Quirks())
    for line in sys.stdin:
        if line == "anew\n":
            module.forget()
        tokens = module.content().tokens
        print(sum(len(token.certificates) for token in tokens), flush=True)


if __name__ == "__main__":
    main()
