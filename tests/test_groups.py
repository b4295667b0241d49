"""Tests of a group share what is dear to make, such as a whole run of the product."""

import pytest


@pytest.mark.xdist_group("together")
def test_a_group_stays_on_one_process(request):
    """Some versions of pytest and pytest-xdist do not agree and scatter groups without a word."""
    grouped = request.config.getoption("loadgroup", default=False)
    assert request.node.nodeid.endswith("@together") is bool(grouped)
