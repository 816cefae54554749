"""Disk.Top: OAuth, user, files, uploads and shares (拓扑云盘 Open Platform Docs)."""

from clients.disktop.files import Files
from clients.disktop.grants import Grants
from clients.disktop.shares import Shares
from clients.disktop.uploads import Uploads
from clients.disktop.users import Users


class DiskTop(Grants, Users, Files, Uploads, Shares):
    """All calls of one application, by subject in the modules beside this one.

    `token` is the access token of the user a call is made for. Paths start at the root that the token's
    scopes give: the application's own folder with `files.app_data`, the whole drive with `files.*_all`.
    """
