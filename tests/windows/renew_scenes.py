"""The renew window's pages for the screenshots."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import msgspec
from actors import ORGANISATION, TODAY, certificate, in_words, pair, prompt, put_away, token, tokens
from scene import Scene

from agent.api.views.dossiers import ConversionView, DossierView, FaultView, ScanView, SourceView
from agent.api.views.licences import LicenceList, LicenceView
from agent.api.views.renewals import RenewalList, RenewalView
from agent.api.views.tokens import TokenList
from agent.ground.language import Language, translate
from agent.renewals.authorities.ra_protocol import ApplicantField, DocumentName, Policy
from agent.renewals.course import Step
from agent.renewals.journal.states import State, Waiting
from agent.renewals.scans.model import Fault
from agent.renewals.scans.wording import FAULTS
from agent.renewals.wording import expected_text, state_text
from agent.tokens.model import PinState
from agent.tokens.pin_states import PinPurpose
from agent.windows.renew.scan_dialog import ScanDialog
from sandbox.authority.dossier import draw_paper, sample_applicant

LONG = (
    "Überregionale-Zertifikatsverwaltungsgesellschaft" * 3
    + " شركة الاختبار 👩‍💼 深圳市前海深港现代服务业合作区样例科技发展有限公司"
)
_SCANS = {
    DocumentName.ORGANISATION_CERTIFICATE: ("单位证照.png", (840, 1188), "单位证照复印件"),
    DocumentName.ID_CARD_FRONT: ("身份证-人像面.jpg", (856, 540), "经办人身份证 人像面"),
    DocumentName.ID_CARD_BACK: ("IMG_20250307_101530.jpg", (856, 540), "经办人身份证 国徽面"),
}


def picture(name: DocumentName, side: int = 600, turns: int = 0) -> bytes:
    _, size, text = _SCANS[name]
    image = draw_paper(size, ((text, text), ("样本,仅供测试", "SAMPLE")))
    image.thumbnail((side, side))
    buffer = io.BytesIO()
    image.rotate(90 * turns, expand=True).save(buffer, "JPEG")
    return buffer.getvalue()


def renewal(language: Language, state: str, waiting: str | None, **values: Any) -> RenewalView:
    waits = Waiting(waiting) if waiting else None
    text = state_text(State(state), waits, language, token="ODC-USBKEY")
    if state == "reviewing":
        text = f"{text} ({expected_text(dt.date(2025, 3, 11), language)})"
    usual = {
        "id": "0c3f6a52-9d1e-4c3f-8a77-5b0e6a1d2f34",
        "thumbprint": pair()[0].thumbprint,
        "organisation": ORGANISATION,
        "authority": "广东省电子商务认证有限公司",
        "token_label": "ODC-USBKEY",
        "state": state,
        "waiting": waiting,
        "text": text,
        "created": TODAY,
        "updated": TODAY,
        "revision": 0,
        "phone_hint": "138****0000",
        "steps": tuple(Step),
    }
    return RenewalView(**{**usual, **values})


def licence(language: Language, *, failed: bool = False) -> LicenceList:
    text = "营业执照更新发生异常! 接口发生异常!" if failed else "营业执照已更新。"
    if language is Language.EN:
        text = "The business licence could not be updated." if failed else "It was updated."
    view = LicenceView(
        uscc="91440300MA5DA0000F", organisation=ORGANISATION, text=text,
        fetched=None if failed else TODAY, tried=TODAY, error="internal" if failed else None,
    )  # fmt: skip
    return LicenceList(licences=(view,), updating=())


def scan(name: DocumentName, language: Language, *faults: Fault, **values: Any) -> ScanView:
    file, (width, height), _ = _SCANS[name]
    views = [
        FaultView(
            code=fault.value,
            text=translate(FAULTS[fault], language, limit=1024),
            is_refused=fault.is_refused,
        )
        for fault in faults
    ]
    usual = {
        "name": name,
        "file": file,
        "facts_text": f"JPEG, {width} × {height}, 214 KB",
        "faults": tuple(views),
        "is_taken": not any(fault.is_refused for fault in faults),
        "thumbnail": picture(name, 240),
    }
    return ScanView(**{**usual, **values})


def dossier(language: Language, *, is_amendment: bool = False) -> DossierView:
    policy = Policy(authority="")
    person = sample_applicant()
    applicant = {field: getattr(person, field.value) for field in ApplicantField}
    if not is_amendment:
        applicant[ApplicantField.PHONE] = "1380000"
    back = scan(DocumentName.ID_CARD_BACK, language, Fault.TOO_LARGE, Fault.ROTATED)
    return DossierView(
        id="0c3f6a52-9d1e-4c3f-8a77-5b0e6a1d2f34",
        applicant=applicant,
        scans=(
            scan(DocumentName.ORGANISATION_CERTIFICATE, language),
            scan(DocumentName.ID_CARD_FRONT, language, can_be_converted=not is_amendment),
            back,
        ),
        required_fields=policy.required_fields,
        required_documents=policy.required_documents,
        formats=policy.document_formats,
        max_bytes=policy.document_max_bytes,
        is_amendment=is_amendment,
        is_applicant_kept=False,
    )


def fillable(language: Language) -> DossierView:
    """An empty dossier that another of the organisation can fill in."""
    return msgspec.structs.replace(
        dossier(language),
        applicant=dict.fromkeys(ApplicantField, ""),
        scans=(),
        source=SourceView(id="first", token_label="ODC-53"),
    )


def conversion(language: Language) -> ConversionView:
    changes = ("已转正", "已缩小", "重新压缩", "已去除元数据 (EXIF)")
    if language is Language.EN:
        changes = ("turned upright", "scaled down", "compressed anew", "metadata removed (EXIF)")
    return ConversionView(
        facts_before="JPEG, 4032 × 3024, 3480 KB",
        facts_after="JPEG, 2480 × 1563, 402 KB",
        changes=changes,
        before=picture(DocumentName.ID_CARD_BACK, turns=1),
        after=picture(DocumentName.ID_CARD_BACK),
    )


_NEW = pair(days=365, number=1)
"""What an installed renewal has brought."""


OF_CMP = (Step.SUBMISSION, Step.INSTALLATION)
"""What there is to a renewal without staff."""


def answers(
    state: str = "", waiting: str | None = None, **values: Any
) -> Callable[[Language], dict[str, Any]]:
    """Return what the stage answers while one renewal stands so; with no state none is under way."""
    more: dict[str, Any] = values.pop("more", {})

    def given(language: Language) -> dict[str, Any]:
        listed = (renewal(language, state, waiting, **values),) if state else ()
        return {
            "tokens__list": tokens(in_words(token(*pair()), language)),
            "renewals__list": RenewalList(renewals=listed),
            "licences__list": licence(language),
            "dossiers__get": dossier(language, is_amendment=state == "rejected"),
            "dossiers__convert": conversion(language),
            "dossiers__write": {},
            "renewals__pin": prompt(purpose=PinPurpose.INSTALL),
            **{name: value(language) for name, value in more.items()},
        }

    return given


def _renewed(language: Language) -> TokenList:
    return tokens(in_words(token(*pair(), *_NEW), language))


def _another_is_due(language: Language) -> TokenList:
    """The renewed one waits for the review, and another organisation's has expired, too."""
    other = token(*pair(organisation="深圳市另一家有限公司", number=7), label="ODC-07")
    return tokens(in_words(token(*pair()), language), in_words(other, language))


def drawer(language: Language) -> TokenList:
    """The token lies in its drawer."""
    return tokens(remembered=[put_away(in_words(token(*pair()), language), language)])


def another(language: Language) -> TokenList:
    """It does, and another organisation's is plugged in."""
    other = token(*pair(days=200, organisation="深圳市另一家有限公司", number=7), label="ODC-07")
    away = put_away(in_words(token(*pair()), language), language)
    return tokens(in_words(other, language), remembered=[away])


def many(language: Language) -> dict[str, Any]:
    held = [
        token(certificate(number=1, days=-961, organisation=LONG), number=1),
        token(certificate(number=2, days=12), number=2),
    ]
    failed = LicenceList(
        licences=tuple(
            LicenceView(**{**_plain(each), "organisation": LONG, "text": each.text})
            for each in licence(language, failed=True).licences
        ),
        updating=(),
    )
    return {**answers()(language), "tokens__list": tokens(*held), "licences__list": failed}


def _plain(view: LicenceView) -> dict[str, Any]:
    return {name: getattr(view, name) for name in view.__struct_fields__}


def open_conversion(window: Any) -> None:
    window.pages.dossier.slots[DocumentName.ID_CARD_BACK].look.click()


def dialog_of(window: Any) -> Any:
    return window.findChild(ScanDialog)


def ended(state: str) -> Callable[[Any], None]:
    """Return what shows a renewal that has come to this end."""

    def show(window: Any) -> None:
        failed = {"error": "outside_window", "error_text": "", "text": ""}
        if state == "failed":
            failed["text"] = "证照更新失败:证书过期时间过长,无法自助更新。"
            failed["advice_text"] = "请携带相关资料前往服务窗口办理。"
        values = failed if state == "failed" else {"new_thumbprint": _NEW[0].thumbprint}
        window.follow(msgspec.to_builtins(renewal(window.words.language, state, None, **values)))

    return show


def send_code(window: Any) -> None:
    window.pages.sms._on_sent({"phone_hint": "138****0000"})


REMARKS = (
    {"item": "address", "text": "地址不完整,请填写到门牌号"},
    {"item": "id_card_back", "text": "公章不清晰,请重新扫描"},
)
LOW = {"renewals__pin": lambda _: prompt(purpose=PinPurpose.INSTALL, pin_state=PinState.COUNT_LOW)}


def _page(name: str) -> Callable[[Any], bool]:
    return lambda window: getattr(window.pages, name).isVisible()


def _asks(name: str) -> Callable[[Any], bool]:
    return lambda window: getattr(window.pages, name).panel.field.isVisible()


def _has_dossier(window: Any) -> bool:
    return bool(window.pages.dossier.is_ready)


def _type_secret(window: Any) -> None:
    window.pages.secret.reference.setText("2026-11-0042")
    window.pages.secret.secret.setText("8d1f-c2a4-77be-0913")


SMALL_SCREEN = (640, 330)
"""1280×720 at 200 %, less what a panel takes."""

SCENES = {
    "renew": Scene(
        "renew", answers(), is_ready=lambda w: w.pages.items.all.isVisible(),
        in_all_looks=True,
    ),
    "renew-several": Scene(
        "renew", many, is_ready=lambda w: w.pages.items.all.isVisible()
    ),
    "renew-drawer": Scene(
        "renew",
        lambda language: {**answers()(language), "tokens__list": drawer(language)},
        is_ready=lambda w: w.pages.items.all.isVisible(), in_all_looks=True,
    ),
    "renew-token": Scene(
        "renew", answers("signing", "TOKEN", more={"tokens__list": drawer}), is_ready=_page("token"),
        in_all_looks=True,
    ),
    "renew-another-token": Scene(
        "renew", answers("signing", "TOKEN", more={"tokens__list": another}), is_ready=_page("token"),
    ),
    "renew-nothing": Scene(
        "renew",
        lambda language: {**answers()(language), "tokens__list": tokens()},
        is_ready=lambda w: w.pages.items.none.isVisible(),
    ),
    "renew-dossier": Scene(
        "renew", answers("drafting", "APPLICANT"), is_ready=_has_dossier,
        size=(900, 980), in_all_looks=True,
    ),
    "renew-dossier-again": Scene(
        "renew",
        answers("drafting", "APPLICANT", more={"dossiers__get": fillable, "dossiers__take_over": dossier}),
        is_ready=_has_dossier, size=(900, 980),
    ),
    "renew-dossier-small": Scene(
        "renew", answers("drafting", "APPLICANT"), is_ready=_has_dossier,
        size=SMALL_SCREEN,
    ),
    "renew-amend": Scene(
        "renew", answers("rejected", "APPLICANT", remarks=REMARKS),
        is_ready=_has_dossier, in_all_looks=True,
    ),
    "renew-submit-pin": Scene(
        "renew", answers("signing", "PIN"), is_ready=_asks("submission")
    ),
    "renew-pin-let-go": Scene(
        "renew", answers("signing", "PIN"), is_ready=_asks("submission"),
        prepare=lambda w: w.pages.submission.panel.idle.timeout.emit(),
    ),
    "renew-review": Scene(
        "renew", answers("reviewing", "REVIEW"), is_ready=_page("waiting"),
        in_all_looks=True,
    ),
    "renew-review-next": Scene(
        "renew", answers("reviewing", "REVIEW", more={"tokens__list": _another_is_due}),
        is_ready=_page("waiting"),
    ),
    "renew-sms": Scene(
        "renew", answers("approved", "SMS_CODE"), is_ready=_page("sms"),
        prepare=send_code, in_all_looks=True,
    ),
    "renew-secret": Scene(
        "renew", answers("drafting", "SECRET", steps=OF_CMP), is_ready=_page("secret"),
    ),
    "renew-secret-typed": Scene(
        "renew", answers("drafting", "SECRET", steps=OF_CMP), is_ready=_page("secret"), prepare=_type_secret,
    ),
    "renew-ask-pin": Scene(
        "renew", answers("issuing", "PIN", steps=OF_CMP), is_ready=_asks("question"),
    ),
    "renew-ask-pin-small": Scene(
        "renew", answers("issuing", "PIN", steps=OF_CMP), is_ready=_asks("question"), size=SMALL_SCREEN,
    ),
    "renew-import-pin": Scene(
        "renew", answers("installing", "PIN", more=LOW),
        is_ready=_asks("installation"), in_all_looks=True,
    ),
    "renew-import-pin-small": Scene(
        "renew", answers("installing", "PIN", more=LOW),
        is_ready=_asks("installation"), size=SMALL_SCREEN,
    ),
    "renew-scan": Scene(
        "renew", answers("drafting", "APPLICANT"), is_ready=_has_dossier,
        prepare=open_conversion, part=dialog_of, in_all_looks=True,
    ),
    "renew-installed": Scene(
        "renew", answers("installing", more={"tokens__list": _renewed}), is_ready=_page("waiting"),
        prepare=ended("installed"), in_all_looks=True,
    ),
    "renew-failed": Scene(
        "renew", answers("submitted"), is_ready=_page("waiting"),
        prepare=ended("failed"),
    ),
}  # fmt: skip
