"""Where people practise, and which place an offer is of. On both databases."""

import pytest
from sqlalchemy import Engine

from models.offer import offer_id
from registry.practice import Practice, place_of, places, practice
from registry.refusals import NotThere
from tests.indexer.given import JEAN, NOW, YESTERDAY, Given


def test_an_offer_is_of_one_place(registered: Engine, where: Practice):
    given = Given(registered)
    given.place("tech:R2", postal_code="69003", insee="69383")
    given.activity(place="tech:R2")
    given.place("tech:gone")
    given.activity(place="tech:gone", departed_on=YESTERDAY)
    given.slot(place_key="addr:elsewhere", start=NOW)
    with registered.connect() as connection:
        assert places(connection, where.subject) == ["addr:elsewhere", "tech:R1", "tech:R2"]
        for key in ("addr:elsewhere", "tech:R1", "tech:R2"):
            assert place_of(connection, offer_id(where.subject, key)) == (where.subject, key)
        for unknown in (offer_id(where.subject, "tech:gone"), offer_id(f"p:{JEAN}", "tech:R1"), "", "p", "é-"):
            with pytest.raises(NotThere):
                place_of(connection, unknown)


def test_a_structure_has_its_own_place_and_its_points(registered: Engine):
    given = Given(registered)
    subject = given.structure("39999999900014")
    given.place("addr:point", siret="39999999900014", source="fhir:sos")
    with registered.connect() as connection:
        assert places(connection, subject) == ["addr:point", "siret:39999999900014"]
        for key in places(connection, subject):
            assert practice(connection, subject, key).zone == "Europe/Paris"
