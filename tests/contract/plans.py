"""Generated plans over the vocabulary of the corpus: any mix of criteria, windows at the edges, every order."""

from typing import Any

from hypothesis import strategies as st

from models.codes import Viewer
from models.geo import Point
from relevance.criteria import forbidden
from relevance.plan import HORIZON_S, MODALITIES, Area, Circle, Membership, Plan, Text, Window
from relevance.text import question
from tests.contract import corpus
from tests.contract.corpus import CLOCK, HOUR, MINUTE

QUESTIONS = (
    "martel", "Dr Martel", "claire martel", "martel claire", "mar", "le gall", "legal", "fontaine", "saint etienne",
    "st etienne", "jeanpierre", "jean pier", "nguyen", "eluard", "matrel", "msp lilas", "maison de santé", "pharmacie",
    "hopital", "zzz", "m", "de la", "marteel", "clara", "lhopital", "claire le gall", "le gall claire", "le ga",
    "le gal", "de la fontaine", "de la fon", "du pont", "du po", "n'guyen", "o'brien", "dr o bri", "obrien",
    "jean pierre", "jean pierre le gall", "jean pierre de la fontaine", "sts peres", "chu vienne",
    "msp pluriprofessionnelle",
)  # fmt: skip


def _some(codes: tuple[str, ...]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(codes), min_size=1, max_size=2)


@st.composite
def _windows(draw: st.DrawFn) -> Window:
    """Any window in the 72 hours, with a taste for the bands' edges."""
    edges = st.sampled_from([hours * HOUR for hours in (0, 1, 4, 8, 12, 24, 48, 71)])
    start = draw(st.one_of(st.just(0), edges, st.integers(0, HORIZON_S // MINUTE - 1).map(lambda m: m * MINUTE)))
    hours = draw(st.sampled_from((1, 2, 4, 8, 12, 24, 48, 72)))
    return Window(CLOCK + start, CLOCK + min(start + hours * HOUR, HORIZON_S))


def _points() -> st.SearchStrategy[Point]:
    offsets = st.floats(-0.2, 0.2, allow_nan=False)
    return st.one_of(
        st.sampled_from(corpus.CENTRES),
        st.builds(
            lambda centre, north: Point(centre.lat + north, centre.lon), st.sampled_from(corpus.CENTRES), offsets
        ),
    )


def _areas() -> st.SearchStrategy[Area]:
    radii = st.sampled_from((500.0, 1_000.0, 5_000.0, 12_345.0, 30_000.0, 200_000.0))
    circles = st.builds(Circle, radii)
    memberships = st.builds(
        Membership,
        st.sampled_from((5_000.0, 17_500.0, 60_000.0)),
        st.frozensets(st.sampled_from(tuple(corpus.POSTAL_CODES)), max_size=2),
        st.frozensets(st.sampled_from(("69266", "69383", "97411")), max_size=2),
        st.frozensets(st.sampled_from(("69", "974")), max_size=1),
    ).filter(lambda area: bool(area.postal_codes or area.communes or area.departements))
    return st.one_of(circles, memberships)


OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "text": st.builds(question, st.sampled_from(QUESTIONS), prefix=st.booleans()),
    "professions": _some(corpus.PROFESSIONS),
    "specialties": _some(corpus.SPECIALTIES),
    "structure_types": _some(corpus.STRUCTURE_TYPES),
    "skills": _some(corpus.SKILLS),
    "care": _some(corpus.CARE),
    "equipment": _some(corpus.EQUIPMENT),
    "languages": _some(corpus.LANGUAGES),
    "sectors": _some(corpus.SECTORS),
    "participation": _some(("any", *corpus.VIA)),
    "overbooking": st.just(value=True),
    "reorientation": st.just(value=True),
    "accessible": st.just(value=True),
    "new_patients": st.just(value=True),
    "area": _areas(),
    "window": _windows(),
    "modalities": st.permutations(MODALITIES).flatmap(lambda all_: st.integers(1, 3).map(lambda n: tuple(all_[:n]))),
}
REGULATION_ONLY = {"participation", "overbooking", "reorientation"}


@st.composite
def plans(draw: st.DrawFn, most: int = 5) -> Plan:
    """A plan of one to `most` criteria that its viewer may ask."""
    viewer = draw(st.sampled_from(list(Viewer)))
    allowed = [name for name in OPTIONAL if viewer is Viewer.REGULATION or name not in REGULATION_ONLY]
    # The regulator's own three come often: they are the main job.
    names = draw(
        st.one_of(
            st.lists(st.sampled_from(allowed), min_size=1, max_size=most, unique=True),
            st.sampled_from((["professions", "area", "window"], ["professions", "area", "window", "modalities"])),
        )
    )
    values = {name: draw(OPTIONAL[name]) for name in names}
    origin = draw(_points()) if "area" in names or draw(st.booleans()) else None
    plan = Plan(
        at=CLOCK,
        viewer=viewer,
        kind=draw(st.sampled_from((None, None, None, "professional", "structure"))),
        origin=origin,
        order=draw(st.sampled_from(("relevance", "nearest", "soonest"))),
        exact_limit=draw(st.sampled_from((0, 1, 7, 50))),
        approximate_limit=draw(st.sampled_from((0, 1, 7, 20, 50))),
        **values,
    )
    assert not forbidden(plan)
    assert plan.text is None or isinstance(plan.text, Text)
    return plan
