"""Records as DCAT-AP, read by rdflib: what the profile makes mandatory is there."""

from __future__ import annotations

import re

import pytest
import shapely
from rdflib import DCAT, DCTERMS, FOAF, RDF, SKOS, XSD, Graph, Literal, Namespace, URIRef
from starlette.testclient import TestClient

# rdflib's own reader of JSON-LD still makes what rdflib is about to retire
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")

HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
LOCN = Namespace("http://www.w3.org/ns/locn#")
EU = "http://publications.europa.eu/resource/authority/"
RECORD = "http://testserver/collections/catalog/items/"

# Classes of DCAT-AP 3.0 that are used, with their mandatory properties.
MANDATORY = {
    DCAT.Catalog: (DCTERMS.title, DCTERMS.description, DCTERMS.publisher),
    DCAT.Dataset: (DCTERMS.title, DCTERMS.description),
    DCAT.Distribution: (DCAT.accessURL,),
    DCAT.DataService: (DCTERMS.title, DCAT.endpointURL),
    FOAF.Agent: (FOAF.name,),
    SKOS.Concept: (SKOS.prefLabel,),
    SKOS.ConceptScheme: (DCTERMS.title,),
}
# What its shapes (SHACL) allow once at the most, and what they want to be texts.
ONCE = {
    DCAT.Catalog: (DCTERMS.publisher, FOAF.homepage, DCTERMS.license),
    DCAT.Dataset: (
        *(DCTERMS.publisher, DCTERMS.accessRights, DCTERMS.accrualPeriodicity),
        *(DCTERMS.issued, DCTERMS.modified),
    ),
    DCAT.Distribution: (DCAT.mediaType, DCTERMS.rights),
    DCAT.DataService: (DCTERMS.publisher, DCTERMS.accessRights),
    DCTERMS.PeriodOfTime: (DCAT.startDate, DCAT.endDate),
    DCTERMS.Location: (DCAT.bbox, LOCN.geometry),
}
TEXTS = (DCTERMS.title, DCTERMS.description, DCAT.keyword, FOAF.name, SKOS.prefLabel)


@pytest.fixture(scope="module")
def graph(client: TestClient) -> Graph:
    """All pages of the catalogue as one graph."""
    made, address = Graph(), "/catalog.jsonld?limit=50"
    pages = 0
    while address:
        answer = client.get(address).raise_for_status()
        assert answer.headers["content-type"] == "application/ld+json"
        page = Graph().parse(data=answer.text, format="json-ld")
        following = list(page.objects(None, HYDRA.next))
        address = str(following[0]) if following else ""
        assert bool(address) == ('rel="next"' in answer.headers.get("link", ""))
        made += page
        pages += 1
    assert pages == 3
    return made


def test_what_is_mandatory_is_there(graph: Graph) -> None:
    for kind, properties in MANDATORY.items():
        subjects = set(graph.subjects(RDF.type, kind))
        assert subjects, kind
        for subject in subjects:
            for each in properties:
                assert (subject, each, None) in graph, (subject, each)


def test_nothing_is_said_twice_that_may_be_said_once(graph: Graph) -> None:
    for kind, properties in ONCE.items():
        for subject in set(graph.subjects(RDF.type, kind)):
            for each in properties:
                assert len(set(graph.objects(subject, each))) <= 1, (subject, each)
    for each in TEXTS:
        assert all(isinstance(value, Literal) for value in graph.objects(None, each)), each
    for moment in graph.objects(None, DCTERMS.modified):
        assert moment.datatype == XSD.dateTime
        assert moment.value is not None


def test_every_record_is_in_the_catalogue_once(graph: Graph, client: TestClient) -> None:
    records = client.get("/collections/catalog/items?limit=1000").json()["features"]
    [catalog] = graph.subjects(RDF.type, DCAT.Catalog)
    members = [
        str(each)
        for name in (DCAT.dataset, DCAT.service, URIRef(f"{DCAT}resource"))
        for each in graph.objects(catalog, name)
    ]
    assert sorted(members) == sorted(RECORD + record["id"] for record in records)


def test_a_dataset_tells_what_its_record_tells(graph: Graph) -> None:
    parcels = URIRef(f"{RECORD}parcels")
    titles = {each.language: str(each) for each in graph.objects(parcels, DCTERMS.title)}
    assert set(titles) == {"zh", "en"}
    assert "宗地" in titles["zh"]
    assert graph.value(parcels, DCTERMS.accrualPeriodicity) == URIRef(f"{EU}frequency/ANNUAL")
    assert graph.value(parcels, DCTERMS.accessRights) == URIRef(f"{EU}access-right/RESTRICTED")
    publisher = graph.value(parcels, DCTERMS.publisher)
    assert "自然资源" in str(graph.value(publisher, FOAF.name))
    theme = graph.value(parcels, DCAT.theme)
    assert Literal("宗地", lang="zh") in set(graph.objects(theme, SKOS.prefLabel))
    place = graph.value(parcels, DCTERMS.spatial)
    box = shapely.from_wkt(str(graph.value(place, DCAT.bbox)))
    assert box.contains(shapely.Point(112.14, 32.02))
    assert graph.value(place, LOCN.geometry) == graph.value(place, DCAT.bbox)
    period = graph.value(parcels, DCTERMS.temporal)
    assert re.match(r"\d{4}-", str(graph.value(period, DCAT.startDate)))


def test_distributions_lead_to_the_data(graph: Graph, client: TestClient) -> None:
    kinds = set()
    for name in ("parcels", "imagery", "hydro_stations.observations"):
        forms = list(graph.objects(URIRef(RECORD + name), DCAT.distribution))
        assert len(forms) >= 2
        for form in forms:
            address = str(graph.value(form, DCAT.accessURL))
            assert client.get(address).status_code == 200, address
            assert graph.value(form, DCAT.accessService) == URIRef(f"{RECORD}service.api")
            kinds.add(str(graph.value(form, DCAT.mediaType)).rpartition("/")[2])
    assert {"geo+json", "vnd.mapbox-vector-tile", "tiff", "csv"} <= kinds


@pytest.mark.parametrize("name", ["parcels", "imagery", "element.parcel", "service.api"])
def test_a_record_is_negotiated_as_json_ld(client: TestClient, name: str) -> None:
    path = f"/collections/catalog/items/{name}"
    answer = client.get(path, headers={"Accept": "application/ld+json"}).raise_for_status()
    assert answer.text == client.get(f"{path}?f=dcat").text
    made = Graph().parse(data=answer.text, format="json-ld")
    assert (URIRef(RECORD + name), DCTERMS.title, None) in made
    assert client.get("/collections/catalog?f=dcat").headers["content-type"] == (
        "application/ld+json"
    )
