"""A whole renewal through the proxy that the configuration or its PAC program names."""

from __future__ import annotations

import pytest
from applicant import Applicant
from connect_proxy import connect_proxy

pytestmark = pytest.mark.timeout(90)
PAC = "function FindProxyForURL(url, host) { return isPlainHostName(host) ? 'DIRECT' : 'PROXY %s' }"


@pytest.mark.parametrize("is_by_pac", [False, True])
def test_a_renewal_goes_by_the_proxy(desk, odc_agent, tmp_path, is_by_pac):
    file = tmp_path / "proxy.pac"
    with connect_proxy() as (proxy, targets):
        file.write_text(PAC % proxy)
        way = f'pac = "{file}"' if is_by_pac else f'proxy = "http://{proxy}"'
        extra = f"[reminders]\nnotifications = false\n[network]\n{way}\n"
        desk.configure_agent(desk.authority_url, extra=extra)
        desk.start_agent("--no-tray")
        with desk.client() as client:
            applicant = Applicant(desk, client)
            assert applicant.go_on(applicant.start())["state"] == "installed"
        said = odc_agent("check", "network", "authority").stdout
        odc_agent("quit")
    assert set(targets) == {("CONNECT", desk.authority_url.removeprefix("https://"))}
    assert (f"给出: PROXY {proxy}" if is_by_pac else f"使用配置文件指定的代理: {proxy}") in said
    assert str(file) in said or not is_by_pac
