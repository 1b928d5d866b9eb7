"""The API as it describes itself: complete, true, and not to be broken."""

import copy
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
from jsonschema import Draft202012Validator
from msgspec import UNSET
from msgspec.structs import fields as fieldsOf
from openapi_spec_validator import validate
from twisted.trial.unittest import SynchronousTestCase

import gamepanel
from docs import calls
from docs.contract import breaking, current, released
from docs.endpoints import codesOf
from docs.examples import examples, further
from docs.openapi import statusesOf
from gamepanel.client.exchange import decoded, refusals
from gamepanel.web.api.system import description
from gamepanel.wire.codes import codes
from gamepanel.wire.endpoints import endpoints
from gamepanel.wire.proof import solve
from gamepanel.wire.properties import Property
from gamepanel.wire.schedules import StepInfo, WhenInfo
from tests.support import Client, Daemon, Refused, patience

seed: Final = os.environ.get("GAMEPANEL_SEED", "1")
"""What schemathesis makes up follows from it: the same each time, unless another is asked for."""


def closed(part: Any) -> Any:
    """A part of a document whose words are all that there can be, as they are of this daemon."""
    if isinstance(part, dict):
        named = {"x-extensible-enum": "enum"}
        return {named.get(key, key): closed(each) for key, each in part.items()}
    return [closed(each) for each in part] if isinstance(part, list) else part


def check(document: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    """See that a value fits a schema of a document, and has no word that is not told there."""
    whole = closed({**schema, "components": document["components"]})
    Draft202012Validator(whole).validate(value)


def parts(part: Any) -> Iterator[dict[str, Any]]:
    """All objects in a part of a document."""
    if isinstance(part, dict):
        yield part
    for each in part.values() if isinstance(part, dict) else part:
        if isinstance(each, dict | list):
            yield from parts(each)


def novel(document: dict[str, Any], schema: dict[str, Any], value: Any) -> tuple[Any, int]:
    """
    A value in which each text that may have a new word has one, and how many there are.
    """
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return novel(document, document["components"]["schemas"][name], value)
    if "anyOf" in schema:
        found = [novel(document, each, value) for each in schema["anyOf"]]
        return max(found, key=lambda each: each[1])
    if "x-extensible-enum" in schema and isinstance(value, str):
        return "dozing", 1
    if isinstance(value, list):
        made = [novel(document, schema.get("items", {}), each) for each in value]
        return [each for each, _ in made], sum(n for _, n in made)
    if isinstance(value, dict):
        others = schema.get("additionalProperties", {})
        inner = schema.get("properties", {})
        others = others if isinstance(others, dict) else {}
        fields = {k: novel(document, inner.get(k, others), each) for k, each in value.items()}
        return {k: each for k, (each, _) in fields.items()}, sum(n for _, n in fields.values())
    return value, 0


def answerSchema(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The schema of what an endpoint answers."""
    [operation, *_] = document["paths"][f"/{name}"].values()
    schema: dict[str, Any] = operation["responses"]["200"]["content"]["application/json"]["schema"]
    return schema


def shown(content: dict[str, Any]) -> list[Any]:
    """The examples of a request or an answer."""
    if "example" in content:
        return [content["example"]]
    return [each["value"] for each in content["examples"].values()]


def alike(example: Any, real: Any, where: str = "") -> Iterator[str]:
    """In what an example is not like what was really answered."""
    if isinstance(example, dict) and isinstance(real, dict):
        # A job that runs has a cause, one that is done has none.
        if example.keys() - {"cause"} != real.keys() - {"cause"}:
            yield f"{where}: {sorted(example)} is not {sorted(real)}"
        isProperty = "readonly" in example
        for key in example.keys() & real.keys():
            if isProperty and key != "value" and example[key] != real[key]:
                yield f"{where}/{key}: {example[key]!r} is not {real[key]!r}"
            yield from alike(example[key], real[key], f"{where}/{key}")
    elif isinstance(example, list) and isinstance(real, list):
        if example and real:
            yield from alike(example[0], real[0], f"{where}/0")
    elif isinstance(example, str) != isinstance(real, str) and None not in (example, real):
        yield f"{where}: {example!r} is not like {real!r}"


class DocumentTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.document = current()

    def test_valid(self) -> None:
        """It is OpenAPI 3.1."""
        validate(self.document)

    def test_complete(self) -> None:
        """Every endpoint, every field with a description, every error by its status is there."""
        self.assertEqual(set(self.document["paths"]), {f"/{name}" for name in endpoints})
        for name, schema in self.document["components"]["schemas"].items():
            self.assertTrue(schema["description"], name)
            for field, about in schema.get("properties", {}).items():
                self.assertTrue(about.get("description"), f"{name}.{field}")
                self.assertNotIn("{", about["description"].replace("{}", ""), f"{name}.{field}")
        told: dict[str, set[int]] = {}
        for item in self.document["paths"].values():
            for operation in item.values():
                self.assertTrue(operation["summary"].endswith("."))
                for status, answer in operation["responses"].items():
                    for code in codesOf(answer):
                        told.setdefault(code, set()).add(int(status))
        # These are answered where there is no endpoint.
        nowhere = {"not_found", "method_not_allowed"}
        self.assertEqual(
            told,
            {
                code: set(map(int, statusesOf(refusals[code])))
                for code in codes
                if code not in nowhere
            },
        )

    def answered(self) -> dict[str, Any]:
        """The schemas that answers are made of."""
        schemas, found = self.document["components"]["schemas"], {}
        operations = [each for item in self.document["paths"].values() for each in item.values()]
        waiting = [each["responses"] for each in operations]
        while waiting:
            for part in parts(waiting.pop()):
                name = part.get("$ref", "").rpartition("/")[2]
                if name and name not in found:
                    found[name] = schemas[name]
                    waiting.append(schemas[name])
        return found

    def test_generated(self) -> None:
        """Numbers have their size, and each operation a schema for whatever else is refused."""
        for part in parts(self.document):
            kinds = {"integer": "int64", "number": "double"}
            if part.get("type") in ("integer", "number") and "example" not in part:
                self.assertEqual(part.get("format"), kinds[part["type"]], part)
            if (
                part.get("type") == "object"
                and "properties" not in part
                and part != {"type": "object"}
            ):
                self.assertIn("additionalProperties", part)
        for item in self.document["paths"].values():
            for operation in item.values():
                self.assertIn("default", operation["responses"])
                self.assertNotIn("accessToken", json.dumps(operation.get("requestBody", {})))
        self.assertEqual(self.document["info"]["version"], "1")

    def test_answers(self) -> None:
        """
        An answer is open: no words are all that there can be, no default stands for what is not
        sent, and only few fields are not always there.
        """
        optional = {}
        for name, schema in self.answered().items():
            for part in parts(schema):
                self.assertEqual({"enum", "const", "default"} & part.keys(), set(), name)
            self.assertNotIn("A request", schema["description"], name)
            if missing := schema.get("properties", {}).keys() - set(schema.get("required", ())):
                optional[name] = missing
        properties = {f.name for f in fieldsOf(Property) if f.default is UNSET}
        self.assertEqual(
            optional,
            {
                "ExitInfo": {"cause"},
                "FieldProblem": {"cause"},
                "JobBegun": {"reset"},
                "JobInfo": {"cause"},
                "LogChunk": {"times"},
                "ProblemDetails": {"cause", "errors", "job", "requestId"},
                "Restarts": {"cause"},
                "Property": properties,
                # Each is of one kind.
                "StepInfo": {f.name for f in fieldsOf(StepInfo) if f.name != "always"},
                "WhenInfo": {f.name for f in fieldsOf(WhenInfo)},
                "TypeOptions": {"homepage"},
                "Types": {"problems"},
                "UploadOffset": {"revision"},
            },
        )

    def test_newWords(self) -> None:
        """Our client takes a new word wherever an answer has one, and has it as it came."""
        seen = 0
        for endpoint in endpoints.values():
            if endpoint.answers is None:
                continue
            for shows in (examples, further):
                if endpoint.name not in shows:
                    continue
                schema = answerSchema(self.document, endpoint.name)
                answer, count = novel(self.document, schema, shows[endpoint.name][1])
                kinds = get_args(endpoint.answers) or (endpoint.answers,)
                kind = kinds[-1] if shows is further else kinds[0]
                if len(kinds) > 1 and not set(answer) & {f.name for f in fieldsOf(kind)}:
                    kind = kinds[1] if kind is kinds[0] else kinds[0]
                got = decoded(json.dumps(answer).encode(), kind, "http://x/")
                self.assertEqual(json.dumps(msgspec.to_builtins(got)).count('"dozing"'), count)
                seen += count
        self.assertGreater(seen, 20)

    def test_requests(self) -> None:
        """Whatever is optional in a request may be null, and words are all that are taken."""
        schemas = self.document["components"]["schemas"]
        for name in schemas.keys() - self.answered().keys():
            schema = schemas[name]
            self.assertNotIn("x-extensible-enum", json.dumps(schema), name)
            for field in schema["properties"].keys() - set(schema.get("required", ())):
                self.assertIn({"type": "null"}, schema["properties"][field]["anyOf"], field)

    def test_tokens(self) -> None:
        """A document of a daemon that wants no tokens wants none."""
        for needed in (True, False):
            made = json.loads(description(needed))
            wanted = {
                name: operation["security"]
                for name, item in made["paths"].items()
                for operation in item.values()
            }
            self.assertEqual(wanted["/whoami"], [{"bearer": []}] if needed else [])
            self.assertEqual(wanted["/config"], [])

    def test_reads(self) -> None:
        """What changes nothing is marked, and only that."""
        for name, endpoint in endpoints.items():
            for operation in self.document["paths"][f"/{name}"].values():
                self.assertEqual(operation.get("x-reads", False), endpoint.reads)
            if "POST" not in endpoint.methods:
                self.assertTrue(endpoint.reads, name)

    def test_readsOfThePage(self) -> None:
        """The page's own list of what changes nothing has no other endpoints, and lacks none."""
        module = (Path(gamepanel.__file__).parent / "panel/lib/api.js").read_text()
        [listed] = re.findall(r"const ASKS = new Set\(\[(.*?)\]\)", module, re.DOTALL)
        reads = {name for name, endpoint in endpoints.items() if endpoint.reads}
        others = {"openapi.json", "healthz", "readyz", "server_log_stream", "event_stream"}
        others |= {"file_download", "backup_download"}
        self.assertEqual(set(re.findall(r'"(\w+)"', listed)), reads - others)

    def test_jobs(self) -> None:
        """Jobs of a server that is not there are none, and no refusal."""
        self.assertNotIn("404", self.document["paths"]["/job_list"]["post"]["responses"])

    def test_actions(self) -> None:
        """An action with a player is a command: what that may be answered, it may be, too."""
        raised = {name: set(each.refuses) for name, each in endpoints.items()}
        self.assertEqual(raised["server_cmd"] - raised["player_action"], set())

    def test_examples(self) -> None:
        """Every example fits what it is an example of."""
        for name, (request, answer) in [*examples.items(), *further.items()]:
            operation = self.document["paths"][f"/{name}"].get("post")
            if operation is not None and not endpoints[name].takesFile:
                content = operation["requestBody"]["content"]["application/json"]
                self.assertIn(request, shown(content))
                check(self.document, content["schema"], request)
            [operation, *_] = self.document["paths"][f"/{name}"].values()
            [content] = operation["responses"]["200"]["content"].values()
            self.assertIn(answer, shown(content))
            check(self.document, content["schema"], answer)
        without = {"/" + name for name in examples} ^ set(self.document["paths"])
        self.assertEqual(without, {"/openapi.json"})

    def test_released(self) -> None:
        """Nothing that a client may rely on has changed; what is new stands in the file."""
        self.assertEqual(list(breaking(released(), self.document)), [])
        self.assertEqual(released(), self.document, "run: python -m docs.contract")

    def test_methods(self) -> None:
        """The methods of the Python client are generated from the declarations of today."""
        self.assertEqual(calls.path.read_text(), calls.module(), "run: python -m docs.contract")

    def test_breaking(self) -> None:
        """Each change that breaks a client is named."""

        def without(*keys: Any) -> Callable[[Any], None]:
            def change(document: Any) -> None:
                for key in keys[:-1]:
                    document = document[key]
                del document[keys[-1]]

            return change

        def required(document: Any) -> None:
            document["components"]["schemas"]["ReadLog"]["required"].append("limit")

        def optional(document: Any) -> None:
            document["components"]["schemas"]["LogChunk"]["required"].remove("data")

        def otherType(document: Any) -> None:
            document["components"]["schemas"]["LogChunk"]["properties"]["data"]["type"] = "integer"

        def lessCodes(document: Any) -> None:
            answer = document["paths"]["/server_cmd"]["post"]["responses"]["409"]
            schema = answer["content"]["application/problem+json"]["schema"]
            schema["properties"]["code"]["x-extensible-enum"].remove("stdin_full")

        def closes(document: Any) -> None:
            status = document["components"]["schemas"]["Status"]
            status["enum"] = status.pop("x-extensible-enum")

        def lessWords(document: Any) -> None:
            encoding = document["components"]["schemas"]["ReadLog"]["properties"]["encoding"]
            encoding["anyOf"][0]["enum"].remove("base64")

        def noNull(document: Any) -> None:
            schemas = document["components"]["schemas"]
            schemas["ReadLog"]["properties"]["limit"] |= schemas["ReadLog"]["properties"]["limit"][
                "anyOf"
            ][0]
            del schemas["ReadLog"]["properties"]["limit"]["anyOf"]

        def mayBeNull(document: Any) -> None:
            data = document["components"]["schemas"]["LogChunk"]["properties"]
            data["data"] = {"anyOf": [data["data"], {"type": "null"}]}

        def within(*keys: Any, **changes: Any) -> Callable[[Any], None]:
            def change(document: Any) -> None:
                for key in keys:
                    document = document[key]
                document |= changes

            return change

        def alsoWants(document: Any) -> None:
            new = {"name": "more", "in": "query", "required": True, "schema": {"type": "string"}}
            document["paths"]["/server_log_stream"]["get"]["parameters"].append(new)

        schemas = ("components", "schemas")
        stream = ("paths", "/server_log_stream", "get")
        command = ("paths", "/server_cmd", "post")
        answer = (*command, "responses", "200", "content", "application/json")
        for change, words in (
            (without("paths", "/server_cmd"), "POST /server_cmd is gone"),
            (without("paths", "/login_info", "get"), "GET /login_info is gone"),
            (without(*schemas, "ServerStatus", "properties", "pid"), "ServerStatus.pid is gone"),
            (required, "ReadLog.limit is required now"),
            (optional, "LogChunk.data is not always there any more"),
            (otherType, "LogChunk.data means something else"),
            (within(*schemas, "LogChunk", additionalProperties=False), "LogChunk means something"),
            (lessCodes, "POST /server_cmd 409 is not stdin_full any more"),
            (without(*stream, "parameters", 1), "does not take readIndex any more"),
            (within(*stream, "parameters", 1, required=True), "takes readIndex otherwise"),
            (within(*stream, "parameters", 1, schema={"type": "string"}), "readIndex otherwise"),
            (alsoWants, "GET /server_log_stream wants more now"),
            (within(*command, requestBody={"content": {}}), "POST /server_cmd takes something"),
            (
                within("paths", "/whoami", "post", "requestBody", required=True),
                "POST /whoami wants a body now",
            ),
            (closes, "ServerStatus.status means something else"),
            (lessWords, "ReadLog.encoding means something else"),
            (noNull, "ReadLog.limit means something else"),
            (mayBeNull, "LogChunk.data means something else"),
            (within("paths", "/config", "get", security=[{"bearer": []}]), "wants a token"),
            (within(*answer, schema={"type": "array"}), "POST /server_cmd 200 is something else"),
            (without(*command, "responses", "429", "headers"), "429 has Retry-After otherwise"),
            (without(*command, "responses", "409"), "does not answer 409 any more"),
            (within("components", securitySchemes={}), "not sent as bearer any more"),
            (within(servers=[{"url": "/api"}]), "served elsewhere"),
        ):
            changed = copy.deepcopy(released())
            change(changed)
            told = list(breaking(released(), changed))
            self.assertTrue(any(words in line for line in told), (words, told))
        more = copy.deepcopy(released())
        more["paths"]["/new"] = more["paths"]["/healthz"]
        more["components"]["schemas"]["LogChunk"]["properties"]["new"] = {"type": "string"}
        refusals = more["paths"]["/server_cmd"]["post"]["responses"]
        refusals["418"] = refusals["409"]
        problem = refusals["409"]["content"]["application/problem+json"]["schema"]
        problem["properties"]["code"]["x-extensible-enum"].append("new_code")
        schemas = more["components"]["schemas"]
        schemas["Status"]["x-extensible-enum"].append("dozing")
        schemas["ReadLog"]["properties"]["encoding"]["anyOf"][0]["enum"].append("hex")
        chunk = schemas["LogChunk"]
        chunk["required"].append("times")
        chunk["properties"]["readIndex"] = {**schemas["Index"], "default": 3}
        del chunk["properties"]["readIndex"]["format"]
        self.assertEqual(list(breaking(released(), more)), [])
        # A daemon that told its words as all that there were may tell now that there may be more.
        before = copy.deepcopy(released())
        closes(before)
        noNull(before)
        self.assertEqual(list(breaking(before, released())), [])


class ReplayTests(SynchronousTestCase):
    """The document against a real daemon."""

    def setUp(self) -> None:
        self.daemon = Daemon(())
        self.client = self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)
        with urllib.request.urlopen(self.daemon.base + "openapi.json", timeout=patience) as answer:
            self.document = json.load(answer)

    def test_examples(self) -> None:
        """Every example that is sent is answered as the document says."""
        for name, (request, example) in examples.items():
            if name == "server_destroy":
                self.sendFurther()
            if name in ("server_log_stream", "event_stream"):
                continue
            if name in ("file_upload", "file_download", "upload_status", "backup_download"):
                # What is no JSON: test_transfers.py and test_backups.py send and read it.
                continue
            if name == "player_action":
                # That game has no actions.
                error = self.assertRaises(Refused, self.send, name, request)
                self.assertEqual(error.code, "bad_request")
                continue
            if name == "backup_restore":
                # The game runs.
                error = self.assertRaises(Refused, self.send, name, request)
                self.assertEqual(error.code, "not_stopped")
                continue
            if name == "job_cancel":
                # What deletes goes on in any case, and there is no other job.
                error = self.assertRaises(Refused, self.send, name, {"job": 1})
                self.assertIn(error.code, ("unsupported", "job_over"))
                continue
            if name == "server_retype":
                # It would have to be downloaded.
                error = self.assertRaises(Refused, self.send, name, {**request, "type": "shell"})
                self.assertEqual(error.code, "not_installable")
                continue
            if name in ("server_update", "server_versions"):
                # The type of the examples has nothing to install.
                error = self.assertRaises(Refused, self.send, name, request)
                self.assertEqual(error.code, "not_installable")
                continue
            answer = self.send(name, request)
            check(self.document, answerSchema(self.document, name), answer)
            self.assertEqual(list(alike(example, answer)), [], name)
            if set(answer) == {"job"}:
                # What comes next goes by what it has made.
                self.client.wait(lambda: self.status()["job"] is None, f"the end of {name}")
            if name == "schedule_delete":
                # For those that follow.
                self.send("schedule_create", examples["schedule_create"][0])
            if name in ("server_start", "server_restart"):
                self.client.until("cave", "running")
            if name == "server_restart":
                # It is on its way through "stopping".
                self.client.wait(lambda: self.status()["runIndex"] > 0, "the next run")
            if name in ("server_stop", "server_kill", "server_force_kill"):
                self.client.until("cave", "stopped")
                if name != "server_force_kill":
                    self.client("server_start", server="cave")
                    self.client.until("cave", "running")

    def sendFurther(self) -> None:
        """What else there is to send, while the server is there."""
        for name, (request, example) in further.items():
            answer = self.send(name, request)
            check(self.document, answerSchema(self.document, name), answer)
            self.assertEqual(list(alike(example, answer)), [], name)
        request = urllib.request.Request(
            self.daemon.base + "server_log_stream?server=cave&readIndex=0",
            headers={"Authorization": f"Bearer {self.client.token}"},
        )
        with urllib.request.urlopen(request, timeout=patience) as answer:
            found = [answer.readline() for _ in range(8)]
        names = [line.partition(b":")[0] for line in found]
        self.assertEqual(
            names, [b"retry", b"\n", b"event", b"data", b"\n", b"event", b"id", b"data"]
        )

    def status(self) -> Any:
        """The status of the server of the examples."""
        return self.client("server_status", server="cave")

    def send(self, name: str, request: Any) -> Any:
        """Send an example, with what can't be known in advance."""
        if "post" not in self.document["paths"][f"/{name}"]:
            with urllib.request.urlopen(self.daemon.base + name, timeout=patience) as answer:
                return json.load(answer)
        if name == "login":
            token = self.client("login_info")["token"]
            proofs = solve(token, "admin", 8, 14)
            known = {"password": self.daemon.password, "token": token, "proofOfWork": proofs}
            return Client(self.daemon.base)(name, **{**request, **known})
        if name == "password_change":
            request = {**request, "oldPassword": self.daemon.password}
        if "backup" in request:
            [made] = self.client("backup_list")["backups"]
            request = {**request, "backup": made["backup"]}
        if "schedule" in request:
            [planned] = self.client("schedule_list")["schedules"]
            request = {**request, "schedule": planned["schedule"]}
        if name == "file_fetch":
            # Not from anybody: a job that fails at once.
            request = {**request, "url": "http://127.0.0.1:1/x"}
        return self.client(name, **request)

    def test_problems(self) -> None:
        """A refusal is as the document says, too."""
        for name, fields in (("server_start", {"server": "none"}), ("server_list", {"x": 1})):
            error = self.assertRaises(Refused, self.client, name, **fields)
            answer = self.document["paths"][f"/{name}"]["post"]["responses"][str(error.status)]
            schema = answer["content"]["application/problem+json"]["schema"]
            check(self.document, schema, error.problem)

    def test_schemathesis(self) -> None:
        """Whatever a machine makes of the document is answered as it says."""
        self.madeUp(self.daemon, self.client)

    def test_schemathesisWithoutLogin(self) -> None:
        """The same where nobody logs in."""
        daemon = Daemon(("--auth", "noauth"))
        self.addCleanup(daemon.cleanUp)
        self.madeUp(daemon, daemon.start())

    def madeUp(self, daemon: Daemon, client: Client) -> None:
        """Send what schemathesis makes up, see C{schemathesis.toml}."""
        for id in ("cave", "one"):
            client("server_create", type="shell", server=id)
        token = ["--header", f"Authorization: Bearer {client.token}"] if client.token else []
        work, here = self.mktemp(), Path(__file__).absolute().parents[1]
        os.mkdir(work)
        done = subprocess.run(
            [
                os.path.join(os.path.dirname(sys.executable), "schemathesis"),
                *("--config-file", str(here / "schemathesis.toml")),
                *("run", daemon.base + "openapi.json", *token, "--workers", "2", "--no-color"),
                *("--seed", seed, "--request-timeout", f"{patience:.0f}"),
            ],
            cwd=work,
            # Where the module of the hooks is found.
            env={**os.environ, "PYTHONPATH": str(here.parent)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=32 * patience,
            check=False,
        )
        said = done.stdout[-6000:] + done.stderr[-2000:]
        self.assertEqual(done.returncode, 0, f"seed {seed}:\n{said}")
        client("whoami")
