"""What a user brings to services without OAuth: a key with its secret, or a token that ends."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Be a key and its secret; a signed call proves the secret without sending it."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    signed: bool = True


@dataclass(frozen=True, slots=True)
class Bearer:
    """Be a token from a login."""

    token: str = field(repr=False)


Credential = ApiKey | Bearer
