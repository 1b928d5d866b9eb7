"""
Logging in and out.
"""

from msgspec import Struct, field

import gamepanel
from gamepanel.accounts import policy
from gamepanel.accounts.logins import proofAmount
from gamepanel.accounts.tokens import loginTokenSeconds
from gamepanel.operations.sessions import Sessions
from gamepanel.operations.transfers import defaultMaxUpload
from gamepanel.web.api.endpoint import Access, Call, serves
from gamepanel.wire import proof
from gamepanel.wire.authentication import (
    Config,
    LoggedIn,
    Login,
    LoginInfo,
    PasswordPolicy,
    ProofOfWork,
)
from gamepanel.wire.endpoints import apiVersion
from gamepanel.wire.message import Done, Empty

passwordPolicy = PasswordPolicy(
    minLength=policy.minLength, maxLength=policy.maxLength, description=policy.description
)


class About(Struct, frozen=True):
    """
    What C{config} tells of this daemon, beside how people authenticate.

    @ivar authUrl: where a person gets a token from elsewhere.
    @ivar urls: alternate base URLs of this service.
    @ivar instance: tells this daemon from others, see L{gamepanel.state}.
    @ivar features: what this host can do for games.
    @ivar maxUpload: size limit of a file that is uploaded, in bytes.
    """

    authUrl: str | None = None
    urls: tuple[str, ...] = ()
    instance: str = ""
    features: tuple[str, ...] = ()
    maxUpload: int = defaultMaxUpload


class AuthEndpoints(Struct, frozen=True):
    """
    Section 2 of the contract.
    """

    access: Access
    sessions: Sessions
    about: About = field(default_factory=About)

    @serves("config")
    def config(self, call: Call[Empty]) -> Config:
        return Config(
            auth=self.access.accounts.mode,
            authUrl=self.about.authUrl,
            urls=self.about.urls,
            apiVersion=apiVersion,
            software=f"gamepanel/{gamepanel.__version__}",
            features=("log-stream", "files", "backups", "schedules", *self.about.features),
            instance=self.about.instance,
            maxUpload=self.about.maxUpload,
        )

    @serves("login_info")
    def loginInfo(self, call: Call[Empty]) -> LoginInfo:
        token, difficulty = self.access.accounts.ticket(call.source)
        return LoginInfo(
            passwordPolicy=passwordPolicy,
            token=token,
            proofOfWork=ProofOfWork(
                algorithm=proof.algorithm, amount=proofAmount, difficulty=difficulty
            ),
            expires=loginTokenSeconds,
        )

    @serves("login")
    async def login(self, call: Call[Login]) -> LoggedIn:
        token, expires = await self.sessions.login(call.message, call.address, call.source)
        username = call.message.username
        return LoggedIn(accessToken=token, expires=round(expires), username=username)

    @serves("logout")
    async def logout(self, call: Call[Empty]) -> Done:
        await self.sessions.logout(call.actor, call.session)
        return Done()
