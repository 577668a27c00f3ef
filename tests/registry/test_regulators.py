"""Regulators: added, changed, deactivated; every fault said at once; one identifier for one. On both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from models.identifiers import PERSONS
from models.regulators import OURS, token
from models.store import writing
from models.tables import Editor, Regulator, RegulatorAccount
from registry.refusals import NotThere, Refused
from registry.regulators import Facts, add, change, regulator, regulators, set_active
from tests.indexer.given import NOW, Given

JULES = Facts("MARIUS", "Jules", "jules.marius@test.com", "810002673899")


def added(engine: Engine, facts: Facts = JULES) -> Regulator:
    with writing(engine) as connection:
        return add(connection, facts, NOW)


def changed(engine: Engine, identifier: str, **given: str) -> Regulator:
    with writing(engine) as connection:
        return change(connection, identifier, NOW + 60, **given)


def switched(engine: Engine, identifier: str, *, active: bool) -> Regulator:
    with writing(engine) as connection:
        return set_active(connection, identifier, NOW + 60, active=active)


def known(engine: Engine, one: Regulator, *, accounts: bool = True) -> None:
    """An editor, which takes accounts, knows a regulator as they are."""
    address = {"base_url": "https://azur.example/fhir", "flows": ["ps"], "declared_at": NOW, "swept_until": 0}
    Given(engine).add(Editor, **{"name": "azur", "accounts": accounts} | address)
    told = {
        "editor": "azur",
        "regulator": one.id,
        "known_as": [token(one)],
        "version": one.version,
        "next_at": 0,
        "held_until": 0,
    }
    Given(engine).add(RegulatorAccount, **told)


def test_a_regulator_is_added_active_and_is_known_by_their_national_identifier(registered: Engine):
    made = added(registered)
    assert (made.active, made.version, made.changed_at) == (True, 1, NOW)
    assert token(made) == f"{PERSONS}|810002673899"
    with registered.connect() as connection:
        assert regulators(connection) == [made]


def test_whoever_has_no_national_identifier_is_known_by_ours(registered: Engine):
    made = added(registered, JULES._replace(national_id=None))
    assert token(made) == f"{OURS}|{made.id}"


@pytest.mark.parametrize("written", ["10002673899", "810002673899", "8 1000 2673 899"])
def test_an_rpps_is_prefixed_however_it_is_written(registered: Engine, written: str):
    assert added(registered, JULES._replace(national_id=written)).national_id == "810002673899"


def test_names_and_address_are_tidied(registered: Engine):
    made = added(registered, Facts("  DE  LA TOUR ", " Anne\tMarie", " a@b.fr ", "3456780581/11242343"))
    assert (made.family, made.given, made.email) == ("DE LA TOUR", "Anne Marie", "a@b.fr")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"family": ""}, "family"),
        ({"family": "   "}, "family"),
        ({"family": "x" * 101}, "family"),
        ({"given": "\u0000"}, "given"),
        ({"given": "a\u202eb"}, "given"),
        ({"email": ""}, "email"),
        ({"email": "jules"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": "a b@c.fr"}, "email"),
        ({"email": "<script>@b.fr"}, "email"),
        ({"email": "a" * 250 + "@b.fr"}, "email"),
        ({"national_id": "12"}, "national_id"),
        ({"national_id": "810002673899|x"}, "national_id"),
        ({"national_id": "8١٠٠٠٢٦٧٣٨٩٩"}, "national_id"),
        ({"national_id": "١٠٠٠٢٦٧٣٨٩٩"}, "national_id"),
        ({"national_id": "3456780581/" + "1" * 41}, "national_id"),
    ],
    ids=str,
)
def test_what_is_wrong_is_refused_with_its_field_and_value(registered: Engine, given: dict[str, str], field: str):
    with pytest.raises(Refused) as refused:
        added(registered, JULES._replace(**given))
    (fault,) = refused.value.faults
    assert (fault.field, fault.value) == (field, given[field])
    made = added(registered)
    with pytest.raises(Refused):
        changed(registered, made.id, **given)
    with registered.connect() as connection:
        assert regulators(connection) == [made]


def test_every_fault_is_said_at_once(registered: Engine):
    with pytest.raises(Refused) as refused:
        added(registered, Facts("", "", "", "x"))
    assert [fault.field for fault in refused.value.faults] == ["family", "given", "email", "national_id"]


def test_a_change_raises_the_version_and_saying_the_same_again_does_not(registered: Engine):
    made = added(registered)
    assert changed(registered, made.id, email=made.email).version == 1
    after = changed(registered, made.id, email="jm@test.com", national_id="")
    assert (after.version, after.email, after.national_id, after.changed_at) == (2, "jm@test.com", None, NOW + 60)


def test_whoever_is_deactivated_is_not_changed_until_they_are_active_again(registered: Engine):
    made = added(registered)
    assert switched(registered, made.id, active=False).version == 2
    assert switched(registered, made.id, active=False).version == 2
    with pytest.raises(Refused, match="activez-le"):
        changed(registered, made.id, email="jm@test.com")
    assert switched(registered, made.id, active=True).active
    assert changed(registered, made.id, email="jm@test.com").version == 4


@pytest.mark.parametrize("by", ["810002673899", "10002673899", "jules.marius@test.com"])
def test_a_regulator_is_found_by_what_people_know(registered: Engine, by: str):
    made = added(registered)
    with registered.connect() as connection:
        assert regulator(connection, by) == regulator(connection, made.id) == made


@pytest.mark.parametrize("by", ["", "nobody", "jules.marius@test.com"])
def test_nobody_or_several_are_not_found(registered: Engine, by: str):
    added(registered)
    added(registered, JULES._replace(national_id=None))
    with registered.connect() as connection, pytest.raises(NotThere):
        regulator(connection, by)


def test_two_active_regulators_do_not_have_one_identifier(registered: Engine):
    added(registered)
    with pytest.raises(Refused, match="déjà celui d’un autre"):
        added(registered, JULES._replace(family="AUTRE"))


def test_the_identifier_of_a_deactivated_account_is_given_once_every_editor_knows_that_it_is(registered: Engine):
    former = added(registered)
    known(registered, former)
    gone = switched(registered, former.id, active=False)
    with pytest.raises(Refused, match="que azur ne sait pas encore"):
        added(registered)
    with writing(registered) as connection:
        connection.exec_driver_sql(f"UPDATE regulator_account SET version = {gone.version}")
    assert added(registered).national_id == JULES.national_id
    with registered.connect() as connection:
        left = regulator(connection, former.id)
    assert (left.national_id, left.version) == (None, gone.version)


def test_an_identifier_that_somebody_left_is_given_once_every_editor_knows_it(registered: Engine):
    former = added(registered)
    known(registered, former)
    changed(registered, former.id, national_id="899900000011")
    with pytest.raises(Refused, match="que azur ne sait pas encore"):
        added(registered)


def test_an_editor_that_takes_accounts_no_more_keeps_no_identifier(registered: Engine):
    former = added(registered)
    known(registered, former, accounts=False)
    switched(registered, former.id, active=False)
    assert added(registered).national_id == JULES.national_id


def test_of_several_who_add_one_identifier_at_once_one_does(crowded: Engine):
    def tried(_: int) -> str:
        try:
            return added(crowded).national_id or ""
        except Refused:
            return "refused"

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(tried, range(6))) == ["810002673899", *["refused"] * 5]
