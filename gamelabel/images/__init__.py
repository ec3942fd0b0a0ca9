"""Text-to-image models: a FLUX repository -> pictures (`pipeline`), and the recipe of the embedded one (`base`)."""
