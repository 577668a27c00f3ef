"""The routes of the API: each parses, asks, shapes."""

from search_api.routes import agenda, appointments, checks, lists, offers, orientations, participation, rules, search

ROUTERS = (
    search.router,
    checks.router,
    offers.router,
    lists.router,
    participation.router,
    orientations.router,
    appointments.router,
    agenda.router,
    rules.router,
    rules.health,
)
"""In the order in which they are tried and described."""

__all__ = ["ROUTERS"]
