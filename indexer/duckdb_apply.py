"""Applying changes: the rows of what changed are replaced in one transaction, beside the searches.

An offer that is what it was is left alone, so a replayed change, or a roll of the horizon, costs little. The versions
of subjects are kept; a subject that has none has the version of the build.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from duckdb import DuckDBPyConnection

from indexer.duckdb_dictionaries import Dictionaries, append
from indexer.duckdb_layout import STAGED
from indexer.duckdb_rows import Staging
from indexer.duckdb_search import Opened
from indexer.protocol import Change
from models.offer import Offer, tie
from relevance.text import name_tokens

_STORED: Final = "SELECT doc, profile, start, size FROM offer WHERE subject IN (SELECT unnest(?))"
_VERSIONS: Final = "SELECT subject, version FROM version WHERE subject IN (SELECT unnest(?))"
_COUNT: Final = (
    "UPDATE profile SET offers = offers + added "
    "FROM (SELECT unnest(?) AS changed, unnest(?) AS added) WHERE profile = changed"
)


@dataclass(frozen=True, slots=True)
class _Stored:
    """An offer of the index, with its numbers."""

    doc: int
    profile: int
    offer: Offer


def apply(opened: Opened, dictionaries: Dictionaries, changes: Sequence[Change], position: int, stamp: str) -> None:
    """Apply changes in one transaction. After a failure, the dictionaries must be read again."""
    with opened.connection.cursor() as cursor:
        cursor.begin()
        accepted = _accepted(cursor, changes)
        if accepted:
            _replace(cursor, opened, dictionaries, accepted)
        cursor.execute("UPDATE meta SET position = $1, stamp = $2 WHERE position < $1", [position, stamp])
        # Before the commit: a code that no offer has yet is met by nobody, one that is not known would be an error.
        opened.read_terms(cursor)
        cursor.commit()


def _accepted(cursor: DuckDBPyConnection, changes: Iterable[Change]) -> list[Change]:
    """The last change of each subject, unless a later version of it was applied."""
    latest: dict[str, Change] = {}
    for change in changes:
        if change.version >= latest.get(change.subject, change).version:
            latest[change.subject] = change
    ((built,),) = cursor.execute("SELECT built FROM meta").fetchall()
    versions = dict(cursor.execute(_VERSIONS, [list(latest)]).fetchall())
    return [change for subject, change in latest.items() if change.version >= versions.get(subject, built)]


def _replace(cursor: DuckDBPyConnection, opened: Opened, dictionaries: Dictionaries, changes: Sequence[Change]) -> None:
    """Replace the offers of these subjects where they differ, and keep the versions."""
    stored = {one.offer.id: one for one in _stored(cursor, opened, changes)}
    wanted = {offer.id: offer for change in changes for offer in change.offers}
    removed = [one for identifier, one in stored.items() if wanted.get(identifier) != one.offer]
    kept = stored.keys() - {one.offer.id for one in removed}
    added = [offer for identifier, offer in wanted.items() if identifier not in kept]
    numbered = _numbered(cursor, added, stored)
    _delete(cursor, removed)
    _insert(cursor, opened, dictionaries, numbered)
    _learn(cursor, added, removed)
    cursor.execute("DELETE FROM version WHERE subject IN (SELECT unnest(?))", [[change.subject for change in changes]])
    append(cursor, "version", [(change.subject, change.version) for change in changes])


def _stored(cursor: DuckDBPyConnection, opened: Opened, changes: Sequence[Change]) -> Iterator[_Stored]:
    """The offers that these subjects have in the index."""
    subjects = {change.subject for change in changes}
    for doc, profile, start, size in cursor.execute(_STORED, [[tie(subject) for subject in subjects]]).fetchall():
        offer = opened.document(start, size)
        if offer.subject in subjects:
            yield _Stored(doc, profile, offer)


def _delete(cursor: DuckDBPyConnection, removed: Sequence[_Stored]) -> None:
    for table in STAGED if removed else ():
        cursor.execute(f"DELETE FROM {table} WHERE doc IN (SELECT unnest(?))", [[one.doc for one in removed]])
    _count(cursor, Counter(one.profile for one in removed), -1)


def _numbered(
    cursor: DuckDBPyConnection, offers: Iterable[Offer], stored: Mapping[str, _Stored]
) -> list[tuple[int, Offer]]:
    """Offers with their numbers: the one that it had, else one that none has, nor had before this batch."""
    ((following,),) = cursor.execute("SELECT coalesce(max(doc), 0) + 1 FROM offer").fetchall()
    fresh = count(following)
    return [(stored[offer.id].doc if offer.id in stored else next(fresh), offer) for offer in offers]


def _insert(
    cursor: DuckDBPyConnection, opened: Opened, dictionaries: Dictionaries, offers: Sequence[tuple[int, Offer]]
) -> None:
    if not offers:
        return
    with TemporaryDirectory(dir=opened.home.directory) as directory:
        with Staging(Path(directory), opened.home.documents, dictionaries) as staging:
            for doc, offer in offers:
                staging.add(doc, offer)
        dictionaries.write(cursor)
        for table in STAGED:
            cursor.execute(f"INSERT INTO {table} SELECT * FROM {staging.reading(table)}")
    _count(cursor, staging.profiles, 1)


def _learn(cursor: DuckDBPyConnection, added: Iterable[Offer], removed: Iterable[_Stored]) -> None:
    """Add the tokens that may be new to the vocabulary; a token may stand in it twice."""
    known = {word for one in removed for word in name_tokens(one.offer.name)}
    words = sorted({word for offer in added for word in name_tokens(offer.name)} - known)
    append(cursor, "vocabulary", [(len(word), word) for word in words])
    append(cursor, "backwards", [(len(word), word[::-1]) for word in words])


def _count(cursor: DuckDBPyConnection, profiles: Counter[int], sign: int) -> None:
    """Add to how many offers each profile has, or take away."""
    if profiles:
        cursor.execute(_COUNT, [list(profiles), [sign * offers for offers in profiles.values()]])
