"""Accounts told in a process of its own, to be killed: `python -m tests.ingestion.feeds.telling_process URL EDITOR`."""

import asyncio
import sys

from ingestion.feeds.accounts import tell
from ingestion.feeds.editors import editor
from ingestion.feeds.sweeping import Feeds
from models.store import connect
from tests.ingestion.given import AT


async def main(url: str, name: str) -> None:
    database = connect(url)
    with database.connect() as connection:
        declared = editor(connection, name)
    async with Feeds(database, lambda: AT) as feeds:
        await tell(feeds, database, lambda: AT, declared)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
