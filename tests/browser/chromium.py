"""A real headless Chromium with the developer extension and a registered native host.

Everything lies under one folder: profile, HOME, XDG folders, ``ODC_HOME``. The host gets the
browser's environment, and so the agent it starts does.
"""

from __future__ import annotations

import contextlib
import functools
import http.server
import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, async_playwright

from browser_ext.build import build_zip

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
PAGE_LIBRARY = ROOT / "browser_ext" / "page"
TEST_PAGE = """<!doctype html><meta charset="utf-8"><title>test portal</title>
<script type="module">
  import * as odc from "/odc.js";
  window.odc = odc;
</script>"""
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)


@dataclass
class Desk:
    """The folders and the environment of one user who has a browser and an agent."""

    folder: Path
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        for path in (self.home, self.profile, self.runtime):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("ODC_", "XDG_"))},
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(self.runtime),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_DATA_HOME": str(self.home / ".local" / "share"),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "ODC_HOME": str(self.odc_home),
        }

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def odc_home(self) -> Path:
        return self.folder / "odc"

    @property
    def profile(self) -> Path:
        return self.folder / "profile"

    @property
    def runtime(self) -> Path:
        return self.folder / "run"

    @property
    def launcher(self) -> Path:
        """What the browser starts."""
        return self.odc_home / "native-host" / "odc-native-host"

    @property
    def host_manifest(self) -> Path:
        return self.profile / "NativeMessagingHosts" / "org.odc.agent.json"

    @property
    def extension(self) -> Path:
        return self.folder / "extension"

    def build_extension(self, *, developer: bool = True) -> None:
        command = [sys.executable, ROOT / "browser_ext" / "build.py", "chromium", self.extension]
        subprocess.run([*command, *(["--developer"] if developer else [])], check=True)

    @contextlib.contextmanager
    def without_host(self) -> Iterator[None]:
        """Take the registration away while the block runs."""
        manifest = self.host_manifest.read_bytes()
        self.host_manifest.unlink()
        try:
            yield
        finally:
            self.host_manifest.write_bytes(manifest)

    @contextlib.contextmanager
    def with_launcher(self, script: str) -> Iterator[None]:
        """Have the browser start something else while the block runs."""
        launcher = self.launcher.read_bytes()
        self.launcher.write_text(script)
        try:
            yield
        finally:
            self.launcher.write_bytes(launcher)

    def register_host(self) -> None:
        subprocess.run(
            [sys.executable, "-m", "native_host", "install", "--profile", self.profile],
            check=True,
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )


def build_release(desk: Desk, *allowed: str) -> None:
    """Unpack the zip a store gets, for a user who has allowed these sites.

    A permission the user grants by a click, which needs a screen, is here one from the beginning; from
    there on it is the same. The click itself: test_permission_prompt.py, test_firefox.py.
    """
    build_zip("chromium", desk.folder / "release.zip")
    zipfile.ZipFile(desk.folder / "release.zip").extractall(desk.extension)
    file = desk.extension / "manifest.json"
    hosts = [f"https://{name}/*" for name in allowed]
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), "host_permissions": hosts}))


@contextlib.contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a short name: socket paths have about 100 bytes, pytest's names are long."""
    with tempfile.TemporaryDirectory(prefix="odc-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def one_browser(group: str) -> list[pytest.MarkDecorator]:
    """Return the marks of a module whose tests share a browser."""
    return [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group(group)]


@contextlib.asynccontextmanager
async def chromium(
    desk: Desk, *arguments: str, headless: bool = True, program: Path = CHROMIUM
) -> AsyncIterator[BrowserContext]:
    """Chromium with the desk's extension, in the desk's profile and environment."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            desk.profile,
            executable_path=program,
            headless=headless,
            args=[
                *(["--headless=new"] if headless else []),
                *ARGUMENTS,
                f"--load-extension={desk.extension}",
                f"--disable-extensions-except={desk.extension}",
                *arguments,  # the last of a kind holds
            ],
            ignore_default_args=["--disable-extensions"],
            env=desk.environment,
            chromium_sandbox=False,
        )
        try:
            yield context
        finally:
            await context.close()


@contextlib.contextmanager
def portal_server(
    pages: dict[str, str] | None = None, *, tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """A portal on a free port of localhost: ``/`` with the page library, and the given pages."""
    handler = functools.partial(_Portal, {"/": TEST_PAGE, **(pages or {})})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http{'s' if tls else ''}://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


class _Portal(http.server.BaseHTTPRequestHandler):
    def __init__(self, pages: dict[str, str], *args) -> None:
        self._pages = pages
        super().__init__(*args)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path in self._pages:
            kind = "text/javascript" if path.endswith(".js") else "text/html"
            self._answer(self._pages[path].encode(), kind)
        elif path.endswith(".js") and (PAGE_LIBRARY / path[1:]).is_file():
            self._answer((PAGE_LIBRARY / path[1:]).read_bytes(), "text/javascript")
        else:
            self.send_error(404)

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, body: bytes, content_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"{content_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
