"""The package on a clean Debian: installed, used, upgraded, removed, purged.

Not part of ``make test``: it needs root, a Debian of its own (a quarter of a gigabyte, fetched once) and
the package built. ``make deb-test`` does all that.
"""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from clean_debian import ROOT, base, clean_debian, newer

pytestmark = [pytest.mark.deb, pytest.mark.timeout(900)]

SESSION = "export XDG_RUNTIME_DIR=/run/user/1000 LANG=C.UTF-8;"


@pytest.fixture(scope="module")
def package():
    [found] = (ROOT / "dist").glob("odc-agent_*.deb")
    return found


@pytest.fixture(scope="module")
def debian(package, tmp_path_factory):
    kept = base(package)
    folder = tmp_path_factory.mktemp("debian")
    subprocess.run(["tar", "-C", folder, "-xf", kept], check=True)
    shutil.copy(package, folder / "old.deb")
    newer(package, "0.1.1", folder)
    with clean_debian(folder) as entered:
        entered("useradd -m -u 1000 zhang && install -d -m 700 -o zhang /run/user/1000")
        entered(
            "echo discover_modules = false >/tmp/c && install -D -o zhang /tmp/c"
            " /home/zhang/.config/odc-agent/config.toml && chown -R zhang /home/zhang && rm /tmp/c"
        )
        yield entered


def files(debian) -> set[str]:
    """Everything outside homes, of what a package might leave."""
    listed = debian("find / -xdev -path /home -prune -o -path /tmp -prune -o -print")
    kept = ("/var/lib/dpkg", "/var/log", "/var/cache", "/var/lib/apt", "/run", "/root")
    return {file for file in listed.splitlines() if not file.startswith(kept)}


def status(debian):
    return json.loads(debian(f"{SESSION} ODC_NO_START=1 odc-agent status --json", user="zhang"))


def test_installed_used_upgraded_removed_purged(debian):
    """One story in order: each chapter starts where the one before ended."""
    before = files(debian)
    debian("dpkg -i /old.deb")

    # Without systemd the file of the autostart folder starts the agent itself.
    start = debian("sed -n 's/^Exec=//p' /etc/xdg/autostart/odc-agent.desktop").strip()
    debian(f"{SESSION} setsid xvfb-run -a {start} >/dev/null 2>&1 &", user="zhang")
    wait_for(debian, "test -S /run/user/1000/odc-agent/control.sock")
    first = status(debian)
    assert first["version"] == "0.1.0"
    debian(f"{SESSION} odc-agent sites deny https://forum.example", user="zhang")
    kinds = " ".join(f"-not -name '{name}'" for name in ("*.log*", "agent.lock", "*.sqlite-*"))
    data = f"cd /home/zhang && find . -type f {kinds} | sort"
    kept = debian(data)

    debian("dpkg -i /newer.deb")
    wait_for(
        debian, f"{SESSION} ODC_NO_START=1 odc-agent status --json | grep -q '\"0.1.1\"'", "zhang"
    )
    second = status(debian)
    assert second["pid"] == first["pid"], "the same session goes on with the new version"
    assert second["started"] > first["started"]
    assert debian(data) == kept

    debian("dpkg --remove odc-agent")
    wait_for(debian, "! pgrep -f '[l]ib/odc-agent/bin/python'")
    assert "No such file" in debian("ls /usr/lib/odc-agent", check=False)
    debian("dpkg --purge odc-agent")
    assert files(debian) - before == set()
    assert debian(data) == kept, "a home belongs to its user"


def wait_for(debian, condition: str, user: str = "root") -> None:
    """Wait until a shell condition is true; its own limit makes that a failure."""
    debian(f"timeout 60 bash -c {json.dumps(f'until {condition}; do sleep 0.2; done')}", user=user)
