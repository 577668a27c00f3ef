"""Errors and messages are kept once, whole, until somebody has looked at them, and not for ever. On both databases."""

import hashlib

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError

from models.store import writing
from models.tables import Contact, ContactFile, Report
from registry import contacts, reports
from registry.written import KEPT_S

AT = 1_795_000_000


def report(reference: str = "7K4Q-92MX", **given: object) -> Report:
    said = {
        "at": AT,
        "subject": "p:810000000001",
        "offer": "p810000000001-0123456789ab",
        "fact": "Téléphone",
        "right": "04 78 00 00 00 ; <b>l’ancien</b> est coupé",
        "email": "ana@example.org",
        "seen": {"id": "p810000000001-0123456789ab", "phones": ["+33478000001"]},
        "generation": "offers-1",
        "position": 12,
        "seen_at": AT - 60,
        "viewer": "regulation",
    }
    return Report(**{"reference": reference, **said, **given})


def contact(reference: str = "7K4Q-92MX", **given: object) -> Contact:
    said = {
        "at": AT,
        "role": "regulator",
        "topic": "question",
        "name": "Ana",
        "email": "ana@example.org",
        "message": "Bonjour\n",
    }
    return Contact(**{"reference": reference, **said, **given})


def file(reference: str, number: int, content: bytes = b"%PDF-1.7") -> ContactFile:
    digest = hashlib.sha256(content).hexdigest()
    return ContactFile(
        reference=reference,
        number=number,
        name="été.pdf",
        kind="pdf",
        size=len(content),
        digest=digest,
        content=content,
    )


def test_a_report_is_kept_with_what_was_seen(crowded: Engine):
    with writing(crowded) as connection:
        assert reports.record(connection, report())
    with crowded.connect() as connection:
        assert reports.report(connection, "7K4Q-92MX") == report()
        assert reports.report(connection, "other") is None


def test_a_report_sent_twice_is_one_and_the_first_stays(crowded: Engine):
    with writing(crowded) as connection:
        assert reports.record(connection, report())
        assert not reports.record(connection, report(right="autre chose"))
        assert reports.record(connection, report("AAAA-AAAA"))
    with crowded.connect() as connection:
        assert [each.right for each in reports.reports(connection)] == [report().right] * 2


def test_reports_wait_the_oldest_first_until_they_are_closed_with_what_came_of_them(crowded: Engine):
    with writing(crowded) as connection:
        for reference, at in (("LATE", AT + 5), ("SOON", AT)):
            reports.record(connection, report(reference, at=at))
        assert [each.reference for each in reports.reports(connection)] == ["SOON", "LATE"]
        assert reports.close(connection, "SOON", "transmis à l’Ordre", AT + 9)
        assert not reports.close(connection, "SOON", "encore", AT + 10)
        assert not reports.close(connection, "NONE", "x", AT)
    with crowded.connect() as connection:
        assert [each.reference for each in reports.reports(connection)] == ["LATE"]
        first = reports.reports(connection, closed=True)[0]
        assert (first.closed_at, first.outcome) == (AT + 9, "transmis à l’Ordre")


def test_the_email_of_a_report_is_kept_twelve_months_and_the_report_stays(crowded: Engine):
    with writing(crowded) as connection:
        reports.record(connection, report("OLD"))
        reports.record(connection, report("NEW", at=AT + 1))
        assert reports.forget(connection, AT + KEPT_S) == 1
        assert reports.forget(connection, AT + KEPT_S) == 0
        assert {each.reference: each.email for each in reports.reports(connection)} == {
            "OLD": None,
            "NEW": "ana@example.org",
        }


def test_a_message_is_kept_with_its_files_as_they_came(crowded: Engine):
    content = bytes(range(256)) * 5_000
    with writing(crowded) as connection:
        assert contacts.record(connection, contact(), [file("7K4Q-92MX", 1, content), file("7K4Q-92MX", 2)])
        assert contacts.record(connection, contact("NONE", at=AT + 1), [])
    with crowded.connect() as connection:
        assert contacts.contact(connection, "7K4Q-92MX") == contact()
        assert contacts.files(connection, "7K4Q-92MX")[0].content == content
        assert [(one.reference, count) for one, count in contacts.contacts(connection)] == [
            ("NONE", 0),
            ("7K4Q-92MX", 2),
        ]


def test_a_message_sent_twice_is_one(crowded: Engine):
    with writing(crowded) as connection:
        assert contacts.record(connection, contact(), [file("7K4Q-92MX", 1)])
        assert not contacts.record(connection, contact(), [file("7K4Q-92MX", 1)])
        assert [count for _, count in contacts.contacts(connection)] == [1]


def test_a_message_whose_file_cannot_be_kept_is_not_kept_either(crowded: Engine):
    same = [file("7K4Q-92MX", 1), file("7K4Q-92MX", 1)]
    with writing(crowded) as connection, pytest.raises(IntegrityError):
        contacts.record(connection, contact(), same)
    with crowded.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Contact)) == 0


def test_a_message_and_its_files_are_removed_after_twelve_months(crowded: Engine):
    with writing(crowded) as connection:
        contacts.record(connection, contact("OLD"), [file("OLD", 1)])
        contacts.record(connection, contact("NEW", at=AT + 1), [file("NEW", 1)])
        assert contacts.forget(connection, AT + KEPT_S) == 1
    with crowded.connect() as connection:
        assert [one.reference for one, _ in contacts.contacts(connection)] == ["NEW"]
        assert connection.scalar(select(func.count()).select_from(ContactFile)) == 1
