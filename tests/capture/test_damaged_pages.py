"""A page that does not add up is an error at the right line, and never anything else."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import examples, sample

from docpact.capture import capture
from docpact.errors import PageError

FOLDER = files("docpact.schemas") / "llamacloud" / "list_classify_jobs"
PAGE = FOLDER.joinpath("page.txt").read_text(encoding="utf-8")
LINES = PAGE.split("\n")


def damaged(old: str, new: str, nth: int = 1) -> str:
    """Replace the nth line of that text by others, or remove it."""
    at = [n for n, line in enumerate(LINES) if line == old][nth - 1]
    return "\n".join([*LINES[:at], *([new] if new else []), *LINES[at + 1 :]])


def error(page: str) -> PageError:
    with pytest.raises(PageError) as caught:
        capture(page)
    return caught.value


RULES = "rules: array of object { description, type }"
JOBS = "items: array of object { id, configuration, document_input_type, 11 more }"
RESULT = "result: optional ClassifyResult { confidence, reasoning, type }"
STATUS = 'status: optional "PENDING" or "RUNNING" or "COMPLETED" or "FAILED"'
CURL = "curl https://api.cloud.llamaindex.ai/api/v2/classify \\"
KEY = '    -H "Authorization: Bearer $LLAMA_CLOUD_API_KEY"'


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("page", "line", "says"),
    [
        pytest.param("", 1, "the page is empty", id="empty"),
        pytest.param("List Classify Jobs\n", 1, "without a line such as GET/", id="a title alone"),
        pytest.param(damaged("GET/api/v2/classify", ""), 226, "GET/", id="no method"),
        pytest.param(
            damaged("GET/api/v2/classify", "FETCH/api/v2/classify"),
            5,
            "not an HTTP method",
            id="FETCH",
        ),
        pytest.param(
            damaged("Query ParametersExpand Collapse", "Form ParametersExpand Collapse"),
            9,
            "unknown section",
            id="an unknown section",
        ),
        pytest.param(
            damaged("Cookie ParametersExpand Collapse", "Query ParametersExpand Collapse"),
            39,
            "a second section",
            id="a section twice",
        ),
        pytest.param(
            damaged("ReturnsExpand Collapse", ""),
            154,
            "expected a section Returns",
            id="no Returns",
        ),
        pytest.param(
            "\n".join(LINES[:38]), 38, "expected the title", id="cut within the parameters"
        ),
        pytest.param("\n".join(LINES[:100]), 99, "expected the title", id="cut within a job"),
        pytest.param("\n".join(LINES[:155]), 155, "the curl example", id="cut before curl"),
        pytest.param("\n".join(LINES[:158]), 158, "an example body", id="cut before the body"),
        pytest.param("\n".join(LINES[:170]), 170, "not JSON", id="cut within the body"),
        pytest.param(
            "\n".join(LINES[:192]), 192, "expected 'Returns Examples'", id="cut after the body"
        ),
        pytest.param("\n".join(LINES[:193]), 193, "an example body", id="no second body"),
        pytest.param("\n".join(LINES[:226]), 226, "not JSON", id="cut within the second body"),
        pytest.param(
            damaged(RULES, "rules: array of object { description, type, 2 more }"),
            82,
            "expected field 'mode' of 'configuration' (line 50)",
            id="two fields too few",
        ),
        pytest.param(
            damaged("description: string", "weight: number\ndescription: string"),
            58,
            "expected field 'description' of 'rules' (line 54), found 'weight'",
            id="a field too many in front",
        ),
        pytest.param(
            damaged("user_id: string", "user_id: string\nweight: optional number"),
            100,
            "/items/weight is not in the example body (line 160), which has 'updated_at' there",
            id="a field too many within",
        ),
        pytest.param(
            damaged("parse_job_id: optional string", ""),
            150,
            "expected a field 'next_page_token' by now",
            id="a field too few",
        ),
        pytest.param(
            damaged(JOBS, JOBS.replace("11 more", "12 more")),
            151,
            "expected a field 'next_page_token' by now",
            id="counted one too many",
        ),
        pytest.param(
            damaged(JOBS, JOBS.replace("11 more", "30 more")),
            155,
            "expected field 17 of 33 of 'items' (line 42)",
            id="counted far too many",
        ),
        pytest.param(
            damaged(JOBS, JOBS.replace(", 11 more", "")),
            82,
            "/document_input_value is not in the example body (line 159)",
            id="no count",
        ),
        pytest.param(
            damaged(RESULT, RESULT.replace("{ confidence, ", "{ trust, ")),
            124,
            "expected field 'trust' of 'result' (line 120), found 'confidence'",
            id="another name in braces",
        ),
        pytest.param(
            damaged(RESULT, "result: optional ClassifyResult { confidence, }"),
            120,
            "the braces contain",
            id="broken braces",
        ),
        pytest.param(
            damaged("user_id: string", "status: string"), 99, "a second field 'status'", id="twice"
        ),
        pytest.param(damaged("maxLength500", "maxlength500"), 62, "unknown line", id="maxlength"),
        pytest.param(
            damaged("maximum100", "maxLength100"),
            23,
            "maxLength applies to type string",
            id="length of a number",
        ),
        pytest.param(
            damaged("maxLength500", "maximum500"),
            62,
            "maximum applies to type number",
            id="maximum of text",
        ),
        pytest.param(
            damaged("formatdate-time", "minItems1"),
            111,
            "minItems applies to type array",
            id="items of text",
        ),
        pytest.param(damaged("maximum100", "maximum1O0"), 23, "expected a number", id="no number"),
        pytest.param(
            damaged("minLength10", "minLength-1"), 63, "a whole number", id="a negative length"
        ),
        pytest.param(
            damaged("minimum1", "minimum101"),
            24,
            "minimum 101 is more than maximum 100",
            id="bounds",
        ),
        pytest.param(damaged("minimum1", "maximum100"), 24, "a second maximum", id="a bound twice"),
        pytest.param(
            damaged("page_size: optional number", "page_size: optional numbr"),
            19,
            "unknown type 'numbr'",
            id="an unknown type",
        ),
        pytest.param(
            damaged("page_size: optional number", "page_size: optional number or string\nstring"),
            19,
            "expected the list of values of 'page_size'",
            id="a union with a part of its list",
        ),
        pytest.param(
            damaged("page_size: optional number", "page_size: optional map[string]"),
            23,
            "maximum applies to type number",
            id="a bound of a map",
        ),
        pytest.param(
            damaged('"RUNNING"', '"STOPPED"'), 36, "expected 'RUNNING'", id="another value"
        ),
        pytest.param(damaged('"FAILED"', ""), 38, "expected value 4 of 4 of 'status'", id="3 of 4"),
        pytest.param(damaged('"FAILED"', '"FAILED"\n"CANCELLED"'), 39, "unknown line", id="5 of 4"),
        pytest.param(
            damaged(STATUS, STATUS + " or 2 more"), 39, "expected value 5 of 6", id="2 more"
        ),
        pytest.param(
            damaged("Accepts one of the following:", "").replace('"RUNNING"\n', "", 1),
            35,
            "expected 'RUNNING'",
            id="a list without its announcement and a value",
        ),
        pytest.param(
            damaged("Only the jobs with these IDs", "One of the following:"),
            16,
            "neither an enum nor a union",
            id="a list of no enum",
        ),
        pytest.param(damaged(CURL, CURL.replace("v2", "v1")), 157, "(line 5)", id="another path"),
        pytest.param(
            damaged(CURL, CURL.replace("https://", "https:/")), 157, "absolute", id="no server"
        ),
        pytest.param(
            damaged(CURL, CURL.replace("curl ", "curl -X POST ")), 157, "sends POST", id="POST"
        ),
        pytest.param(
            damaged(CURL, CURL.replace("curl ", "curl https://a.example/api/v2/classify ")),
            157,
            "a second URL",
            id="two URLs",
        ),
        pytest.param(damaged(CURL, "wget x"), 157, "expected the curl example", id="no curl"),
        pytest.param(damaged(KEY, '    -H "Authorization'), 158, "cannot be read", id="a quote"),
        pytest.param(
            PAGE.replace('"next_page_token": "next_page_token"', '"next": "x"', 1),
            194,
            "differs from the one on line 159",
            id="two different bodies",
        ),
        pytest.param(
            PAGE.replace('"next_page_token": "next_page_token"', '"next": "x"'),
            147,
            "/next_page_token is not in the example body (line 159), which has 'next' there",
            id="another name in the bodies",
        ),
        pytest.param(
            PAGE.replace('"status": "PENDING"', '"status": "WAITING"'),
            159,
            "/items/0/status: one of",
            id="another value in the bodies",
        ),
        pytest.param(
            PAGE.replace('"confidence": 0', '"confidence": "0"'),
            159,
            "/items/0/result/confidence: number; found string",
            id="another type in the bodies",
        ),
        pytest.param(
            PAGE.replace('      "user_id": "user_id",\n', ""),
            99,
            "/items/user_id is not in the example body",
            id="no required field in the bodies",
        ),
        pytest.param(PAGE + "More\n", 227, "example body: 'More'", id="more at the end"),
    ],
)
def test_damage(page: str, line: int, says: str) -> None:
    found = error(page)
    assert (found.line, says in found.problem) == (line, True), str(found)


STRUCTURAL = [
    number
    for number, line in enumerate(LINES)
    if line and not (line[0].isupper() and not line.startswith(("Query", "Cookie", "Returns")))
]

UNNOTICED = {
    *(14, 18, 25, 29),  # parameters: nothing counts them
    39,  # the heading of the cookies: what stands below could be in the query too
    *(23, 24, 62, 63, 68, 69, 128, 129),  # bounds: nothing else says them
    *(111, 146),  # formats: nothing else says them
}
"""Numbers of the lines that the page says once, and that nothing else on it depends on."""


@pytest.mark.sampled(5)
@pytest.mark.parametrize("number", sample(STRUCTURAL, 3, lambda n: f"line {n + 1}"))
def test_a_line_that_is_missing_is_noticed_unless_nothing_else_speaks_of_it(number: int) -> None:
    page = "\n".join([*LINES[:number], *LINES[number + 1 :]])
    if number + 1 in UNNOTICED:
        assert capture(page) != capture(PAGE)
    else:
        assert error(page).line > 0


def is_captured_or_refused(text: str) -> bool:
    """Return whether a text gives a contract, or an error at one of its lines; no other error."""
    try:
        return set(capture(text)) == set(capture(PAGE))
    except PageError as refused:
        return 1 <= refused.line <= text.count("\n") + 1


@given(
    st.text(st.characters(codec="utf-8"), max_size=400)
    | st.lists(st.sampled_from(LINES)).map("\n".join)
)
def test_any_text_is_captured_or_refused(text: str) -> None:
    assert is_captured_or_refused(text)


@given(
    st.integers(0, len(LINES) - 1),
    st.integers(0, len(LINES) - 1),
    st.sampled_from(["swap", "double", "cut"]),
)
@settings(max_examples=examples(100))
def test_a_page_with_lines_moved_is_captured_or_refused(one: int, other: int, how: str) -> None:
    lines = list(LINES)
    if how == "swap":
        lines[one], lines[other] = lines[other], lines[one]
    elif how == "double":
        lines.insert(other, lines[one])
    else:
        del lines[min(one, other) : max(one, other)]
    assert is_captured_or_refused("\n".join(lines))


def test_a_page_that_nests_without_end_is_refused() -> None:
    field = "a: object { a }\n" * 1500
    page = f"T\nGET/x\nReturns\n{field}T\ncurl https://a.example/x\n{{}}\nReturns Examples\n{{}}\n"
    assert "nest deeper" in error(page).problem


def test_an_array_that_nests_without_end_is_refused() -> None:
    page = PAGE.replace("array of string", "array of " * 9000 + "string")
    assert "nest deeper" in error(page).problem


def test_a_number_too_long_to_read_is_refused() -> None:
    assert "expected a number" in error(damaged("maximum100", "maximum" + "9" * 5000)).problem


MARKDOWN = """\
## List Boats

**get** `/v1/boats`

### Query Parameters

- `rig: optional "sloop" or "yawl"`

  Which ones.

  - `"sloop"`

  - `"yawl"`

### Returns

- `boats: array of object { id, crew }`

  - `id: string`

  - `crew: object { name }`

    - `name: string`

### Example

```http
curl https://boats.example/v1/boats \\
    -H 'boats-version: 1' \\
    -H "Authorization: Bearer $KEY"
```

#### Response

```json
{"boats": [{"id": "a", "crew": {"name": "Ann"}}]}
```
"""


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("\n", "\r\n", id="CRLF"),
        pytest.param("  ", "\t", id="tabs"),
        pytest.param("  ", "\u00a0 ", id="no-break spaces"),
        pytest.param(" ", "\u00a0", id="only no-break spaces"),
        pytest.param("\n", "\u200b\n\u200d", id="zero-width characters"),
        pytest.param("\n", "\ue09a\n", id="characters of an icon font"),
        pytest.param("##", "\ufeff##", id="byte order marks"),
        pytest.param("\n", "   \n", id="blanks at the ends"),
    ],
)
@pytest.mark.parametrize("page", [PAGE, MARKDOWN], ids=["text", "Markdown"])
def test_characters_that_copying_adds_change_nothing(page: str, old: str, new: str) -> None:
    assert schemas(page.replace(old, new)) == schemas(page)


def schemas(page: str) -> dict[str, str]:
    """Return the schemas of a page, and its operation without the lines it quotes."""
    found = dict(capture(page))
    stated = json.loads(found.pop("operation.json"))
    return {**found, "operation": json.dumps({**stated, "lines": {}})}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("\\\n", "\\ ", id="on one line"),
        pytest.param("\\\n", "\\\n\n", id="blank lines between its lines"),
        pytest.param('\\\n    -H "Auth', '\\\n```\n    -H "Auth', id="a fence inside"),
    ],
)
def test_a_curl_command_that_was_copied_badly_keeps_its_headers(old: str, new: str) -> None:
    page = MARKDOWN.replace(old, new)
    stated = json.loads(capture(page)["operation.json"])
    assert stated["security"][0]["variable"] == "KEY"
    assert [each["name"] for each in stated["parameters"]] == ["rig", "boats-version"]


@pytest.mark.parametrize(
    ("page", "line", "says"),
    [
        pytest.param(
            MARKDOWN.partition('    -H "Auth')[0], 29, "ends in a backslash", id="a cut command"
        ),
        pytest.param(
            MARKDOWN.replace("`id: string`", "`id: string` The id."),
            19,
            "nothing behind",
            id="prose",
        ),
        pytest.param(re.sub(r"(?m)^ +", "", MARKDOWN), 11, "expected", id="no indentation"),
        pytest.param(
            re.sub(r"(?m)^ +(- `.+: )", r"\1", MARKDOWN),
            17,
            "lost its indentation",
            id="flat fields",
        ),
    ],
)
def test_damaged_markdown_is_refused(page: str, line: int, says: str) -> None:
    assert (error(page).line, says in error(page).problem) == (line, True)
