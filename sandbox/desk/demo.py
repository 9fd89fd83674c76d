"""The demo: what a person at this desk would do, done by a program, each step told as it happens."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from agent.api.client import Client, Json
from agent.ground.language import Language
from agent.ground.text_files import read_text_file
from agent.renewals.journal.states import State, Waiting
from agent.renewals.wording import state_text
from agent.tokens.pin import send_pin
from sandbox.authority.dossier import write_sample_dossier
from sandbox.authority.sms import Outbox
from sandbox.desk.desk import Desk, Holder
from sandbox.home import RunningSandbox, SandboxError
from sandbox.words import words

EXPIRED_DAYS = 961
APPROVE_AFTER_SECONDS = 3
REMINDER_SECONDS = 20.0
HAS_SKF = sys.platform == "linux"
"""Whether there is a virtual SKF token: its library is compiled where it is used, by gcc."""
SKF_HOLDER = Holder(organisation="广州市样例有限公司", uscc="91440101MA5DB0000B")


def run_demo(folder: Path, *, with_desktop: bool, program: Path | None = None) -> None:
    """Play both renewals in ``folder``, with another agent's ``program``; on a desktop, stay."""
    with Desk(folder, agent=program) as desk:
        running = _set_up(desk)
        say("启动客户端", "Starting the agent")
        agent = desk.start_agent(*(() if with_desktop else ("--no-tray",)))
        with desk.client() as client:
            client.call("events.subscribe")
            _show_reminder(client)
            _renew(desk, client, Holder())
            if HAS_SKF:
                say(
                    "插入国密 SKF 电子钥匙,其中为 SM2 证书",
                    "Plugging in an SKF token with SM2 certificates",
                )
                desk.plug_skf()
                _renew(desk, client, SKF_HOLDER)
        print(
            words("\n您的新证书已安装成功!", "\nYour new certificate has been installed!"),
            flush=True,
        )
        if with_desktop:
            say(
                f"托盘和演示门户 {running.portal_url} 可继续试用;在托盘菜单选“退出”或按 Ctrl-C 结束",
                "Try the tray and the portal; choose Quit in its menu or press Ctrl-C to end",
            )
            with contextlib.suppress(KeyboardInterrupt):  # as advised: the job is done
                agent.wait()


def _set_up(desk: Desk) -> RunningSandbox:
    """Start the authority, and issue a token of each standard; that with SKF is pulled out again."""
    say("启动证书服务中心", "Starting the certification authority")
    kinds = ("--key-type", "sm2", "--key-type", "rsa:2048")
    approve = ("--approve-after", str(APPROVE_AFTER_SECONDS), "--retry-after", "1")
    running = desk.start_authority(*approve, *kinds)
    say(
        f"签发电子钥匙:证书已过期 {EXPIRED_DAYS} 天",
        f"Issuing a token whose certificates expired {EXPIRED_DAYS} days ago",
    )
    expired = ("--expired-days", str(EXPIRED_DAYS))
    desk.issue_token(*expired)
    skf = None
    if HAS_SKF:
        skf = desk.issue_skf_token("--sm2", *expired, holder=SKF_HOLDER)
        desk.pull_skf()
    write_sample_dossier(desk.dossier)
    desk.configure_agent(running.url, skf=skf)
    return running


def _renew(desk: Desk, client: Client, holder: Holder) -> None:
    """Renew the certificate of one organisation, its token shown before and after."""
    before = _signing_certificate(client, holder)
    _print_token(client, holder, "更新前", "before")
    _Renewal(desk, client, holder).play(before["thumbprint"])
    _print_token(client, holder, "更新后", "after")


def say(chinese: str, english: str) -> None:
    """Print one step in the user's language."""
    print(f"● {words(chinese, english)}", flush=True)


def _show_reminder(client: Client) -> None:
    """Wait for the agent's first reminder and print it."""
    deadline = time.monotonic() + REMINDER_SECONDS
    while not (reminders := client.call("reminders.list")["reminders"]):
        if time.monotonic() > deadline:
            raise SandboxError("the agent raised no reminder")
        time.sleep(0.05)
    say(f"提醒:{reminders[0]['text']}", f"Reminder: {reminders[0]['text']}")


def _signing_certificate(client: Client, holder: Holder) -> Json:
    """Return the holder's, once its token is seen."""
    deadline = time.monotonic() + REMINDER_SECONDS
    while True:
        for token in client.call("tokens.list", {"refresh": True})["tokens"]:
            for certificate in token["certificates"]:
                if _is_of(holder, certificate) and certificate["use"] == "signing":
                    return certificate
        if time.monotonic() > deadline:
            raise SandboxError("the agent sees no such token")
        time.sleep(0.1)


def _is_of(holder: Holder, certificate: Json) -> bool:
    return bool(certificate["organisation"] == holder.organisation)


def _print_token(client: Client, holder: Holder, chinese: str, english: str) -> None:
    say(f"电子钥匙中的证书({chinese})", f"Certificates on the token ({english})")
    uses = {
        "signing": words("签名证书", "signing certificate"),
        "encryption": words("加密证书", "encryption certificate"),
        "other": words("其他证书", "other certificate"),
    }
    for token in client.call("tokens.list", {"refresh": True})["tokens"]:
        certificates = [c for c in token["certificates"] if _is_of(holder, c)]
        if certificates:
            print(f"    {token['label']}")
        for certificate in certificates:
            name = f"{uses[certificate['use']]}-{certificate['organisation']}"
            left = certificate["days_left"]
            days = words(f"{left:+d} 天", f"{left:+d} days")
            kind = certificate["algorithm"]
            print(f"      {name}  {kind}  {days}  {certificate['thumbprint'][:16]}…")


class _Renewal:
    """Answers what one renewal waits for, as the applicant would."""

    def __init__(self, desk: Desk, client: Client, holder: Holder) -> None:
        self._desk = desk
        self._client = client
        self._holder = holder
        self._answers: dict[str | None, Callable[[Json], None]] = {
            Waiting.APPLICANT.value: self._submit_dossier,
            Waiting.PIN.value: self._enter_pin,
            Waiting.SMS_CODE.value: self._enter_sms_code,
        }

    def play(self, thumbprint: str) -> None:
        """Renew the certificate; raise SandboxError where it does not end in installed."""
        say("证照更新:一键更新", "Renewal started")
        renewal = self._client.call("renewals.start", {"thumbprint": thumbprint})
        seen: set[tuple[str, str | None]] = set()
        while renewal["state"] not in ("installed", "failed", "cancelled"):
            step = (renewal["state"], renewal["waiting"])
            if step not in seen:
                seen.add(step)
                _tell(*step)
                self._answers.get(renewal["waiting"], lambda _: None)(renewal)
            renewal = self._next(renewal)
        if renewal["state"] != "installed":
            _tell(renewal["state"], None)
            raise SandboxError(f"the renewal ended as {renewal['state']}: {renewal['error_text']}")
        say(
            "新证书已写入电子钥匙;新密钥的签名用新证书验证通过",
            "Written onto the token; its new key signed, and the new certificate verified it",
        )
        _tell(renewal["state"], None)

    def _next(self, before: Json) -> Json:
        """Wait until the renewal is not as it was ``before``."""
        now = before
        while now["updated"] == before["updated"]:
            event = self._client.next_notification()["params"]
            if event["event"] == "renewal" and event["renewal"]["id"] == before["id"]:
                # Events queue up while something is answered: how it stands now is asked.
                now = self._client.call("renewals.get", {"id": before["id"]})
        return now

    def _submit_dossier(self, renewal: Json) -> None:
        folder = self._desk.dossier
        applicant = json.loads(read_text_file(folder / "applicant.json"))
        documents = {f.stem: str(f) for f in folder.iterdir() if f.suffix in (".png", ".jpg")}
        params = {"id": renewal["id"], "applicant": applicant, "documents": documents}
        self._client.call("renewals.submit_dossier", params)
        say(f"填写资料并上传 {len(documents)} 份扫描件", f"Dossier with {len(documents)} scans")

    def _enter_pin(self, renewal: Json) -> None:
        prompt = self._client.call("renewals.pin", {"id": renewal["id"]})
        send_pin(prompt["endpoint"], bytearray(self._holder.pin.encode()))
        say("输入证书密码", "PIN entered")

    def _enter_sms_code(self, renewal: Json) -> None:
        self._client.call("renewals.send_sms", {"id": renewal["id"]})
        code = Outbox(self._desk.home.outbox).messages(renewal["id"])[-1].code
        self._client.call("renewals.verify_sms", {"id": renewal["id"], "code": code})
        say(f"收到并输入短信验证码({renewal['phone_hint']})", "SMS code received and entered")


def _tell(state: str, waiting: str | None) -> None:
    texts = [
        state_text(State(state), Waiting(waiting) if waiting else None, language)
        for language in (Language.ZH, Language.EN)
    ]
    say(*texts)
