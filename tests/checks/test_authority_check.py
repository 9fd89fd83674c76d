"""The way to an authority: each obstacle is put there for real, and told apart from the others."""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import socket
import threading
import time
from pathlib import Path

import pytest
from broken_server import answer, one_after_the_other, root, server_identity, serving
from cryptography.hazmat.primitives.serialization import Encoding

from agent.checks.model import CheckState
from agent.checks.probes import authority as probe
from agent.checks.probes import cmp as cmp_probe
from agent.checks.verdicts.authority import Obstacle, judge_authorities, judge_clock
from agent.ground.clock import utc_now
from agent.ground.language import Language
from agent.renewals.authorities.cmp import bodies
from agent.renewals.authorities.cmp.bodies import StatusInfo
from agent.renewals.authorities.cmp.greeting import NOTHING
from agent.renewals.authorities.cmp.messages import (
    BodyKind,
    Header,
    protected_part,
    read_message,
    written,
)
from agent.renewals.authorities.cmp.protection import SharedSecret, mac_kind_of
from agent.settings.config import AuthoritySettings

PASSWORD = "p4ssw0rd"
CMP = {"profile": "cmp", "user": "reference", "password_file": Path("secret")}
REFUSED = answer(
    "200 OK",
    written(
        protected_part(
            Header(transaction=b"t" * 16),
            BodyKind.ERROR,
            bodies.error_content(StatusInfo(failures=frozenset({"badMessageCheck"}))),
        ),
        b"",
    ),
)
"""What a CMP server says to whom it does not know."""


def good():
    """An answer of now: a run of all tests lasts longer than clocks may differ."""
    return answer("200 OK", b"{}", f"Date: {email.utils.format_datetime(utc_now(), usegmt=True)}")


@pytest.fixture
def reach(tmp_path, monkeypatch):
    """Ask an authority at a URL, whose pinned root is our test root."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    anchor = tmp_path / "anchor.pem"
    anchor.write_bytes(root().public_bytes(Encoding.PEM))

    async def ask(url, *, clock=utc_now, trust_anchor=anchor, **more):
        settings = AuthoritySettings(
            name="沙盒", issuers=("CN=A",), url=url, trust_anchor=trust_anchor, **more
        )
        return await probe.reach(settings, clock)

    return ask


@pytest.fixture
def identity(tmp_path):
    return server_identity(tmp_path)


@pytest.fixture
def impatient(monkeypatch):
    """The steps themselves are as they are; only who waits is less patient."""
    monkeypatch.setattr(probe, "STEP_SECONDS", 0.5)


@pytest.fixture
def secret(tmp_path):
    """Settings of an authority whose secret is configured."""
    (tmp_path / "secret").write_text(PASSWORD)
    return {**CMP, "password_file": tmp_path / "secret"}


@pytest.fixture
def silent():
    """A port that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def nobody():
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def told(reached) -> str:
    """What a person reads, which must exist in both languages and be grave."""
    [found] = judge_authorities([reached])
    assert found.state is CheckState.FAILED
    assert found.advice is not None
    assert found.said.text(Language.ZH) != found.said.text(Language.EN)
    return found.said.text(Language.EN)


async def test_an_authority_that_answers_is_well_and_tells_the_time(reach, identity):
    with serving(identity, good()) as server:
        reached = await reach(server.url)
    assert reached.obstacle is Obstacle.NONE
    [found] = judge_authorities([reached])
    assert found.state is CheckState.OK
    [clock] = judge_clock([reached])
    assert clock.state is CheckState.OK
    assert server.requests[0].startswith(b"GET /ra/v1/policy ")


@pytest.mark.parametrize("secured", [True, False])
@pytest.mark.parametrize("status", ["405 Method Not Allowed", "400 Bad Request", "200 OK"])
async def test_a_cmp_server_is_well_that_takes_no_get(reach, identity, secured, status):
    says = one_after_the_other(answer(status), REFUSED)
    with serving(identity if secured else None, says) as server:
        reached = await reach(server.url, profile="cmp", path="/cmp/renewals")
    assert reached.obstacle is Obstacle.NONE
    assert reached.is_date_verified is secured
    asked = [request.split(b" HTTP/", 1)[0] for request in server.requests]
    assert asked == [b"GET /cmp/renewals", b"POST /cmp/renewals"]


@pytest.mark.parametrize(
    "page", [answer("200 OK", b"<html>"), answer("404 Not Found"), answer("405 Not Allowed")]
)
@pytest.mark.parametrize("profile", ["cmp", "cmp-signed"])
async def test_a_path_where_no_cmp_is_spoken(reach, identity, page, profile):
    says = one_after_the_other(answer("405 Method Not Allowed"), page)
    with serving(identity, says) as server:
        reached = await reach(server.url, profile=profile, path="/ejbca/publicweb/cmp/other")
    assert reached.obstacle is Obstacle.CMP_PATH
    assert "/ejbca/publicweb/cmp/other" in told(reached)


@pytest.mark.parametrize("mac", ["pbm", "pbmac1"])
async def test_a_secret_the_cmp_server_does_not_take(reach, identity, mac, secret):
    says = one_after_the_other(answer("405 Method Not Allowed"), REFUSED)
    with serving(identity, says) as server:
        reached = await reach(server.url, **secret, mac=mac)
        [_, greeting] = server.bodies
    assert reached.obstacle is Obstacle.CMP_SECRET
    assert "reference value" in told(reached)
    message = read_message(greeting)
    assert (message.kind, mac_kind_of(message)) == (BodyKind.GENM, mac)
    assert SharedSecret(b"reference", PASSWORD.encode()).has_protected(message)


async def test_an_answer_of_somebody_else(reach, identity, secret):
    header = Header(transaction=b"t" * 16)
    forged = SharedSecret(b"reference", b"another").protected(header, BodyKind.GENP, NOTHING)
    says = one_after_the_other(answer("405 Method Not Allowed"), answer("200 OK", forged))
    with serving(identity, says) as server:
        reached = await reach(server.url, **secret)
    assert reached.obstacle is Obstacle.CMP_FORGED
    assert "proved" in told(reached)


async def test_an_answer_by_the_secret_is_all_that_can_be_had(reach, identity, secret):
    header = Header(transaction=b"t" * 16)
    own = SharedSecret(b"reference", PASSWORD.encode()).protected(
        header, BodyKind.ERROR, bodies.error_content(StatusInfo(failures=frozenset({"badRequest"})))
    )
    says = one_after_the_other(answer("405 Method Not Allowed"), answer("200 OK", own))
    with serving(identity, says) as server:
        reached = await reach(server.url, **secret)
    assert reached.obstacle is Obstacle.NONE


async def test_a_secret_that_cannot_be_read(reach, identity, tmp_path):
    with serving(identity, answer("405 Method Not Allowed")) as server:
        reached = await reach(server.url, **{**CMP, "password_file": tmp_path / "missing"})
    assert reached.obstacle is Obstacle.CMP_SECRET_FILE
    assert "No such file" in told(reached)


async def test_a_cmp_server_that_says_nothing_to_a_message(reach, identity, monkeypatch):
    monkeypatch.setattr(cmp_probe, "GREETING_SECONDS", 0.5)
    done = threading.Event()

    def says(send):
        if not done.is_set():
            done.set()
            send(answer("405 Method Not Allowed"))
        else:
            time.sleep(1)

    with serving(identity, says) as server:
        reached = await reach(server.url, profile="cmp-signed")
    assert reached.obstacle is Obstacle.SILENCE


async def test_a_cmp_server_that_is_elsewhere(reach):
    with serving(None, answer("404 Not Found")) as server:
        reached = await reach(server.url, **CMP)
    assert reached.obstacle is Obstacle.CMP_PATH
    assert "404" in told(reached)
    assert "/.well-known/cmp" in told(reached)


async def test_a_cmp_server_in_clear_is_asked_for_by_its_whole_url_from_a_proxy(reach, monkeypatch):
    """RFC 9112, 3.2.2."""
    says = one_after_the_other(answer("405 Method Not Allowed"), REFUSED)
    with serving(None, says) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//user:word@"))
        reached = await reach("http://cmp.invalid", profile="cmp-signed", path="/cmp")
    assert reached.obstacle is Obstacle.NONE
    assert proxy.requests[1].startswith(b"POST http://cmp.invalid/cmp HTTP/1.1\r\n")
    assert proxy.requests[0].startswith(b"GET http://cmp.invalid/cmp HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic " in proxy.requests[0]


async def test_a_name_that_does_not_resolve(reach):
    reached = await reach("https://authority.invalid")
    assert reached.obstacle is Obstacle.NAME
    assert "DNS" in told(reached)
    assert "authority.invalid" in told(reached)


async def test_a_port_nobody_listens_at(reach, nobody):
    reached = await reach(f"https://{nobody}")
    assert (reached.obstacle, reached.reason) == (Obstacle.CONNECTION, "Connection refused")


async def test_a_root_that_is_not_the_pinned_one(reach, tmp_path):
    with serving(server_identity(tmp_path, root_key="other"), good()) as server:
        reached = await reach(server.url)
    assert reached.obstacle is Obstacle.TLS_UNTRUSTED
    assert "pinned trust anchor" in told(reached)
    assert server.requests == []


async def test_a_certificate_for_another_name(reach, tmp_path):
    with serving(server_identity(tmp_path, host="127.0.0.2"), good()) as server:
        reached = await reach(server.url)
    assert reached.obstacle is Obstacle.TLS_NAME


async def test_a_certificate_that_has_expired_still_lets_the_clocks_be_compared(reach, tmp_path):
    with serving(server_identity(tmp_path, not_after="2022-01-01"), good()) as server:
        reached = await reach(server.url)
    assert reached.obstacle is Obstacle.TLS_TIME
    assert not reached.is_date_verified
    assert judge_clock([reached])[0].state is CheckState.OK


async def test_a_server_without_tls(reach):
    with serving(None, good()) as server:
        reached = await reach(server.url.replace("http:", "https:"))
    assert reached.obstacle is Obstacle.TLS


async def test_a_trust_anchor_that_is_not_there(reach, nobody):
    reached = await reach(f"https://{nobody}", trust_anchor=Path("/nowhere.pem"))
    assert reached.obstacle is Obstacle.ANCHOR


async def test_a_server_that_never_answers(reach, silent, impatient):
    assert (await reach(f"https://{silent}")).obstacle is Obstacle.SILENCE


@pytest.mark.parametrize(
    ("reply", "obstacle", "reason"),
    [
        (answer("500 Internal Server Error"), Obstacle.HTTP_SERVER, "HTTP 500"),
        (answer("503 Service Unavailable"), Obstacle.HTTP_SERVER, "HTTP 503"),
        (answer("404 Not Found"), Obstacle.HTTP_OTHER, "HTTP 404"),
        (answer("302 Found", b"", "Location: /login"), Obstacle.HTTP_OTHER, "HTTP 302"),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", Obstacle.NOT_HTTP, "SSH-2.0-OpenSSH_9"),
        (b"", Obstacle.NOT_HTTP, "IncompleteReadError"),
    ],
)
async def test_an_answer_that_is_not_an_authoritys(reach, identity, reply, obstacle, reason):
    with serving(identity, reply) as server:
        reached = await reach(server.url)
    assert (reached.obstacle, reached.reason) == (obstacle, reason)
    assert reason in told(reached)


@pytest.mark.parametrize(
    ("ahead", "state", "words"),
    [
        (dt.timedelta(minutes=3), CheckState.OK, "agrees"),
        (dt.timedelta(minutes=30), CheckState.WARNING, "30 minutes ahead"),
        (dt.timedelta(minutes=-30), CheckState.WARNING, "30 minutes behind"),
        (dt.timedelta(days=2), CheckState.FAILED, "2880 minutes ahead"),
    ],
)
async def test_a_clock_that_differs_from_the_authoritys(reach, identity, ahead, state, words):
    with serving(identity, good()) as server:
        reached = await reach(server.url, clock=lambda: utc_now() + ahead)
    [found] = judge_clock([reached])
    assert found.state is state
    assert words.split()[-1] in found.said.text(Language.EN)


async def test_without_an_answer_the_clock_is_unknown(reach, nobody):
    [found] = judge_clock([await reach(f"https://{nobody}")])
    assert found.state is CheckState.UNKNOWN


def test_without_an_authority_it_is_said_that_nothing_can_be_renewed():
    [found] = judge_authorities([])
    assert found.state is CheckState.WARNING


async def test_a_proxy_whose_name_does_not_resolve(reach, monkeypatch, nobody):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    reached = await reach(f"https://{nobody}")
    assert reached.obstacle is Obstacle.PROXY_NAME


async def test_a_proxy_that_is_not_there(reach, monkeypatch, nobody):
    monkeypatch.setenv("HTTPS_PROXY", f"http://{nobody}")
    reached = await reach("https://authority.example")
    assert (reached.obstacle, reached.proxy) == (Obstacle.PROXY_CONNECTION, nobody)


@pytest.mark.parametrize(
    ("reply", "obstacle"),
    [
        (answer("407 Proxy Authentication Required"), Obstacle.PROXY_PASSWORD),
        (answer("403 Forbidden"), Obstacle.PROXY_REFUSES),
        (answer("502 Bad Gateway"), Obstacle.PROXY_REFUSES),
    ],
)
async def test_a_proxy_that_refuses(reach, monkeypatch, reply, obstacle):
    with serving(None, reply) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        reached = await reach("https://authority.example")
    assert reached.obstacle is obstacle
    assert proxy.requests[0].startswith(b"CONNECT authority.example:443 ")


async def test_a_kind_of_proxy_that_is_not_supported(reach, monkeypatch, nobody):
    monkeypatch.setenv("HTTPS_PROXY", f"socks5://{nobody}")
    reached = await reach("https://authority.example")
    assert (reached.obstacle, reached.reason) == (Obstacle.PROXY_KIND, "socks5")


async def test_a_proxys_password_is_used_and_never_told(reach, identity, monkeypatch):
    with serving(identity, good()) as server, tunnelling(server.url) as (proxy, heads):
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{PASSWORD}@{proxy}")
        monkeypatch.setenv("NO_PROXY", "elsewhere.example")
        reached = await reach(server.url)
    assert reached.obstacle is Obstacle.NONE
    assert b"Proxy-Authorization: Basic dXNlcjpwNHNzdzByZA==" in heads[0]
    assert PASSWORD not in repr(reached)


async def test_a_host_the_proxy_is_not_for_is_reached_directly(
    reach, identity, monkeypatch, nobody
):
    monkeypatch.setenv("HTTPS_PROXY", f"http://{nobody}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving(identity, good()) as server:
        assert (await reach(server.url)).obstacle is Obstacle.NONE


@contextlib.contextmanager
def tunnelling(url):
    """A proxy that tunnels everybody to ``url``, once; gives its address and the heads it got."""
    heads: list[bytes] = []
    host, _, port = url.removeprefix("https://").partition(":")

    def copy(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        # However it ended: a client that hung up hard must not leave the other half waiting for ever.
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def serve():
        client, _ = listener.accept()
        with client, socket.create_connection((host, int(port))) as server:
            heads.append(client.recv(65536))
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=copy, args=(server, client))
            back.start()
            copy(client, server)
            back.join()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", heads
        thread.join()
