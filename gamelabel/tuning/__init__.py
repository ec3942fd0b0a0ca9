"""Tuning text-to-image models; `flow` is the one place that knows noise levels and velocities."""
