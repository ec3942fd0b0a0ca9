"""The leaderboard of an arena: what its page and the operator's page show."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from gamelabel.games.annotation.model_ranking import wins_by_pair
from gamelabel.reliability.estimate import Estimate
from gamelabel.service.page import operator_page
from gamelabel.service.pairs.arena import Arena
from gamelabel.service.problems import Problem

_TEMPLATE = Path(__file__).parent / "templates" / "leaderboard.html.j2"


def board_pages(arena: Arena) -> APIRouter:
    """Return the leaderboard's page, on the operator's port."""
    router = APIRouter()

    @router.get("/leaderboards/{pool}")
    def page(pool: str) -> HTMLResponse:
        _require(arena, pool)
        return operator_page(_TEMPLATE, pool=pool, title=arena.models.title)

    return router


def board_routes(arena: Arena) -> APIRouter:
    """Return the call for the leaderboard's content, to be included under `/v1`."""
    router = APIRouter()

    @router.get("/pools/{pool}/leaderboard")
    def leaderboard(pool: str) -> dict[str, Any]:
        """Return the ranking of the models, and how often each won against each other one."""
        _require(arena, pool)
        arena.refresh()
        return leaderboard_body(arena)

    return router


def board_summary(arena: Arena) -> dict[str, Any]:
    """Return the figures of an arena for the operator's page."""
    ranking = arena.refresh()
    return {
        "models": len(arena.models.models),
        "votes": arena.votes,
        "order_confidence": ranking.order_confidence,
        "goal": arena.models.confidence,
        "end": arena.end,
        "first": ranking.table["model"].iloc[0] if arena.votes else None,
    }


def leaderboard_body(arena: Arena) -> dict[str, Any]:
    """Return the ranking as JSON; chances of winning are against an average model of the arena."""
    ranking, names = arena.ranking, arena.models.models
    wins = wins_by_pair(names, arena.counts)
    rows = []
    for row in ranking.table.to_dict("records"):
        chances = {name: _chance(row[name]) for name in ("ability", "low", "high")}
        rows.append({**row, "chance": chances})
    side = ranking.side
    return {
        **board_summary(arena),
        "title": arena.models.title,
        "prompts": len(arena.models.prompts),
        "most_votes": arena.models.most_votes,
        "connected": ranking.connected,
        "separation": ranking.separation,
        "left_chance": _estimate(
            side, [_chance(x) for x in (side.value, side.low, side.high)], arena.votes
        ),
        "tie_chance": _estimate(ranking.tie, list(ranking.tie[:3]), arena.votes),
        "neighbors_wrong": ranking.wrong.tolist(),
        "rows": rows,
        "wins": wins.to_dict("records"),
    }


def _estimate(estimate: Estimate, values: list[float], votes: int) -> dict[str, float] | None:
    """Return an estimate as JSON, None if the votes do not determine it."""
    is_fixed = estimate.low == estimate.high
    if not votes or is_fixed or not all(map(math.isfinite, values)):
        return None
    return dict(zip(("value", "low", "high"), values, strict=True))


def _chance(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def _require(arena: Arena, pool: str) -> None:
    if pool != arena.pool:
        raise Problem(404, "missing", "There is no such leaderboard")
