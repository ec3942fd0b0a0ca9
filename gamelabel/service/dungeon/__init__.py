"""Teaching a dragon in a text world: the rounds of `games/descent` over HTTP, for many teachers."""
