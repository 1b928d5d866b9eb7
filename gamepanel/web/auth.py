"""
Logging in and out.
"""

from typing import Literal

from attrs import frozen

import gamepanel
from gamepanel.accounts import passwords, proof
from gamepanel.accounts.tokens import loginTokenSeconds
from gamepanel.accounts.users import Users, proofAmount, proofDifficulty
from gamepanel.errors import AuthMode
from gamepanel.web.endpoint import Call, endpoint, newApp
from gamepanel.web.messages import (
    Config,
    Done,
    Empty,
    LoggedIn,
    Login,
    LoginInfo,
    PasswordPolicy,
    ProofOfWork,
)

policy = PasswordPolicy(
    minLength=passwords.minLength,
    maxLength=passwords.maxLength,
    description=(
        f"At least {passwords.minLength} characters. Any will do, so a sentence is fine; "
        "not one that everybody uses, nor your user name."
    ),
)


@frozen
class AuthEndpoints:
    """
    Section 2 of the contract.

    @ivar mode: how people authenticate.
    @ivar authority: the users; None where nobody has to log in.
    @ivar authUrl: where a person gets a token from elsewhere.
    @ivar urls: alternate base URLs of this service.
    """

    app = newApp()

    mode: Literal["noauth", "password", "url"]
    authority: Users | None
    authUrl: str | None = None
    urls: tuple[str, ...] = ()

    @endpoint(app, "config", Empty, get=True, post=False, open=True)
    def config(self, call: Call[Empty]) -> Config:
        """How to talk to this daemon."""
        return Config(
            auth=self.mode,
            authUrl=self.authUrl,
            urls=self.urls,
            apiVersion=1,
            software=f"gamepanel/{gamepanel.__version__}",
            features=("log-stream",),
        )

    def _users(self) -> Users:
        if self.mode != "password" or self.authority is None:
            raise AuthMode()
        return self.authority

    @endpoint(app, "login_info", Empty, get=True, open=True)
    def loginInfo(self, call: Call[Empty]) -> LoginInfo:
        """What a login needs."""
        return LoginInfo(
            passwordPolicy=policy,
            token=self._users().loginToken(),
            proofOfWork=ProofOfWork(
                algorithm=proof.algorithm, amount=proofAmount, difficulty=proofDifficulty
            ),
            expires=loginTokenSeconds,
        )

    @endpoint(app, "login", Login, open=True, maxBody=8 * 1024)
    async def login(self, call: Call[Login]) -> LoggedIn:
        """Get an access token for user name, password and proof of work."""
        message = call.message
        token, expires = await self._users().login(
            message.username, message.password, message.token, message.proofOfWork
        )
        return LoggedIn(accessToken=token, expires=round(expires), username=message.username)

    @endpoint(app, "logout", Empty)
    async def logout(self, call: Call[Empty]) -> Done:
        """End the token that was sent."""
        users = self._users()
        assert call.session is not None
        await users.logout(call.session)
        return Done()
