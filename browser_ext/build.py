"""Write the extension as a folder a browser loads: ``build.py chromium|firefox OUT [--developer]``.

One manifest is kept, for what all share; what differs between browsers is added here.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

SOURCE = Path(__file__).with_name("extension")
WORKER = "worker.js"
DEVELOPER_MATCHES = ["http://localhost/*"]
"""Where a developer build runs besides: portals under test, on any port of this computer."""

Manifest = dict[str, object]


def build(target: str, folder: Path, *, developer: bool = False) -> None:
    """Write the extension for ``target`` into ``folder``, replacing what is there."""
    manifest = json.loads((SOURCE / "manifest.json").read_text("utf-8"))
    manifest |= TARGETS[target]
    if target == "firefox":
        del manifest["key"]
    if developer:
        manifest["content_scripts"][0]["matches"] += DEVELOPER_MATCHES
        manifest["name"] += " (developer)"
    if folder.exists():
        _check_replaceable(folder)
        shutil.rmtree(folder)
    shutil.copytree(SOURCE, folder)
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / "manifest.json").write_text(text, "utf-8")


def _check_replaceable(folder: Path) -> None:
    """Refuse to replace a folder that is neither empty nor an earlier build."""
    if any(folder.iterdir()) and not (folder / WORKER).is_file():
        raise SystemExit(f"{folder} holds something else; name a new folder")


TARGETS: dict[str, Manifest] = {
    "chromium": {
        # 120: URL.canParse; since 116 an open native port keeps a worker alive.
        "minimum_chrome_version": "120",
        "background": {"service_worker": WORKER, "type": "module"},
    },
    "firefox": {
        "background": {"scripts": [WORKER], "type": "module"},
        "browser_specific_settings": {
            "gecko": {"id": "odc-agent@odc.example", "strict_min_version": "121.0"}
        },
    },
}


def main() -> None:
    """Parse the command line and build."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="example: python browser_ext/build.py chromium build/chromium --developer",
    )
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("out", type=Path, help="folder to write; replaced where it exists")
    parser.add_argument("--developer", action="store_true", help="run on http://localhost too")
    options = parser.parse_args()
    build(options.target, options.out, developer=options.developer)


if __name__ == "__main__":
    main()
