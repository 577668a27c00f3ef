"""What a person can put right, said in French."""

import errno
import socket
import ssl
from typing import Final

REASONS: Final = {
    errno.ENOENT: "ce chemin n'existe pas",
    errno.EACCES: "l'accès est refusé",
    errno.EPERM: "l'accès est refusé",
    errno.EROFS: "le disque est en lecture seule",
    errno.ENOSPC: "le disque est plein",
    errno.ENOTDIR: "une partie du chemin n'est pas un dossier",
    errno.EEXIST: "un fichier porte déjà ce nom",
    errno.EISDIR: "c'est un dossier",
    errno.EADDRINUSE: "un autre programme l'occupe déjà",
    errno.EADDRNOTAVAIL: "cette adresse n'est pas de cette machine",
    errno.EPIPE: "ce qui lisait la sortie s'est arrêté",
}
"""Why the system refuses."""


class Failure(Exception):  # noqa: N818 - the command line shows its text, never its name
    """A command that cannot do what it is asked; the message says why, and what to do. The exit status is 1."""

    status = 1


class SettingsFailure(Failure):
    """A setting that is refused. The exit status is 2, that of a command ill-written."""

    status = 2


def reason(error: OSError) -> str:
    """Why the system refuses, in French, without a full stop."""
    if isinstance(error, socket.gaierror):
        return "ce nom d'hôte est inconnu"
    if isinstance(error, ssl.SSLError):
        return "ce ne sont pas les fichiers PEM attendus, ou ils ne vont pas ensemble"
    return REASONS.get(error.errno or 0, f"erreur {error.errno} du système")
