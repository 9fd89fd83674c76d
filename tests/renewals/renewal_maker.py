"""Renewals as the journal keeps them, with an applicant who does not exist."""

from __future__ import annotations

import datetime as dt
import uuid

import msgspec

from agent.renewals.authorities.ra_protocol import Applicant, DocumentDigest, DocumentName, Remark
from agent.renewals.journal.record import PrivatePart, Renewal
from agent.renewals.journal.states import State
from agent.tokens.model import TokenReference

KEY = bytes(range(32))
NOW = dt.datetime(2025, 3, 7, 2, 0, 0, 123456, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)

APPLICANT = Applicant(
    id_number="440300199001010002",
    name="欧阳经办",
    address="广东省深圳市样例路1号",
    phone="13800138000",
    email="applicant@example.com",
)
SECRET = "a-secret-of-the-application"
PRIVATE = PrivatePart(
    secret=SECRET,
    certificate=b"certificate" * 20,
    applicant=APPLICANT,
    documents={
        name: DocumentDigest(sha256="ab" * 32, size=7, media_type="image/png")
        for name in DocumentName
    },
    request=b"request" * 50,
    manifest=b"manifest" + msgspec.json.encode(APPLICANT) + b"manifest",
    new_certificate=b"new certificate",
    remarks=(Remark(item="", text="请补充 440300199001010008"),),
    phone_hint="138****8000",
)


def new_renewal(**changes: object) -> Renewal:
    renewal = Renewal(
        id=str(uuid.uuid4()),
        thumbprint=uuid.uuid4().hex * 2,
        organisation="深圳市样例有限公司",
        authority="sandbox",
        token=TokenReference(module="/m.so", serial="0123456789abcdef", label="测试KEY"),
        key_id=b"\1\2",
        new_key_id=bytes(20),
        state=State.DRAFTING,
        waiting=None,
        created=NOW,
        updated=NOW,
        private=PRIVATE,
    )
    return msgspec.structs.replace(renewal, **changes)
