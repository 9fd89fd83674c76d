"""The steps with a PIN where something else goes on with the renewal at the same time."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from types import SimpleNamespace

import msgspec
from certificate_maker import ec_key, make_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from renewal_maker import NOW, PRIVATE, new_renewal

from agent.renewals.authorities.ra_protocol import Policy
from agent.renewals.journal.journal import Journal, StaleRenewalError
from agent.renewals.journal.states import State
from agent.renewals.steps.pin_steps import install
from agent.tokens import protocol as token
from agent.tokens.model import KeyCompanions, KeyPairFacts

SIGNING_KEY = ec_key("new")
NEW = make_x509(key=SIGNING_KEY, not_after=NOW + dt.timedelta(days=365))
POLICY = Policy(authority="样例服务商", retire_old="delete")


class Session:
    """A session with a token that does what it is asked, and remembers it."""

    def __init__(self):
        self.asked = []

    async def call(self, request):
        self.asked.append(type(request))
        if isinstance(request, token.FindKeyPair):
            return KeyPairFacts(key=request.key, public=True, private=True)
        if isinstance(request, token.FindCompanions):
            return KeyCompanions()
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
