"""One token through a real PKCS#11 library and through SKF: shown once, by the driver that can renew it."""

from __future__ import annotations

import json

import pytest
from skf_bench import SkfBench, application, rsa_container, sm2_container
from soft_token import MODULE, SoftTokens

from sandbox.desk.desk import Desk

pytestmark = pytest.mark.timeout(120)

KINDS = {"sm2": (sm2_container, "skf"), "rsa": (rsa_container, "pkcs11")}


@pytest.fixture(params=sorted(KINDS))
def kind(request):
    return request.param


@pytest.fixture
def container(kind):
    made, _ = KINDS[kind]
    return made()


@pytest.fixture
def bench(short_folder, container):
    folder = short_folder / "skf"
    folder.mkdir()
    bench = SkfBench(folder)
    bench.make("key", application(container), label="样例KEY")
    bench.plug()
    yield bench
    bench.close()


@pytest.fixture
def soft(short_folder, container):
    """What the maker's PKCS#11 library shows of it: the same certificates under names of its own."""
    tokens = SoftTokens(short_folder / "soft")
    tokens.initialise("PKCS11 KEY")
    tokens.write(
        ("01", "sign", container.signing.certificate),
        ("02", "encrypt", container.encryption.certificate),
        label="PKCS11 KEY",
    )
    return tokens


@pytest.fixture(params=[True, False], ids=["pkcs11 first", "skf first"])
def desk(request, short_folder, environment, bench, soft):
    folder = short_folder / "odc"
    folder.mkdir()
    modules = [
        (str(MODULE), soft.settings.environment),
        (str(bench.library()), bench.environment),
    ]
    listed = modules if request.param else modules[::-1]
    (folder / "config.toml").write_text(
        "poll_seconds = 1\n"
        + "".join(
            f"[[module]]\npath = {json.dumps(path)}\nenvironment = {{"
            + ", ".join(f"{name} = {json.dumps(value)}" for name, value in variables.items())
            + "}\n"
            for path, variables in listed
        )
        + "[reminders]\nnotifications = false\n",
        "utf-8",
    )
    with Desk(folder, environment=environment) as desk:
        desk.start_agent("--no-tray")
        yield desk


def test_it_is_shown_once_by_the_driver_that_can_renew_it(desk, bench, kind, odc_agent):
    [token] = json.loads(odc_agent("certs", "--json").stdout)["tokens"]
    wanted = KINDS[kind][1]
    assert token["driver"] == wanted
    assert token["label"] == ("样例KEY" if wanted == "skf" else "PKCS11 KEY")
    assert len(token["certificates"]) == 2
    modules = json.loads(odc_agent("modules", "--json").stdout)["modules"]
    assert {(m["driver"], m["state"], len(m["tokens"])) for m in modules} == {
        ("pkcs11", "well", 1),
        ("skf", "well", 1),
    }
    assert odc_agent("certs").stdout.count("签名证书") == 1


def test_where_one_driver_loses_it_the_other_shows_it_and_nobody_pulled_it(desk, bench, soft, kind):
    with desk.client() as client:
        client.call("tokens.list", {"refresh": True})
        client.call("events.subscribe")
        bench.pull()
        [token] = client.call("tokens.list", {"refresh": True})["tokens"]
        assert token["driver"] == "pkcs11"
        bench.plug()
        [token] = client.call("tokens.list", {"refresh": True})["tokens"]
        assert token["driver"] == KINDS[kind][1]
        soft.initialise("SECOND")  # an event to end with
        client.call("tokens.list", {"refresh": True})
        told = [client.next_notification()["params"]]
        while told[-1]["event"] not in ("token_inserted", "token_removed"):
            told.append(client.next_notification()["params"])
    assert told[-1]["event"] == "token_inserted"
    assert told[-1]["token"]["label"] == "SECOND"
