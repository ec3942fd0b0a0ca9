"""The labelling game behind HTTP."""
