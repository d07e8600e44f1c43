"""What a request asks for besides its subject: format, language, host, who asks (内容协商)."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, quote

from starlette.requests import Request

from api.errors import InvalidParameter, NotAcceptable
from api.service import Service
from cim import moments
from cim.access import ANONYMOUS, Caller
from cim.errors import InvalidMoment
from cim.moments import EVER, Interval
from layers.writing.forms import ALIASES, FORMS

JSON, GEOJSON, HTML = "application/json", "application/geo+json", "text/html"
LD, SCHEMA = "application/ld+json", "application/schema+json"
TIFF, COVERAGE_JSON = "image/tiff", "application/prs.coverage+json"
CSV = "text/csv"
MVT = "application/vnd.mapbox-vector-tile"
SVG, PNG, PDF = "image/svg+xml", "image/png", "application/pdf"
WEBP, JPEG = "image/webp", "image/jpeg"
MAPBOX, SLD = "application/vnd.mapbox.style+json", "application/vnd.ogc.sld+xml"
TILE_JSON = "application/vnd.mapbox.tilejson+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
OPENAPI31 = "application/vnd.oai.openapi+json;version=3.1"
LONGEST = 1000  # characters of a parameter, but for those that hold a text of their own
LONGER = 32_768
LONG = {"filter", "intersects", "ids", "externalIds", "token", "transformation"}
LANGUAGES = ("zh", "en")
_READ = "cim.parameters"
FORMATS = {
    "json": (SCHEMA, JSON, COVERAGE_JSON, GEOJSON, MAPBOX),
    "geojson": (GEOJSON,),
    "jsonld": (LD,),
    "dcat": (LD,),
    "schema": (SCHEMA,),
    "html": (HTML,),
    "openapi": (OPENAPI,),
    "openapi31": (OPENAPI31,),
    "geotiff": (TIFF,),
    "GTiff": (TIFF,),
    "svg": (SVG,),
    "png": (PNG,),
    "webp": (WEBP,),
    "jpeg": (JPEG,),
    "mapbox": (MAPBOX,),
    "sld10": (SLD,),
    "tilejson": (TILE_JSON,),
    "mvt": (MVT,),
    "pdf": (PDF,),
    # as OGC API - EDR names them
    "CoverageJSON": (COVERAGE_JSON,),
    "GeoJSON": (GEOJSON,),
    "CSV": (CSV,),
    "csv": (CSV,),
}
FORMATS |= {name: (form.media_type,) for name, form in FORMS.items() if name not in FORMATS}
FORMATS |= {name: FORMATS[form] for name, form in ALIASES.items() if name not in FORMATS}


def service(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


def caller(_request: Request) -> Caller:  # rules of access will look at it
    return ANONYMOUS


def base_url(request: Request) -> str:
    """Address of the service as this client reaches it, without a slash at the end."""
    scope = request.scope
    host = request.headers.get("host") or "{}:{}".format(
        *(scope.get("server") or ("localhost", 80))
    )
    return f"{scope['scheme']}://{host}{scope.get('root_path', '')}"


def query(request: Request) -> str:
    """The query as it came, with whatever may not stand in an address percent-encoded."""
    return quote(request.scope["query_string"], safe="!$%&'()*+,-./:;=?@_~")


def parameters(request: Request) -> list[tuple[str, str]]:
    """The query parameters as they came, read once a request."""
    read: list[tuple[str, str]] | None = request.scope.get(_READ)
    if read is None:
        text = request.scope["query_string"].decode("latin-1")
        read = request.scope[_READ] = parse_qsl(text, keep_blank_values=True)
    return read


def language(request: Request) -> str:
    """`zh` or `en`: the parameter `lang`, else Accept-Language, else Chinese."""
    given = request.query_params.get("lang")
    wanted = [given] if given else _ranked(request.headers.get("accept-language", ""))
    return next((tag for tag in map(_primary, wanted) if tag in LANGUAGES), LANGUAGES[0])


def _primary(tag: str) -> str:
    """The language of a tag such as zh-CN."""
    return tag.lower().partition("-")[0]


def media_type(request: Request, offered: Sequence[str] = (JSON, HTML)) -> str:
    """The offered type that `f` names or Accept prefers; the first one by default."""
    accept = request.headers.get("accept", "*/*")
    return _negotiated(dict(parameters(request)).get("f"), accept, tuple(offered))


@lru_cache(maxsize=256)
def _negotiated(name: str | None, accept: str, offered: tuple[str, ...]) -> str:
    if name is not None:
        return _named(name, offered)
    for wanted in _ranked(accept):
        if wanted == "*/*":
            return offered[0]
        kind = _same(wanted, offered) or _kin(wanted, offered)
        if kind is not None:
            return kind
    raise NotAcceptable(f"only {', '.join(offered)} can be given, not {accept}")


def only(
    request: Request, names: Collection[str], lists: Collection[str] = ()
) -> Mapping[str, str]:
    """The query parameters, each known, given once and of a sane length; InvalidParameter.

    Names in the path may be no longer, either. `lists` may be given several times, which is the
    same as with commas in between.
    """
    for name, value in request.path_params.items():
        if isinstance(value, str) and len(value) > LONGEST:
            raise InvalidParameter(name, f"it has more than {LONGEST:,} characters")
    known = {"f", "lang", *names}
    seen: dict[str, str] = {}
    for name, value in parameters(request):
        if name not in known:
            raise InvalidParameter(name, f"not known here; known are {', '.join(sorted(known))}")
        if name in seen and name not in lists:
            raise InvalidParameter(name, "given twice")
        if "\0" in value:
            raise InvalidParameter(name, "it has the character NUL, which no text here has")
        if len(value) > (most := LONGER if name in LONG else LONGEST):
            raise InvalidParameter(name, f"it has more than {most:,} characters")
        seen[name] = f"{seen[name]},{value}" if name in seen else value
    if "lang" in seen and _primary(seen["lang"]) not in LANGUAGES:
        raise InvalidParameter("lang", f"{seen['lang']!r} is not one of {', '.join(LANGUAGES)}")
    return seen


def interval(given: Mapping[str, str]) -> Interval:
    """The parameter `datetime`, all of time without it; InvalidParameter."""
    if "datetime" not in given:
        return EVER
    try:
        return moments.parse(given["datetime"])
    except InvalidMoment as error:
        raise InvalidParameter("datetime", str(error)) from None


def past(given: Mapping[str, str]) -> Interval | None:
    """The parameter `datetime` of what changes with time; without it the present."""
    return interval(given) if "datetime" in given else None


def _same(wanted: str, offered: Sequence[str]) -> str | None:
    """The offered type of that name; a version is compared where both have one."""
    if wanted in offered:
        return wanted
    plain = wanted.partition(";")[0]
    return next((k for k in offered if k == plain or k.partition(";")[0] == wanted), None)


def _kin(wanted: str, offered: Sequence[str]) -> str | None:
    """The offered type that another one stands for: any of JSON for JSON, or `image/*`."""
    if wanted in {"application/*", "image/*"}:
        return next((kind for kind in offered if kind.startswith(wanted[:-1])), None)
    family = FORMATS["json"]
    return next((kind for kind in offered if kind in family and wanted in family), None)


def _named(name: str, offered: Sequence[str]) -> str:
    wanted = next((kind for kind in FORMATS.get(name, ()) if kind in offered), None)
    if wanted is None:
        names = [n for n, kinds in FORMATS.items() if set(kinds) & set(offered)]
        raise InvalidParameter("f", f"{name!r} is not one of {', '.join(names)}")
    return wanted


def _ranked(header: str) -> list[str]:
    """Values of an Accept header, the most wanted first."""
    ranked = []
    for part in header.split(","):
        value, *parameters = (text.strip() for text in part.split(";"))
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        value += "".join(f";{p}" for p in parameters if p.startswith("version="))
        try:
            ranked.append((float(quality), value))
        except ValueError:
            continue
    return [value for quality, value in sorted(ranked, key=lambda r: -r[0]) if value and quality]
