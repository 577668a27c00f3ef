"""`OperationOutcome`: how a FHIR server says what is wrong (FHIR R4, `http.html#2.21.0.4`)."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from starlette.responses import Response

MEDIA_TYPE: Final = "application/fhir+json"


class Issue(NamedTuple):
    """One thing that is wrong: where in the resource (FHIRPath), and the rule in French."""

    path: str
    rule: str
    code: str = "invalid"


class NotAccepted(Exception):  # noqa: N818 - a decision said to an editor
    """What was sent is not kept: the HTTP status, and every reason."""

    def __init__(self, status: int, *issues: Issue) -> None:
        super().__init__(" ; ".join(f"{issue.path} : {issue.rule}" for issue in issues))
        self.status = status
        self.issues = issues


def outcome(issues: Iterable[Issue], severity: str = "error") -> Mapping[str, Any]:
    """The resource."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(issue, severity) for issue in issues]}


def response(error: NotAccepted) -> Response:
    """The error as an answer."""
    return Response(msgspec.json.encode(outcome(error.issues)), error.status, media_type=MEDIA_TYPE)


def _issue(issue: Issue, severity: str) -> Mapping[str, Any]:
    where = {"expression": [issue.path]} if issue.path else {}
    return {"severity": severity, "code": issue.code, "diagnostics": issue.rule} | where
