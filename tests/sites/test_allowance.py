"""How often a site may do something."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.sites.allowance import MOST_SITES, Allowance, Rate, SiteAllowances


class Watch:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_a_burst_passes_and_then_the_rate_holds():
    watch = Watch()
    allowance = Allowance(burst=3, per_second=0.5, clock=watch)
    assert [allowance.take("a") for _ in range(4)] == [True, True, True, False]
    watch.now = 2.0
    assert [allowance.take("a") for _ in range(2)] == [True, False]


def test_sites_do_not_use_up_each_others():
    allowance = Allowance(burst=1, per_second=1, clock=Watch())
    assert allowance.take("a")
    assert allowance.take("b")
    assert not allowance.take("a")


def test_sites_that_are_idle_are_forgotten_and_busy_ones_are_not():
    watch = Watch()
    allowance = Allowance(burst=1, per_second=1, clock=watch)
    for number in range(MOST_SITES):
        allowance.take(f"{number}")
    watch.now = 2.0
    allowance.take("busy")
    assert len(allowance._levels) == 1
    assert not allowance.take("busy")


@given(st.lists(st.floats(0, 5), max_size=60))
def test_no_pattern_of_requests_gets_more_than_its_share(pauses):
    watch = Watch()
    allowance = Allowance(burst=5, per_second=2, clock=watch)
    taken = 0
    for pause in pauses:
        watch.now += pause
        taken += allowance.take("site")
    assert taken <= 5 + 2 * watch.now + 1e-6


def allowances(watch, **rates):
    usual = {"host": Rate(3, 1), "domain": Rate(5, 1), "everybody": Rate(7, 1)}
    return SiteAllowances(**{**usual, **rates}, clock=watch)


def test_hosts_of_one_domain_share_its_rate_and_all_sites_share_another():
    shared = allowances(Watch())
    assert [shared.take("a.evil.cn", "evil.cn") for _ in range(4)] == [True] * 3 + [False]
    assert [shared.take(f"{n}.evil.cn", "evil.cn") for n in range(3)] == [True] * 2 + [False]
    assert [shared.take(f"{n}.cn", f"{n}.cn") for n in range(3)] == [True] * 2 + [False]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), st.floats(0, 0.3)), max_size=80))
def test_no_choice_of_hosts_gets_more_than_all_may(asked):
    watch = Watch()
    shared, taken = allowances(watch), 0
    for domain, host, pause in asked:
        watch.now += pause
        taken += shared.take(f"{host}.{domain}", f"{domain}")
    assert taken <= 7 + watch.now + 1e-6


def test_what_is_refused_costs_other_sites_nothing_and_is_not_remembered():
    shared = allowances(Watch(), everybody=Rate(9, 1))
    for number in range(1000):
        shared.take(f"{number}.evil.cn", "evil.cn")
    assert len(shared._hosts._levels) == 5
    assert [shared.take("good.cn", "good.cn") for _ in range(4)] == [True] * 3 + [False]
