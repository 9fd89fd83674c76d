"""Key pairs that are made on the token: looked for, generated, removed."""

from __future__ import annotations

from typing import Any

from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass
from pkcs11.util.ec import encode_named_curve_parameters

from agent.tokens import protocol
from agent.tokens.errors import KeyTypeUnsupportedError
from agent.tokens.model import KeyCompanions, KeyName, KeyPairFacts
from agent.tokens.worker.cryptoki.access import TokenAccess
from agent.tokens.worker.cryptoki.keys import CURVES, public_key_of, subject_public_key_info
from agent.tokens.worker.cryptoki.mechanisms import first_possible
from agent.tokens.worker.cryptoki.objects import find, search

_CAPABILITIES = {
    "sign": MechanismFlag.SIGN | MechanismFlag.VERIFY,
    "decrypt": MechanismFlag.DECRYPT | MechanismFlag.UNWRAP | MechanismFlag.ENCRYPT,
}


def find_key_pair(access: TokenAccess, request: protocol.FindKeyPair) -> KeyPairFacts:
    """Say which halves of the pair exist."""
    return facts_of(access, request.key)


def facts_of(access: TokenAccess, key: KeyName) -> KeyPairFacts:
    """Return which halves of the pair exist."""
    public = find(access.session, ObjectClass.PUBLIC_KEY, key)
    return KeyPairFacts(
        key=key,
        public=public is not None,
        private=find(access.session, ObjectClass.PRIVATE_KEY, key) is not None,
        public_key=subject_public_key_info(public_key_of(public)) if public else b"",
    )


def generate_key_pair(access: TokenAccess, request: protocol.GenerateKeyPair) -> KeyPairFacts:
    """Generate a pair that can sign, or decrypt, and cannot leave the token."""
    family, _, size = _possible(access, request).partition(":")
    common = {Attribute.ID: request.key, Attribute.LABEL: request.label}
    private = common | {
        Attribute.PRIVATE: True,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
    }
    options: dict[str, Any] = {
        "store": True,
        "capabilities": _CAPABILITIES[request.usage],
        "public_template": common,
        "private_template": private,
    }
    with access.writing():
        if family == "rsa":
            access.session.generate_keypair(KeyType.RSA, int(size), **options)
        else:
            _curve(access, size).generate_keypair(**options)
    return facts_of(access, request.key)


def find_companions(access: TokenAccess, request: protocol.FindCompanions) -> KeyCompanions:
    """Return what shares the pair's CKA_ID: all of it is found by that alone, and so is removed by it."""
    named = {Attribute.ID: request.key}
    others = search(access.session, named | {Attribute.CLASS: ObjectClass.PRIVATE_KEY})[1:]
    found = search(access.session, named | {Attribute.CLASS: ObjectClass.CERTIFICATE})
    return KeyCompanions(
        certificates=tuple(bytes(certificate[Attribute.VALUE]) for certificate in found),
        keys=(request.key,) * len(others),
    )


def destroy_key_pair(access: TokenAccess, request: protocol.DestroyKeyPair) -> None:
    """Remove both halves, whichever exist."""
    for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY):
        found = find(access.session, kind, request.key)
        if found is not None:
            found.destroy()


def _curve(access: TokenAccess, name: str) -> Any:  # noqa: ANN401 - domain parameters
    parameters = {Attribute.EC_PARAMS: encode_named_curve_parameters(CURVES[name].name)}
    return access.session.create_domain_parameters(KeyType.EC, parameters, local=True)


def _possible(access: TokenAccess, request: protocol.GenerateKeyPair) -> str:
    """Return the first kind the token can do: OpenSC generates curve keys it cannot sign with."""
    key_types = request.key_types
    possible = first_possible(access.session.token.slot, key_types, request.usage)
    if possible is None:
        raise KeyTypeUnsupportedError(module=access.module.name, key_types=", ".join(key_types))
    return possible
