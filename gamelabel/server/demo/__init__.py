"""A game to try the service with: a host page, its backend, and pictures of the embedded world."""

from gamelabel.server.demo.backend import create_game
from gamelabel.server.demo.world import make_run

__all__ = ["create_game", "make_run"]
