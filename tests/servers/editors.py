"""Test editors: real servers in processes of their own, with certificates made for the run."""

import http.client
import json
import ssl
import subprocess
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from annuaire.demo import editor_server
from annuaire.demo.editor_accounts import Accounts
from annuaire.demo.editor_server import Setup
from ingestion.feeds.editors import Declared

CALLER, UNIT = "annuaire.test", "313000000000005"
"""The common name and the unit of our certificate."""


@dataclass(frozen=True)
class Certificates:
    """PEM files: an authority, the editor's certificate, ours, those of others, those that expired or are revoked."""

    folder: Path

    def path(self, name: str) -> str:
        return str(self.folder / f"{name}.pem")

    def revoking(self, *names: str, at: datetime | None = None, days: int = 7) -> str:
        """The PEM list of what the authority revoked, as it gave it at an instant (now) for some days."""
        at = at or datetime.now(UTC)
        issuer = x509.load_pem_x509_certificate(Path(self.path("authority")).read_bytes())
        key = serialization.load_pem_private_key(Path(self.path("authority-key")).read_bytes(), None)
        made = x509.CertificateRevocationListBuilder().issuer_name(issuer.subject)
        made = made.last_update(at).next_update(at + timedelta(days=days))
        for name in names:
            serial = x509.load_pem_x509_certificate(Path(self.path(name)).read_bytes()).serial_number
            gone = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
            made = made.add_revoked_certificate(gone)
        signed = made.sign(key, hashes.SHA256())  # type: ignore[arg-type]  # an authority signs with such a key
        return signed.public_bytes(serialization.Encoding.PEM).decode()


def certificates(folder: Path) -> Certificates:
    """Certificates of an authority made for these tests."""
    authority, stranger = trustme.CA(), trustme.CA()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    issued = {
        "editor": authority.issue_cert("127.0.0.1"),
        "expired": authority.issue_cert("127.0.0.1", not_before=yesterday - timedelta(days=9), not_after=yesterday),
        "elsewhere": authority.issue_cert("editeur.example"),
        "ours": authority.issue_cert("annuaire.example", common_name=CALLER, organization_unit_name=UNIT),
        "revoked": authority.issue_cert("127.0.0.1", common_name=CALLER, organization_unit_name=UNIT),
        "unit": authority.issue_cert("annuaire.example", common_name=CALLER, organization_unit_name="1" * 15),
        "another": authority.issue_cert("autre.example", common_name="somebody else"),
        "unsigned": stranger.issue_cert("annuaire.example", common_name=CALLER),
    }
    for name, certificate in issued.items():
        certificate.private_key_pem.write_to_path(folder / f"{name}-key.pem")
        for rank, blob in enumerate(certificate.cert_chain_pems):
            blob.write_to_path(folder / f"{name}.pem", append=rank > 0)
    authority.cert_pem.write_to_path(folder / "authority.pem")
    authority.private_key_pem.write_to_path(folder / "authority-key.pem")
    stranger.cert_pem.write_to_path(folder / "stranger.pem")
    files = Certificates(folder)
    (folder / "revocations.pem").write_text(files.revoking("revoked"))
    return files


@dataclass(frozen=True)
class Running:
    """A test editor that runs: its port, its process, and our files to talk to it (none: without TLS)."""

    port: int
    process: subprocess.Popen[str]
    certificates: Certificates | None

    @property
    def url(self) -> str:
        return f"{'https' if self.certificates else 'http'}://127.0.0.1:{self.port}/fhir"

    def declared(self, name: str = "azur", flows: tuple[str, ...] = ("ps",), **values: Any) -> Declared:
        """How it is declared."""
        files = {}
        if self.certificates:
            paths = {"certificate": "ours", "key": "ours-key", "authority": "authority"}
            files = {what: self.certificates.path(file) for what, file in paths.items()}
        return Declared(name, self.url, flows, **files | values)

    def begin(self, setup: Setup) -> None:
        """Begin anew, with other agendas and no fault."""
        self._told("POST", "/_setup", msgspec.json.encode(setup))

    def fault(self, name: str, **values: Any) -> None:
        """What it does wrong from now on."""
        self._told("POST", "/_faults", json.dumps([{"name": name, **values}]).encode())

    def mend(self) -> None:
        """It does well from now on."""
        self._told("POST", "/_faults", b"[]")

    def slots(self, **order: Any) -> None:
        """Slots are taken (`taken`), or declared (`slots`, by agenda)."""
        self._told("POST", "/_slots", msgspec.json.encode(order))

    @property
    def asked(self) -> list[str]:
        """What it was asked, as it came."""
        return list(json.loads(self._told("GET", "/_asked")))

    @property
    def accounts(self) -> Accounts:
        """The accounts of regulators that it has, and everything that was sent of them."""
        return msgspec.json.decode(self._told("GET", "/_accounts"), type=Accounts)

    @property
    def most_at_once(self) -> int:
        """How many requests it was answering at once, at most."""
        return int(self._told("GET", "/_most_at_once"))

    def answer(self, path: str) -> tuple[int, Any]:
        """The status and the resource that it answers to a request."""
        connection = self._connection()
        connection.request("GET", path)
        response = connection.getresponse()
        found = response.status, json.loads(response.read())
        connection.close()
        return found

    def _told(self, method: str, path: str, body: bytes = b"") -> bytes:
        connection = self._connection()
        connection.request(method, path, body)
        response = connection.getresponse()
        told = response.read()
        connection.close()
        assert response.status == http.HTTPStatus.OK, told
        return told

    def _connection(self) -> http.client.HTTPConnection:
        if self.certificates is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        context = ssl.create_default_context(cafile=self.certificates.path("authority"))
        context.load_cert_chain(self.certificates.path("ours"), self.certificates.path("ours-key"))
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=context)


def agreed(client: ssl.SSLContext, server: ssl.SSLContext) -> str | None:
    """The version of TLS that two sides agree on, whatever the level of security of this machine's OpenSSL.

    Raises:
        ssl.SSLError: they do not agree.

    """
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    for context in (client, server):
        context.set_ciphers("DEFAULT@SECLEVEL=0")
    sides = (
        client.wrap_bio(to_client, to_server, server_hostname="127.0.0.1"),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    for side in sides * 3:
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    return sides[0].version()


def other_side(files: Certificates, purpose: ssl.Purpose, version: ssl.TLSVersion) -> ssl.SSLContext:
    """A server (`CLIENT_AUTH`) or a client (`SERVER_AUTH`) of this version of TLS alone, with its certificate."""
    shown = "editor" if purpose is ssl.Purpose.CLIENT_AUTH else "ours"
    context = ssl.create_default_context(purpose, cafile=files.path("authority"))
    context.load_cert_chain(files.path(shown), files.path(f"{shown}-key"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a former version is what is meant
        context.minimum_version = context.maximum_version = version
    return context


def secured(files: Certificates, certificate: str = "editor") -> Mapping[str, str]:
    """The files of a test editor that wants a certificate of ours."""
    return {
        "certificate": files.path(certificate),
        "key": files.path(f"{certificate}-key"),
        "authority": files.path("authority"),
        "caller": CALLER,
        "unit": UNIT,
        "revoked": files.path("revocations"),
    }


@contextmanager
def running(folder: Path, setup: Setup, files: Certificates | None = None) -> Iterator[Running]:
    """A test editor, for the time of a block; `files`: ours, when it speaks TLS."""
    with editor_server.running(folder / "editor.json", setup) as (port, process):
        yield Running(port, process, files)
