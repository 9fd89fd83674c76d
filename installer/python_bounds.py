"""Say which python3 a package wants: the one its environment was made with, and no other.

Prints a substitution for debian/control. Ends with a sentence, and no package is made, where nobody could
install it with what it holds: modules built for another Python than the one it would run with.

usage: python_bounds.py DESTINATION
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HOME = "usr/lib/odc-agent"
_BUILT_FOR = re.compile(r"\.cpython-3(\d+)[-.]|^python3\.(\d+)$")
_SYSTEMS = ("/usr/bin/python3", "-c", "import sys; print(sys.version_info.minor)")


def main() -> None:
    """Print the substitution for the tree below a folder."""
    wanted = int(subprocess.check_output(_SYSTEMS, text=True))
    found = built_for(Path(sys.argv[1]) / HOME / "lib")
    if others := sorted(found - {wanted}):
        names = ", ".join(f"3.{minor}" for minor in others)
        sys.exit(
            f"No package is made: it would run with this system's Python 3.{wanted}, but holds modules"
            f" built for Python {names}. Run `make clean`, then `make deb` again."
        )
    print(f"odc:Python=python3 (>= 3.{wanted}), python3 (<< 3.{wanted + 1})")


def built_for(environment: Path) -> set[int]:
    """Return the versions 3.x for which modules lie in an environment, by its folders' and their names."""
    names = (_BUILT_FOR.search(file.name) for file in environment.rglob("*"))
    return {int(name[1] or name[2]) for name in names if name}


if __name__ == "__main__":
    main()
