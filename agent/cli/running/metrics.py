"""``odc-agent metrics``: figures of a fleet's monitoring, without names of people or organisations.

OpenMetrics text that is also Prometheus' older text format, since node_exporter's textfile collector
reads only that. Certificates are told apart by thumbprint, users of one computer by their number.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.api.client import Json
from agent.api.listed import all_tokens, is_done_with, leads
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit, NoAgentError
from agent.cli.ground.output import say
from agent.ground import held_files
from agent.ground.errors import InvalidInputError
from agent.ground.language import mark

FILE_MODE = 0o644
"""node_exporter runs as a user of its own."""
_STATES = (
    "drafting", "signing", "submitted", "reviewing", "rejected", "approved", "issuing", "installing",
    "installed", "cancelled", "failed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure and what it is of."""

    labels: dict[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Family:
    """A metric with its figures."""

    name: str
    kind: str
    help: str
    samples: tuple[Sample, ...]


def metrics(*, output: Path | None) -> int:
    """Print the figures, or have ``output`` hold them, all of them or none."""
    text = exposition(_families())
    if output is None:
        say(text, end="")
        return Exit.DONE
    try:
        _replace(output, text.encode())
    except OSError as error:
        reason = error.strerror or str(error)
        raise InvalidInputError(what=mark("The file for the figures"), reason=reason) from error
    return Exit.DONE


def exposition(families: Iterable[Family]) -> str:
    """Return the text (OpenMetrics 1.0, "Text format")."""
    return "\n".join([line for family in families for line in _lines(family)] + ["# EOF", ""])


def _lines(family: Family) -> Iterator[str]:
    yield f"# TYPE {family.name} {family.kind}"
    yield f"# HELP {family.name} {family.help}"
    name = f"{family.name}_total" if family.kind == "counter" else family.name
    for sample in family.samples:
        labels = ",".join(f'{key}="{_escaped(value)}"' for key, value in sample.labels.items())
        yield f"{name}{{{labels}}} {sample.value:.15g}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _families() -> Iterator[Family]:
    user = {"user_id": _user_id()}
    try:
        with agent(start=False) as client:
            status = client.call("agent.status")
            tokens = all_tokens(client.call("tokens.list"))
            renewals = client.call("renewals.list")["renewals"]
            modules = client.call("modules.list", {"refresh": False})["modules"]
    except NoAgentError:
        yield _up(user, 0)
        return
    yield _up(user, 1)
    version = Sample({**user, "version": status["version"]}, 1)
    yield Family("odc_agent_version", "gauge", "1, with the running version.", (version,))
    yield _certificates(user, tokens)
    yield _renewals(user, renewals)
    yield _restarts(user, modules)


if sys.platform == "win32":

    def _user_id() -> str:
        return ""  # one user's file is one computer's there

else:

    def _user_id() -> str:
        return str(os.getuid())


def _up(user: dict[str, str], value: int) -> Family:
    return Family("odc_agent_up", "gauge", "Whether the agent runs.", (Sample(user, value),))


def _certificates(user: dict[str, str], tokens: list[Json]) -> Family:
    ends: dict[str, tuple[dict[str, str], str]] = {}
    for token in tokens:
        present = "true" if token["present"] else "false"
        done = [] if token["present"] else filter(is_done_with, leads(token))
        left_out = {lead["pair"] for lead in done}
        for certificate in token["certificates"]:
            if certificate["is_current"] and certificate["pair"] not in left_out:
                labels = {"use": certificate["use"], "present": present}
                ends.setdefault(certificate["thumbprint"], (labels, certificate["not_after"]))
    return Family(
        "odc_certificate_not_after_seconds",
        "gauge",
        "When a certificate in use ends, on a token plugged in or seen earlier, in seconds since 1970.",
        tuple(
            Sample({**user, "thumbprint": thumbprint, **labels}, _seconds(not_after))
            for thumbprint, (labels, not_after) in sorted(ends.items())
        ),
    )


def _seconds(instant: str) -> float:
    return dt.datetime.fromisoformat(instant).timestamp()


def _renewals(user: dict[str, str], renewals: list[Json]) -> Family:
    counted = Counter(renewal["state"] for renewal in renewals)
    return Family(
        "odc_renewals",
        "gauge",
        "Renewals by state, past ones included.",
        tuple(Sample({**user, "state": state}, counted[state]) for state in _STATES),
    )


def _restarts(user: dict[str, str], modules: list[Json]) -> Family:
    counted: Counter[str] = Counter()
    for module in modules:
        counted[Path(module["path"]).name] += module["restarts"]
    return Family(
        "odc_token_worker_restarts",
        "counter",
        "How often a token driver's process had to be started again.",
        tuple(Sample({**user, "module": name}, n) for name, n in sorted(counted.items())),
    )


def _replace(file: Path, content: bytes) -> None:
    # The collector reads *.prom: a half-written file must have another name.
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        temporary.chmod(FILE_MODE)
        held_files.replace(temporary, file)
    finally:
        held_files.discard(temporary)
