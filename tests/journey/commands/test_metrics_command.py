"""``odc-agent metrics``: what a fleet's Prometheus is told, and the rules over it."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
from pathlib import Path

import pytest

PROMETHEUS = Path(__file__).parents[3] / "installer" / "prometheus"


@pytest.fixture
def desk(lonely_desk):
    """No authority is asked here."""
    return lonely_desk


def samples(text):
    """The figures by name and labels, without the user's number."""
    text = re.sub(r'user_id="\d+",?', "", text)
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))


def checked(text):
    """Have promtool read it as node_exporter's collector does."""
    command = ["promtool", "check", "metrics"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    # 3 is "readable, but its names could be better": it judges OpenMetrics by the older text format.
    assert done.returncode in (0, 3), done.stderr
    return text


def test_certificates_renewals_and_drivers_without_a_name(desk):
    desk.start_agent("--no-tray")
    text = checked(desk.run("agent.cli", "metrics"))
    found = samples(text)
    assert found["odc_agent_up{}"] == "1"
    [token] = json.loads(desk.run("agent.cli", "certs", "--json"))["tokens"]
    for certificate in token["certificates"]:
        named = {"thumbprint": certificate["thumbprint"], "use": certificate["use"]}
        label = ",".join(f'{k}="{v}"' for k, v in {**named, "present": "true"}.items())
        not_after = dt.datetime.fromisoformat(certificate["not_after"]).timestamp()
        told = found.get(f"odc_certificate_not_after_seconds{{{label}}}")
        assert (told is not None) == certificate["is_current"]
        assert told is None or float(told) == not_after
    assert found['odc_renewals{state="drafting"}'] == "0"
    assert found['odc_token_worker_restarts_total{module="libsofthsm2.so"}'] == "0"
    assert text.endswith("# EOF\n")
    assert not [said for said in (desk.issued["label"], "样例", "91440") if said in text]


def test_the_file_is_replaced_as_a_whole_and_others_may_read_it(desk, tmp_path):
    file = tmp_path / "odc-agent.prom"
    file.write_text("old")
    desk.run("agent.cli", "metrics", "--output", str(file))  # no agent runs, and none is started
    assert samples(file.read_text()) == {"odc_agent_up{}": "0"}
    assert file.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [file]


def test_the_rules_tell_what_their_tests_say():
    command = ["promtool", "test", "rules", PROMETHEUS / "odc-agent.test.yml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
