from gamelabel.service.rate import RateLimit


def test_calls_are_counted_by_caller_and_minute_even_if_the_clock_is_set_back() -> None:
    now = [1_000_000.0]
    rate = RateLimit(2, lambda: now[0])
    assert [rate.allows("ann") for _ in range(3)] == [True, True, False]
    assert rate.allows("bob")
    now[0] += 60
    assert [rate.allows("ann") for _ in range(3)] == [True, True, False]
    now[0] -= 3600  # the clock is set back by an hour
    assert [rate.allows("ann") for _ in range(3)] == [True, True, False]
