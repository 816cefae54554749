"""The tree of categories, and its upkeep by whoever may (section 分类接口)."""

from typing import Annotated

from clients.credentials import Credential
from clients.encoding import given
from clients.mika import models
from clients.mika.calls import Calls
from clients.models import OrEmpty

_Tree = Annotated[tuple[models.Category, ...], OrEmpty]


class Categories(Calls):
    """Calls about categories; all but the reading need an administrator's rights (else Forbidden)."""

    async def categories(self, who: Credential | None = None) -> tuple[models.Category, ...]:
        """Ask for the tree: the categories at the top, each with those below it."""
        return await self._get(_Tree, "categories", "/categories", who)

    async def create_category(self, who: Credential, name: str, parent_id: int = 0, sort: int = 0) -> None:
        """Add a category below another, or at the top (0); never repeated."""
        body = {"name": name, "parent_id": parent_id, "sort": sort}
        await self._call("create_category", "POST", "/admin/categories", who, json=body)

    async def update_category(
        self, who: Credential, category_id: int, name: str | None = None, sort: int | None = None
    ) -> None:
        """Rename a category or move it among its neighbours."""
        body = {**dict(given(name=name)), **({} if sort is None else {"sort": sort})}
        path = f"/admin/categories/{category_id:d}"
        await self._call("update_category", "PUT", path, who, json=body, repeat=True)

    async def delete_category(self, who: Credential, category_id: int) -> None:
        """Delete a category; never repeated."""
        await self._call("delete_category", "DELETE", f"/admin/categories/{category_id:d}", who)
