"""A game to try the service with: a host page, its backend, and pictures of the embedded world."""

from gamelabel.service.demo.backend import create_game
from gamelabel.service.demo.world import make_run

__all__ = ["create_game", "make_run"]
