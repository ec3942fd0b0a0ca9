"""Demonstrations behind HTTP and WebSockets: people play environments in a browser.

It plugs into `gamelabel.service` as an `Activity`; `play_start.play_activity` makes it.
"""
