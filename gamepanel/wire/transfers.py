"""
Files that are sent and fetched: what says which, beside their bytes.
"""

from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, UnsetType

from gamepanel.wire.files import Path, Revision
from gamepanel.wire.message import Answer, Bytes, Index, Message, Seconds, ServerId
from gamepanel.wire.values import uploadPattern

TicketText = Annotated[str, Meta(description="From `download_ticket`.", max_length=128)]

UploadId = Annotated[
    str, Meta(pattern=uploadPattern, description="32 hex digits that the client has made.")
]


class DownloadFile(Message, frozen=True):
    """
    @ivar server: which one.
    @ivar path: of a plain file.
    @ivar ticket: in the place of a token.
    """

    server: ServerId | None = None
    path: Path | None = None
    ticket: TicketText | None = None


class AskTicket(Message, frozen=True):
    """
    @ivar server: with C{path}: which one.
    @ivar path: of a plain file.
    @ivar job: in their place: the C{file_pack} without C{to} whose archive is wanted.
    @ivar backup: or the backup whose archive is wanted.
    """

    server: ServerId | None = None
    path: Path | None = None
    job: Index | None = None
    backup: Index | None = None


class Ticket(Answer, frozen=True):
    """
    What is good for one download.

    @ivar ticket: to be sent as C{ticket} of C{file_download}.
    @ivar expires: in so many seconds.
    """

    holdsSecret: ClassVar[bool] = True

    ticket: str
    expires: Seconds


class UploadFile(Message, frozen=True):
    """
    @ivar path: where the file is to be.
    @ivar revision: what must be there now: empty for nothing; whatever is there is replaced
        without it.
    @ivar upload: in pieces: which upload this is a piece of.
    @ivar offset: in pieces: number of bytes that have come before.
    @ivar size: in pieces: of the whole file, in bytes.
    """

    server: ServerId
    path: Path
    revision: Revision | None = None
    upload: UploadId | None = None
    offset: Bytes | None = None
    size: Bytes | None = None


class AskUpload(Message, frozen=True):
    """
    @ivar upload: which one.
    """

    server: ServerId
    upload: UploadId


class UploadOffset(Answer, frozen=True):
    """
    How far an upload in pieces is.

    @ivar offset: number of bytes that have come.
    @ivar revision: of the file, if that was all; told for an hour.
    """

    offset: Bytes
    revision: Revision | UnsetType = UNSET
