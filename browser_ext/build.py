"""Write the extension for a browser: ``build.py all OUT`` or ``build.py chromium|firefox OUT``.

``all`` writes the release as two zips, the same bytes from the same source, and the page library
with its classic script; a target's name writes a folder for a browser to load, ``--developer`` one
that runs on ``http://localhost`` too. One manifest is kept, for what all share; what differs between
browsers is added here. The extension's identities are those of ``native_host/identity.py``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import zipfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))  # run as a script, from anywhere

from browser_ext.classic import classic_script
from native_host.identity import CHROMIUM_KEY, FIREFOX_ID

SOURCE = Path(__file__).with_name("extension")
PAGE = Path(__file__).with_name("page")
WORKER = "worker.js"
DEVELOPER_MATCHES = ["http://localhost/*"]
"""Where a developer build runs besides: portals under test, on any port of this computer."""
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""The time in the zips, whenever they are made: the earliest a zip can hold."""

CLASSIC = {"odc.js": "odc", "odc-webeid.js": "webeid", "odc-sof.js": "sof"}
"""The page libraries that are written as classic scripts too, and what they are called there."""

Manifest = dict[str, object]

TARGETS: dict[str, Manifest] = {
    "chromium": {
        # 120: URL.canParse; since 116 an open native port keeps a worker alive.
        "minimum_chrome_version": "120",
        "background": {"service_worker": WORKER, "type": "module"},
        "key": CHROMIUM_KEY,
    },
    "firefox": {
        "background": {"scripts": [WORKER], "type": "module"},
        # 128: optional_host_permissions.
        "browser_specific_settings": {
            "gecko": {
                "id": FIREFOX_ID,
                "strict_min_version": "128.0",
                # What is said of the user's data in about:addons: nothing leaves the computer
                # but what a site the user allowed is given.
                "data_collection_permissions": {"required": ["none"]},
            }
        },
    },
}


def files(target: str, *, developer: bool = False) -> dict[str, bytes]:
    """Return the extension's files for ``target``, by their paths."""
    found = {
        path.relative_to(SOURCE).as_posix(): path.read_bytes()
        for path in sorted(SOURCE.rglob("*"))
        if path.is_file()
    }
    manifest = json.loads(found["manifest.json"]) | TARGETS[target]
    if developer:
        manifest["content_scripts"][0]["matches"] += DEVELOPER_MATCHES
        manifest["name"] += " (developer)"
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    return {**found, "manifest.json": text.encode()}


def build_folder(target: str, folder: Path, *, developer: bool = False) -> None:
    """Write the extension for ``target`` into ``folder``, replacing what is there."""
    if folder.exists():
        _check_replaceable(folder)
        shutil.rmtree(folder)
    for name, content in files(target, developer=developer).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def build_zip(target: str, file: Path) -> None:
    """Write the release for ``target`` as a zip: what a store takes."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in sorted(files(target).items()):
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.create_system = 3  # the same on every system: as if made on Unix
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, compresslevel=9)


def build_all(folder: Path) -> None:
    """Write both zips and the page library into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for target in TARGETS:
        build_zip(target, folder / f"odc-extension-{target}.zip")
    for source in sorted(PAGE.iterdir()):
        shutil.copyfile(source, folder / source.name)
    for file, name in CLASSIC.items():
        script = classic_script(name, file, lambda other: (PAGE / other).read_text("utf-8"))
        (folder / file.replace(".js", ".classic.js")).write_text(script, "utf-8")


def _check_replaceable(folder: Path) -> None:
    """Refuse to replace a folder that is neither empty nor an earlier build."""
    if any(folder.iterdir()) and not (folder / WORKER).is_file():
        raise SystemExit(f"{folder} holds something else; name a new folder")


def main() -> None:
    """Parse the command line and build."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python browser_ext/build.py chromium build/chromium --developer",
    )
    parser.add_argument("target", choices=["all", *sorted(TARGETS)])
    parser.add_argument("out", type=Path, help="folder to write; a target's is replaced")
    parser.add_argument("--developer", action="store_true", help="run on http://localhost too")
    options = parser.parse_args()
    if options.target == "all":
        build_all(options.out)
    else:
        build_folder(options.target, options.out, developer=options.developer)


if __name__ == "__main__":
    main()
