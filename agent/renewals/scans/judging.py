"""What is wrong with a picture under an authority's limits. Pure."""

from __future__ import annotations

from agent.renewals.scans.model import COMFORTABLE_PIXELS, Fault, Limits, ScanFacts


def judge(facts: ScanFacts, limits: Limits) -> tuple[Fault, ...]:
    """Return everything that is wrong with a file that holds a picture; all of it can be mended."""
    is_taken = facts.media_type in limits.formats
    conditions = {
        Fault.WRONG_FORMAT: not is_taken,
        # A file of another format is not sent, whatever its size.
        Fault.TOO_LARGE: is_taken and facts.size >= limits.max_bytes,
        Fault.ROTATED: facts.orientation != 1,
        Fault.CMYK: facts.is_cmyk,
        Fault.SIXTEEN_BIT: facts.is_sixteen_bit,
        Fault.SEVERAL_PICTURES: facts.pictures > 1,
        Fault.HUGE: facts.width * facts.height > COMFORTABLE_PIXELS,
    }
    return tuple(fault for fault, holds in conditions.items() if holds)
