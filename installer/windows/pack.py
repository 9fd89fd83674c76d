"""Write the host's modules as one file (native_host/packed.py): the same bytes from the same sources.

usage: pack.py FOLDER, where the packages lie as sources; the file goes to standard output
"""

from __future__ import annotations
import __future__

import ast
import marshal
import sys
from pathlib import Path
from types import CodeType

LOADER = "native_host.packed"
MODULES = (
    "agent", "agent.ground", "agent.ground.framing", "agent.ground.json_text", "agent.system",
    "agent.system.peers", "agent.system.pipes", "agent.system.pipes.stream", "agent.system.pipes.windows",
    "agent.system.runtime", "agent.system.starting", "native_host", "native_host.channel", "native_host.cli",
    "native_host.link", "native_host.messages", "native_host.relay", "native_host.trace",
)  # fmt: skip
"""What a browser waits for; tests/wine/test_native_host.py knows whether these are all."""


def packed(folder: Path) -> bytes:
    """Return the file for the packages in ``folder``."""
    codes = {name: _compiled(folder, name) for name in MODULES}
    return marshal.dumps((_compiled(folder, LOADER)[1], codes))


def _compiled(folder: Path, name: str) -> tuple[bool, CodeType]:
    """Return whether a module is a package, and its code; without the import of what it is compiled with."""
    place = folder.joinpath(*name.split("."))
    is_package = place.is_dir()
    file = place / "__init__.py" if is_package else place.with_suffix(".py")
    tree = ast.parse(file.read_bytes())
    tree.body = [
        each
        for each in tree.body
        if not (isinstance(each, ast.ImportFrom) and each.module == "__future__")
    ]
    said = f"lib/{file.relative_to(folder).as_posix()}"
    flag = __future__.annotations.compiler_flag
    return is_package, compile(tree, said, "exec", flags=flag, dont_inherit=True)


if __name__ == "__main__":
    sys.stdout.buffer.write(packed(Path(sys.argv[1])))
