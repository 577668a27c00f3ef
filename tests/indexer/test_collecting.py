"""Collections are rare during a block, and as before after it, whatever ends it."""

import gc

import pytest

from indexer.collecting import COLLECT_EVERY, few_collections


def test_collections_are_rare_for_the_time_of_a_block():
    before = gc.get_threshold()
    with few_collections():
        assert gc.get_threshold() == (COLLECT_EVERY, *before[1:])
    assert gc.get_threshold() == before


def test_a_failure_leaves_collections_as_before():
    before = gc.get_threshold()
    with pytest.raises(ZeroDivisionError), few_collections():
        raise ZeroDivisionError
    assert gc.get_threshold() == before
