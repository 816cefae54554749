"""What may be spent without asking, chosen on the card of /settings as people do it."""

from tests.driver import Person
from tests.e2e.words import Words


async def allowed(person: Person, say: Words, points: int, budget: int | None = None) -> None:
    """Let everything up to so many points be unlocked at once, and so many points a day at most."""
    await person.send("/settings")
    card = await person.until(say.starts("settings.title"))
    await person.press(card, say("settings.button.limit"))
    card = await person.until(lambda message: message.find(say("settings.button.all")) is not None)
    await person.press(card, say("settings.limit.points", points=points))
    card = await person.until(
        lambda m: m.find(f"✓ {say('settings.limit.points', points=points)}") is not None
    )
    if budget is not None:
        await person.press(card, say("settings.limit.budget_button"))
        await person.until(say("settings.limit.budget_ask"))
        await person.send(str(budget))
        await person.until(
            lambda m: f" {budget} " in m.text and m.find(say("settings.button.all")) is not None
        )
