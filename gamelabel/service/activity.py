"""The interface between the service and a game that people play in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from sqlalchemy import Connection, Table


def _no_metrics(_: Connection) -> dict[str, dict[str, int]]:
    return {}


def _no_files(_: str) -> None:
    return None


@asynccontextmanager
async def _nothing_runs() -> AsyncIterator[None]:
    yield


@dataclass(frozen=True)
class Activity:
    """What players do in the frame that a studio's game shows, such as labeling pairs.

    Parameters
    ----------
    name : str
        A short name. It is the key of the activity's live figures, and its static files are
        served under `/static/<name>/`.
    static : Path
        The folder of its scripts and styles. `<name>_operator.js` there shows the live figures on
        the operator's page; see `static/operator.js` of the service.
    player_routes : APIRouter
        Its page, and its calls under `/v1`, which take `access.SessionToken`.
    operator_routes : APIRouter
        Its calls on the operator's port, under `/v1`.
    player_tables : tuple of Table
        The tables with rows of players, in the order in which to delete from them when a player
        withdraws. Each has a column `player`.
    live_figures : callable
        Returns the figures of one game, given a connection and the game's id; None if the game's
        players do not take part.
    metrics : callable
        Returns numbers for `/metrics` by name and game, such as `{"batches": {"hills": 3}}`, from
        quick queries.
    delete_files : callable
        Deletes the files with data of a player who withdraws, given the pseudonym. It is called
        once the player's rows are deleted, and again for every withdrawn player at a start.
    operator_pages : APIRouter
        Further pages on the operator's port. They need no key and show nothing by themselves: their
        scripts ask for the key, as the operator's page does.
    running : callable
        Returns an asynchronous context manager that is open while the players' application runs.
    """

    name: str
    static: Path
    player_routes: APIRouter
    operator_routes: APIRouter
    player_tables: tuple[Table, ...]
    live_figures: Callable[[Connection, str], dict[str, Any] | None]
    metrics: Callable[[Connection], Mapping[str, Mapping[str, int]]] = _no_metrics
    delete_files: Callable[[str], None] = _no_files
    operator_pages: APIRouter = field(default_factory=APIRouter)
    running: Callable[[], AbstractAsyncContextManager[None]] = _nothing_runs
