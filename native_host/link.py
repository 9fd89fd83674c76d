"""The agent's side of the relay: one connection to ``browser.sock``, read by a thread of its own."""

from __future__ import annotations

from _thread import allocate_lock, start_new_thread

from agent import __version__
from agent.ground.framing import (
    MAX_BROWSER_REPLY,
    MAX_REPLY,
    FrameDecoder,
    FrameError,
    encode_frame,
)
from agent.ground.json_text import encode
from agent.system.runtime import BROWSER_SOCKET
from agent.system.starting import AgentMissingError, connect_plainly
from native_host import messages
from native_host.messages import MalformedError, Request, RequestId
from native_host.trace import Trace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agent.system.starting import Stream

PROTOCOL = 1
"""Version of the local API; equals ``PROTOCOL_VERSION`` of ``agent.api.views`` (a test holds them equal)."""
HELLO_ID = "odc-native-host"
_BOTH_WAYS = 2  # SHUT_RDWR; a pipe of Windows has no socket to import it from
HANDSHAKE_TIMEOUT = 5.0
"""Seconds an agent that accepted the connection may take to answer ``hello``."""
READ_SIZE = 65536


class ProtocolMismatchError(Exception):
    """The agent that runs speaks another version of the local API."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class AgentLink:
    """A connection that has shaken hands. ``send`` is called from one thread only."""

    def __init__(self, connection: Stream, deliver: Callable[[bytes], None], trace: Trace) -> None:
        self._connection = connection
        self._deliver = deliver
        self._trace = trace
        self._frames = _frames(connection)
        self._under_way: set[RequestId] = set()
        self._lock = allocate_lock()
        self._is_open = True
        self.version, self.capabilities = self._shake_hands()

    @classmethod
    def open(cls, deliver: Callable[[bytes], None], trace: Trace, *, start: bool) -> AgentLink:
        """Connect to the agent, start one where none runs and ``start`` is true, shake hands.

        Raises:
            AgentMissingError: no agent could be reached.
            ProtocolMismatchError: it speaks another version.
        """
        connection = connect_plainly(BROWSER_SOCKET, start=start)
        try:
            link = cls(connection, deliver, trace)
        except (OSError, FrameError, MalformedError, StopIteration) as error:
            connection.close()
            raise AgentMissingError("the agent did not answer the handshake") from error
        except ProtocolMismatchError:
            connection.close()
            raise
        start_new_thread(link._read, ())
        return link

    @property
    def is_open(self) -> bool:
        """Whether the agent was there when last seen."""
        return self._is_open

    def send(self, request: Request, payload: bytes, came: float) -> bool:
        """Pass a request on; false when the agent is known to be gone and it was not sent.

        ``came`` is when it came from the browser, for the trace.
        From here on the request is answered: by the agent, or by ``agent_lost``.
        """
        with self._lock:
            if not self._is_open:
                return False
            if request.id is not None:
                self._under_way.add(request.id)
        try:
            self._trace.passed_on(request.id, came)
            self._connection.sendall(encode_frame(payload))
        except OSError:
            self._hang_up()  # the reading thread then answers what is under way
        return True

    def close(self) -> None:
        """End the connection without answering anything: the browser has gone."""
        with self._lock:
            self._is_open = False
            self._under_way.clear()
        self._hang_up()

    def _shake_hands(self) -> tuple[str, list[str]]:
        params = {"protocol": PROTOCOL, "client": f"odc-native-host {__version__}"}
        hello = {"jsonrpc": "2.0", "id": HELLO_ID, "method": "hello", "params": params}
        self._connection.settimeout(HANDSHAKE_TIMEOUT)
        self._connection.sendall(encode_frame(encode(hello)))
        answer = messages.parse_object(next(self._frames))
        welcome = answer.get("result")
        if not isinstance(welcome, dict):
            raise ProtocolMismatchError(_mismatch(_protocol_in_error(answer)))
        if welcome.get("protocol") != PROTOCOL:
            raise ProtocolMismatchError(_mismatch(welcome.get("protocol")))
        self._connection.settimeout(None)
        capabilities = welcome.get("capabilities")
        names = [str(name) for name in capabilities] if isinstance(capabilities, list) else []
        return str(welcome.get("version")), names

    def _read(self) -> None:
        """Pass the agent's frames on until it goes away."""
        try:
            for payload in self._frames:
                self._pass_on(payload)
        except (OSError, FrameError, MalformedError):
            pass  # either side is gone, or the agent sent what nobody can read: the same end
        self._hang_up()
        with self._lock:
            was_open, self._is_open = self._is_open, False
            unanswered = sorted(self._under_way, key=str)
            self._under_way.clear()
        self._connection.close()
        if was_open:
            self._report_loss(unanswered)

    def _pass_on(self, payload: bytes) -> None:
        answer = messages.parse_object(payload)
        request_id = answer.get("id")
        is_answer = "method" not in answer and isinstance(request_id, str | int)
        # Not one byte at the limit either: browsers differ on whether it is inside.
        fits = len(payload) < MAX_BROWSER_REPLY
        if is_answer:
            assert isinstance(request_id, str | int)
            with self._lock:
                self._under_way.discard(request_id)
            traced = self._trace.answered(request_id)
            if traced:
                self._deliver(traced)
            self._deliver(payload if fits else messages.error(request_id, "answer_too_large"))
        elif fits:
            self._deliver(payload)

    def _report_loss(self, unanswered: list[RequestId]) -> None:
        """Answer what is under way, and say that no more notifications will come."""
        try:
            for request_id in unanswered:
                self._deliver(messages.error(request_id, "agent_lost"))
            self._deliver(messages.notification("host.agent_lost"))
        except OSError:
            pass  # the browser is gone too

    def _hang_up(self) -> None:
        try:
            self._connection.shutdown(_BOTH_WAYS)
        except OSError:
            pass  # it may be gone already


def _frames(connection: Stream) -> Iterator[bytes]:
    decoder = FrameDecoder(limit=MAX_REPLY)
    while data := connection.recv(READ_SIZE):
        yield from decoder.feed(data)


def _protocol_in_error(answer: dict[str, object]) -> object:
    """Return the version an agent names when it refuses ours: ``error.data.details.protocol``."""
    value: object = answer
    for name in ("error", "data", "details", "protocol"):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _mismatch(protocol: object) -> str:
    """Return the code for an agent of that protocol.

    An agent that does not say is taken for an old one: after an upgrade the old agent may still
    run, while this host comes from the new package.
    """
    is_newer = isinstance(protocol, int) and protocol > PROTOCOL
    return "agent_too_new" if is_newer else "agent_too_old"
