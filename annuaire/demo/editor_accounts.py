"""The regulators' accounts of a test editor: `POST` and `PUT [base]/Practitioner` (INT_R02), as its kit checks them."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from annuaire.demo.faults import Resource
from models.identifiers import PERSONS
from models.regulators import OURS

RESOURCE: Final = "/fhir/Practitioner"
SYSTEMS: Final = {PERSONS: "IDNPS", OURS: "INTRN"}


class Account(msgspec.Struct):
    """An account: the editor's identifier of it, and the resource as it was last sent."""

    id: str
    resource: Resource


class Sending(msgspec.Struct):
    """A request, as it came, and the status that it was answered with."""

    method: str
    address: str
    body: str
    status: int


class NotTaken(Exception):  # noqa: N818 - a decision said to the caller
    """What was sent is refused: the status, and why."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


class Accounts(msgspec.Struct):
    """The accounts by identifier (`system|value`), and everything that was sent."""

    kept: dict[str, Account] = {}
    sent: list[Sending] = []
    made: int = 0

    def take(self, method: str, address: str, body: bytes) -> tuple[HTTPStatus, str, Resource]:
        """Create or change an account: the status, its identifier here, the resource.

        Raises:
            NotTaken: it is not what the contract says, or there is one already.

        """
        if urlsplit(address).path != RESOURCE:
            raise NotTaken(HTTPStatus.NOT_FOUND, f"no such resource: {address}")
        resource = self._read(body)
        token = _token(resource)
        known = token if method == "POST" else self._named(address)
        account = self.kept.get(known)
        if method == "POST" and account is not None and account.resource["active"]:
            raise NotTaken(HTTPStatus.CONFLICT, f"{token} has an account already")
        if known != token and token in self.kept and self.kept[token].resource["active"]:
            raise NotTaken(HTTPStatus.CONFLICT, f"{token} is the identifier of another account")
        if method == "POST" or account is None:
            self.made += 1
            self.kept[token] = Account(f"regulator-{self.made}", resource)
            return HTTPStatus.CREATED, self.kept[token].id, resource
        del self.kept[known]
        self.kept[token] = Account(account.id, resource)
        return HTTPStatus.OK, account.id, resource

    @staticmethod
    def _named(address: str) -> str:
        query = parse_qsl(urlsplit(address).query)
        if [name for name, _ in query] != ["identifier"] or query[0][1].partition("|")[0] not in SYSTEMS:
            raise NotTaken(HTTPStatus.BAD_REQUEST, "?identifier=system|value is expected")
        return query[0][1]

    @staticmethod
    def _read(body: bytes) -> Resource:
        try:
            resource = msgspec.json.decode(body, type=dict[str, Any])
            faults = list(_faults(resource))
        except (msgspec.DecodeError, AttributeError, KeyError, IndexError, TypeError) as error:
            raise NotTaken(HTTPStatus.BAD_REQUEST, f"no Practitioner: {error}") from error
        if faults:
            raise NotTaken(HTTPStatus.UNPROCESSABLE_ENTITY, " ; ".join(faults))
        return resource


def _token(resource: Resource) -> str:
    identifier = resource["identifier"][0]
    return f"{identifier['system']}|{identifier['value']}"


def _faults(resource: Resource) -> Iterator[str]:
    """What of a resource is not as the profile wants it."""
    identifier, name, telecom = resource["identifier"][0], resource["name"][0], resource["telecom"][0]
    checks = {
        "resourceType: Practitioner": resource["resourceType"] == "Practitioner",
        "meta.source: urn:oid:1.2.250.1.213.3.6": resource["meta"]["source"] == "urn:oid:1.2.250.1.213.3.6",
        "identifier: type and system": SYSTEMS.get(identifier["system"]) == identifier["type"]["coding"][0]["code"],
        "identifier.value": bool(identifier["value"].strip()),
        "active": isinstance(resource["active"], bool),
        "name.family": bool(name["family"].strip()),
        "name.given": bool(name["given"][0].strip()),
        "telecom.system: email": telecom["system"] == "email",
        "telecom.value": "@" in telecom["value"],
    }
    return (what for what, is_so in checks.items() if not is_so)
