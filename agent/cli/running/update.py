"""``odc-agent update``: look for a newer version, and fetch it."""

from __future__ import annotations

import subprocess
import sys

from agent.api.client import Json
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit
from agent.cli.ground.output import say, say_json
from agent.cli.ground.progress import progress
from agent.ground.language import mark, translate, user_language


def check(*, as_json: bool) -> int:
    """Look for a newer version and say what is new."""
    with agent() as client:
        answer = client.call("updates.check")
    if as_json:
        say_json(answer)
    else:
        _print(answer)
    return Exit.DONE


def download(*, opens: bool, as_json: bool) -> int:
    """Fetch the newer version's package, and have the system open it where that is wanted."""
    with agent() as client:
        client.call("updates.check")
        with progress(mark("The update is being downloaded …")):
            file = client.call("updates.download")["file"]
    if as_json:
        say_json({"file": file}, indent=None)
    else:
        say(translate(mark("Downloaded and verified: {file}"), user_language(), file=file))
    if opens:
        _open(file)
    return Exit.DONE


def _print(answer: Json) -> None:
    language = user_language()
    if answer["version"] is None:
        say(translate(mark("This is the newest version ({current})."), language, **answer))
        return
    said = mark("There is a newer version: {version} (this is {current}).")
    say(translate(said, language, **answer))
    for line in answer["notes"].splitlines():
        say(f"    {line}")
    if answer["can_download"]:
        say(translate(mark("`odc-agent update download` fetches it."), language))
    elif answer["page"]:
        say(answer["page"])


def _open(file: str) -> None:
    """Hand the package to the system's own installer."""
    if sys.platform == "win32":
        import os  # noqa: PLC0415 - startfile exists on Windows only

        os.startfile(file)  # noqa: S606 - no shell
        return
    program = "open" if sys.platform == "darwin" else "xdg-open"
    subprocess.run([program, file], check=False)
