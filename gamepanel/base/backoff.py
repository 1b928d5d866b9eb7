"""
Exponential backoff: how long to wait before another try.
"""

from math import inf


def backoff(retries: int, first: float, longest: float = inf, jitter: float = 0.0) -> float:
    """
    Delay before the next retry, in seconds: doubled for each retry.

    @param retries: how many there were before, from 0.
    @param first: delay before the first one, in seconds.
    @param longest: maximum delay, in seconds.
    @param jitter: random number from -1 to 1; moves the delay by up to 20 %, so that what
        failed together is not tried again together.
    """
    # The exponent is bounded, or it could overflow a float.
    return min(first * 2.0 ** min(retries, 64) * (1 + 0.2 * jitter), longest)
