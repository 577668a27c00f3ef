"""The pages by their addresses, and errors as pages for those who read them."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from indexer.protocol import EngineDown, GenerationGone
from models import gazetteer
from search_api import parameters, searching
from search_api.pages import (
    answer,
    faults,
    form,
    framing,
    keys,
