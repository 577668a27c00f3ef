"""The sentences that measure how well requests are understood, and what must hold of them."""

import pytest

from benchmarks.sentences import KINDS, Result, cases, results
from models import codes

CASES = tuple(cases())


@pytest.fixture(scope="module")
def kept() -> list[Result]:
    return results([case for case in CASES if case.kept])


def test_there_are_three_hundred_sentences_half_of_them_kept():
    assert len({case.sentence for case in CASES}) == len(CASES) >= 300
    assert 0.45 < sum(case.kept for case in CASES) / len(CASES) < 0.55


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.sentence)
def test_what_is_expected_exists(case):
    assert set(case.expected) <= set(KINDS)
    for name in set(case.expected) & set(codes.TERMINOLOGIES):
        assert case.expected[name] <= set(codes.TERMINOLOGIES[name])


def test_the_sentences_read_while_writing_are_understood():
    assert [each.case.sentence for each in results([case for case in CASES if not case.kept]) if each.wrong] == []


def test_nine_kept_sentences_of_ten_are_wholly_understood(kept):
    assert sum(not each.wrong for each in kept) >= 0.9 * len(kept)


def test_a_wrong_value_is_asked_in_one_kept_sentence_of_twenty_at_most(kept):
    assert sum(bool(each.unexpected) for each in kept) <= 0.05 * len(kept)
