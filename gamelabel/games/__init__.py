"""Rules of games by which people give data: no HTTP, no torch."""
