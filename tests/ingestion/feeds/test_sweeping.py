"""A sweep asks for everybody in turn, and each answer is written as it comes."""

from sqlalchemy import Engine

from tests.ingestion.bundles import HOUR
from tests.ingestion.feeds.world import declared, feed_of, one_each, rpps, slots_of, sweep
from tests.ingestion.given import AT
from tests.servers.editors import Running

ONE = f"p:{rpps(1)}"


def test_the_slots_of_whom_is_asked_for_are_stored_with_when_they_were_checked(any_database: Engine, editor: Running):
    editor.begin(one_each(1, 2))
    azur = declared(any_database, editor.declared(), rpps(1), rpps(2))
    swept = sweep(any_database, azur)
    assert (swept.due, swept.asked, dict(swept.outcomes)) == (2, 2, {"ok": 1})
    assert slots_of(any_database) == [(ONE, AT + HOUR, AT), (f"p:{rpps(2)}", AT + 2 * HOUR, AT)]
    assert feed_of(any_database) == (AT, True, AT)
