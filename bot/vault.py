"""Secrets that steps may be given: files of a folder that only the desk reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.errors import UserError
from bot.secrets.known import LEAST

MOST_BYTES = 64 * 1024


@dataclass(frozen=True)
class Vault:
    """`folder` is None where there is none. Names are checked before they come here."""

    folder: Path | None = None

    def value(self, name: str) -> str:
        """What the file of that name holds, without the line end. UserError says what the operator can do."""
        if self.folder is None:
            raise UserError(f"The secret `{name}` cannot be read: DEVOPS_AGENT_SECRETS_DIR is not set.")
        try:
            content = (self.folder / name).read_bytes()
            value = content.decode().rstrip("\r\n")
        except OSError as error:
            raise UserError(
                f"The secret `{name}` cannot be read: {error.strerror}. Put it into a file of that name in "
                "DEVOPS_AGENT_SECRETS_DIR."
            ) from None
        except UnicodeDecodeError:
            raise UserError(
                f"The secret `{name}` is no UTF-8 text, so it could not be kept out of logs."
            ) from None
        if len(content) > MOST_BYTES:
            raise UserError(f"The secret `{name}` is too long: at most {MOST_BYTES // 1024} KiB are allowed.")
        if not any(len(line.strip()) >= LEAST for line in value.splitlines()):
            raise UserError(
                f"The secret `{name}` is too short to be kept out of logs: it needs {LEAST} characters."
            )
        return value
