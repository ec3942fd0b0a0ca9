"""How the database's tables came to be, step by step; each file of `versions` is one step."""
