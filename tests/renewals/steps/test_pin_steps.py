"""The steps with a PIN where something else goes on with the renewal at the same time."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from types import SimpleNamespace

import msgspec
import pytest
from certificate_maker import ec_key, make_x509, rsa_key
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from renewal_maker import NOW, PRIVATE, new_renewal

from agent.renewals.authorities.ra_protocol import Policy
from agent.renewals.journal.journal import Journal, StaleRenewalError
from agent.renewals.journal.record import EncryptionPart
from agent.renewals.journal.states import State
from agent.renewals.steps.pin_steps import install
from agent.tokens import protocol as token
from agent.tokens.errors import NotWrittenError
from agent.tokens.model import KeyCompanions, KeyPairFacts

SIGNING_KEY = ec_key("new")
NEW = make_x509(key=SIGNING_KEY, not_after=NOW + dt.timedelta(days=365))
POLICY = Policy(authority="样例服务商", retire_old="delete")


class Session:
    """A session with a token that does what it is asked, and remembers it."""

    def __init__(self, loses=()):
        self.asked = []
        self.kept = {}
        self.loses = list(loses)
        """Labels of certificates that it says it has stored, once each."""

    async def call(self, request):
        self.asked.append(type(request))
        if isinstance(request, token.FindKeyPair):
            return KeyPairFacts(key=request.key, public=True, private=True)
        if isinstance(request, token.FindCompanions):
            return KeyCompanions(certificates=tuple(self.kept.get(request.key, ())))
        if isinstance(request, token.ImportKeyPair):
            return KeyPairFacts(key=request.key, public=True, private=True)
        if isinstance(request, token.ProveDecryption):
            return True
        if isinstance(request, token.WriteCertificate):
            if request.label in self.loses:
                self.loses.remove(request.label)
            else:
                self.kept.setdefault(request.key, []).append(request.certificate)
        if isinstance(request, token.SignData):
            return SIGNING_KEY.sign(request.data, ec.ECDSA(hashes.SHA256()))
        return None


async def test_an_installation_that_the_renewals_own_task_confirmed_first_is_cleaned_up_all_the_same(
    tmp_path, vault
):
    private = msgspec.structs.replace(PRIVATE, new_certificate=NEW.public_bytes(Encoding.DER))
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        renewal = journal.add(new_renewal(state=State.INSTALLING, policy=POLICY, private=private))

        def save_after_pin(before, after):
            stored = journal.get(before.id)
            if stored.state is not before.state:
                raise StaleRenewalError
            return journal.save(msgspec.structs.replace(after, revision=stored.revision))

        async def confirmed_by_two(_credentials):
            proved = journal.get(renewal.id)
            journal.save(proved.moved(State.INSTALLED, NOW))

        context = SimpleNamespace(
            signed=None,
            dossier=SimpleNamespace(confirm_installed=confirmed_by_two),
            clock=lambda: NOW,
            save_after_pin=save_after_pin,
            leftovers=journal,
        )
        session = Session()
        installed = await install(context, renewal, session)
        assert installed.state is State.INSTALLED
        assert session.asked[-2:] == [token.DestroyCertificate, token.DestroyKeyPair]
        assert journal.leftovers(renewal.token) == []


@pytest.mark.parametrize("lost", ["sign", "encrypt"])
async def test_a_certificate_that_the_token_lost_is_written_again_before_anybody_hears_of_it(
    tmp_path, vault, lost
):
    encryption = make_x509(key=rsa_key("new"), not_after=NOW + dt.timedelta(days=365))
    private = msgspec.structs.replace(
        PRIVATE,
        new_certificate=NEW.public_bytes(Encoding.DER),
        new_encryption_certificate=encryption.public_bytes(Encoding.DER),
        key_envelope=b"envelope",
    )
    confirmed = []

    async def confirm(_credentials):
        confirmed.append(True)

    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        renewal = journal.add(
            new_renewal(
                state=State.INSTALLING,
                policy=POLICY,
                private=private,
                encryption=EncryptionPart(
                    key_id=b"new encryption", transport_id=b"transport", recipient_id=b"recipient"
                ),
            )
        )
        context = SimpleNamespace(
            dossier=SimpleNamespace(confirm_installed=confirm),
            clock=lambda: NOW,
            save_after_pin=lambda _before, after: journal.save(after),
            leftovers=journal,
            signed=None,
        )
        session = Session(loses=[lost])
        with pytest.raises(NotWrittenError):
            await install(context, renewal, session)
        assert not confirmed
        assert not journal.get(renewal.id).is_proved
        installed = await install(context, journal.get(renewal.id), session)
    assert installed.state is State.INSTALLED
    assert confirmed
    assert private.new_certificate in session.kept[renewal.new_key_id]
    assert private.new_encryption_certificate in session.kept[b"new encryption"]
