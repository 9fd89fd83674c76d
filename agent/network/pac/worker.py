"""``python -m agent.network.pac.worker``: run one PAC program for one address, and end.

One line of JSON in: the program, the address, the host. Lines of JSON out: questions for the name service,
each answered by a line, and at last the program's answer or what is wrong with it. The process has no files,
no network and no children; its memory and processor time are limited. Qt's JavaScript engine has nothing of
a browser or of Qt within reach of a program, and runs it without making machine code.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.resources import files
from typing import Any

os.environ["QV4_FORCE_INTERPRETER"] = "1"

from PySide6.QtCore import QCoreApplication, QObject, Slot  # the engine reads the variable above
from PySide6.QtQml import QJSEngine, QJSValue

from agent.system.confinement import confine

MEMORY = 512 * 1024 * 1024
CPU_SECONDS = 3


class Asking(QObject):
    """What a program may ask of the agent."""

    @Slot(str, result=str)
    def resolve(self, host: str) -> str:
        """Return the address of a host; empty for none."""
        return _ask({"resolve": host})

    @Slot(result=str)
    def ownAddress(self) -> str:  # noqa: N802 - a function of JavaScript
        """Return this computer's address."""
        return _ask({"own_address": True})


def _ask(question: dict[str, Any]) -> str:
    _say(question)
    return str(json.loads(sys.stdin.readline())["address"])


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _run(engine: QJSEngine, asking: Asking, request: dict[str, str]) -> dict[str, Any]:
    functions = files("agent.network.pac").joinpath("functions.js").read_text("utf-8")
    give = _evaluated(engine, functions, "functions.js")
    try:
        confine(memory=MEMORY, cpu_seconds=CPU_SECONDS)
    except OSError as error:
        return {"fault": f"this computer lets no program be confined ({error.strerror})"}
    given = give.call([engine.newQObject(asking)])
    assert not given.isError(), given.toString()
    program = _evaluated(engine, request["script"], "proxy.pac")
    if program.isError():
        return {"fault": _fault(program)}
    function = engine.globalObject().property("FindProxyForURL")
    if not function.isCallable():
        return {"fault": "there is no function FindProxyForURL"}
    answer = function.call([QJSValue(request["url"]), QJSValue(request["host"])])
    if answer.isError():
        return {"fault": _fault(answer)}
    is_none = answer.isNull() or answer.isUndefined()
    # Browsers take no answer, and an empty one, for DIRECT.
    return {"answer": "DIRECT" if is_none else answer.toString() or "DIRECT"}


def _evaluated(engine: QJSEngine, script: str, name: str) -> QJSValue:
    found = engine.evaluate(script, name)
    assert isinstance(found, QJSValue)  # PySide's stub says that it is a pair
    return found


def _fault(error: QJSValue) -> str:
    return f"line {error.property('lineNumber').toInt()}: {error.toString()}"


def main() -> None:
    """Answer, and end."""
    application = QCoreApplication([])
    engine, asking = QJSEngine(), Asking()
    _say(_run(engine, asking, json.loads(sys.stdin.readline())))
    del application
    # Nothing is worth tidying up for; a program's objects could keep the engine busy with that.
    os._exit(0)


if __name__ == "__main__":
    main()
