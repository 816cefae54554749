"""Statistics and settings (统计接口, 设置接口); all need an administrator's rights, else Forbidden."""

from collections.abc import Mapping
from datetime import date

from clients.credentials import Credential
from clients.encoding import given
from clients.mika import models
from clients.mika.calls import Calls

_STATISTICS = "/admin/statistics"
_SETTINGS = "/admin/settings"


class Site(Calls):
    """Calls about the site as a whole."""

    async def overview(self, who: Credential) -> models.Overview:
        """Ask for the totals and for today."""
        return await self._get(models.Overview, "overview", f"{_STATISTICS}/overview", who)

    async def video_statistics(self, who: Credential, start: date, end: date) -> models.VideoStatistics:
        """Ask for the videos and views of each day, both ends included."""
        data = await self._range("video_statistics", "videos", who, start, end)
        return self._as(models.VideoStatistics, data, "video_statistics")

    async def user_statistics(self, who: Credential, start: date, end: date) -> models.UserStatistics:
        """Ask for the new and the active users of each day, both ends included."""
        data = await self._range("user_statistics", "users", who, start, end)
        return self._as(models.UserStatistics, data, "user_statistics")

    async def settings(self, who: Credential) -> models.Settings:
        """Ask for the site's settings, by name."""
        return await self._get(dict, "settings", _SETTINGS, who)

    async def update_settings(self, who: Credential, changes: Mapping[str, object]) -> None:
        """Change some settings, each to the value given."""
        await self._call("update_settings", "PUT", _SETTINGS, who, json=dict(changes), repeat=True)

    async def _range(self, operation: str, kind: str, who: Credential, start: date, end: date) -> object:
        params = given(start_date=start.isoformat(), end_date=end.isoformat())
        data = await self._call(operation, "GET", f"{_STATISTICS}/{kind}", who, params=params)
        # The rows alone are read as well.
        return {"list": data} if isinstance(data, list) else data or {}
