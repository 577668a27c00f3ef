"""A sweep in a process of its own, to be killed: `python -m tests.ingestion.feeds.sweeping_process URL EDITOR`.

It says a line for each request that is answered and written.
"""

import asyncio
import sys

from ingestion.feeds.editors import editor
from ingestion.feeds.sweeping import Feeds
from models.store import connect
from tests.ingestion.given import AT


async def main(url: str, name: str) -> None:
    database = connect(url)
    with database.connect() as connection:
        declared = editor(connection, name)
    async with Feeds(database, lambda: AT) as feeds:
        await feeds.sweep(declared, on_progress=said)


def said(done: int, _due: int) -> None:
    sys.stdout.write(f"{done}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
