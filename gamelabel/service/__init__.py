"""The rules of the labelling game behind HTTP: players label in a frame of their game and are paid for it."""
