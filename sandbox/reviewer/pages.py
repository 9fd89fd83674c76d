"""The reviewer's pages as HTML. Pure: what is shown comes in, a document goes out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.ground.language import Language
from agent.renewals.authorities.ra_protocol import ApplicationState
from sandbox.authority.review import ApplicationSummary
from sandbox.authority.rules.days import CST
from sandbox.authority.sms import SmsMessage
from sandbox.reviewer import texts
from sandbox.reviewer.html import Markup, element, join, void
from sandbox.reviewer.texts import Text


@dataclass(frozen=True)
class Frame:
    """What is around every page."""

    language: Language
    here: str
    """The path to come back to when the language is changed."""
    signed_in: bool = True

    def say(self, text: Text, /, **values: object) -> str:
        return text(self.language, **values)


def document(frame: Frame, title: str, *content: str | None, refresh: int | None = None) -> bytes:
    """Return a whole HTML document; ``refresh`` has the browser load it again after seconds."""
    head = element(
        "head",
        void("meta", charset="utf-8"),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        void("meta", http_equiv="refresh", content=refresh) if refresh else None,
        element("title", title),
        void("link", rel="stylesheet", href="/reviewer.css"),
        void("link", rel="icon", href="data:,"),
    )
    body = element("body", _header(frame), element("main", *content))
    language = "en" if frame.language is Language.EN else "zh-CN"
    return f"<!doctype html>{element('html', head, body, lang=language)}".encode()


def login_page(frame: Frame, *, failed: bool = False) -> bytes:
    """Return the page that asks for the token."""
    form = element(
        "form",
        element("h1", frame.say(texts.LOGIN)),
        notice(frame.say(texts.WRONG_TOKEN)) if failed else None,
        element("label", frame.say(texts.TOKEN), for_="token"),
        void(
            "input",
            id="token",
            name="token",
            type="password",
            required=True,
            autofocus=True,
            autocomplete="off",
        ),
        element("p", frame.say(texts.TOKEN_HINT), class_="hint"),
        element("button", frame.say(texts.ENTER), class_="primary"),
        method="post",
        action="/login",
        class_="card login",
    )
    return document(frame, frame.say(texts.TITLE), form)


def list_page(
    frame: Frame, summaries: Sequence[ApplicationSummary], messages: Sequence[SmsMessage]
) -> bytes:
    """Return the list of applications, the newest first, and the latest SMS messages."""
    names = (texts.ORGANISATION, texts.USCC, texts.STATE, texts.VERSION, texts.OPENED)
    head = element("tr", *(element("th", frame.say(name)) for name in (*names, texts.EXPECTED)))
    rows = [_row(frame, summary) for summary in reversed(summaries)]
    table = element("table", element("thead", head), element("tbody", *rows))
    return document(
        frame,
        frame.say(texts.TITLE),
        element("h1", frame.say(texts.APPLICATIONS)),
        element("div", table, class_="card flush") if rows else _nothing(frame),
        sms_card(frame, messages),
        refresh=10,
    )


def notice(text: str) -> Markup:
    """Return a box that says what went wrong."""
    return element("p", text, class_="notice", role="alert")


def sms_card(frame: Frame, messages: Iterable[SmsMessage]) -> Markup | None:
    """Return the messages "sent" to phones; None where there are none."""
    items = [
        element(
            "li",
            element("span", f"{moment(message.sent_at)} · {message.phone}", class_="hint"),
            element("span", message.text),
        )
        for message in messages
    ]
    if not items:
        return None
    title = element("h2", frame.say(texts.SMS))
    return element("section", title, element("ul", *items, class_="sms"), class_="card")


def state_mark(frame: Frame, state: ApplicationState) -> Markup:
    """Return the state as a coloured mark."""
    return element("span", frame.say(texts.STATES[state]), class_=f"mark {state}")


def moment(time: dt.datetime) -> str:
    """Return a moment as clocks in China show it."""
    return f"{time.astimezone(CST):%Y-%m-%d %H:%M:%S}"


def _header(frame: Frame) -> Markup:
    other = "zh" if frame.language is Language.EN else "en"
    sign_out = element("button", frame.say(texts.SIGN_OUT), class_="link")
    return element(
        "header",
        element("span", "审", class_="seal", aria_hidden="true"),
        element("strong", frame.say(texts.TITLE)),
        element(
            "nav",
            element(
                "a",
                frame.say(texts.LANGUAGE),
                href=f"/language/{other}?back={frame.here}",
                hreflang=other,
            ),
            element("form", sign_out, method="post", action="/logout") if frame.signed_in else None,
        ),
    )


def _row(frame: Frame, summary: ApplicationSummary) -> Markup:
    link = element("a", summary.organisation, href=f"/applications/{summary.application}")
    expected = str(summary.expected_by) if summary.expected_by else "–"
    return element(
        "tr",
        element("td", link, void("br"), element("small", summary.application, class_="mono")),
        element("td", summary.uscc, class_="mono"),
        element("td", state_mark(frame, summary.state)),
        element("td", str(summary.version)),
        element("td", moment(summary.opened_at)[:-3], class_="nowrap"),
        element("td", expected, class_="nowrap"),
    )


def _nothing(frame: Frame) -> Markup:
    return join(element("p", frame.say(texts.NONE), class_="card empty"))
