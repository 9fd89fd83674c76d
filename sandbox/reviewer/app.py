"""The reviewer's page as a web application: from HTTP to the review and back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from agent.ground.language import Language
from agent.renewals.authorities.ra_protocol import ApplicantField, DocumentName, ProblemCode, Remark
from sandbox.authority.review import Review
from sandbox.authority.rules.scans import media_type
from sandbox.authority.sms import Outbox
from sandbox.problems import RefusalError
from sandbox.reviewer import texts
from sandbox.reviewer.access import Access, is_own_host, is_own_origin
from sandbox.reviewer.dossier import Dossiers
from sandbox.reviewer.dossier_page import MAX_REMARK, WHOLE, dossier_page
from sandbox.reviewer.pages import Frame, list_page, login_page
from sandbox.web import read_body

_STYLE = Path(__file__).with_name("reviewer.css")
_LANGUAGE_COOKIE = "odc-sandbox-language"
_MAX_FORM_BYTES = 64 * 1024
_MESSAGES_SHOWN = 5
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:;"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

Handler = Callable[[Request], Awaitable[Response]]


class Reviewer:
    """The routes of the page."""

    def __init__(self, review: Review, dossiers: Dossiers, outbox: Outbox, access: Access) -> None:
        self._review = review
        self._dossiers = dossiers
        self._outbox = outbox
        self._access = access

    def app(self) -> Starlette:
        one = "/applications/{application}"
        return Starlette(
            routes=[
                Route("/", self._guarded(self._list)),
                Route(one, self._guarded(self._dossier)),
                Route(f"{one}/decision", self._guarded(self._decide), methods=["POST"]),
                Route(f"{one}/scans/{{sha256}}", self._guarded(self._scan)),
                Route("/login", self._open(self._login), methods=["GET", "POST"]),
                Route("/logout", self._open(self._logout), methods=["POST"]),
                Route("/language/{language}", self._open(self._language)),
                Route("/reviewer.css", self._open(self._style)),
            ],
        )

    def _open(self, handler: Handler) -> Handler:
        """Wrap a route anybody at this desk may use."""

        async def checked(request: Request) -> Response:
            if not is_own_host(request) or (
                request.method == "POST" and not is_own_origin(request)
            ):
                return Response("wrong host or origin", 403, _HEADERS, "text/plain")
            try:
                response = await handler(request)
            except RefusalError as refusal:
                status = refusal.problem.status
                response = Response(f"{refusal}\n", status, media_type="text/plain")
            for name, value in _HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return checked

    def _guarded(self, handler: Handler) -> Handler:
        """Wrap a route for whoever signed in."""

        async def signed_in(request: Request) -> Response:
            if self._access.is_signed_in(request):
                return await handler(request)
            return RedirectResponse("/login", 303)

        return self._open(signed_in)

    async def _list(self, request: Request) -> Response:
        summaries = await run_in_threadpool(self._review.summaries)
        messages = self._outbox.messages()[: -_MESSAGES_SHOWN - 1 : -1]
        return _html(list_page(_frame(request), summaries, messages))

    async def _dossier(self, request: Request) -> Response:
        return await self._shown(request)

    async def _shown(
        self, request: Request, typed: dict[str, str] | None = None, problem: str = ""
    ) -> Response:
        application: str = request.path_params["application"]
        dossier = await run_in_threadpool(self._dossiers.dossier, application)
        messages = self._outbox.messages(application)[: -_MESSAGES_SHOWN - 1 : -1]
        frame = _frame(request, here=f"/applications/{application}")
        page = dossier_page(frame, dossier, messages, typed=typed, problem=problem)
        return _html(page, 409 if problem else 200)

    async def _decide(self, request: Request) -> Response:
        application: str = request.path_params["application"]
        form = await _form(request)
        remarks = _remarks(form)
        say = _frame(request).say
        typed = {remark.item or WHOLE: remark.text for remark in remarks}
        approves = form.get("decision") == "approve"
        if approves and remarks:
            return await self._shown(request, typed, say(texts.REMARKS_LEFT))
        if not approves and not remarks:
            return await self._shown(request, typed, say(texts.NEED_REMARK))
        try:
            await run_in_threadpool(self._decided, application, approves, remarks, form)
        except RefusalError as refusal:
            if refusal.code is ProblemCode.NOT_FOUND:
                raise
            return await self._shown(request, typed, say(texts.MOVED_ON))
        return RedirectResponse(f"/applications/{application}", 303)

    def _decided(
        self, application: str, approves: bool, remarks: tuple[Remark, ...], form: dict[str, str]
    ) -> None:
        version = form.get("version", "")
        seen = int(version) if version.isdecimal() else 0
        if approves:
            self._review.approve(application, seen_version=seen)
        else:
            self._review.reject(application, remarks, seen_version=seen)

    async def _scan(self, request: Request) -> Response:
        wanted = request.path_params["application"], request.path_params["sha256"]
        content = await run_in_threadpool(self._dossiers.scan, *wanted)
        if content is None:
            raise RefusalError(ProblemCode.NOT_FOUND, "no such scan")
        # What it is by its content, never what the applicant said: it is shown as an image or not.
        return Response(content, media_type=media_type(content) or "application/octet-stream")

    async def _login(self, request: Request) -> Response:
        frame = _frame(request, here="/login", signed_in=False)
        if request.method == "GET":
            return _html(login_page(frame))
        if not self._access.opens((await _form(request)).get("token", "")):
            return _html(login_page(frame, failed=True), 403)
        response = RedirectResponse("/", 303)
        self._access.sign_in(response)
        return response

    async def _logout(self, _request: Request) -> Response:
        response = RedirectResponse("/login", 303)
        self._access.sign_out(response)
        return response

    async def _language(self, request: Request) -> Response:
        back = request.query_params.get("back", "/")
        # A path of ours, never another site's: "//host" and "/\host" are that for browsers.
        is_ours = back.startswith("/") and back[1:2] not in {"/", "\\"}
        response = RedirectResponse(back if is_ours else "/", 303)
        response.set_cookie(
            _LANGUAGE_COOKIE, request.path_params["language"], httponly=True, samesite="strict"
        )
        return response

    async def _style(self, _request: Request) -> Response:
        return FileResponse(_STYLE)


async def _form(request: Request) -> dict[str, str]:
    body = await read_body(request, _MAX_FORM_BYTES)
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _remarks(form: dict[str, str]) -> tuple[Remark, ...]:
    items = {WHOLE: "", **{name.value: name.value for name in (*ApplicantField, *DocumentName)}}
    texts_given = {item: form.get(f"remark-{name}", "").strip() for name, item in items.items()}
    return tuple(
        Remark(item=item, text=text[:MAX_REMARK]) for item, text in texts_given.items() if text
    )


def _html(page: bytes, status: int = 200) -> Response:
    return Response(page, status, media_type="text/html")


def _frame(request: Request, *, here: str = "/", signed_in: bool = True) -> Frame:
    """Return the frame in the language that was chosen, else in the one the browser asks for."""
    asked = request.headers.get("accept-language", "")
    chosen = request.cookies.get(_LANGUAGE_COOKIE) or asked
    return Frame(Language.EN if chosen.startswith("en") else Language.ZH, here, signed_in)
