"""What each process is told by its environment. A process's model holds only what that process may know."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import UserError

PREFIX = "DEVOPS_AGENT_"


def _address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("must begin with https:// (or http:// on this machine)")
    return url.rstrip("/")


def _names(text: object) -> object:
    return tuple(filter(None, (each.strip() for each in text.split(",")))) if isinstance(text, str) else text


def _unless_empty(value: object) -> object:
    return None if value == "" else value


Address = Annotated[str, AfterValidator(_address)]
Secret = Annotated[SecretStr, Field(min_length=1)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)]


class Common(BaseSettings):
    """What all three processes know."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore")

    state_dir: Path = Field(
        Path(".state"), description="Folder for the SQLite ledger and repository mirrors."
    )
    ledger_url: str = Field("", description="Database URL; empty is SQLite in the state folder.")
    redis_url: SecretStr = Field(SecretStr("redis://127.0.0.1:6379/0"), description="Where RQ's queues are.")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @property
    def ledger(self) -> str:
        return self.ledger_url or f"sqlite:///{(self.state_dir / 'ledger.db').resolve()}"


class GitHubApp(BaseSettings):
    """Who we are on GitHub: no secret among it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore")

    github_app_id: int = Field(description="The App's id, a number, from its settings page.")
    github_app_slug: str = Field(description="The App's name in addresses, as in `@slug run`.")


class Published(BaseSettings):
    """Where people reach us."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore")

    public_url: Address = Field(
        "http://127.0.0.1:8080", description="Where people reach web: links to run pages begin with it."
    )


class WebhookSecret(BaseSettings):
    """What a signature is verified with."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore")

    github_webhook_secret: Secret = Field(description="The App's webhook secret.")


class SlackApp(BaseSettings):
    """Who we are on Slack: no secret among it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore")

    slack_client_id: str = Field(
        "", description="The Slack app's client id, for installing it in several workspaces; empty is none."
    )
    slack_api_url: Address = Field("https://slack.com/api", description="Slack's Web API.")

    @property
    def slack_api(self) -> str:
        """As slack_sdk wants it."""
        return f"{self.slack_api_url}/"


class WebSettings(Common, GitHubApp, Published, WebhookSecret, SlackApp):
    """The door: only the secrets that verify a signature, or that open Slack's line to us."""

    slack_signing_secret: Annotated[SecretStr | None, BeforeValidator(_unless_empty)] = Field(
        None, description="The Slack app's signing secret, for Slack over HTTP."
    )
    slack_app_token: Annotated[SecretStr | None, BeforeValidator(_unless_empty)] = Field(
        None, description="The Slack app's app-level token (`xapp-…`), for Slack without a public address."
    )

    host: str = Field("127.0.0.1", description="The address that web listens on.")
    port: int = Field(8080, description="The port that web listens on.")
    metrics_token: SecretStr | None = Field(
        None, description="Bearer token for GET /metrics; unset hides it."
    )


class ModelSettings(BaseSettings):
    """The model that turns prose into plans, and its key: the desk's alone."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore")

    model: str = Field(
        "",
        description="The model that prose is planned with, as `provider/model`: `openai/…`, `anthropic/…`, "
        "`ollama/…`; empty is none.",
    )
    model_api_key: Annotated[SecretStr | None, BeforeValidator(_unless_empty)] = Field(
        None, description="The key for the provider of that model. Other providers are not told it."
    )
    model_api_key_file: Annotated[Path | None, BeforeValidator(_unless_empty)] = Field(
        None, description="Or the file that holds it."
    )
    model_api_base: Annotated[Address | None, BeforeValidator(_unless_empty)] = Field(
        None,
        description="Where that provider is asked, if not at its usual address: any server that speaks as "
        "OpenAI's does, with `openai/…`.",
    )
    model_fallbacks: Names = Field(
        (), description="Models that are asked when the first one fails, in this order, with commas between."
    )
    model_fallback_api_key: Annotated[SecretStr | None, BeforeValidator(_unless_empty)] = Field(
        None, description="The key for the first fallback's provider, if it is another one than the model's."
    )
    model_fallback_api_base: Annotated[Address | None, BeforeValidator(_unless_empty)] = Field(
        None, description="Where the fallbacks are asked, if not at their usual address."
    )
    model_timeout_s: float = Field(
        120.0, ge=0.1, le=600, description="The longest that one question may take, with all fallbacks."
    )
    model_structured: Literal["auto", "always", "never"] = Field(
        "auto",
        description="Whether the model can be given a JSON schema for its answer: `always`, `never`, or "
        "`auto` for what is known of it.",
    )

    def model_key(self) -> SecretStr | None:
        if self.model_api_key is not None or self.model_api_key_file is None:
            return self.model_api_key
        try:
            return SecretStr(self.model_api_key_file.read_text().strip())
        except OSError as error:
            raise UserError(
                f"The model's key cannot be read from {self.model_api_key_file}: {error.strerror}. "
                f"Correct {PREFIX}MODEL_API_KEY_FILE."
            ) from error


class ServersChoice(BaseSettings):
    """Where the operator's own rules are."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore")

    server_file: Path | None = Field(
        None, description="YAML with defaults, ceilings and allowed repositories."
    )


class DeskSettings(Common, GitHubApp, Published, ModelSettings, ServersChoice, SlackApp):
    """The desk: the App's key and the model's, no webhook secret, no Docker."""

    github_private_key: SecretStr | None = Field(None, description="The App's private key (PEM).")
    github_private_key_file: Path | None = Field(None, description="Or the file that holds it.")
    github_client_id: str = Field(
        "", description="The App's client id, with which people show who they are; Slack needs it."
    )
    github_client_secret: Annotated[SecretStr | None, BeforeValidator(_unless_empty)] = Field(
        None, description="The App's client secret, for the same."
    )
    github_client_secret_file: Annotated[Path | None, BeforeValidator(_unless_empty)] = Field(
        None, description="Or the file that holds it."
    )
    github_api_url: Address = Field("https://api.github.com", description="GitHub's REST API.")
    github_url: Address = Field("https://github.com", description="Where repositories are fetched from.")
    secrets_dir: Annotated[Path | None, BeforeValidator(_unless_empty)] = Field(
        None, description="Folder with a file for each secret that steps may be given."
    )
    redelivery_interval_s: float = Field(
        60.0, ge=0, description="Time between two looks for deliveries that we missed; 0 is never."
    )
    verify_interval_s: float = Field(
        60.0, ge=0, description="Time between two comparisons of an open run with GitHub; 0 is never."
    )
    update_interval_s: float = Field(
        1.0, ge=0.2, description="Least time between two updates of one check run; it grows to 15 s."
    )
    github_writes_per_minute: int = Field(
        75,
        ge=5,
        description="Most writes a minute for one installation; the hour and reads follow from it. GitHub "
        "allows 80; raise it for a GitHub Enterprise Server without limits.",
    )

    slack_bot_token: Annotated[SecretStr | None, BeforeValidator(_unless_empty)] = Field(
        None, description="The bot token (`xoxb-…`) of one Slack workspace."
    )
    slack_client_secret: Annotated[SecretStr | None, BeforeValidator(_unless_empty)] = Field(
        None, description="The Slack app's client secret, for installing it in several workspaces."
    )
    slack_token_key: Annotated[SecretStr | None, BeforeValidator(_unless_empty)] = Field(
        None, description="The key that workspaces' tokens are sealed with in the ledger: 32 bytes in base64."
    )
    slack_waiting_minutes: float = Field(
        30.0, ge=0, description="How long a run waits for approval before its requester is told; 0 is never."
    )
    slack_update_interval_s: float = Field(
        3.0, ge=0.1, description="Least time between two changes of one Slack message; it grows to 15 s."
    )
    slack_post_gap_s: float = Field(
        1.0, ge=0.01, description="Least time between two posts in one Slack channel."
    )
    slack_updates_per_minute: int = Field(
        46, ge=1, description="Most changes of Slack messages a minute in one workspace; Slack allows 50."
    )

    def private_key(self) -> str:
        if self.github_private_key is not None:
            return self.github_private_key.get_secret_value().replace("\\n", "\n")
        if self.github_private_key_file is not None:
            try:
                return self.github_private_key_file.read_text()
            except OSError as error:
                raise UserError(
                    f"The App's private key cannot be read from {self.github_private_key_file}: "
                    f"{error.strerror}. Correct {PREFIX}GITHUB_PRIVATE_KEY_FILE."
                ) from error
        raise UserError(
            f"The desk needs the App's private key: set {PREFIX}GITHUB_PRIVATE_KEY_FILE to the .pem file."
        )

    def client_secret(self) -> SecretStr | None:
        if self.github_client_secret is not None or self.github_client_secret_file is None:
            return self.github_client_secret
        try:
            return SecretStr(self.github_client_secret_file.read_text().strip())
        except OSError as error:
            raise UserError(
                f"The App's client secret cannot be read from {self.github_client_secret_file}: "
                f"{error.strerror}. Correct {PREFIX}GITHUB_CLIENT_SECRET_FILE."
            ) from error


class HandsSettings(Common):
    """The hands: Docker, and nothing worth stealing."""

    sandbox_image: str = Field("devops-agent/sandbox:latest", description="The image that steps run in.")
    sandbox_runtime: str = Field(
        "", description="The engine's runtime for boxes, such as `runsc`; empty is the engine's own."
    )
    egress_image: str = Field(
        "devops-agent/egress:latest", description="The image of the proxy through which boxes reach hosts."
    )
    egress_network: str = Field(
        "bridge", description="The network of the engine that this proxy is on, to reach them by."
    )
    box_addresses: IPv4Network = Field(
        IPv4Network("10.213.0.0/16"),
        description="Addresses for the boxes' own networks, 256 each; nothing else here may have them.",
    )
    hands_workers: int = Field(2, ge=1, le=64, description="Runs at once on this machine.")
    warm_boxes: int = Field(
        2, ge=0, le=256, description="Boxes that wait, started and empty, for the next run on this machine."
    )
    hands_grace_s: float = Field(
        20.0, ge=0, description="Seconds that runs may go on when hands are stopped."
    )
    git_allow_loopback: bool = Field(
        False, description="Let git fetch by http from this machine: playground only."
    )


S = TypeVar("S", bound=BaseSettings)


def load(model: type[S]) -> S:
    """Read the environment. UserError names each variable that is missing or wrong, never its value."""
    try:
        return model()
    except ValidationError as error:
        raise UserError(
            "\n".join(
                f"{PREFIX}{'_'.join(map(str, problem['loc'])).upper()}: {_plain(problem['msg'])}"
                f"{_meaning(model, problem['loc'])}"
                for problem in error.errors(include_input=False, include_url=False)
            )
        ) from None


def _plain(message: str) -> str:
    return {"Field required": "is not set."}.get(message, message.removeprefix("Value error, ") + ".")


def _meaning(model: type[BaseSettings], where: tuple[int | str, ...]) -> str:
    field = model.model_fields.get(str(where[0])) if where else None
    return f" {field.description}" if field is not None and field.description else ""
