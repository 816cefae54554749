"""Shapes of secrets: what opens something is known by them in logs, in messages and in exports."""

import re

BOT_TOKEN = re.compile(r"(?<![0-9])\d{5,20}:[A-Za-z0-9_-]{20,}")
# The ticket of a link's page, and the nonce of the way back from a consent page.
TICKET = re.compile(r"(?i)(?<=/link/)[A-Za-z0-9_-]{20,}")
NONCE = re.compile(r"(?<![A-Za-z0-9_-])l_[A-Za-z0-9_-]{30,}")
# User names and passwords in addresses.
USERINFO = re.compile(r"(?<=://)[^\s/@:]+:[^\s/@]+(?=@)")
# As ACGBT writes them, and no word of any language.
ACGBT_KEY = re.compile(r"(?<![0-9A-Za-z_])ak_[0-9A-Za-z]{12,}")
# What a login gives, such as Mika's.
LOGIN_TOKEN = re.compile(r"(?<![0-9A-Za-z_-])eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}")
SHAPES = (BOT_TOKEN, TICKET, NONCE, USERINFO, ACGBT_KEY, LOGIN_TOKEN)
