from concurrent.futures import ThreadPoolExecutor

import pytest


def test_the_shop_learns_that_the_person_has_finished(mock, new_shop):
    # recipe: completion
    shop = new_shop()
    token = shop.begin()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(mock.admin, f"wait/session/{token}?until=finished&timeout=5s")
        # A browser that completes the widget has the same effect.
        mock.admin(f"sessions/{token}/finish", {})
        assert waiting.result()["session"]["current_result"] == "APPROVED"
    assert shop.result(token) == "APPROVED"
    # end


def test_done_is_not_a_verdict_yet(mock, new_shop):
    # recipe: race
    shop = new_shop()
    mock.admin("scenarios/queue", {"company_key": shop.company_key, "scenarios": ["done-before-verdict"]})
    token = shop.begin()
    mock.admin(f"sessions/{token}/finish", {})
    assert shop.verdict(token) == "APPROVED"
    asked = {"company_key": shop.company_key, "session": token, "endpoint": "result"}
    mock.admin("calls/verify", {**asked, "exactly": 3})
    # end


def test_a_failed_call_is_retried(mock, new_shop):
    # recipe: retry
    shop = new_shop()
    token = shop.begin()
    mock.admin(f"sessions/{token}/finish", {})
    mock.admin("faults", {"company_key": shop.company_key, "endpoint": "result", "status": 503, "times": 2})
    assert shop.result(token) == "APPROVED"
    asked = {"company_key": shop.company_key, "endpoint": "result", "parameters": {"session_token": token}}
    mock.admin("calls/verify", {**asked, "status": 503, "exactly": 2})
    mock.admin("calls/verify", {**asked, "status": 200, "exactly": 1})
    # end


def test_a_slow_response_times_out(mock, new_shop):
    # recipe: time-out
    shop = new_shop(timeout=0.2)
    token = shop.begin()
    mock.admin("faults", {"company_key": shop.company_key, "endpoint": "result", "delay": "1h", "times": 3})
    with pytest.raises(TimeoutError):
        shop.result(token)
    assert shop.result(token) == "IN_PROGRESS"
    # end


def test_parallel_tests_do_not_notice_each_other(mock, new_shop):
    # recipe: parallel
    def verify(outcome):
        shop = new_shop()
        token = shop.begin()
        mock.admin(f"sessions/{token}/finish", {"outcome": outcome})
        assert shop.result(token) == outcome
        assert mock.admin("calls/count", {"company_key": shop.company_key})["count"] == 2

    with ThreadPoolExecutor() as pool:
        list(pool.map(verify, ["APPROVED", "REJECTED", "MANUAL_CHECK"]))
    # end


def test_an_unfinished_session_expires(mock, new_shop):
    # recipe: expiry
    shop = new_shop()
    token = shop.begin()
    mock.admin("clock/advance", {"company_key": shop.company_key, "by": "15m"})
    mock.admin(f"wait/session/{token}?until=expired")
    assert shop.verdict(token, polls=2) == "EXPIRED"
    # end


def test_a_failed_verification_names_the_calls(mock, new_shop):
    shop = new_shop()
    token = shop.begin()
    with pytest.raises(AssertionError, match="(?s)expected at least 1 call.*the endpoint is `begin`, not `result`"):
        mock.admin("calls/verify", {"company_key": shop.company_key, "endpoint": "result", "session": token})
