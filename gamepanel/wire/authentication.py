"""
Logging in and out: what a client sends and what it is told.
"""

from typing import Annotated, ClassVar

from msgspec import Meta

from gamepanel.wire.message import Answer, Bytes, Index, Message, Seconds, Text, Username
from gamepanel.wire.values import AuthMethod, extensible


class Config(Answer, frozen=True):
    """
    How to talk to this daemon.

    @ivar urls: alternate base URLs of the same service, best first.
    @ivar auth: how people authenticate: not at all, with a password, with a token from elsewhere.
    @ivar authUrl: where a person gets a token, when C{auth} is C{url}.
    @ivar apiVersion: grows when something is changed, not when something is added.
    @ivar software: name and version of the daemon.
    @ivar features: what this daemon can do beyond the first version.
    @ivar instance: random, made with the state directory: the same under all addresses of
        this daemon. Empty when a daemon is too old to have one.
    @ivar maxUpload: size limit of a file that is uploaded, in bytes; 0 when a daemon takes none.
    """

    auth: Annotated[str, extensible(AuthMethod)]
    authUrl: str | None
    urls: tuple[str, ...]
    apiVersion: int
    software: str
    features: tuple[str, ...]
    instance: str = ""
    maxUpload: Bytes = 0


class PasswordPolicy(Answer, frozen=True):
    """
    What a new password must be like; lengths in characters.

    @ivar minLength: in characters.
    @ivar maxLength: in characters.
    """

    minLength: Annotated[int, Meta(ge=0)]
    maxLength: Annotated[int, Meta(ge=0)]
    description: Text


class ProofOfWork(Answer, frozen=True):
    """
    The work that a login costs; see L{gamepanel.wire.proof}.

    @ivar algorithm: always C{sha256-lz-1}.
    @ivar amount: how many proofs are wanted.
    @ivar difficulty: of each proof, in leading zero bits.
    """

    algorithm: str
    amount: Annotated[int, Meta(ge=0, le=64)]
    difficulty: Annotated[int, Meta(ge=0, le=256)]


class LoginInfo(Answer, frozen=True):
    """
    What a login needs.

    @ivar token: for one login.
    @ivar expires: the token, in so many seconds.
    @ivar passwordPolicy: what a new password must be like.
    @ivar proofOfWork: the work that the login costs.
    """

    holdsSecret: ClassVar[bool] = True

    passwordPolicy: PasswordPolicy
    token: str
    proofOfWork: ProofOfWork
    expires: Seconds


class Login(Message, frozen=True):
    """
    @ivar token: from C{login_info}.
    @ivar proofOfWork: exactly as many proofs as it asked for.
    @ivar username: as it was given to the daemon.
    @ivar password: of this user.
    """

    username: Annotated[str, Meta(min_length=1, max_length=64)]
    password: Annotated[str, Meta(min_length=1, max_length=1024)]
    token: Annotated[str, Meta(min_length=1, max_length=128)]
    proofOfWork: Annotated[list[Index], Meta(max_length=64)]


class LoggedIn(Answer, frozen=True):
    """
    A session has begun.

    @ivar expires: the token, after so many seconds without use.
    @ivar accessToken: for all other endpoints.
    """

    holdsSecret: ClassVar[bool] = True

    accessToken: str
    expires: Seconds
    username: Username
