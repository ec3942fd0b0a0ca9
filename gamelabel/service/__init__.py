"""What every game behind HTTP needs: store, sessions, consent, rewards, and the operator's page.

The service does not know any game. A game plugs in as an `Activity`, see
`gamelabel.service.activity`; `gamelabel.service.pairs` is the first.
"""
