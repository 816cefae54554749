"""The shapes a pool snapshot comes in (the document names only `totals`)."""

from collections.abc import Mapping
from typing import Any


def pool_of(answer: Mapping[str, Any]) -> dict[str, object]:
    """Read providers from an object by name or a list of objects, under `providers` or `pools`."""
    found = answer.get("providers", answer.get("pools", answer.get("pool")))
    if isinstance(found, Mapping):
        entries: object = [pool_entry(str(name), entry) for name, entry in found.items()]
    elif isinstance(found, list):
        entries = [pool_entry("", entry) for entry in found]
    else:
        entries = found
    return {"providers": entries, "totals": answer.get("totals")}


def pool_entry(name: str, entry: object) -> dict[str, object]:
    """Read one provider's numbers; its own name wins over the key it stands under."""
    details = entry if isinstance(entry, Mapping) else {"value": entry}
    own = details.get("provider") or details.get("name") or name
    return {"provider": own, "details": details}
