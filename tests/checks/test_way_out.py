"""The configured proxy and the company's own authorities: what goes that way, and how it is told."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import msgspec
import pytest
from broken_server import answer, root, server_identity, serving
from cryptography.hazmat.primitives.serialization import Encoding
from test_authority_check import tunnelling

from agent.checks.model import CheckState
from agent.checks.probes import authority as probe
from agent.checks.probes.network import look_at_way_out
from agent.checks.verdicts.authority import Obstacle
from agent.checks.verdicts.network import judge_way_out
from agent.ground.clock import utc_now
from agent.ground.language import Language
from agent.network.pac.ways import PAC_WAYS
from agent.network.way_out import DIRECT, proxy_for
from agent.renewals.authorities.authority import AuthorityUnreachableError
from agent.renewals.authorities.ra import RaAuthority
from agent.settings.config import AuthoritySettings, Config, NetworkSettings, UpdateSettings
from agent.updates.errors import UpdateUnreachableError
from agent.updates.fetching import Fetcher

NOBODY = "http://127.0.0.1:9"
OK = answer("200 OK", b"content")


@pytest.fixture(autouse=True)
def no_systems_proxy(monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy",
                 "NO_PROXY", "no_proxy"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def anchor(tmp_path):
    file = tmp_path / "company.pem"
    file.write_bytes(root().public_bytes(Encoding.PEM))
    return file


@pytest.fixture
def authority(anchor):
    return lambda url: AuthoritySettings(name="A", issuers=(), url=url, trust_anchor=anchor)


def fetch(url, network):
    return Fetcher(threading.Event(), network).download_bytes(f"{url}/x", 1000)


def said(config):
    return [(f.state, f.said.text(Language.EN)) for f in judge_way_out(look_at_way_out(config))]


@pytest.mark.parametrize(
    ("proxy", "is_good"),
    [
        ("", True),
        ("direct", True),
        ("http://proxy.example.cn:3128", True),
        ("http://[::1]:3128/", True),
        ("http://user:password@proxy.example.cn:3128", False),
        ("socks5://proxy.example.cn", False),
        ("proxy.example.cn:3128", False),
        ("http://proxy.example.cn/proxy.pac", False),
        ("http://proxy.example.cn\n", False),
    ],
)
def test_a_proxy_is_configured_as_an_address_without_a_password(proxy, is_good):
    try:
        msgspec.convert({"network": {"proxy": proxy}}, Config)
    except msgspec.ValidationError:
        assert not is_good
    else:
        assert is_good


def test_what_is_configured_comes_before_what_the_system_says(monkeypatch):
    monkeypatch.setenv("https_proxy", "system.example:8080")
    url = "https://ra.inside.example:8443/x"
    assert proxy_for(url) == "http://system.example:8080"
    assert proxy_for(url, NetworkSettings(proxy=DIRECT)) is None
    network = NetworkSettings(proxy=NOBODY, bypass=("*.Inside.example", "ONE.example"))
    assert proxy_for(url, network) is None
    assert proxy_for("https://one.example", network) is None
    assert proxy_for("https://inside.example", network) == NOBODY
    assert proxy_for("https://notinside.example", network) == NOBODY


async def test_authority_and_check_go_by_the_configured_proxy(authority, tmp_path):
    with serving(server_identity(tmp_path), OK) as server:
        with tunnelling(server.url) as (proxy, heads):
            network = NetworkSettings(proxy=f"http://{proxy}")
            reached = await probe.reach(authority(server.url), utc_now, network)
        assert (reached.obstacle, reached.proxy) == (Obstacle.NONE, proxy)
        with tunnelling(server.url) as (proxy, asked):
            client = RaAuthority(authority(server.url), NetworkSettings(proxy=f"http://{proxy}"))
            with pytest.raises(AuthorityUnreachableError):
                await client.policy()  # it is no authority
            await client.close()
    assert [head.split()[0] for head in (*heads, *asked)] == [b"CONNECT", b"CONNECT"]
    assert len(server.requests) == 2


def naming(proxy):
    return f"function FindProxyForURL(url, host) {{ return 'PROXY {proxy}' }}"


async def test_authority_check_and_updates_go_by_what_a_pac_program_says(
    authority, anchor, tmp_path
):
    file = tmp_path / "proxy.pac"
    with serving(server_identity(tmp_path), OK) as server:
        url = server.url
        with tunnelling(url) as (proxy, heads):
            file.write_text(naming(proxy))
            network = NetworkSettings(pac=str(file))
            reached = await probe.reach(authority(url), utc_now, network)
        assert (reached.obstacle, reached.proxy) == (Obstacle.NONE, proxy)
        other = tmp_path / "other.pac"
        with tunnelling(url) as (proxy, asked):
            other.write_text(naming(proxy))
            client = RaAuthority(authority(url), NetworkSettings(pac=other.as_uri()))
            with pytest.raises(AuthorityUnreachableError):
                await client.policy()  # it is no authority
            await client.close()
        third = tmp_path / "third.pac"
        with tunnelling(url) as (proxy, fetched):
            third.write_text(naming(proxy))
            way = NetworkSettings(pac=str(third), ca=anchor)
            assert await asyncio.to_thread(fetch, url, way) == b"content"
    assert [head.split()[0] for head in (*heads, *asked, *fetched)] == [b"CONNECT"] * 3


def test_the_proxy_that_is_named_comes_before_a_pac_program(tmp_path, monkeypatch):
    file = tmp_path / "proxy.pac"
    file.write_text(naming("pac.example:1"))
    url = "https://ra.example"
    assert proxy_for(url, NetworkSettings(pac=str(file))) == "http://pac.example:1"
    assert proxy_for(url, NetworkSettings(pac=str(file), proxy=NOBODY)) == NOBODY
    monkeypatch.setattr(PAC_WAYS, "system", lambda: str(file))
    assert proxy_for(url) == "http://pac.example:1"
    monkeypatch.setenv("HTTPS_PROXY", "http://system.example:8080")
    assert proxy_for(url) == "http://system.example:8080"
    monkeypatch.setenv("NO_PROXY", "ra.example")
    assert proxy_for(url) is None
    assert proxy_for(url, NetworkSettings(pac=str(file))) == "http://pac.example:1"


def test_what_a_pac_program_says_is_told(tmp_path):
    file = tmp_path / "proxy.pac"
    config = Config(network=NetworkSettings(pac=str(file)))
    [(state, text)] = said(config)
    assert state is CheckState.WARNING
    assert text == f"The proxy auto-configuration {file} cannot be read: No such file or directory"
    broken = tmp_path / "broken.pac"
    broken.write_text("<html>log in first</html>")
    [(state, text)] = said(Config(network=NetworkSettings(pac=str(broken))))
    assert state is CheckState.WARNING
    assert f"{broken} gives no usable answer: line 1: SyntaxError" in text
    good = tmp_path / "good.pac"
    good.write_text(naming("proxy.example:3128"))
    [(state, text)] = said(Config(network=NetworkSettings(pac=str(good))))
    assert state is CheckState.OK
    assert text.endswith("read 0 min ago, says: PROXY proxy.example:3128")


@pytest.mark.parametrize(
    ("pac", "is_good"),
    [
        ("", True),
        ("http://wpad.example.cn/proxy.pac", True),
        ("file:///etc/proxy.pac", True),
        ("/etc/proxy.pac", True),
        (r"C:\\ProgramData\\proxy.pac", True),
        ("proxy.pac", False),
        ("ftp://wpad.example.cn/proxy.pac", False),
        ("http://wpad.example.cn/proxy.pac\n", False),
    ],
)
def test_a_pac_program_is_configured_as_a_url_or_a_whole_path(pac, is_good):
    try:
        msgspec.convert({"network": {"pac": pac}}, Config)
    except msgspec.ValidationError:
        assert not is_good
    else:
        assert is_good


async def test_a_proxy_of_the_systems_that_is_not_supported_is_said_not_died_of(
    authority, monkeypatch
):
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:9")
    with pytest.raises(AuthorityUnreachableError):
        await RaAuthority(authority("https://127.0.0.1:9")).policy()
    with pytest.raises(UpdateUnreachableError):
        fetch("https://127.0.0.1:9", NetworkSettings())


def test_updates_go_by_the_proxy_and_trust_the_companys_own_authorities(tmp_path, anchor):
    with serving(server_identity(tmp_path), OK) as server:
        with tunnelling(server.url) as (proxy, heads):
            network = NetworkSettings(proxy=f"http://{proxy}", ca=anchor)
            assert fetch(server.url, network) == b"content"
        assert heads[0].startswith(b"CONNECT 127.0.0.1:")
        with pytest.raises(Exception, match="CERTIFICATE_VERIFY_FAILED"):
            fetch(server.url, NetworkSettings())
    with pytest.raises(UpdateUnreachableError):
        fetch(server.url, NetworkSettings(ca=tmp_path / "missing.pem"))


async def test_the_company_cannot_stand_in_for_an_authority(tmp_path, anchor):
    """What reads along with everything else is not to read a dossier."""
    other = tmp_path / "authority.pem"
    other.write_bytes(root("other").public_bytes(Encoding.PEM))
    with serving(server_identity(tmp_path), OK) as server:
        settings = AuthoritySettings(name="A", issuers=(), url=server.url, trust_anchor=other)
        client = RaAuthority(settings, NetworkSettings(ca=anchor))
        with pytest.raises(AuthorityUnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.policy()
        await client.close()
    assert server.requests == []


def test_the_way_out_is_told_without_a_password(monkeypatch, authority, anchor):
    config = Config(authorities=(authority("https://ra.example"),))
    assert said(config) == [(CheckState.OK, "Authorities and updates are reached without a proxy.")]
    monkeypatch.setenv("HTTPS_PROXY", "http://user:p4ss@system.example:8080")
    [(_, text)] = said(config)
    assert text == "The proxy of this system is used: system.example:8080"
    network = NetworkSettings(proxy=NOBODY, ca=anchor)
    texts = [text for _, text in said(Config(network=network))]
    assert texts == [
        "The proxy of the configuration is used: 127.0.0.1:9",
        f"For updates the company's own authorities are trusted, too: {anchor}",
    ]


@pytest.mark.parametrize("content", [None, b"", b"no PEM"])
def test_a_file_of_the_company_that_cannot_be_read_is_named(tmp_path, content):
    file = tmp_path / "company.pem"
    if content is not None:
        file.write_bytes(content)
    updates = UpdateSettings(url="https://updates.example", root=Path("root.json"))
    found = said(Config(network=NetworkSettings(ca=file), updates=updates))
    assert found[1][0] is CheckState.FAILED
    assert str(file) in found[1][1]


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        ("socks://127.0.0.1:7891/", "127.0.0.1:7891"),
        ("socks5h://user:s3cr@t#@127.0.0.1:7891", "127.0.0.1:7891"),
        ("http://user:s3cr@t#@127.0.0.1:99999", "127.0.0.1:99999"),
        ("http://user:s3cr@t#@127.0.0.1:9", "127.0.0.1:9"),
    ],
)
async def test_what_fails_by_a_proxy_names_it_and_never_its_password(
    authority, monkeypatch, proxy, shown
):
    monkeypatch.setenv("all_proxy", proxy)
    settings = authority("https://ra.example")
    reached = await probe.reach(settings, utc_now)
    assert reached.proxy == shown
    client = RaAuthority(settings)
    with pytest.raises(AuthorityUnreachableError) as asked:
        await client.policy()
    await client.close()
    with pytest.raises(UpdateUnreachableError) as fetched:
        fetch("https://updates.example", NetworkSettings())
    for text in (str(asked.value), str(fetched.value), str(said(Config(authorities=(settings,))))):
        assert shown in text
        assert "s3cr" not in text
