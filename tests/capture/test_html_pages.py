"""HTML pages, saved or fetched: reference pages of Stainless, and OpenAPI documents in them."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import pytest
from command import Docpact, served
from servers.loopback import Answer, Handler, Request, Server

from docpact.capture import capture
from docpact.capture.sources import list_operations
from docpact.catalogue import load_files
from docpact.errors import UsageError
from docpact.targets.documentation import fetch, may_follow

__all__ = ["served"]

DOCUMENT = {
    "info": {"title": "Boats", "version": "1"},
    "openapi": "3.1.0",
    "paths": {
        "/boats": {
            "get": {
                "operationId": "list",
                "responses": {"200": {"content": {"application/json": {"schema": {}}}}},
            }
        }
    },
}
JSON = json.dumps(DOCUMENT)

MARKDOWN = """\
## List Boats

**get** `/v1/boats`

### Query Parameters

- `limit: optional number`

  How many.

  maximum: 100, minimum: 1

### Returns

- `boats: array of object { id, owner }`

  The boats.

  - `id: string`

  - `owner: Person { name }`

    - `name: string`

- `next: optional string`

### Example

```http
curl https://boats.example/v1/boats \\
    -H "Authorization: Bearer $BOATS_KEY"
```

#### Response

```json
{"boats": [{"id": "a", "owner": {"name": "b"}}], "next": "c"}
```
"""


def prop(declaration: str, below: str = "", inside: str = "") -> str:
    declared = f'<div class="stldocs-property-declaration">{declaration}</div>{below}'
    info = f'<div class="stldocs-property-info">{declared}</div>'
    if not inside:
        return f'<div class="stldocs-property">{info}</div>'
    children = f'<div class="stldocs-property-children">{inside}</div>'
    details = f"<details><summary>{info}</summary>{children}</details>"
    return f'<div class="stldocs-property">{details}</div>'


def described(text: str) -> str:
    return f'<div class="stldocs-property-description"><p>{text}</p></div>'


LIMITS = (
    '<div class="stldocs-property-content"><div><span>maximum</span><span>100</span></div>'
    "<div>minimum1</div></div>"
)
OWNER = prop("<span>owner</span>: <a href='#p'>Person</a> { name } ", "", prop("name: string"))
BOATS = prop(
    "<span>boats</span>: <span>array of </span>object { <b>id</b>, owner } ",
    described("The boats."),
    prop("id: string") + OWNER,
)
STAINLESS = f"""<!DOCTYPE html>
<html><head><title>List Boats | Boats</title></head><body>
<nav><a href="/api/resources/boats">Boats</a></nav>
<main><h1 class="stldocs-method-title">List Boats</h1>
<div class="stldocs-method-route"><span class="badge">GET</span><span>/v1/boats</span></div>
<div data-stldocs-property-group="method-description"><p>Every boat.</p></div>
<h5>Query Parameters <span class="stldocs-expand-toggle">Expand Collapse</span></h5>
<div class="stldocs-method-parameters" data-stldocs-property-group="q">
{prop("limit: optional number", described("How many.") + LIMITS)}</div>
<div class="stldocs-method-returns" data-stldocs-property-group="returns">
{BOATS}{prop("next: optional string")}</div>
<pre><code>curl https://boats.example/v1/boats \\
    -H <span>"Authorization: Bearer $BOATS_KEY"</span></code></pre>
<pre><code>{{"boats": [{{"id": "a", "owner": {{"name": "b"}}}}], "next": "c"}}</code></pre>
</main></body></html>
"""


def without_lines(files: Any) -> dict[str, Any]:
    """Return the files of a contract without what depends on the lines of the page."""
    found = {name: json.loads(text) for name, text in files.items() if name.endswith(".json")}
    for each in found["operation.json"].get("gaps", []):
        del each["line"]
    for part in ("lines", "provenance"):
        found["operation.json"][part] = sorted(found["operation.json"][part])
    del found["operation.json"]["lines"]
    return found


def test_a_page_of_stainless_gives_the_contract_of_its_markdown() -> None:
    (found,) = list_operations(STAINLESS, "page.html")
    files = found.capture()
    assert without_lines(files) == without_lines(capture(MARKDOWN))
    loaded = load_files(files, "boats/list")
    source = loaded.source("query", "/properties/limit/maximum")
    assert source is not None
    assert source.line is not None
    assert files["page.md"].split("\n")[source.line - 1].strip() == source.text


def page(head: str = "", body: str = "") -> str:
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"


SCHEMAS = {f"Boat{n}": {"type": "object"} for n in range(300)}
LAST = json.dumps({"paths": DOCUMENT["paths"], "components": {"schemas": SCHEMAS}, **DOCUMENT})


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(f"const __redoc_state = {{'a': 1}}; x = {{\"spec\": {JSON}}}", id="Redoc"),
        pytest.param(f"const __redoc_definition = {LAST};\nhydrate(document)", id="version last"),
        pytest.param(JSON, id="Scalar"),
        pytest.param(f'let o = {{"swaggerDoc": {JSON}, "customOptions": {{}}}};', id="Swagger UI"),
    ],
)
def test_a_document_inside_a_script_is_read_without_running_it(script: str) -> None:
    (found,) = list_operations(page(body=f"<script>{script}</script>"), "page.html")
    assert (found.name, found.method_and_path) == ("list", "GET /boats")


QUOTED = escape(JSON)
YAML = "openapi: 3.1.0\ninfo: {title: Boats}\npaths:\n  /boats:\n    get: {operationId: list}\n"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f'<p data-configuration="{{&quot;content&quot;: {QUOTED}}}">', id="Scalar"),
        pytest.param(f"<pre><code>{QUOTED}</code></pre>", id="JSON as code"),
        pytest.param(f"<pre>{YAML}</pre>", id="YAML as code"),
        pytest.param(f"<script>{JSON}</script><script>{JSON}</script>", id="twice"),
    ],
)
def test_a_document_elsewhere_in_a_page_is_read_once(body: str) -> None:
    (found,) = list_operations(page(body=body), "page.html")
    assert found.method_and_path == "GET /boats"


def test_every_document_of_a_page_is_read() -> None:
    other = JSON.replace("boats", "ships")
    body = (
        f"<script>let a = {JSON}, b = {other}</script><pre>{other.replace('ships', 'rafts')}</pre>"
    )
    found = list_operations(page(body=body), "page.html")
    paths = ["GET /boats", "GET /ships", "GET /rafts"]
    assert [each.method_and_path for each in found] == paths


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("html", "says"),
    [
        (page(body="<p>Boats</p>"), "its OpenAPI document, its Markdown, or its text"),
        (page('<link rel="service-desc" href="/boats.yaml">'), "it links to /boats.yaml"),
        (page(body='<redoc spec-url="b.json"></redoc>'), "it links to b.json"),
        (page(body='<script>{"openapi": "3.1.0", "paths"</script>'), "its OpenAPI document"),
        ("<html>" + "<div>" * 10_000, "page.html"),
    ],
)
def test_any_other_page_is_refused_in_one_line(html: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as refused:
        list_operations(html, "page.html")
    assert "\n" not in str(refused.value)


def site(pages: dict[str, str], kind: str = "text/html") -> Callable[[Request], Answer]:
    """Return a handler that serves pages by their paths."""

    def handle(request: Request) -> Answer:
        if request.path not in pages:
            return Answer(404)
        text = pages[request.path]
        label = kind if text.startswith("<") else "text/plain"
        return Answer(200, (("Content-Type", label), ("ETag", '"v1"')), text.encode())

    return handle


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "pages",
    [
        pytest.param({"/docs": JSON}, id="a document"),
        pytest.param({"/docs": page('<link rel="service-desc" href="b"/>'), "/b": JSON}, id="rel"),
        pytest.param(
            {"/docs": page(body='<redoc spec-url="/x/b.json"></redoc>'), "/x/b.json": JSON},
            id="Redoc",
        ),
        pytest.param(
            {"/docs": page(body='<script id="api-reference" data-url="b"></script>'), "/b": JSON},
            id="Scalar",
        ),
        pytest.param(
            {"/docs": page(body="<script>SwaggerUIBundle({url: '/b'})</script>"), "/b": JSON},
            id="Swagger UI",
        ),
        pytest.param(
            {
                "/docs": page(body='<script src="./swagger-initializer.js"></script>'),
                "/swagger-initializer.js": 'window.ui = SwaggerUIBundle({"url": "b"})',
                "/b": JSON,
            },
            id="its script",
        ),
        pytest.param(
            {
                "/docs": page(body='<script src="/swagger-ui-init.js"></script>'),
                "/swagger-ui-init.js": f'let options = {{"swaggerDoc": {JSON}}};',
            },
            id="in its script",
        ),
        pytest.param({"/docs": page(), "/openapi.json": JSON}, id="the usual place"),
    ],
)
def test_a_fetched_page_leads_to_its_document(
    pages: dict[str, str], tmp_path: Path, served: Callable[[Handler], Server]
) -> None:
    url = f"{served(site(pages)).url}/docs"
    ran = Docpact(tmp_path)("capture", url, "--operation", "GET /boats", "--out", "boats")
    assert ran.returncode == 0, ran.stderr
    facts = json.loads((tmp_path / "boats/fetched.json").read_text("utf-8"))
    assert facts["url"] == url
    assert facts["time"]
    assert json.loads((tmp_path / "boats" / facts["file"]).read_text("utf-8")) == DOCUMENT


def test_a_page_with_a_markdown_twin_is_read_from_it(
    tmp_path: Path, served: Callable[[Handler], Server]
) -> None:
    twin = page('<link rel="alternate" type="text/markdown" href="boats.md">')
    url = served(site({"/boats": twin, "/boats.md": MARKDOWN})).url
    ran = Docpact(tmp_path)("capture", f"{url}/boats", "--out", "boats")
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "boats/fetched.md").read_text("utf-8") == MARKDOWN


def test_an_unchanged_page_is_not_sent_again(
    tmp_path: Path, served: Callable[[Handler], Server]
) -> None:
    asked: list[str | None] = []
    serve = site({"/boats": STAINLESS, "/other": STAINLESS})

    def handle(request: Request) -> Answer:
        asked.append(request.headers.get("if-none-match"))
        return Answer(304) if asked[-1] == '"v1"' else serve(request)

    run, url = Docpact(tmp_path), served(handle).url
    assert run("capture", f"{url}/boats", "--out", "boats").returncode == 0
    checked = run("capture", f"{url}/boats", "--check", "boats")
    assert (checked.returncode, "unchanged" in checked.stdout) == (0, True)
    assert run("capture", f"{url}/other", "--check", "boats").returncode == 0
    assert asked == [None, '"v1"', None]


NOT_MODIFIED = Answer(304, (("ETag", 'W/"v1"'),))


@pytest.mark.parametrize(
    ("etag", "answer"),
    [
        ("", Answer(304)),
        ("", NOT_MODIFIED),
        ('"v0"', NOT_MODIFIED),
        ('"v1"', Answer(302, (("Location", "/login"),))),
    ],
    ids=["no condition", "no condition, with an ETag", "another ETag", "behind a login"],
)
def test_a_page_is_unmodified_only_by_the_etag_that_was_sent(
    etag: str, answer: Answer, served: Callable[[Handler], Server]
) -> None:
    server = served(lambda each: Answer(304) if each.path == "/login" else answer)
    with pytest.raises(UsageError, match="the status is 304"):
        fetch(f"{server.url}/boats", etag)
    assert not fetch(f"{served(lambda _: NOT_MODIFIED).url}/boats", '"v1"').is_modified


def test_a_check_of_a_page_that_moved_names_its_new_address(
    tmp_path: Path, served: Callable[[Handler], Server]
) -> None:
    pages = {"/boats": STAINLESS, "/new": STAINLESS}
    moved: list[str] = []

    def handle(each: Request) -> Answer:
        return redirect("/new")(each) if each.path in moved else site(pages)(each)

    run, url = Docpact(tmp_path), served(handle).url
    assert run("capture", f"{url}/boats", "--out", "boats").returncode == 0
    moved.append("/boats")
    checked = run("capture", f"{url}/boats", "--check", "boats")
    assert checked.returncode == 0, checked.stderr
    assert f"/boats: moved to {url}/new\n" in checked.stdout
    assert run("capture", f"{url}/boats", "--out", "boats").returncode == 0
    assert "moved" not in run("capture", f"{url}/boats", "--check", "boats").stdout


SECRET = "hunter2-hunter2"


@pytest.mark.sampled(3)
@pytest.mark.parametrize("command", ["capture", "init"])
@pytest.mark.parametrize("name", ["/boats", "/none", "/moved", "/[", "/odd"])
def test_no_secret_in_the_address_of_a_page_is_written(
    tmp_path: Path, served: Callable[[Handler], Server], command: str, name: str
) -> None:
    moved = {"/moved": f"file:///x?a={SECRET}", "/odd": "//["}
    pages = {"/boats": STAINLESS}
    server = served(
        lambda each: redirect(moved[each.path])(each) if each.path in moved else site(pages)(each)
    )
    url = server.url.replace("//", f"//me:{SECRET}@") + f"{name}?token={SECRET}"
    ran = Docpact(tmp_path)(command, url, *(["--out", "boats"] if command == "capture" else []))
    assert ran.returncode == (0 if name == "/boats" else 2)
    assert ran.stderr.count("\n") == (0 if name == "/boats" else 1)
    files = (each.read_bytes() for each in tmp_path.rglob("*") if each.is_file())
    written = [each.decode(errors="replace") for each in files]
    assert not any(SECRET in text for text in (ran.stdout, ran.stderr, *written))


def test_the_drift_of_a_fetched_page_is_reported(
    tmp_path: Path, served: Callable[[Handler], Server]
) -> None:
    pages = {"/boats": STAINLESS}
    run, url = Docpact(tmp_path), served(site(pages)).url
    assert run("capture", f"{url}/boats", "--out", "boats").returncode == 0
    pages["/boats"] = STAINLESS.replace("minimum1", "minimum2")
    (tmp_path / "boats/fetched.json").unlink()
    checked = run("capture", f"{url}/boats", "--check", "boats")
    assert (checked.returncode, "minimum" in checked.stdout) == (1, True)


def redirect(target: str) -> Callable[[Request], Answer]:
    return lambda _: Answer(302, (("Location", target),))


@pytest.mark.parametrize(
    ("handle", "says"),
    [
        pytest.param(site({}), "the status is 404", id="404"),
        pytest.param(redirect("/again"), "more than 5 redirects", id="redirects"),
        pytest.param(redirect("http://localhost:1/x"), "it redirects to", id="elsewhere"),
        pytest.param(redirect("file:///etc/passwd"), "it redirects to", id="file"),
        pytest.param(
            lambda _: Answer(200, (("Content-Type", "text/plain; charset=utf-8"),), b"\xff"),
            "cannot be decoded as utf-8",
            id="bytes",
        ),
        pytest.param(
            lambda _: Answer(200, (("Content-Encoding", "gzip"),), b"x"), "the body is", id="gzip"
        ),
        pytest.param(site({"/docs": page()}), "its OpenAPI document", id="nothing"),
    ],
)
def test_what_cannot_be_fetched_is_one_line(
    handle: Handler, says: str, tmp_path: Path, served: Callable[[Handler], Server]
) -> None:
    ran = Docpact(tmp_path)("capture", f"{served(handle).url}/docs", "--out", "boats")
    assert (ran.returncode, says in ran.stderr, ran.stderr.count("\n")) == (2, True, 1), ran.stderr
    assert not (tmp_path / "boats").exists()


def test_no_link_leads_into_the_local_network() -> None:
    page = "https://docs.boats.example/api"
    assert may_follow(page, "https://docs.boats.example/openapi.json")
    assert may_follow(page, "https://api.boats.example/openapi.json")
    for link in ("http://127.0.0.1/", "https://169.254.169.254/", "https://[::1]/", "file:///x"):
        assert not may_follow(page, link)
    for link in ("https://localhost/", "https://boats.internal/", "http://api.boats.example/"):
        assert not may_follow(page, link)


@pytest.mark.parametrize("address", ["10.0.0.5", "169.254.169.254", "127.0.0.1", "fd00::1"])
def test_a_public_name_with_a_private_address_is_not_asked(
    address: str, served: Callable[[Handler], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = served(redirect("https://intranet.boats.example/x")).url
    real = socket.getaddrinfo

    def resolve(host: str, *args: Any, **options: Any) -> Any:
        named = host == "intranet.boats.example"
        return [(0, 0, 0, "", (address, 0))] if named else real(host, *args, **options)

    monkeypatch.setattr("docpact.targets.documentation.getaddrinfo", resolve)
    with pytest.raises(UsageError, match="which is not a public address"):
        fetch(url)
    with pytest.raises(UsageError, match="which is not a public address"):
        fetch("https://intranet.boats.example/x", page="https://docs.boats.example/")
