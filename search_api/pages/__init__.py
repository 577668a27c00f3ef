"""The pages: the request beside the answer, rendered by the server, in French, whole without JavaScript.

They ask what the API asks, by the same names, and render the API's own structs. They must not judge, rank or look up
anything by themselves.
"""

from search_api.pages.routes import install

__all__ = ["install"]
