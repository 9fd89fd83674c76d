"""Tokens full of certificates that a stranger made alike: the agent goes on meanwhile, and checks few."""

from __future__ import annotations

import asyncio
import functools
import time
from types import SimpleNamespace

import msgspec
import pytest
from certificate_maker import ec_key, make_der, make_sm2_der, make_x509, name, rsa_key
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from agent.api.known import Known
from agent.api.methods.control import MAX_TOLD, ControlMethods, ListParams
from agent.certificates import chain, links
from agent.certificates.chain import MAX_CHECKS, ChainState, TrustStore
from agent.certificates.parsing import parse_certificate
from agent.ground.bus import EventBus
from agent.ground.clock import utc_now
from agent.ground.framing import MAX_REPLY
from agent.ground.language import Language
from agent.keys.der import elements, read_element
from agent.keys.der_writing import bit_string, integer, sequence
from agent.keys.public_key import PublicKey, UnreadableKeyError
from agent.system.damage import Damages
from agent.tokens.inventory import Inventory, TokenInserted
from agent.tokens.model import (
    CertificateObject,
    ModuleContent,
    ModuleSettings,
    PinState,
    TokenContent,
    TokenFacts,
)

COUNT = 2000
NAME = name(organisation="Look-Alike")


def modulus(bits):
    """A number of so many bits that is no easier to reckon with than a modulus."""
    return (1 << (bits - 1)) | ((1 << (bits - 100)) - 1) | 1


def odd_rsa(bits, exponent):
    return rsa.RSAPublicNumbers(exponent, modulus(bits)).public_key()


def own(key, signature=None):
    """A certificate of a key by itself, whose signature is wrong once the serial number is changed."""
    holder = SimpleNamespace(public_key=lambda: key) if not hasattr(key, "sign") else key
    signer = ec_key("any") if signature is None else rsa_key()
    found = make_x509(key=holder, issuer_key=signer, subject=NAME, issuer=NAME)
    der = found.public_bytes(Encoding.DER)
    if signature is None:
        return der
    signed, algorithm, _ = elements(read_element(der).content)
    # As long as the modulus: any other would be refused before anything is reckoned.
    return sequence(signed.encoded, algorithm.encoded, bit_string(signature))


def as_large_as(bits):
    return (modulus(bits) - 2).to_bytes(bits // 8, "big")


KINDS = {
    "RSA": lambda _folder: own(rsa_key(), as_large_as(2048)),
    "EC": lambda _folder: own(ec_key("any")),
    "SM2": make_sm2_der,
    "RSA with 16384 bits": lambda _: own(odd_rsa(16384, 65537), as_large_as(16384)),
    "an exponent of 3072 bits": lambda _: own(odd_rsa(3072, modulus(3071)), as_large_as(3072)),
    "an exponent of 16384 bits": lambda _: own(odd_rsa(16384, modulus(16383)), as_large_as(16384)),
}


def look_alikes(der, count=COUNT):
    """Return certificates that differ in four bytes of the serial number alone."""
    signed = next(iter(elements(read_element(der).content)))
    serial = list(elements(signed.content))[1].content
    at = der.index(serial) + len(serial) - 4
    return [der[:at] + number.to_bytes(4, "big") + der[at + 4 :] for number in range(count)]


@pytest.fixture(params=KINDS)
def ders(request, tmp_path):
    return look_alikes(KINDS[request.param](tmp_path))


@pytest.fixture
def checked(monkeypatch):
    """Every signature that is checked, as it is checked."""
    pairs = []
    check = links._check
    monkeypatch.setattr(links, "_check", lambda *pair: pairs.append(pair) or check(*pair))
    return pairs


def facts():
    return TokenFacts(
        slot=0, label="KEY", serial="1", model="m", manufacturer="m", login_required=True,
        protected_authentication_path=False, pin_state=PinState.OK,
    )  # fmt: skip


class Desk:
    """What answers ``tokens.list``, with a module that has these certificates on one token."""

    def __init__(self, ders):
        found = tuple(
            CertificateObject(value=der, key=b"\1", label="", has_private_key=None) for der in ders
        )
        content = ModuleContent(tokens=(TokenContent(facts=facts(), certificates=found),))
        self.told = []
        bus, trust = EventBus(), TrustStore()
        self.inventory = Inventory((ModuleSettings(path="m.so"),), bus)
        [reader] = self.inventory.readers
        reader.worker = SimpleNamespace(content=functools.partial(_at_once, content), doubt=bool)
        services = SimpleNamespace(
            inventory=self.inventory,
            clock=utc_now,
            language_of=lambda _call: Language.EN,
            pins=SimpleNamespace(shown=lambda snapshot: snapshot),
            remembered=SimpleNamespace(absent=tuple, pairs=tuple),
            damages=Damages(),
            reminders=SimpleNamespace(is_silenced=lambda _thumbprint: False),
            known=Known,
            trust=functools.partial(_at_once, trust),
        )
        self.methods = ControlMethods(services)
        bus.subscribe(self._hear)

    def _hear(self, event):
        if isinstance(event, TokenInserted):
            self.told += self.methods._told(event, Language.EN)

    async def listed(self):
        """Read the module and return the token's certificates as a client sees them."""
        return (
            (await self.methods.list_tokens(None, ListParams(refresh=True))).tokens[0].certificates
        )


async def _at_once(value):
    return value


class Heart:
    """Beats in the loop, and knows its longest pause."""

    async def __aenter__(self):
        self.longest, self._begun = 0.0, time.monotonic()
        self._beating = asyncio.create_task(self._beat())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_):
        await asyncio.sleep(0)
        self.seconds = time.monotonic() - self._begun
        self._beating.cancel()

    async def _beat(self):
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, (now := time.monotonic()) - last)
            last = now


async def test_the_loop_goes_on_while_a_token_is_read_and_listed(ders, checked):
    desk = Desk(ders)
    async with Heart() as heart:
        listed = await desk.listed()
    assert len(listed) == COUNT
    assert len(checked) <= MAX_CHECKS
    # In the loop, chains would be one pause of nearly all the time. A busy machine lengthens the others.
    assert heart.longest < heart.seconds / 2


async def test_one_budget_holds_for_all_of_a_token(ders, checked):
    certificates = [parse_certificate(der) for der in ders[: 4 * MAX_CHECKS]]
    trust = TrustStore()
    for seen in range(1, 3):  # asked again it goes on, by as many
        chains = trust.chains(certificates, utc_now())
        assert len(checked) <= seen * MAX_CHECKS
        assert chains[-1].state is ChainState.UNCHECKED
    assert ChainState.TRUSTED not in {chain.state for chain in chains}


def test_a_budget_is_of_time_too(ders, checked, monkeypatch):
    certificates = [parse_certificate(der) for der in ders[: 4 * MAX_CHECKS]]
    monkeypatch.setattr(chain, "MAX_SECONDS", 0.0)
    chains = TrustStore().chains(certificates, utc_now())
    assert checked == []
    assert {each.state for each in chains} == {ChainState.UNCHECKED}


def test_a_usual_token_is_checked_to_its_end_all_the_same(checked):
    root = make_x509(
        key=ec_key("any"), issuer_key=ec_key("any"), subject=NAME, issuer=NAME, is_ca=True,
        usage=frozenset({"key_cert_sign"}),
    )  # fmt: skip
    of_it = [make_x509(issuer_key=ec_key("any"), issuer=NAME) for _ in range(20)]
    ders = [one.public_bytes(Encoding.DER) for one in (root, *of_it)]
    certificates = [parse_certificate(der) for der in ders]
    chains = TrustStore(certificates[:1]).chains(certificates, utc_now())
    assert {chain.state for chain in chains} <= {ChainState.TRUSTED, ChainState.ISSUER_EXPIRED}


@pytest.mark.parametrize("bits", [2048, 3072, 16384])
def test_a_key_with_an_exponent_larger_than_any_is_not_read(bits):
    for exponent in (modulus(bits - 1), (1 << 33) + 1):
        der = own(odd_rsa(bits, exponent), as_large_as(bits))
        with pytest.raises(UnreadableKeyError):
            PublicKey.read(parse_certificate(der).public_key)
    der = own(odd_rsa(bits, 65537), as_large_as(bits))
    assert PublicKey.read(parse_certificate(der).public_key).kind == f"rsa:{bits}"


async def test_an_event_tells_of_a_few_of_many(tmp_path):
    desk = Desk(look_alikes(own(ec_key("any"))))
    await desk.listed()
    assert len(desk.told) == 1 + MAX_TOLD


@pytest.mark.parametrize("what", ["names", "serial"])
async def test_certificates_of_one_long_text_leave_room_for_all_others_in_an_answer(what):
    units = [
        x509.NameAttribute(x509.NameOID.ORGANIZATIONAL_UNIT_NAME, "长" * 60, _validate=False)
        for _ in range(90)
    ]
    whole = x509.Name([*units, x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "样例")])
    if what == "names":
        der = make_der(subject=whole, issuer=whole)
    else:
        signed, *rest = elements(read_element(make_der()).content)
        fields = [field.encoded for field in elements(signed.content)]
        place = 1 if fields[0][0] == 0xA0 else 0
        fields[place] = integer(1 << 128_000)
        der = sequence(sequence(*fields), *(each.encoded for each in rest))
    desk = Desk([der])
    [listed] = await desk.listed()
    assert listed.serial
    # A module shows 2,000 objects of each token.
    assert 2000 * len(msgspec.json.encode(listed)) < MAX_REPLY
