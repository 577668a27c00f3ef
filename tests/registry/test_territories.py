"""Territories are given with the communes and the postal codes they cover."""

from datetime import date
from pathlib import Path

from models.store import session
from models.tables import Territory, TerritoryCommune, TerritoryPostalCode
from registry.territories import territories
from tests.migrated import migrated


def test_territories_come_in_the_order_of_names_with_ordered_members_without_those_that_are_gone(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/annuaire.db"
    engine = migrated(url)
    with session(engine) as given:
        given.add(Territory(id="690000002", name="CPTS Ouest", finess="690000002", digest=""))
        given.add(Territory(id="cpts-est", name="CPTS Est", digest=""))
        given.add(Territory(id="gone", name="Ancienne", digest="", departed_on=date(2026, 1, 1)))
        for insee, code in (("69266", "69100"), ("69256", "69120")):
            given.add(TerritoryCommune(territory_id="cpts-est", insee=insee))
            given.add(TerritoryPostalCode(territory_id="cpts-est", postal_code=code))
        given.commit()
    with engine.connect() as connection:
        found = territories(connection)
    engine.dispose()
    assert list(found) == ["cpts-est", "690000002"]
    assert found["cpts-est"].communes == ("69256", "69266")
    assert found["cpts-est"].postal_codes == ("69100", "69120")
    assert found["690000002"].finess == "690000002"
    assert found["690000002"].postal_codes == ()
