"""Whatever a server sends, each client ends with its ordinary error, soon and without filling the memory."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import gzip
import threading
import time
import tracemalloc

import msgspec
import pytest
from broken_server import answer, root, server_identity, serving
from cryptography.hazmat.primitives.serialization import Encoding
from enrolments import WHO, Notes, application

from agent.checks.probes import authority as probe
from agent.checks.verdicts.authority import Obstacle
from agent.ground.bus import EventBus
from agent.ground.clock import utc_now
from agent.network import reader as reader_module
from agent.network.own_loop import there_blocking
from agent.network.pac import scripts
from agent.network.reader import Limits, Reader, Request
from agent.network.tls import unproved_tls
from agent.renewals.authorities import http as authority_http
from agent.renewals.authorities.authority import AuthorityRefusedError, AuthorityUnreachableError
from agent.renewals.authorities.cmp.enrolment import CmpEnrolment
from agent.renewals.authorities.cmp.messages import BodyKind
from agent.renewals.authorities.cmp.signed_enrolment import CmpSignedEnrolment
from agent.renewals.authorities.cmp.signed_transaction import SignedMessage, SignedTransaction
from agent.renewals.authorities.est import EstAuthority
from agent.renewals.authorities.ra import RaAuthority
from agent.renewals.authorities.ra_protocol import ApplicationStatus, Licence, Policy, Problem
from agent.settings.config import AuthoritySettings, UpdateSettings
from agent.updates import fetching
from agent.updates.errors import UpdateTamperedError, UpdateTooSlowError, UpdateUnreachableError
from agent.updates.model import Release
from agent.updates.service import UpdateService
from sandbox.desk.update_repository import UpdateRepository

GROWTH = 8 << 20
"""Bytes by which the memory of a client may grow under any attack."""
PATIENCE = 1.0
"""Seconds a client waits for the whole of an answer that would never end."""
BLOCK = bytes(1 << 16)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def packed(times, size=64 << 20):
    content = bytes(size)
    for _ in range(times):
        content = gzip.compress(content)
    codings = ", ".join(["gzip"] * times)
    return answer(
        "200 OK", content, "Content-Type: application/json", f"Content-Encoding: {codings}"
    )


def for_ever(start, more, pause=0.0):
    """Begin with ``start`` and send ``more`` until nobody listens."""

    def send_all(send):
        send(start)
        while True:
            send(more)
            if pause:
                time.sleep(pause)

    return send_all


def large(send):
    """300 MB, as announced."""
    send(HEAD + b"Content-Length: %d\r\n\r\n" % (300 << 20))
    for _ in range(300 << 4):
        send(BLOCK)


ATTACKS = {
    "a little that unpacks to much": packed(1),
    "a little that unpacks to a little that unpacks to much": packed(2),
    "300 MB": large,
    "a body without end": for_ever(HEAD + b"\r\n", BLOCK),
    "chunks of one byte without end": for_ever(CHUNKED, b"1\r\n \r\n" * 5000),
    "a chunk's extension without end": for_ever(CHUNKED + b"1;", b"x" * 65536),
    "trailers without end": for_ever(CHUNKED + b"0\r\n", b"a: b\r\n" * 5000),
    "a header without end": for_ever(HEAD + b"X: ", b"x" * 65536),
    "headers without end": for_ever(HEAD, b"a:\r\n" * 10000),
    "many headers": HEAD + b"a:\r\n" * 10000 + b"\r\n{}",
    "promises of an answer without end": for_ever(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500),
    "a body that drips": for_ever(HEAD + b"\r\n", b" ", 0.02),
    "a head that drips": for_ever(HEAD + b"X: ", b"x", 0.02),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def identity(home):
    return server_identity(home)


@pytest.fixture
def answering(home, identity):
    """Give an authority whose server answers with given bytes."""

    @contextlib.asynccontextmanager
    async def started(answered):
        with serving(identity, answered) as server:
            authority = RaAuthority(settings_of(home, server.url))
            try:
                yield authority
            finally:
                await authority.close()

    return started


NEVER_ENDING = {
    "chunks of one byte without end",
    "promises of an answer without end",
    "a body that drips",
    "a head that drips",
}
"""Attacks that nothing but the time for a whole answer ends, or nothing else soon."""


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def impatient(monkeypatch, attack):
    """The clients are as they are; where they would wait longest they wait less."""
    if attack not in NEVER_ENDING:
        return
    monkeypatch.setattr(authority_http, "CALL_SECONDS", PATIENCE)
    monkeypatch.setattr(scripts, "SECONDS", PATIENCE)
    monkeypatch.setattr(fetching, "PATIENCE_SECONDS", PATIENCE)
    monkeypatch.setattr(fetching, "LEAST_BYTES_PER_SECOND", 1 << 20)
    monkeypatch.setattr(probe, "STEP_SECONDS", PATIENCE)


def settings_of(home, url, **more):
    anchor = home / "anchor.pem"
    anchor.write_bytes(root().public_bytes(Encoding.PEM))
    (home / "password").write_text("secret")
    return AuthoritySettings(name="a", issuers=(), url=url, trust_anchor=anchor, **more)


def ra(call):
    async def asked(home, url):
        authority = RaAuthority(settings_of(home, url))
        try:
            with pytest.raises(AuthorityUnreachableError):
                await call(authority)
        finally:
            await authority.close()

    return asked


async def asks_for_key_types(home, url):
    file = home / "password"
    authority = EstAuthority(settings_of(home, url, profile="est", user="u", password_file=file))
    try:
        with pytest.raises(AuthorityUnreachableError):
            await authority.policy()
    finally:
        await authority.close()


async def asks_by_cmp(home, url):
    file = home / "password"
    client = CmpEnrolment(settings_of(home, url, profile="cmp", user="u", password_file=file))
    wish = application(WHO, certificate=root().public_bytes(Encoding.DER))
    try:
        with pytest.raises(AuthorityUnreachableError):
            await client.enrol(wish, Notes())
    finally:
        await client.close()


async def asks_by_signed_cmp(home, url):
    client = CmpSignedEnrolment(settings_of(home, url, profile="cmp-signed"))
    asked = SignedMessage(kind=BodyKind.KUR, transaction=b"t", nonce=b"n", message=b"kur")
    notes = Notes(SignedTransaction(to_send=(asked,)).notes)
    wish = application(WHO, certificate=root().public_bytes(Encoding.DER))
    try:
        with pytest.raises(AuthorityUnreachableError):
            await client.enrol(wish, notes)
    finally:
        await client.close()


async def checks_the_way(home, url):
    reached = await probe.reach(settings_of(home, url), utc_now)
    assert isinstance(reached.obstacle, Obstacle)


async def reads_a_pac_program(home, url):
    with pytest.raises(scripts.PacUnreadableError):
        await asyncio.to_thread(scripts.read_script, url)


async def looks_for_updates(home, url):
    folder = home / "repository"
    repository = UpdateRepository(folder)
    if not folder.exists():
        repository.create()
    service = UpdateService(
        settings=UpdateSettings(url=url, root=repository.root), folder=home / "updates",
        bus=EventBus(), clock=lambda: dt.datetime.now(dt.UTC),
    )  # fmt: skip
    with pytest.raises((UpdateTamperedError, UpdateTooSlowError, UpdateUnreachableError)):
        await service.check()


OVER_TLS = {
    "policy": ra(lambda authority: authority.policy()),
    "licence": ra(lambda authority: authority.licence(WHO)),
    "kinds of keys": asks_for_key_types,
    "environment check": checks_the_way,
}
IN_CLEAR = {
    "PAC": reads_a_pac_program,
    "updates": looks_for_updates,
    "CMP": asks_by_cmp,
    "signed CMP": asks_by_signed_cmp,
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("client", [*OVER_TLS, *IN_CLEAR])
@pytest.mark.usefixtures("impatient")
async def test_a_client_survives(home, identity, client, attack):
    call = OVER_TLS.get(client) or IN_CLEAR[client]
    with serving(identity if client in OVER_TLS else None, ATTACKS[attack]) as server:
        tracemalloc.start()
        try:
            await call(home, server.url)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < GROWTH
    assert server.requests or attack in NEVER_ENDING


async def test_answers_are_taken_apart_beside_the_agents_own_loop(answering, monkeypatch):
    """A body in chunks of one byte keeps a processor busy for as long as it comes."""
    threads = set()
    real = reader_module._checked_headers
    monkeypatch.setattr(
        reader_module,
        "_checked_headers",
        lambda response: threads.add(threading.current_thread()) or real(response),
    )
    page = answer("200 OK", b'{"authority":"x"}', "Content-Type: application/json")
    async with answering(page) as authority:
        await authority.policy()
    assert [thread.name for thread in threads] == ["network"]


def test_an_answer_left_half_read_is_closed_in_whichever_thread(home):
    """As Python's garbage collector may do in the thread that reads from networks."""
    reader = Reader(unproved_tls())
    limits = Limits(size=1 << 20, seconds=30)

    async def ended(chunks):
        chunks.close()

    def chunks(url):
        with reader.coming_blocking(Request(url=url), limits) as coming:
            while chunk := coming.chunk_blocking():
                yield chunk

    with serving(None, ATTACKS["a body without end"]) as server:
        left = chunks(server.url)
        assert next(left)
        there_blocking(ended(left))
    reader.close_soon()


async def test_a_page_too_large_does_not_hide_what_is_refused(answering):
    async with answering(answer("404 Not Found", b"x" * (1 << 20))) as authority:
        with pytest.raises(AuthorityRefusedError) as caught:
            await authority.policy()
    assert caught.value.values["reason"] == "HTTP 404"


def test_what_a_redirect_brings_along_is_not_read(home):
    with serving(None, answer("200 OK", b"the program")) as there:
        location = f"Location: {there.url}/proxy.pac"
        bomb = packed(2).replace(b"200 OK", b"302 Found\r\n" + location.encode(), 1)
        with serving(None, bomb) as here:
            tracemalloc.start()
            try:
                assert scripts.read_script(here.url) == "the program"
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
    assert peak < GROWTH


def test_a_ring_of_redirects_is_left():
    with (
        serving(None, answer("302 Found", b"", "Location: /again")) as server,
        pytest.raises(scripts.PacUnreadableError, match="too many redirects"),
    ):
        scripts.read_script(server.url)
    assert len(server.requests) == scripts.MAX_REDIRECTS + 1


NESTED = b"[" * 30000 + b"]" * 30000
STATUS = b'{"application":"a","state":"reviewing","version":1,"x":%s}'
UNREADABLE = {
    "lists in lists": b'{"authority":"x","y":%s}' % NESTED,
    "objects in objects": b'{"a":' * 10000 + b"1" + b"}" * 10000,
    "a number of many digits": b'{"authority":"x","y":%s}' % (b"9" * 60000),
    "days without end": b'{"authority":"x","review_working_days":1000000000}',
    "a size below zero": b'{"authority":"x","document_max_bytes":-1}',
    "a name without end": b'{"authority":"%s"}' % (b"x" * 60000),
    "a list without end": b'{"authority":"x","document_formats":[%s"x"]}' % (b'"x",' * 10000),
    "an end in the year -1": b'{"authority":"x","latest_days_after_expiry":1e300}',
}


@pytest.mark.parametrize("body", UNREADABLE)
async def test_a_policy_beyond_all_bounds_is_an_answer_that_cannot_be_read(answering, body):
    page = answer("200 OK", UNREADABLE[body], "Content-Type: application/json")
    async with answering(page) as authority:
        with pytest.raises(AuthorityUnreachableError, match="unreadable answer"):
            await authority.policy()


@pytest.mark.parametrize("call", ["poll", "licence", "withdraw"])
async def test_nesting_is_an_answer_that_cannot_be_read(answering, call):
    page = answer("200 OK", STATUS % NESTED, "Content-Type: application/json")
    async with answering(page) as authority:
        with pytest.raises(AuthorityUnreachableError, match="unreadable answer"):
            await getattr(authority, call)(WHO)


async def test_a_refusal_nested_without_end_is_a_refusal(answering):
    page = answer("403 Forbidden", b'{"title":%s}' % NESTED, "Content-Type: application/json")
    async with answering(page) as authority:
        with pytest.raises(AuthorityRefusedError):
            await authority.poll(WHO)


def _endless(kind):
    """Fields of a type that are a text or a list, and have no bound (RFC 8259 has none either)."""
    found = []
    for name, schema in kind.items():
        for member, said in schema.get("properties", {}).items():
            for form in [said, *said.get("anyOf", [])]:
                is_free = not {"pattern", "enum", "const", "format", "$ref"} & form.keys()
                bound = {"string": "maxLength", "array": "maxItems", "integer": "maximum"}
                wanted = bound.get(form.get("type"))
                if wanted and is_free and wanted not in form:
                    found.append(f"{name}.{member}")
    return found


@pytest.mark.parametrize("kind", [Policy, ApplicationStatus, Problem, Licence, Release])
def test_whatever_a_network_sends_has_a_bound_in_its_type(kind):
    _, schemas = msgspec.json.schema_components([kind])
    assert _endless(schemas) == []
