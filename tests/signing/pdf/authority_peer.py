"""A certification authority with OCSP, CRLs and time-stamps that nobody here wrote: certomancer.

Its servers run in a thread, on loopback.
"""

from __future__ import annotations

import datetime as dt
import socket
import threading
from pathlib import Path
from typing import Self

import yaml
from certificate_maker import ORGANISATION
from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import CertLabel, CertomancerConfig
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)
from werkzeug.serving import make_server

_CONFIG = """
external-url-prefix: "{url}"
keysets:
  keys:
    path-prefix: "{folder}"
    keys:
      root: {{path: root.pem}}
      tsa: {{path: tsa.pem}}
      ocsp: {{path: ocsp.pem}}
      signer: {{path: signer.pem, public-only: true}}
pki-architectures:
  desk:
    keyset: keys
    entity-defaults: {{country-name: CN}}
    entities:
      root: {{organization-name: Peer, common-name: Peer Root}}
      tsa: {{organization-name: Peer, common-name: Peer Time}}
      ocsp: {{organization-name: Peer, common-name: Peer OCSP}}
      signer: {{organization-name: "{organisation}", common-name: "{organisation}"}}
    certs:
      root:
        subject: root
        issuer: root
        validity: {{valid-from: "{begin}", valid-to: "{end}"}}
        extensions:
          - {{id: basic_constraints, critical: true, value: {{ca: true}}}}
          - {{id: key_usage, critical: true, smart-value: {{schema: key-usage, params: [key_cert_sign, crl_sign]}}}}
      tsa:
        subject: tsa
        issuer: root
        validity: {{valid-from: "{begin}", valid-to: "{end}"}}
        extensions:
          - {{id: key_usage, critical: true, smart-value: {{schema: key-usage, params: [digital_signature]}}}}
          - {{id: extended_key_usage, critical: true, value: [time_stamping]}}
          - {{id: crl_distribution_points, smart-value: {{schema: crl-dist-url, params: {{crl-repo-names: [root]}}}}}}
      ocsp:
        subject: ocsp
        issuer: root
        validity: {{valid-from: "{begin}", valid-to: "{end}"}}
        extensions:
          - {{id: key_usage, critical: true, smart-value: {{schema: key-usage, params: [digital_signature]}}}}
          - {{id: extended_key_usage, value: [ocsp_signing]}}
          - {{id: ocsp_no_check}}
      signer:
        subject: signer
        issuer: root
        validity: {{valid-from: "{begin}", valid-to: "{end}"}}
        {revocation}
        extensions:
          - {{id: key_usage, critical: true, smart-value: {{schema: key-usage, params: [digital_signature, non_repudiation]}}}}
          - {{id: authority_information_access, smart-value: {{schema: aia-urls, params: {{ocsp-responder-names: [ocsp]}}}}}}
    services:
      ocsp:
        ocsp: {{for-issuer: root, responder-cert: ocsp, signing-key: ocsp}}
      crl-repo:
        root: {{for-issuer: root, signing-key: root, simulated-update-schedule: "P30D"}}
      time-stamping:
        tsa: {{signing-key: tsa, signing-cert: tsa, certs-to-embed: [root]}}
"""  # noqa: E501


class AuthorityPeer:
    """Issues a certificate for a token's key, and answers all that is asked about it."""

    def __init__(self, folder: Path, public_key: bytes, *, is_revoked: bool = False) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        for name in ("root", "tsa", "ocsp"):
            _write_key(folder / f"{name}.pem")
        key = load_der_public_key(public_key)
        (folder / "signer.pem").write_bytes(
            key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
        self.now = dt.datetime.now(dt.UTC)
        before = self.now.replace(microsecond=0) - dt.timedelta(hours=1)
        since = f'revocation: {{revoked-since: "{before.isoformat()}"}}' if is_revoked else ""
        config = _CONFIG.format(
            url=f"http://127.0.0.1:{port}",
            folder=folder,
            organisation=ORGANISATION,
            begin=(self.now - dt.timedelta(days=40)).isoformat(),
            end=(self.now + dt.timedelta(days=400)).isoformat(),
            revocation=since,
        )
        self._config = CertomancerConfig(yaml.safe_load(config), key_search_dir=str(folder))
        self._desk = self._config.get_pki_arch("desk")
        store = AnimatorArchStore({self._desk.arch_label: self._desk})
        server = _to_the_second(Animator(store, with_web_ui=False, allow_time_override=True))
        self._server = make_server("127.0.0.1", port, server, threaded=True)
        self.tsa = f"http://127.0.0.1:{port}/desk/tsa/tsa"

    def certificate(self, name: str) -> bytes:
        """Return a certificate, as DER."""
        return self._desk.get_cert(CertLabel(name)).dump()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _to_the_second(server):
    """Have its clock tell no fractions: RFC 6960, 4.2.1 leaves them out, and readers refuse them."""

    def serve(environ, start):
        now = dt.datetime.now(dt.UTC).replace(microsecond=0)
        return server({**environ, "HTTP_X_CERTOMANCER_FAKE_TIME": now.isoformat()}, start)

    return serve


def _write_key(file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
