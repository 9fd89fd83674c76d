"""What is kept of sites on disk."""

from __future__ import annotations

import pytest
from certificate_maker import china

from agent.sites.memory import MOST_RENEWALS, SiteMemory
from agent.sites.model import Action, Decision
from agent.system.files import NotSavedError

NOW = china("2025-03-07 10:00:00")
SITE = "https://www.sz.gov.cn"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "data" / "sites.json"


def test_decisions_are_kept_by_origin_and_action(file):
    SiteMemory(file).keep(SITE, Action.RENEW, Decision.ALWAYS, NOW)
    again = SiteMemory(file)
    assert again.decision(SITE, Action.RENEW) is Decision.ALWAYS
    assert again.decision(SITE, Action.CERTIFICATES) is None
    assert again.decision(f"{SITE}:8443", Action.RENEW) is None
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("port", ["", ":444", ":65535"])
def test_never_holds_for_the_host_on_whatever_port_as_a_ban_does(file, port):
    SiteMemory(file).keep(f"{SITE}:8443", Action.RENEW, Decision.NEVER, NOW)
    again = SiteMemory(file)
    assert again.decision(f"{SITE}{port}", Action.RENEW) is Decision.NEVER
    assert again.decision(f"{SITE}{port}", Action.CERTIFICATES) is None
    assert again.decision("https://other.gov.cn", Action.RENEW) is None


def test_the_last_decision_on_a_host_counts_whatever_port_was_asked_from(file):
    memory = SiteMemory(file)
    for port in ("", ":1", ":2"):
        memory.keep(f"{SITE}{port}", Action.RENEW, Decision.ALWAYS, NOW)
    memory.keep(f"{SITE}:3", Action.RENEW, Decision.NEVER, NOW)
    assert {memory.decision(f"{SITE}{p}", Action.RENEW) for p in ("", ":1", ":3")} == {
        Decision.NEVER
    }
    memory.keep(f"{SITE}:1", Action.RENEW, Decision.ALWAYS, NOW)
    assert memory.decision(f"{SITE}:1", Action.RENEW) is Decision.ALWAYS
    assert memory.decision(SITE, Action.RENEW) is None
    assert memory.decision(f"{SITE}:3", Action.RENEW) is None


def test_a_site_that_may_never_ask_is_forgiven_by_any_of_its_ports(file):
    memory = SiteMemory(file)
    memory.keep(f"{SITE}:8443", Action.RENEW, Decision.NEVER, NOW)
    assert memory.forget(SITE)
    assert SiteMemory(file).decision(f"{SITE}:8443", Action.RENEW) is None
    assert not memory.forget(SITE)


def test_the_newest_renewals_of_a_site_are_kept(file):
    memory = SiteMemory(file)
    for number in range(MOST_RENEWALS + 1):
        memory.let_follow(SITE, f"r-{number}")
        memory.let_follow(SITE, f"r-{number}")
    again = SiteMemory(file)
    assert not again.may_follow(SITE, "r-0")
    assert again.may_follow(SITE, f"r-{MOST_RENEWALS}")
    assert not again.may_follow("https://other.gov.cn", f"r-{MOST_RENEWALS}")


def test_a_site_is_forgotten_as_a_whole(file):
    memory = SiteMemory(file)
    memory.keep(SITE, Action.RENEW, Decision.NEVER, NOW)
    memory.let_follow(SITE, "r")
    assert memory.forget(SITE)
    assert not memory.forget(SITE)
    assert not SiteMemory(file).sites


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"https://a":{"decisions":{"x":1}}}'])
def test_a_damaged_file_allows_nothing(file, content):
    file.parent.mkdir()
    file.write_bytes(content)
    assert not SiteMemory(file).sites


def test_a_decision_that_cannot_be_kept_is_said_and_does_not_hold(tmp_path):
    file = tmp_path / "nowhere" / "sites.json"
    (tmp_path / "nowhere").write_text("a file where the folder should be")
    memory = SiteMemory(file)
    with pytest.raises(NotSavedError):
        memory.keep(SITE, Action.RENEW, Decision.ALWAYS, NOW)
    assert memory.decision(SITE, Action.RENEW) is None
