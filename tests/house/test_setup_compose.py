"""Rules of the compose file: who is told what, who reaches whom, and that nothing is undocumented."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import PREFIX, Common, DeskSettings, HandsSettings, WebSettings

ROOT = Path(__file__).parents[2]
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ENV_EXAMPLE = (ROOT / ".env.example").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
IMAGE_SCRIPT = (ROOT / "scripts/image").read_text()

MODELS: dict[str, type[Common]] = {"web": WebSettings, "desk": DeskSettings, "hands": HandsSettings}


def told(service: str) -> set[str]:
    return {name.removeprefix(PREFIX).lower() for name in SERVICES[service]["environment"]}


@pytest.mark.parametrize("service", MODELS)
def test_a_process_is_told_only_what_it_reads(service: str) -> None:
    """Every variable that the compose file gives a process is a setting of that process."""
    assert told(service) <= set(MODELS[service].model_fields)


@pytest.mark.parametrize(
    ("service", "secret"),
    [
        ("desk", "github_webhook_secret"),
        ("hands", "github_webhook_secret"),
        ("web", "github_private_key"),
        ("hands", "github_private_key"),
        ("web", "github_client_secret"),
        ("hands", "github_client_secret"),
        ("desk", "slack_signing_secret"),
        ("desk", "slack_app_token"),
        ("web", "slack_bot_token"),
        ("web", "slack_client_secret"),
        ("web", "slack_token_key"),
        ("hands", "slack_signing_secret"),
        ("hands", "slack_bot_token"),
        ("hands", "slack_token_key"),
        ("web", "model_api_key"),
        ("hands", "model_api_key"),
    ],
)
def test_a_secret_stays_with_the_one_who_needs_it(service: str, secret: str) -> None:
    """web alone has what verifies signatures, desk alone has keys and tokens to act with, hands none."""
    assert secret not in told(service)


@pytest.mark.parametrize("service", ["web", "desk", "redis", "postgres"])
def test_only_hands_have_the_engine(service: str) -> None:
    """The socket of the Docker engine is root on the host, so one container alone is given it."""
    assert "docker.sock" not in str(SERVICES[service])


@pytest.mark.parametrize("store", ["redis", "postgres"])
def test_a_store_is_reachable_by_ours_only(store: str) -> None:
    """Redis and Postgres publish no port and sit on a network that leads nowhere else."""
    assert "ports" not in SERVICES[store]
    assert SERVICES[store]["networks"] == ["stores"]
    assert COMPOSE["networks"]["stores"] == {"internal": True}


@pytest.mark.parametrize("service", SERVICES)
def test_every_container_is_locked_down(service: str) -> None:
    """Each has a read-only root, no capabilities, no new privileges, and says whether it is well."""
    container = SERVICES[service]

    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert service == "web" or "healthcheck" in container  # web's is in the image


@pytest.mark.parametrize("service", MODELS)
def test_ours_wait_for_healthy_stores(service: str) -> None:
    """A process starts when both stores answer, not merely when their containers exist."""
    assert SERVICES[service]["depends_on"] == {
        "postgres": {"condition": "service_healthy"},
        "redis": {"condition": "service_healthy"},
    }


def test_the_example_documents_what_compose_reads_and_nothing_else() -> None:
    """`.env.example` has a line for each variable of the compose file, and none that nobody reads."""
    read = set(re.findall(r"\$\{(\w+)", COMPOSE_TEXT))
    documented = set(re.findall(r"^(\w+)=", ENV_EXAMPLE, flags=re.MULTILINE))

    assert documented == read


def test_the_base_images_are_those_that_make_image_builds() -> None:
    """Each `FROM` and each store's `image:` is a name that `scripts/image` pulls or builds."""
    wanted = set(re.findall(r"^FROM (\S+)", DOCKERFILE, flags=re.MULTILINE))
    wanted |= {SERVICES["redis"]["image"], SERVICES["postgres"]["image"]}

    assert wanted == set(re.findall(r"^  base_image (\S+)", IMAGE_SCRIPT, flags=re.MULTILINE))


def test_the_image_listens_where_its_health_is_asked() -> None:
    """The Dockerfile sets settings that exist, and the published port is the one it listens on."""
    names = re.findall(rf"{PREFIX}(\w+)=", DOCKERFILE)

    assert {name.lower() for name in names} <= set(Common.model_fields) | set(WebSettings.model_fields)
    assert re.findall(rf"{PREFIX}PORT=(\d+)", DOCKERFILE) == re.findall(r"^EXPOSE (\d+)", DOCKERFILE, re.M)
    assert SERVICES["web"]["ports"][0].endswith(":8080")
