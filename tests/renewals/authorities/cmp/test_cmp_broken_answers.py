"""Answers whose lengths are all right, and of which some part is not: each is refused, none is waited for."""

from __future__ import annotations

import asyncio
import datetime as dt
import random

import pytest
from cmp_desk import CA, READERS, SECRET, der, issued
from cmp_server import CONFIRMED, ISSUED, WAITING, cmp_server, cp, error, later, reply, says
from cryptography.hazmat.primitives.serialization import Encoding
from der_breaker import broken
from enrolments import WHO, Notes, application
from msgspec.structs import replace
from signing_token import Office, Token

from agent.keys.der_writing import object_identifier, sequence
from agent.keys.schemes import signature_algorithm
from agent.renewals.authorities.authority import AuthorityUnreachableError
from agent.renewals.authorities.cmp.bodies import Status, StatusInfo
from agent.renewals.authorities.cmp.enrolment import CmpEnrolment
from agent.renewals.authorities.cmp.messages import (
    BodyKind,
    CmpMessageError,
    Header,
    Message,
    protected_part,
    read_message,
    written,
)
from agent.renewals.authorities.cmp.password_mac import PASSWORD_BASED_MAC
from agent.renewals.authorities.cmp.pbmac1 import PBMAC1
from agent.renewals.authorities.cmp.protection import SharedSecret, is_signed_for, mac_kind_of
from agent.renewals.authorities.cmp.signed_enrolment import CmpSignedEnrolment
from agent.settings.config import AuthoritySettings

NOW = dt.datetime.now(dt.UTC)
OFFICE = Office("ec:secp256r1")
ASKED = Message(
    header=Header(transaction=b"t" * 16, nonce=b"n" * 16),
    kind=BodyKind.P10CR, body=b"", protected=b"", protection=b"",
)  # fmt: skip


def signed(asked: Message) -> bytes:
    """A whole answer with all that there can be: a signature, certificates, implicitConfirm."""
    header = replace(
        reply(asked, is_confirmed_implicitly=True),
        algorithm=signature_algorithm(OFFICE.key.public.family),
    )
    body = cp(StatusInfo(status=Status.ACCEPTED, text="good", failures=frozenset({"badAlg"})))
    part = protected_part(header, BodyKind.KUP, body)
    return written(part, OFFICE.key.sign(part), (der(issued()),))


WHOLE = [
    signed(ASKED),
    SharedSecret(b"7", b"secret", "pbmac1").protected(reply(ASKED), BodyKind.PKICONF, sequence()),
    *(manner(ASKED) for manner in (WAITING, ISSUED, CONFIRMED, later(4))),
    says(BodyKind.ERROR, error("no", "badTime"))(ASKED),
]


@pytest.mark.parametrize("seed", range(5))
def test_what_is_broken_is_refused_and_nothing_else_happens(seed):
    chance = random.Random(seed)
    read = 0
    for _ in range(60):
        for whole in WHOLE:
            try:
                message = read_message(broken(whole, chance))
            except CmpMessageError:
                continue
            read += 1
            SECRET.has_protected(message)
            mac_kind_of(message)
            is_signed_for(message, (CA, OFFICE.certificate), NOW)
            for reader in READERS:
                try:
                    reader(message.body)
                except CmpMessageError:
                    continue
    assert read > 50, "most are to be broken deeper than their outermost parts"


EMPTY_MAC = sequence(object_identifier(PASSWORD_BASED_MAC), sequence(*[sequence()] * 4))
EMPTY_PBMAC1 = sequence(
    object_identifier(PBMAC1), sequence(sequence(object_identifier(PBMAC1)), sequence())
)


@pytest.mark.parametrize("client", [CmpEnrolment, CmpSignedEnrolment])
@pytest.mark.parametrize(
    "algorithm",
    [sequence(), sequence(sequence()), EMPTY_MAC, EMPTY_PBMAC1],
    ids=["empty", "nameless", "empty MAC", "empty PBMAC1"],
)
async def test_a_protection_of_no_kind_is_answered_within_a_moment(tmp_path, client, algorithm):
    """Whatever is raised where it is read must reach who waits: a StopIteration never does."""

    def answer(asked):
        header = replace(reply(asked), algorithm=algorithm)
        part = protected_part(header, BodyKind.CP, cp(StatusInfo(status=Status.WAITING)))
        return written(part, b"none")

    anchor = tmp_path / "ca.pem"
    anchor.write_bytes(OFFICE.certificate.public_bytes(Encoding.PEM))
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET.secret)
    secret.chmod(0o600)
    token, notes = Token("rsa:2048", "ec:secp256r1"), Notes()
    token.certify(OFFICE)
    async with cmp_server(answer) as server:
        user = {"user": "7", "password_file": secret} if client is CmpEnrolment else {}
        profile = "cmp" if client is CmpEnrolment else "cmp-signed"
        asking = client(
            AuthoritySettings(
                name="cmp", issuers=(), profile=profile, url=server.url, trust_anchor=anchor, **user
            )
        )
        try:
            wish = application(WHO, request=b"", certificate=token.certificate)
            prepared = await asking.prepare(wish, token, NOW)
            wish = application(WHO, request=prepared.request, certificate=token.certificate)
            notes.keep(prepared.exchange)
            async with asyncio.timeout(60):
                with pytest.raises(AuthorityUnreachableError):
                    await asking.enrol(wish, notes)
        finally:
            await asking.close()
