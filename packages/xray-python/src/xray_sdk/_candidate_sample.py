"""Chooses the candidates that are kept in detail (docs/wire-format.md)."""

from __future__ import annotations

import math
from collections.abc import Set as AbstractSet
from typing import NamedTuple, TypeVar

from ._candidates import Verdicts
from ._text import hash32

T = TypeVar("T")

# The least number of candidates kept for each reason.
_MIN_PER_STRATUM = 5
# The number of candidates kept on each side of the cutoff: near misses and near hits.
_CUTOFF_NEIGHBOURS = 10
_ORDER = ("watched", "near_cutoff", "selected", "kept")


class SampledStratum(NamedTuple):
    name: str
    population: int
    places: list[int]


def sample_candidates(
    verdicts: Verdicts[T],
    ids: list[str],
    watched: AbstractSet[str],
    execution_id: str,
    max_items: int,
) -> list[SampledStratum]:
    """Within a stratum the choice is by hash(execution id, id), so it is fair and repeatable."""
    strata = _group_by_stratum(verdicts, ids, watched)
    quotas = _share_out(strata, max_items)
    seed = hash32(execution_id)
    return [
        SampledStratum(name, len(places), _choose_by_hash(places, quotas[name], ids, seed))
        for name, places in strata.items()
    ]


def _group_by_stratum(
    verdicts: Verdicts[T], ids: list[str], watched: AbstractSet[str]
) -> dict[str, list[int]]:
    strata: dict[str, list[int]] = {"watched": [], "near_cutoff": []}
    by_kind: list[list[int]] = []
    for outcome, reason in verdicts.kinds:
        name = outcome if reason is None else f"{outcome}:{reason}"
        by_kind.append(strata.setdefault(name, []))
    boundary = -math.inf
    if verdicts.cutoff is not None:
        boundary = sum(1 for kind in verdicts.kind_of if kind == 0) - 1
    near_from, near_to = boundary - _CUTOFF_NEIGHBOURS, boundary + _CUTOFF_NEIGHBOURS
    for place, kind in enumerate(verdicts.kind_of):
        if watched and ids[place] in watched:
            strata["watched"].append(place)
        elif near_from < place <= near_to:
            strata["near_cutoff"].append(place)
        else:
            by_kind[kind].append(place)
    return {name: places for name, places in strata.items() if places}


def _share_out(strata: dict[str, list[int]], max_items: int) -> dict[str, int]:
    """Gives each stratum its minimum, then fills the rest in order of importance."""
    quotas = dict.fromkeys(strata, 0)
    room = max_items
    by_importance = sorted(strata, key=_rank_of)

    def give(name: str, wanted: int) -> None:
        nonlocal room
        given = max(0, min(wanted - quotas[name], room))
        quotas[name] += given
        room -= given

    for name in by_importance:
        size = len(strata[name])
        # Selected candidates get at most half of the room. The rest is for rejected ones.
        most = math.ceil(max_items / 2) if _rank_of(name) < 3 else _MIN_PER_STRATUM
        give(name, min(size, most))
    for name in by_importance:
        give(name, len(strata[name]))
    return quotas


def _rank_of(name: str) -> int:
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


def _choose_by_hash(places: list[int], quota: int, ids: list[str], seed: int) -> list[int]:
    """The `quota` places whose ids have the smallest hashes, in ascending order of place."""
    if len(places) <= quota:
        return places
    if quota == 0:
        return []
    hashes = [hash32(ids[place], seed) for place in places]
    threshold = sorted(hashes)[quota - 1]
    found = [place for place, value in zip(places, hashes, strict=True) if value <= threshold]
    return found[:quota]
