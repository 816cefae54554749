"""The words people see, by language, for tests that go the same way in both."""

from dataclasses import dataclass

from handlers.texts import Texts

TEXTS = Texts.load()


@dataclass(frozen=True)
class Words:
    """Labels and sentences of one language, as a person would look for them."""

    language: str

    def __call__(self, key: str, **values: object) -> str:
        label = TEXTS.speaker(self.language).label(key, **values)
        return label.replace("<b>", "").replace("</b>", "").replace("<code>", "").replace("</code>", "")

    def starts(self, key: str) -> str:
        """The words of a sentence before its first value."""
        entry = TEXTS.speaker(self.language)._entries[key]
        form = entry if isinstance(entry, str) else entry[-1]
        return form.split("{")[0].replace("<b>", "").replace("</b>", "").rstrip(" ·")
