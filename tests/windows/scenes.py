"""What the screenshots show: each window in its usual state, and the states worth looking at."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import main_scenes
import question_scenes
import renew_scenes
import sign_scenes
from actors import in_words, pair, prompt, token, tokens
from scene import Answers, Scene

from agent import __version__
from agent.api.methods.updates import UpdateView
from agent.api.views.checks import CheckItem, CheckList, CheckName, CheckNames
from agent.api.views.reminders import SilencedList
from agent.api.views.sites import ActionRules, SiteDecision, SiteList
from agent.checks.model import CheckState
from agent.checks.table import CHECKS
from agent.ground.language import Language, look_up, translate
from agent.ground.not_confined import NOT_CONFINED, WHAT_TO_DO
from agent.settings.errors import ConfigNotUsedError
from agent.sites.model import Action, Decision
from agent.tokens.errors import PinFinalTryError, PinLockedError
from agent.tokens.model import ModuleKind, PinState
from agent.updates.errors import UpdateUnreachableError


def _type_pins(window: Any) -> None:
    window.form.old.edit.setText("135792")
    window.form.new.edit.setText("8246zx")
    window.form.again.edit.setText("8246")


def _checks(language: Language) -> Answers:
    items = tuple(_item(check.name, check.title, language) for check in CHECKS)
    names = tuple(CheckName(name=item.name, title=item.title) for item in items)
    return {
        "checks__list": CheckNames(checks=names),
        "checks__run": CheckList(items=items, report="…"),
    }


def _item(name: str, title: str, language: Language) -> CheckItem:
    state, text, advice, fix = FOUND.get(name, (CheckState.OK, "", "", None))
    values = {"token": "ODC-USBKEY", "use": _said("signing certificate", language)}
    return CheckItem(
        name=name,
        title=_said(title, language),
        state=state,
        text=_said(text, language, **values),
        advice=_said(advice, language),
        fix=fix,
    )


def _said(sentence: str, language: Language, **values: str) -> str:
    """Return one of the agent's own sentences, not one that it once had."""
    if sentence and look_up(sentence, Language.ZH) == sentence:
        raise LookupError(sentence)
    return translate(sentence, language, **values) if sentence else ""


FOUND = {
    "confinement": (CheckState.FAILED, NOT_CONFINED, WHAT_TO_DO, None),
    "autostart": (
        CheckState.FAILED,
        "The agent does not start at login: nobody will be reminded.",
        "Have it mended here, or run `odc-agent config set autostart true`.",
        "autostart",
    ),
    "extension": (
        CheckState.WARNING,
        "No browser has reached the agent yet.",
        "Install the extension, then open a portal that uses it.",
        None,
    ),
    "keys": (
        CheckState.UNKNOWN,
        "{token}: whether the {use} has its private key cannot be seen without the PIN.",
        "",
        None,
    ),
}


def _settings(language: Language) -> Answers:
    values = {
        "language": ("Language", None),
        "autostart": ("Start at login", True),
        "reminders.notifications": ("Show notices", True),
        "reminders.thresholds": ("Remind so many days before expiry", [90, 60, 30, 15, 7, 3, 1]),
        "reminders.quiet_hours": ("Quiet hours", "22:00-07:00"),
        "tokens.remember": ("Remember tokens that are not plugged in", True),
        "module": ("Token drivers", [{"path": "/usr/lib/softhsm/libsofthsm2.so"}]),
        "discover_modules": ("Look for other token drivers", False),
        "authority": (
            "Certification authorities",
            [{"name": "广东省电子商务认证有限公司", "url": "https://ra.example.cn/"}],
        ),
    }
    settings = [
        {
            "key": key,
            "title": _said(title, language),
            "value": value,
            "is_locked": key in ("discover_modules", "authority"),
            "needs_restart": False,
        }
        for key, (title, value) in values.items()
    ]
    file = "/home/user/.config/odc-agent/config.toml"
    return {
        "settings__get": {"settings": settings, "problems": [], "file": file},
        "reminders__silenced": SilencedList(certificates=()),
        "settings__set": lambda given: {
            **next(each for each in settings if each["key"] == given["key"]),
            "value": given["value"],
            "needs_restart": True,
        },
    }


def _settings_broken(language: Language) -> Answers:
    error = ConfigNotUsedError(file="config.toml", reason="Expected '=' after a key (line 3)")
    problem = {"message": error.text(Language.EN), "message_zh": error.text(Language.ZH)}
    answers = _settings(language)
    return {**answers, "settings__get": {**answers["settings__get"], "problems": [problem]}}


def _settings_silenced(language: Language) -> Answers:
    [held, _] = in_words(token(*pair()), language).certificates
    return {**_settings(language), "reminders__silenced": SilencedList(certificates=(held,))}


def _sites(_language: Language) -> Answers:
    since = dt.datetime(2025, 3, 7, 4, tzinfo=dt.UTC)
    decisions = tuple(
        SiteDecision(origin=f"https://{name}.example.gov.cn", action=action, decision=decision,
                     since=since)
        for name, action, decision in (
            ("etax", Action.CERTIFICATES, Decision.ALWAYS),
            ("etax", Action.RENEW, Decision.ALWAYS),
            ("etax", Action.LOGIN, Decision.ALWAYS),
            ("unknown", Action.CERTIFICATES, Decision.NEVER),
        )
    )  # fmt: skip
    listed = SiteList(
        decisions=decisions,
        renewals={},
        allow=("https://*.sz.gov.cn",),
        deny=(),
        actions={
            Action.LOGIN: ActionRules(allow=("https://etax.example.gov.cn",), deny=()),
            Action.SIGN: ActionRules(
                allow=("https://etax.example.gov.cn",), deny=("https://*.example.com",)
            ),
            Action.DECRYPT: ActionRules(allow=(), deny=("https://*.example.com",)),
        },
        hashes=("https://bid.example.gov.cn",),
    )
    return {"sites__list": listed}


def _status(_language: Language) -> Answers:
    return {
        "agent__status": {"version": __version__, "home": "/home/user/.local/share/odc-agent"},
        "updates__status": UpdateView(current=__version__, is_on=False, version=None),
    }


def _update(language: Language) -> Answers:
    notes = {
        Language.ZH: "证照更新: 资料可从其他窗口粘贴.\n修改PIN码: 剩余次数不明时先告知.",
        Language.EN: "Renewal: details can be pasted from another window.\nPIN: unknown tries are told.",
    }
    update = UpdateView(
        current=__version__, is_on=True, version="0.2.0", notes=notes[language], can_download=True,
        page="https://agent.example.cn/", checked=dt.datetime.now(dt.UTC),
    )  # fmt: skip
    return {
        **_status(language),
        "updates__status": update,
        "updates__download": lambda _: asyncio.sleep(3600),
    }


def _newest(language: Language) -> Answers:
    update = UpdateView(
        current=__version__, is_on=True, version=None, checked=dt.datetime.now(dt.UTC)
    )
    return {**_status(language), "updates__status": update, "updates__check": update}


def _unreachable(language: Language) -> Answers:
    error = UpdateUnreachableError(reason="Connection refused")
    return {**_newest(language), "updates__check": error}


def _is_told(window: Any) -> bool:
    return bool(window.facts.text() and window.updates.about.text())


SCENES = {
    **renew_scenes.SCENES,
    **sign_scenes.SCENES,
    **question_scenes.SCENES,
    **main_scenes.SCENES,
    "check": Scene(
        "check",
        _checks,
        is_ready=lambda window: window.copy.isEnabled(),
        in_all_looks=True,
    ),
    "settings": Scene(
        "settings", _settings, is_ready=lambda w: bool(w.file.text()), in_all_looks=True
    ),
    "settings-restart": Scene(
        "settings",
        _settings,
        is_ready=lambda w: bool(w.file.text()),
        prepare=lambda w: w.editors["module"].add_file("/usr/lib/vendor/libtoken.so"),
    ),
    "settings-silenced": Scene(
        "settings", _settings_silenced, is_ready=lambda w: bool(w.silenced.buttons), size=(680, 840)
    ),
    "settings-broken": Scene("settings", _settings_broken, is_ready=lambda w: bool(w.banner.text)),
    "sites": Scene(
        "sites", _sites, is_ready=lambda w: w.list.topLevelItemCount() > 0, in_all_looks=True
    ),
    "about": Scene("about", _status, is_ready=_is_told, in_all_looks=True),
    "about-newer": Scene("about", _update, is_ready=_is_told),
    "about-downloading": Scene(
        "about", _update, is_ready=_is_told, prepare=lambda w: w.updates.download.click()
    ),
    "about-newest": Scene("about", _newest, is_ready=_is_told, subject="updates"),
    "about-unreachable": Scene("about", _unreachable, is_ready=_is_told, subject="updates"),
    "help": Scene("help", lambda _language: {}, in_all_looks=True),
    "pin": Scene(
        "pin",
        lambda _language: {"tokens__list": tokens(token()), "pin__change": prompt()},
        is_ready=lambda window: window.form.isEnabled(),
        prepare=_type_pins,
        in_all_looks=True,
    ),
    "pin-low": Scene(
        "pin",
        lambda _language: {
            "tokens__list": tokens(token()),
            "pin__change": prompt(pin_state=PinState.COUNT_LOW),
        },
        is_ready=lambda window: window.form.isEnabled(),
    ),
    "pin-tries": Scene(
        "pin",
        lambda _language: {
            "tokens__list": tokens(token(driver=ModuleKind.SKF)),
            "pin__change": prompt(tries_left=10, tries_most=10, is_factory_pin=True),
        },
        is_ready=lambda window: window.form.isEnabled(),
    ),
    "pin-final-try": Scene(
        "pin",
        lambda _language: {"tokens__list": tokens(token()), "pin__change": PinFinalTryError()},
        is_ready=lambda window: window.risk.isVisible(),
    ),
    "pin-locked": Scene(
        "pin",
        lambda _language: {
            "tokens__list": tokens(token()),
            "pin__change": PinLockedError(is_remembered=True),
        },
        is_ready=lambda window: window.unlocked.isVisible(),
    ),
    "pin-pad": Scene(
        "pin",
        lambda _language: {
            "tokens__list": tokens(token()),
            "pin__change": prompt(has_pin_pad=True),
        },
        is_ready=lambda window: window.change.isEnabled(),
    ),
    "pin-no-token": Scene(
        "pin",
        lambda _language: {"tokens__list": tokens()},
        is_ready=lambda window: bool(window.told.text()),
    ),
}
