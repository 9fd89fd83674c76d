"""How measurements are printed."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that ``share`` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def print_times(title: str, times: Mapping[str, Sequence[float]]) -> None:
    """Print median, 95th percentile and the slowest of each row, in milliseconds."""
    print(f"\n{title:52} {'median ms':>10} {'p95 ms':>10} {'worst ms':>10}")
    for name, taken in times.items():
        figures = (statistics.median(taken), quantile(taken, 0.95), max(taken))
        print(f"{name:52}" + "".join(f" {figure:10.1f}" for figure in figures))
