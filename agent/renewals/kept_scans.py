"""The scans of a renewal as they lie on the disk: what is signed for must be what is kept."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Collection

from agent.renewals.authorities.ra_protocol import DocumentDigest, DocumentName
from agent.renewals.journal.record import Renewal
from agent.renewals.journal.scan_store import ScanLostError, ScanStore
from agent.renewals.journal.vault import NotReadError
from agent.renewals.scans.reports import digest_scans


def changed_since(
    scans: ScanStore, renewal: Renewal, beside: Collection[DocumentName]
) -> dict[DocumentName, DocumentDigest]:
    """Return the digests of kept scans that are others than the renewal says, those ``beside`` left out.

    A submission that was interrupted, by a kill or a full disk, has replaced scans and not their digests.
    """
    changed: dict[DocumentName, DocumentDigest] = {}
    for name, digest in renewal.private.documents.items():
        if name in beside:
            continue
        with contextlib.suppress(ScanLostError, NotReadError):  # said when it is to be sent
            content = scans.get(renewal.id, name)
            if hashlib.sha256(content).hexdigest() != digest.sha256:
                changed |= digest_scans({name: content})
    return changed
