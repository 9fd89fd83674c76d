"""``odc-sandbox updates``: a repository of updates to try the agent's client on."""

from __future__ import annotations

import argparse
import functools
import http.server
import io
from pathlib import Path
from typing import BinaryIO

from agent.updates.model import Release
from sandbox.commands.common import Subcommands, add_command, home_of, not_negative
from sandbox.desk.update_repository import UpdateRepository
from sandbox.home import SandboxError

_EXAMPLES = """\
  odc-sandbox updates publish --version 0.2.0 --notes '更快' odc-agent_0.2.0_amd64.deb
  odc-sandbox updates serve --port 8090       then, in the agent's config.toml:
                                              [updates] url = "http://127.0.0.1:8090", root = …
"""


def register(subcommands: Subcommands) -> None:
    """Add the subcommand."""
    parser = add_command(
        subcommands,
        "updates",
        _run,
        summary="serve updates of the agent, signed with keys made here",
        examples=_EXAMPLES,
    )
    parser.add_argument("action", choices=("publish", "serve"))
    parser.add_argument("package", nargs="?", type=Path, metavar="PACKAGE")
    parser.add_argument("--version", help="of the release (publish)")
    parser.add_argument("--notes", default="", help="what is new (publish)")
    parser.add_argument("--page", default="", help="address of the download page (publish)")
    parser.add_argument("--port", type=not_negative, default=8090, help="where to serve (serve)")


def _run(options: argparse.Namespace) -> int:
    repository = UpdateRepository(home_of(options).folder / "updates")
    repository.create()
    if options.action == "publish":
        if not options.version:
            raise SandboxError("a release needs --version")
        notes = {"zh_CN": options.notes, "en": options.notes}
        release = Release(version=options.version, notes=notes, page=options.page)
        repository.publish(release, options.package)
        return 0
    with server(repository, options.port) as serving:
        print(f"http://127.0.0.1:{serving.server_port} · root {repository.root}", flush=True)
        serving.serve_forever()
    return 0


def server(repository: UpdateRepository, port: int) -> http.server.ThreadingHTTPServer:
    """Return a server of the repository's public folders on loopback."""
    handler = functools.partial(_Handler, directory=str(repository.folder))
    return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves metadata and targets, never the keys beside them."""

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        """Refuse every other folder."""
        if not self.path.startswith(("/metadata/", "/targets/")) or ".." in self.path:
            self.send_error(404)
            return None
        return super().send_head()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""
