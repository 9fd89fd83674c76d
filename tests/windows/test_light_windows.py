"""A window is there as soon as Qt is: what it loads beside that is little."""

from __future__ import annotations

import subprocess
import sys

import pytest

from agent.system.runtime import module_command

HEAVY = frozenset({"agent.tokens.model", "asyncio", "httpx", "msgspec", "ssl", "subprocess"})
LOADED = "import agent.windows.process, agent.windows.{name}, sys; print(*sys.modules)"


@pytest.mark.parametrize(
    "name", ["main.window", "renew.window", "about_window", "check.window", "help_window"]
)
def test_a_window_loads_nothing_heavy_but_qt(name):
    folder = module_command("")[2].removesuffix("agent/system/start_module.py")
    code = f"import sys; sys.path.append({folder!r}); {LOADED.format(name=name)}"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert not HEAVY & set(done.stdout.split())
