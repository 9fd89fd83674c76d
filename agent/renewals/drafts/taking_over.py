"""One dossier for all of one organisation: what was given for one renewal is taken over for the next.

Only from renewals that are still open: of one that has ended nothing is left that could be taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from agent.certificates.identity_oids import IdentityOid
from agent.certificates.organisation import identity_of
from agent.certificates.parsing import parse_certificate
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.renewals.authorities.ra_protocol import ApplicantField, DocumentName
from agent.renewals.drafts.store import DraftScan, DraftStore
from agent.renewals.ground.errors import WrongStateError
from agent.renewals.journal.record import Renewal
from agent.renewals.journal.states import State
from agent.renewals.journal.vault import NotReadError
from agent.renewals.service import RenewalService


class OtherOrganisationError(OdcError):
    """Papers of one organisation are nothing for another, nor for an authority they were not given for."""

    code = "other_organisation"
    sentence = mark("The two renewals are not of the same organisation at the same authority.")
    advice = mark("Fill this dossier in by itself.")


@dataclass(frozen=True, slots=True)
class Given:
    """What was given for one renewal, or what another lacks of it."""

    applicant: Mapping[ApplicantField, str] = field(default_factory=dict, repr=False)
    """Without what is empty."""
    documents: Mapping[DocumentName, DraftScan | None] = field(default_factory=dict)
    """None for a scan that was submitted."""

    def __bool__(self) -> bool:
        return bool(self.applicant or self.documents)


class Sources:
    """The renewals a dossier can be filled in from."""

    def __init__(
        self,
        renewals: RenewalService,
        store: DraftStore,
        identity_oids: Callable[[], Sequence[IdentityOid]],
    ) -> None:
        self._renewals = renewals
        self._store = store
        self._identity_oids = identity_oids

    def of(self, renewal: Renewal) -> Renewal | None:
        """Return the renewal that can fill this one's dossier in; what was submitted comes first."""
        if renewal.state is not State.DRAFTING or renewal.is_withdrawing or renewal.policy is None:
            return None
        able = [
            other for other in self._renewals.under_way() if self._has_something(renewal, other)
        ]
        return min(able, key=_rank, default=None)

    def gain(self, renewal: Renewal, source: Renewal) -> Given:
        """Return what ``renewal`` asks for, lacks, and would get; what it has is never replaced.

        Raises:
            WrongStateError: the source has ended, or is about to.
            OtherOrganisationError
        """
        if source.has_ended or source.is_withdrawing:
            raise WrongStateError(state=source.state.value)
        if not self._belong_together(renewal, source):
            raise OtherOrganisationError
        given, has = self._given(source), self._given(renewal)
        asked = renewal.policy.required_documents if renewal.policy else ()
        return Given(
            {name: text for name, text in given.applicant.items() if name not in has.applicant},
            {name: scan for name, scan in given.documents.items()
             if name in asked and name not in has.documents},
        )  # fmt: skip

    def _has_something(self, renewal: Renewal, source: Renewal) -> bool:
        try:
            return bool(self.gain(renewal, source))
        except (WrongStateError, OtherOrganisationError, NotReadError):
            return False

    def _belong_together(self, one: Renewal, other: Renewal) -> bool:
        if one.id == other.id or one.authority != other.authority:
            return False
        codes = [self._uscc(each) for each in (one, other)]
        if all(codes):
            return codes[0] == codes[1]
        return bool(one.organisation) and one.organisation == other.organisation

    def _uscc(self, renewal: Renewal) -> str:
        certificate = parse_certificate(renewal.private.certificate)
        return identity_of(certificate, self._identity_oids()).uscc or ""

    def _given(self, renewal: Renewal) -> Given:
        draft, private = self._store.read(renewal.id), renewal.private
        submitted = {
            name: getattr(private.applicant, name.value) if private.applicant else ""
            for name in ApplicantField
        }
        applicant = {**submitted, **draft.applicant}
        return Given(
            {name: text for name, text in applicant.items() if text},
            {**dict.fromkeys(private.documents), **draft.scans},
        )


def _rank(source: Renewal) -> tuple[bool, bool]:
    """Put first what an authority has taken, last what its review has found fault with."""
    return source.state is State.REJECTED, source.private.applicant is None
