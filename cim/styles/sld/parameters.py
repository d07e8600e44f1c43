"""Properties of MapLibre taken apart for SLD (属性分解): rules, each with plain values.

SLD 1.0 has values for each rule and none that depend on the data: a style layer becomes as many
rules as its properties have branches together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from cim.data.maplibre_style import reference
from cim.styles import branches, colours
from cim.styles.branches import Branch, Zooms, joined, narrowed
from cim.styles.checking.types import Json
from cim.styles.sld.notes import Notes

MOST_RULES = 400  # of one style layer


@dataclass(frozen=True)
class Values:
    """What one rule draws: a branch of each property, and where the layer stands."""

    chosen: Mapping[str, Branch]
    path: str
    notes: Notes

    @property
    def condition(self) -> Json:
        found: list[Json] = []
        for branch in self.chosen.values():
            if branch.condition is not None and branch.condition not in found:
                found.append(branch.condition)
        return joined(*found)

    @property
    def zooms(self) -> Zooms:
        zooms: Zooms = (None, None)
        for branch in self.chosen.values():
            zooms = narrowed(zooms, branch.zooms)
        return zooms

    def raw(self, name: str) -> Json:
        return self.chosen[name].value

    def number(self, name: str) -> float:
        """A number; where it is an expression, what holds without it, and a note."""
        value, spec = self.raw(name), _spec(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        self._note(name)
        return float(spec.get("default") or 0)

    def colour(self, name: str) -> tuple[str, float]:
        """A colour as `#rrggbb`, with its opacity."""
        value = self.raw(name)
        found = colours.read(value) if isinstance(value, str) else None
        if found is None:
            self._note(name)
            found = colours.read(str(_spec(name).get("default", "#000000")))
        assert found is not None
        return found.hex, found.opacity

    def _note(self, name: str) -> None:
        told = f"{name} depends on the data in a way that SLD 1.0 has not; the default is drawn"
        self.notes.add(f"{self.path}.{name}", told)


def rules_of(
    layer: Mapping[str, Json], known: tuple[str, ...], path: str, notes: Notes
) -> list[Values]:
    """The rules that a style layer becomes, by the properties that are known here."""
    given = {**layer.get("layout", {}), **layer.get("paint", {})}
    for name in given:
        if name not in known and name != "visibility" and not name.endswith("-transition"):
            notes.add(f"{path}.{name}", f"SLD 1.0 has no {name}; it is left out")
    apart = {name: branches.of(given.get(name, _default(name))) for name in known}
    for name, found in apart.items():
        if any(branch.approximate for branch in found):
            notes.add(f"{path}.{name}", f"what {name} is between two stops is drawn in steps")
    count = 1
    for name, found in apart.items():
        if count * len(found) > MOST_RULES:
            notes.add(f"{path}.{name}", f"more than {MOST_RULES} rules; its last value is drawn")
            apart[name] = [found[-1]._replace(condition=None, zooms=(None, None))]
        count *= len(apart[name])
    return list(_combined(apart, path, notes))


def _combined(apart: Mapping[str, list[Branch]], path: str, notes: Notes) -> Iterator[Values]:
    for chosen in product(*apart.values()):
        values = Values(dict(zip(apart, chosen, strict=True)), path, notes)
        low, high = values.zooms
        empty = low is not None and high is not None and low >= high
        if not empty and not _contradicts(chosen):
            yield values


def _contradicts(chosen: tuple[Branch, ...]) -> bool:
    """Whether two branches of one input have no label in common."""
    labelled = [branch for branch in chosen if branch.labels is not None]
    return any(
        one.input == other.input and not set(one.labels or ()) & set(other.labels or ())
        for at, one in enumerate(labelled)
        for other in labelled[at + 1 :]
    )


def _default(name: str) -> Json:
    value = _spec(name).get("default")
    return ["literal", value] if isinstance(value, list) else value


def _spec(name: str) -> Mapping[str, Json]:
    group = "symbol" if name.startswith(("text-", "icon-")) else name.partition("-")[0]
    for kind in ("paint", "layout"):
        found: Mapping[str, Json] | None = reference()[f"{kind}_{group}"].get(name)
        if found is not None:
            return found
    raise KeyError(name)
