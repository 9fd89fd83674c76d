"""Whether a certificate leads to an authority that is trusted here. Pure.

These are not TLS certificates: names of hosts, the leaf's own expiry and the rules of web browsers mean
nothing here. What counts is signatures, that an issuer may issue (RFC 5280, 6.1), and where it ends.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum, unique

import msgspec

from agent.certificates.links import Budget, Link, Signature, SignatureChecks, make_link
from agent.certificates.model import Certificate

MAX_LENGTH = 8
"""Certificates in the longest chain that is followed."""
MAX_TRIES = 32
"""Issuers that are tried for one certificate."""
MAX_CHECKS = 32
"""Signatures that are checked for all certificates of a token together: one with SM2 takes some 30 ms, and
a token may be full of certificates made to look alike."""
MAX_SECONDS = 2.0
"""Of processor time, for the same: how long it takes to search is not told by checks."""


@unique
class ChainState(StrEnum):
    """How a search for a trusted authority ended, the best end first."""

    TRUSTED = "trusted"
    ISSUER_EXPIRED = "issuer_expired"
    """It leads to a trusted authority by an issuer that ended before the certificate did."""
    UNTRUSTED_ROOT = "untrusted_root"
    ISSUER_UNFIT = "issuer_unfit"
    """Signed with the key of a certificate that may not issue: CA flag, key usage, path length."""
    UNCHECKED = "unchecked"
    """The signature is of a kind that cannot be checked here, or the certificate is damaged."""
    INCOMPLETE = "incomplete"
    """An issuer's certificate is neither on the token nor in the trust store."""
    BAD_SIGNATURE = "bad_signature"


_BEST_FIRST = list(ChainState)


class Chain(msgspec.Struct, frozen=True):
    """The best chain there is from a certificate upwards."""

    state: ChainState
    path: tuple[Certificate, ...]
    """From the certificate itself as far upwards as issuers are known."""
    about: str
    """Who the state is about: the authority reached, or the issuer that is missing or at fault."""


class TrustStore:
    """Trusted authorities, and the signatures that have been checked so far."""

    def __init__(self, anchors: Iterable[Certificate] = ()) -> None:
        self._anchors = [make_link(anchor) for anchor in anchors]
        self._names = {anchor.key_and_name for anchor in self._anchors}
        self._signatures = SignatureChecks()

    def chains(self, certificates: Iterable[Certificate], now: dt.datetime) -> list[Chain]:
        """Return the best chain of each of a token's certificates, by one another and the anchors.

        An issuer has expired if it ended before ``now`` and before the certificate itself did. Those left
        when :data:`MAX_CHECKS` signatures were checked, or after :data:`MAX_SECONDS`, are unchecked. It may
        take seconds: not for an event loop.
        """
        signatures = self._signatures.at_most(MAX_CHECKS, MAX_SECONDS)
        links = [make_link(certificate) for certificate in certificates]
        issuers: dict[str, list[Link]] = defaultdict(list)
        for link in (*self._anchors, *links):
            issuers[link.name].append(link)
        return [
            _Search(issuers, self._names, signatures, min(now, link.certificate.not_after)).best(
                (link,)
            )
            for link in links
        ]


class _Search:
    """Tries issuers depth first; ends at the first trusted authority, or when it has tried enough."""

    def __init__(
        self,
        issuers: Mapping[str, Sequence[Link]],
        anchors: set[tuple[str, bytes]],
        signatures: Budget,
        moment: dt.datetime,
    ) -> None:
        self._issuers = issuers
        self._anchors = anchors
        self._signatures = signatures
        self._moment = moment
        self._tries_left = MAX_TRIES

    def best(self, path: tuple[Link, ...]) -> Chain:
        """Return the best way on from ``path``."""
        last = path[-1]
        if last.key_and_name in self._anchors:
            return self._trusted(path)
        if last.is_self_issued and self._signatures.check(last, last) is Signature.GOOD:
            return _ended(ChainState.UNTRUSTED_ROOT, path, last)
        if self._signatures.is_spent:
            return _ended(ChainState.UNCHECKED, path, last)
        best = Chain(ChainState.INCOMPLETE, _certificates(path), last.certificate.issuer)
        found = False
        for issuer in self._candidates(path):
            if best.state is ChainState.TRUSTED or not self._tries_left:
                break
            self._tries_left -= 1
            chain = self._through(path, issuer)
            if chain and (not found or _is_better(chain, best)):
                best, found = chain, True
        return best

    def _candidates(self, path: tuple[Link, ...]) -> list[Link]:
        """Return who may have issued the last certificate; who has the named key first.

        It may have done so itself: a root whose own signature is wrong is told as such.
        """
        last, seen = path[-1], {link.key_and_name for link in path[:-1]}
        named = self._issuers.get(last.issuer, ())
        new = [issuer for issuer in named if issuer.key_and_name not in seen]
        return sorted(new, key=lambda issuer: not last.names_key_of(issuer))

    def _through(self, path: tuple[Link, ...], issuer: Link) -> Chain | None:
        """Return the best chain by one issuer; None where it is plainly another's namesake."""
        last = path[-1]
        signature = self._signatures.check(last, issuer)
        if signature is Signature.UNCHECKED:
            return _ended(ChainState.UNCHECKED, path, issuer)
        if signature is Signature.BAD:
            is_namesake = last.names_another_key_than(issuer)
            return None if is_namesake else _ended(ChainState.BAD_SIGNATURE, path, issuer)
        further = (*path, issuer)
        if not issuer.may_issue(below=sum(not link.is_self_issued for link in path[1:])):
            return _ended(ChainState.ISSUER_UNFIT, further, issuer)
        if len(further) > MAX_LENGTH:
            return _ended(ChainState.INCOMPLETE, path, issuer)
        return self.best(further)

    def _trusted(self, path: tuple[Link, ...]) -> Chain:
        for issuer in path[1:]:
            if issuer.certificate.not_after < self._moment:
                return _ended(ChainState.ISSUER_EXPIRED, path, issuer)
        return _ended(ChainState.TRUSTED, path, path[-1])


def _ended(state: ChainState, path: tuple[Link, ...], about: Link) -> Chain:
    return Chain(state, _certificates(path), about.certificate.subject)


def _certificates(path: tuple[Link, ...]) -> tuple[Certificate, ...]:
    return tuple(link.certificate for link in path)


def _is_better(one: Chain, other: Chain) -> bool:
    return _BEST_FIRST.index(one.state) < _BEST_FIRST.index(other.state)
