"""A plugin of mypy: nobody but `agent/keys` asks `cryptography` for the key of a certificate or a request.

`cryptography` knows no SM2 and raises of it, so whoever asks it works with some certificates and breaks with
others. By types, since a private key has a method of the same name, which is nobody's concern. Loading
a public key from bytes is forbidden likewise, by ruff (pyproject.toml).
"""

from __future__ import annotations

from collections.abc import Callable

from mypy.plugin import AttributeContext, MethodContext, Plugin
from mypy.types import Type

_X509 = "cryptography.hazmat.bindings._rust.x509"
_INSTEAD = {
    f"{_X509}.Certificate.public_key": "agent.keys.certified.key_of",
    f"{_X509}.CertificateSigningRequest.public_key": "agent.keys.certified.key_of",
    f"{_X509}.Certificate.verify_directly_issued_by": "agent.keys.certified.is_issued_by",
    f"{_X509}.CertificateSigningRequest.is_signature_valid": "agent.keys.requests.Request.is_signed",
}
_ALLOWED = "agent/keys/"


class OneKindOfKey(Plugin):
    """Refuses what `cryptography` does with keys and signatures of certificates."""

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        """Return what is to be done about a call of a method."""
        return self._refusing(fullname)

    def get_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        """Return what is to be done about a property that is read."""
        return self._refusing(fullname)

    @staticmethod
    def _refusing(fullname: str) -> Callable[[MethodContext | AttributeContext], Type] | None:
        instead = _INSTEAD.get(fullname)
        if instead is None:
            return None

        def refuse(context: MethodContext | AttributeContext) -> Type:
            if _ALLOWED not in context.api.path.replace("\\", "/"):
                name = fullname.rpartition(".")[2]
                context.api.fail(f'"{name}" fails for SM2: use {instead}', context.context)
            if isinstance(context, MethodContext):
                return context.default_return_type
            return context.default_attr_type

        return refuse


def plugin(_version: str) -> type[Plugin]:
    """Say which plugin this is, as mypy asks for it."""
    return OneKindOfKey
