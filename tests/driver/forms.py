"""Find a form in a page and what submitting it sends."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin


@dataclass
class Form:
    """One form of a page."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    # Button id -> the field it adds.
    buttons: dict[str, dict[str, str]] = field(default_factory=dict)
    # Button id -> its own address, when it overrides the form's.
    actions: dict[str, str] = field(default_factory=dict)

    def sent_by(self, button: str | None) -> dict[str, str]:
        """Return the fields that pressing a button sends."""
        return {**self.fields, **(self.buttons.get(button, {}) if button else {})}

    def target(self, button: str | None, page: str) -> str:
        """Return the address the form goes to."""
        return urljoin(page, self.actions.get(button or "", "") or self.action or page)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("method", "get").lower(), given.get("action", "")))
            self._inside = True
        elif self._inside and (tag == "button" or given.get("type") == "submit"):
            self._button(given)
        elif self._inside and tag == "input" and given.get("name"):
            self.forms[-1].fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "form"

    def _button(self, given: dict[str, str]) -> None:
        form, key = self.forms[-1], given.get("id", f"button{len(self.forms[-1].buttons)}")
        form.buttons[key] = {given["name"]: given.get("value", "")} if given.get("name") else {}
        if given.get("formaction"):
            form.actions[key] = given["formaction"]


def forms_of(page: str) -> list[Form]:
    """Return the forms of an HTML page."""
    reader = _Reader()
    reader.feed(page)
    return reader.forms


def form_with(page: str, button: str) -> Form:
    """Return the form that has the button with this id."""
    found = [form for form in forms_of(page) if button in form.buttons]
    assert found, f"no form with a button {button!r} in: {page[:2000]}"
    return found[0]
