"""Mika, a video site with a transcoder; sections named here are those of its document API 接口."""

from clients.mika.accounts import Accounts
from clients.mika.categories import Categories
from clients.mika.site import Site
from clients.mika.transcode import Transcode
from clients.mika.uploads import Uploads
from clients.mika.videos import Videos


class Mika(Accounts, Videos, Uploads, Categories, Transcode, Site):
    """All calls, by subject in the modules beside this one.

    `who` is the token or the key of the user a call is made for. Moments are epoch seconds, read as
    Beijing's clock where the site names no zone. Admin calls are Forbidden to whoever lacks the rights.
    """
