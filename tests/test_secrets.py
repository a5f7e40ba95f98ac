"""Redaction: no encoding of a secret, and no beginning that a cut left, stays in a text."""

from __future__ import annotations

import html
import json
from base64 import b64encode, encodebytes, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sizes import sample

import docpact.secrets
from docpact.bodies.decode import decode
from docpact.layers import peel
from docpact.model import Case, Exchange, Expectation, Failure, Question, Request, Response, Visit
from docpact.secrets import CUT, FEW, SHORTEST, Secrets, is_session_secret, split_environment
from docpact.text import excerpt, shorten
from docpact.traffic.journal import Journal

KEY: Final = "k+y/=7c41aa90e2d94b35-Zq"


def json_escaped(text: str) -> str:
    return "".join(f"\\u{ord(character):04X}" for character in text)


def percent(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


NAMED: Final = {
    "+": "&plus;",
    "/": "&sol;",
    "=": "&equals;",
    "-": "-",
    "&": "&amp;",
    "_": "&lowbar;",
}

ENCODINGS: Final[dict[str, Callable[[str], str]]] = {
    "plain": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON, slashes escaped": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON, all characters escaped": json_escaped,
    "JSON in JSON": lambda text: json.dumps(json.dumps(text.replace("/", "\\/")))[3:-3],
    "percent": lambda text: quote(text, safe=""),
    "percent, lower case": percent,
    "percent, twice": lambda text: quote(percent(text), safe=""),
    "percent, three times": lambda text: quote(quote(percent(text), safe=""), safe=""),
    "HTML": html.escape,
    "HTML in HTML": lambda text: html.escape(html.escape(text)),
    "entities": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "hexadecimal entities": lambda text: "".join(f"&#x{ord(character):X};" for character in text),
    "named entities": lambda text: "".join(NAMED.get(character, character) for character in text),
    "code points": lambda text: "".join(f"\\u{{{ord(character):x}}}" for character in text),
    "bytes": lambda text: "".join(f"\\x{ord(character):02x}" for character in text),
    "JSON Pointer": lambda text: text.replace("~", "~0").replace("/", "~1"),
    "wrapped": lambda text: f"{text[:5]}\n    {text[5:]}",
    "wrapped JSON": lambda text: json.dumps(f"{text[:4]}\r\n{text[4:]}")[1:-1],
    "wrapped hexadecimal": lambda text: f"{text[:5].encode().hex()}\n{text[5:].encode().hex()}",
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal, upper case": lambda text: text.encode().hex().upper(),
    "hexadecimal with colons": lambda text: text.encode().hex(":"),
    "hexadecimal with blanks": lambda text: text.encode().hex(" "),
    "numbers of bytes": lambda text: ", ".join(f"0x{byte:02X}" for byte in text.encode()),
    "quoted-printable": lambda text: f"={text.encode().hex('=').upper()}",
    "quoted-printable bytes, wrapped": lambda text: "=\r\n".join(f"={ord(c):02X}" for c in text),
    "quoted-printable, wrapped": lambda text: f"{text[:5]}=\r\n{text[5:]}",
    "Base64 in Base64": lambda text: b64encode(b64encode(text.encode())).decode(),
    "Base64 in hexadecimal": lambda text: b64encode(text.encode()).hex(),
    "hexadecimal in Base64": lambda text: b64encode(text.encode().hex().encode()).decode(),
    "percent in Base64": lambda text: b64encode(quote(text, safe="").encode()).decode(),
    "JSON in Base64": lambda text: b64encode(json.dumps({"key": text}).encode()).decode(),
}
ESCAPES: Final = ("JSON", "JSON, slashes escaped", "percent", "HTML", "entities", "JSON Pointer")
ODD: Final = "\\\"'%+/&;~#uxnrt0125Aa"
"""Characters of which escapes are made."""


def secrets(*values: str) -> Secrets:
    found = Secrets()
    for value in values:
        found.learn(value, "$KEY")
    return found


keys = st.text(
    st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60
) | st.just(KEY)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("encoding", ENCODINGS)
@given(key=keys, before=st.text(max_size=9), after=st.text(max_size=9))
def test_no_encoding_of_a_secret_stays(encoding: str, key: str, before: str, after: str) -> None:
    written = ENCODINGS[encoding](key)
    text = f"{before}{written}{after}"
    redacted = secrets(key).redact(text)
    assert "$KEY" in redacted
    assert written not in redacted.replace("$KEY", "\0")


@given(key=keys, steps=st.lists(st.sampled_from(ESCAPES), min_size=1, max_size=3))
def test_no_escape_of_an_escape_stays(key: str, steps: list[str]) -> None:
    written = key
    for step in steps:
        written = ENCODINGS[step](written)
    redacted = secrets(key).redact(f"a {written} b")
    assert redacted == "a $KEY b"


@example(key="000\\0000", steps=["wrapped", "JSON"], at=4)
@given(
    key=st.text(ODD, min_size=6, max_size=24)
    .map("k{}z".format)
    .filter(lambda key: len(peel(key)[-1].text) >= SHORTEST),
    steps=st.lists(st.sampled_from((*ESCAPES, "wrapped")), min_size=1, max_size=3),
    at=st.integers(1, 23),
)
def test_keys_of_characters_that_escapes_use(key: str, steps: list[str], at: int) -> None:
    written = key
    for step in steps:
        middle = min(at, len(written) - 1)
        wrapped = f"{written[:middle]}\r\n  {written[middle:]}"
        written = wrapped if step == "wrapped" else ENCODINGS[step](written)
    redacted = secrets(key).redact(f"a {written} b")
    assert redacted == "a $KEY b"


@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
@given(key=keys, before=st.binary(max_size=9), after=st.binary(max_size=9))
def test_base64_at_any_offset(
    encode: Callable[[bytes], bytes], key: str, before: bytes, after: bytes
) -> None:
    text = encode(before + key.encode() + after).decode()
    assert "$KEY" in secrets(key).redact(text)


def test_base64_in_lines() -> None:
    for start in range(60):
        text = encodebytes(b"x" * start + KEY.encode() + b"y" * 30).decode()
        for written in (text, json.dumps(text)):
            assert "$KEY" in secrets(KEY).redact(written)


def test_a_secret_in_the_place_of_a_syntax_error_is_redacted() -> None:
    (problem,) = decode(f"{KEY * 3}".encode()).problems
    assert KEY[:8] not in secrets(KEY, KEY[: len(KEY)]).redact(problem.message)
    (problem,) = decode(quote(f"{KEY}0123456789").encode()).problems
    assert quote(KEY)[:12] not in secrets(f"{KEY}0123456789").redact(problem.message)
    digits = "0123456789abcdef"
    for body in (digits, f'{{"items": [{digits}]}}', f'{{"items": ["a" {digits}]}}'):
        (problem,) = decode(body.encode()).problems
        assert "bcdef" not in secrets(digits).redact(problem.message)


@example(key="000&00000", limit=12, before="aa")
@given(key=keys, limit=st.integers(12, 72), before=st.text("ab ", max_size=60))
def test_the_beginning_that_a_cut_leaves_is_redacted(key: str, limit: int, before: str) -> None:
    for text in (excerpt(before + key, limit), shorten(json_escaped(before + key), limit)):
        redacted = secrets(key).redact(text)
        shown = max(n for n in range(len(key) + 1) if key[:n] in redacted)
        assert shown < 8 or key[:shown] in before or "$KEY" in redacted


@pytest.mark.parametrize("encoding", ["hexadecimal", "Base64 in Base64", "percent", "entities"])
def test_a_cut_in_an_encoding(encoding: str) -> None:
    written = f"xyz {ENCODINGS[encoding](KEY)}"
    assert "$KEY" in secrets(KEY).redact(shorten(written, 30))


def test_a_cut_in_an_escape() -> None:
    assert secrets(KEY).redact(f"x {json_escaped(KEY)[:38]}{CUT}") == f"x $KEY{CUT}"
    assert secrets(KEY).redact(f"kind{CUT}, {KEY[:9]}{CUT}") == f"kind{CUT}, $KEY{CUT}"


def test_a_body_that_is_not_utf_8_keeps_its_other_bytes() -> None:
    body = b"\xff" + KEY.encode() + b"\xfe"
    assert secrets(KEY).redact_bytes(body) == b"\xff$KEY\xfe"
    assert Secrets().redact_bytes(b"\xff") == b"\xff"


@given(st.text())
def test_other_texts_stay(text: str) -> None:
    assert secrets(KEY).redact(text) == text


def test_the_longest_secret_is_redacted_first() -> None:
    found = Secrets()
    found.learn("abcd", "$SHORT")
    found.learn("abcd-efgh", "$LONG")
    assert found.redact("abcd-efgh abcd") == "$LONG $SHORT"


@pytest.mark.sampled(6)
@pytest.mark.parametrize("encoding", sample(ENCODINGS, 3))
@example(key="0000000E", limit=40)
@example(key="EEEEEEEE", limit=15)
@given(key=keys, limit=st.integers(12, 72))
def test_many_secrets_hide_no_less(encoding: str, key: str, limit: int) -> None:
    many = secrets(*(chr(0x4E00 + number) * 12 for number in range(FEW + 1)), key)
    written = ENCODINGS[encoding](key)
    for text in (written, f"a {written} b", shorten(written, limit), f"{written[:limit]}{CUT}"):
        assert many.redact(text) == secrets(key).redact(text)


@pytest.mark.parametrize("encoding", ["plain", "JSON", "Base64 in Base64", "hexadecimal"])
def test_a_key_that_a_server_cut_does_not_stay(encoding: str) -> None:
    known = Secrets()
    known.learn(KEY, "$KEY")
    for part in (KEY[:15], KEY[-15:]):
        shown = known.redact(ENCODINGS[encoding](part))
        assert "$KEY" in shown
        assert len(shown) < 12
    assert known.redact(KEY[:11]) == KEY[:11]
    assert known.redact(KEY[6:17]) == KEY[6:17]
    assert known.redact(json_escaped(KEY[3:17])) == "$KEY"


def test_twenty_characters_are_too_many() -> None:
    longer = f"{KEY}-0d8b5e1f7a2c4936{KEY[::-1]}"
    for start in range(len(longer) - 20):
        assert secrets(longer).redact(f"a,{longer[start : start + 20]},b") == "a,$KEY,b"
    assert secrets(longer).redact(longer[5:24]) == longer[5:24]


def test_half_a_url_is_evidence() -> None:
    known = Secrets()
    known.learn("https://api.example.com/v1/7c41aa90", "$ACME_URL")
    assert known.redact("https://api.example.com/v2") == "https://api.example.com/v2"


def test_the_digits_before_a_cut_are_no_hexadecimal_form_of_a_few_characters() -> None:
    assert secrets("%E4%B8%0D-one").redact(f"page 2545{CUT}") == f"page 2545{CUT}"


def test_a_secret_may_be_learned_while_a_text_is_redacted(monkeypatch: pytest.MonkeyPatch) -> None:
    many = secrets(*(chr(0x4E00 + number) * 12 for number in range(FEW + 1)))
    list_parts = docpact.secrets._list_parts  # noqa: SLF001

    def learn_meanwhile(needles: Mapping[str, int]) -> Iterator[str]:
        many.learn(KEY, "$KEY")
        return list_parts(needles)

    monkeypatch.setattr(docpact.secrets, "_list_parts", learn_meanwhile)
    assert many.redact("a text") == "a text"
    assert many.redact(f"a {KEY} b") == "a $KEY b"


def test_texts_of_a_value() -> None:
    value = {"b": [KEY, 1, None, {"a": f"<{KEY}>"}]}
    assert secrets(KEY).redact_value(value) == {"b": ["$KEY", 1, None, {"a": "<$KEY>"}]}


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("5d2f8a1c77e04b19", True),
        ("canary-cookie-5d2f8a1c", True),
        ("CANCELLED_BY_USER", False),
        ("202611280324001122", False),
        ("de-DE", False),
    ],
)
def test_ordinary_words_of_cookies_are_evidence(value: str, secret: bool) -> None:
    assert is_session_secret(value) is secret


@pytest.mark.parametrize(
    "encoding", ["plain", "percent", "hexadecimal with blanks", "Base64 in Base64"]
)
@pytest.mark.parametrize("is_text", [True, False])
def test_no_text_of_an_exchange_is_written_with_a_secret(
    tmp_path: Path, encoding: str, is_text: bool
) -> None:
    """A server chooses names, values and ids, which later requests repeat in any place."""
    said = ENCODINGS[encoding](KEY)
    pairs = ((said, said),)
    question = Question(pairs, pairs, (said,), headers=pairs, body=said)
    case = Case(said, question, Expectation(parameter=said), visit=Visit(query=pairs))
    body = said.encode() + (b"" if is_text else b"\xff")
    outcomes = (Response(200, pairs, body), Failure("cut", said))
    request = Request("GET", said, pairs, body=said)
    journal = Journal(tmp_path / "a.jsonl", "1", secrets(KEY))
    for outcome in outcomes:
        journal.write(Exchange(case, request, outcome, 0.1, redirects=(said,), echoes=(said,)))
    written = (tmp_path / "a.jsonl").read_text()
    lines = [json.loads(line) for line in written.splitlines()]
    assert len(lines) == len(outcomes)
    assert said not in written
    assert b64encode(body).decode() not in written


PASSED = {
    "PWD": "/home/me",
    "PATH_INFO": "/uri",
    "COMPASS": "north",
    "HTTP_PROXY": "http://proxy.example:3128",
    "MY_SETTING": "plain",
}
HELD = {
    "GH_PAT": "github-pat-1234",
    "DB_PASS": "database-1234",
    "MYSQL_PWD": "database-5678",
    "MONGODB_URI": "mongodb://db.example/shop",
    "MY_API_KEY": "real-secret-1234",
    "HTTPS_PROXY": "http://me:proxy-1234@proxy.example:3128",
}


def test_other_programs_get_no_variable_that_may_have_a_secret() -> None:
    passed, secrets = split_environment({**PASSED, **HELD})
    assert passed == PASSED
    assert not [value for value in HELD.values() if value in secrets.redact(f"it is {value}")]
