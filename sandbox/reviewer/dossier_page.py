"""The page of one application: dossier, scans, signature, certificates, decision. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent.renewals.authorities.ra_protocol import ApplicantField, ApplicationState, DocumentName
from sandbox.authority.sms import SmsMessage
from sandbox.reviewer import texts
from sandbox.reviewer.dossier import CertificateFacts, Dossier, Scan
from sandbox.reviewer.html import Markup, element, join, void
from sandbox.reviewer.pages import Frame, document, moment, notice, sms_card, state_mark
from sandbox.reviewer.texts import Text

MAX_REMARK = 200
WHOLE = "whole"
"""The form's name for a remark on the whole application."""

_RECIPIENTS = {
    "none": texts.RECIPIENT_NONE,
    "current": texts.RECIPIENT_CURRENT,
    "fresh": texts.RECIPIENT_FRESH,
}


def dossier_page(
    frame: Frame,
    dossier: Dossier,
    messages: Sequence[SmsMessage],
    *,
    typed: Mapping[str, str] | None = None,
    problem: str = "",
) -> bytes:
    """Return the page; ``typed`` are remarks to keep in the form, ``problem`` is said above it."""
    page = _Page(frame, dossier, typed or {})
    summary = dossier.summary
    return document(
        frame,
        f"{summary.organisation} · {frame.say(texts.TITLE)}",
        element("p", element("a", frame.say(texts.BACK), href="/"), class_="back"),
        element("h1", summary.organisation, state_mark(frame, summary.state)),
        notice(problem) if problem else None,
        element(
            "div",
            element("form", page.dossier(), method="post", action=f"{frame.here}/decision"),
            element("div", page.facts(), sms_card(frame, messages), class_="side"),
            class_="columns",
        ),
    )


class _Page:
    def __init__(self, frame: Frame, dossier: Dossier, typed: Mapping[str, str]) -> None:
        self._frame = frame
        self._say = frame.say
        self._dossier = dossier
        self._typed = typed
        self._open = dossier.summary.state is ApplicationState.REVIEWING

    def dossier(self) -> Markup:
        version = str(self._dossier.summary.version)
        return join(
            void("input", type="hidden", name="version", value=version),
            self._applicant(),
            self._scans(),
            self._decision(),
        )

    def facts(self) -> Markup:
        dossier = self._dossier
        return join(
            self._application(),
            self._signature(),
            self._certificate(texts.OLD_CERTIFICATE, dossier.old),
            self._certificate(texts.NEW_SIGNING, dossier.new_signing),
            self._certificate(texts.NEW_ENCRYPTION, dossier.new_encryption),
        )

    def _applicant(self) -> Markup:
        applicant = self._dossier.applicant
        if applicant is None:
            content: Markup = element("p", self._say(texts.NO_DOSSIER), class_="hint")
        else:
            content = join(
                *(
                    self._item(field, texts.FIELDS[field], getattr(applicant, field.value) or "–")
                    for field in ApplicantField
                )
            )
        return element("section", element("h2", self._say(texts.APPLICANT)), content, class_="card")

    def _item(self, name: ApplicantField | DocumentName, label: Text, *content: str) -> Markup:
        """Return one thing that can be remarked on: its name, its content, its remark."""
        return element(
            "div",
            element("div", self._say(label), class_="label"),
            element("div", *content, class_="value"),
            self._remark(name.value),
            class_="item",
        )

    def _remark(self, name: str) -> Markup:
        item = "" if name == WHOLE else name
        earlier = [r.text for r in self._dossier.earlier_remarks if r.item == item]
        given = [r.text for r in self._dossier.summary.remarks if r.item == item]
        field = void(
            "input",
            type="text",
            name=f"remark-{name}",
            value=self._typed.get(name, ""),
            placeholder=self._say(texts.REMARK),
            aria_label=self._say(texts.REMARK),
            maxlength=MAX_REMARK,
            autocomplete="off",
        )
        return element(
            "div",
            *(element("p", self._say(texts.EARLIER, text=text), class_="hint") for text in earlier),
            *(element("p", text, class_="given") for text in given),
            field if self._open else None,
            class_="remark",
        )

    def _scans(self) -> Markup | None:
        scans = self._dossier.scans
        if not scans:
            return None
        items = [
            self._item(name, texts.SCANS[name], self._scan(name, scan))
            for name, scan in scans.items()
        ]
        title = element("h2", self._say(texts.DOCUMENTS))
        return element("section", title, *items, class_="card")

    def _scan(self, name: DocumentName, scan: Scan) -> Markup:
        if not scan.uploaded:
            return element("p", self._say(texts.NOT_UPLOADED), class_="hint")
        source = f"{self._frame.here}/scans/{scan.digest.sha256}"
        picture = void("img", src=source, alt=self._say(texts.SCANS[name]))
        facts = self._say(
            texts.FACTS, kilobytes=scan.digest.size / 1024, media_type=scan.digest.media_type
        )
        return join(
            element("a", picture, href=source, target="_blank", class_="scan"),
            element("small", facts),
        )

    def _decision(self) -> Markup | None:
        on_the_whole = join(
            element("div", self._say(texts.WHOLE), class_="label"), self._remark(WHOLE)
        )
        if not self._open:
            said = any(not remark.item for remark in self._dossier.summary.remarks)
            return element("section", on_the_whole, class_="card") if said else None
        return element(
            "section",
            element("h2", self._say(texts.DECISION)),
            on_the_whole,
            element("p", self._say(texts.DECISION_HINT), class_="hint"),
            element(
                "div",
                self._button("approve", texts.APPROVE, "primary"),
                self._button("reject", texts.REJECT, "danger"),
                class_="buttons",
            ),
            class_="card",
        )

    def _button(self, value: str, text: Text, class_: str) -> Markup:
        return element("button", self._say(text), name="decision", value=value, class_=class_)

    def _application(self) -> Markup:
        summary = self._dossier.summary
        rows = [
            (texts.USCC, summary.uscc),
            (texts.VERSION, str(summary.version)),
            (texts.OPENED, moment(summary.opened_at)),
            (texts.EXPECTED, str(summary.expected_by) if summary.expected_by else "–"),
        ]
        return element("section", self._list(rows), class_="card")

    def _signature(self) -> Markup:
        verdict = self._dossier.verdict
        text = texts.SIGNATURE_VALID if verdict.valid else texts.SIGNATURE_INVALID
        said = f"{self._say(text)}{f': {verdict.reason}' if verdict.reason else ''}"
        rows = [
            (texts.SIGNED_BY, verdict.signer or "–"),
            (texts.SIGNED_AT, moment(verdict.signed_at)),
            (texts.RECIPIENT, self._say(_RECIPIENTS[self._dossier.recipient])),
        ]
        return element(
            "section",
            element("h2", self._say(texts.SIGNATURE)),
            element("p", said, class_=f"verdict {'good' if verdict.valid else 'bad'}"),
            self._list(rows),
            element("p", self._say(texts.SIGNATURE_COVERS), class_="hint"),
            class_="card",
        )

    def _certificate(self, title: Text, facts: CertificateFacts | None) -> Markup | None:
        if facts is None:
            return None
        days = facts.expired_days
        dates = {"first": moment(facts.not_before)[:10], "last": moment(facts.not_after)[:10]}
        rows = [
            (texts.VALIDITY, self._say(texts.FROM_TO, **dates)),
            (texts.SUBJECT, facts.subject),
            (texts.KEY, facts.key),
            (texts.SERIAL, facts.serial),
            (texts.FINGERPRINT, facts.sha256),
        ]
        expired = None if days is None else self._say(texts.EXPIRED, days=days)
        return element(
            "section",
            element(
                "h2",
                self._say(title),
                element("span", expired, class_="mark expired") if expired else None,
                element("span", self._say(texts.REVOKED), class_="mark") if facts.revoked else None,
            ),
            self._list(rows),
            class_="card",
        )

    def _list(self, rows: Sequence[tuple[Text, str]]) -> Markup:
        pairs = [join(element("dt", self._say(name)), element("dd", value)) for name, value in rows]
        return element("dl", *pairs)
