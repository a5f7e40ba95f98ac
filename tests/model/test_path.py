"""Paths and the templates that they belong to."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from toy import LAMPS

from docpact.model import Parameter
from docpact.model.path import choose_template, index_templates, list_matches, match_path, split_url


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("/sums({id})", "/sums%285%29", {"id": "5"}),
        ("/sums({id})", "/sums(5)", {"id": "5"}),
        ("/a:b/{id}", "/a%3Ab/x%3ay", {"id": "x:y"}),
        ("/a/{id}", "/a/b%2Fc", {"id": "b/c"}),
        ("/a/{id}", "/a/b%252Fc%23", {"id": "b%2Fc#"}),
        ("/{name}.{kind}", "/a%2Eb", {"name": "a", "kind": "b"}),
        ("/é/{id}", "/%C3%A9/x", {"id": "x"}),
        ("/é {id}", "/%c3%a9%20x", {"id": "x"}),
        ("/[a]/{id}", "/[a]/x", {"id": "x"}),
        ("/%5ba]/{id}", "/[a%5D/x", {"id": "x"}),
    ],
)
def test_needless_encoding_is_ignored(template: str, path: str, values: dict[str, str]) -> None:
    assert match_path(template, path) == ("", values)
    assert ("", values) in list(list_matches(template, path))


@pytest.mark.parametrize(
    ("path", "chosen"),
    [
        ("/a/5", "/a/{id}"),
        ("/a/me", "/a/me"),
        ("/a/5.json", "/a/{id}.json"),
        ("/a/sum(5)", "/a/sum({id})"),
        ("/a/sum%285%29", "/a/sum({id})"),
    ],
)
def test_more_fixed_text_comes_first(path: str, chosen: str) -> None:
    templates = ["/a/{id}", "/a/{id}.json", "/a/sum({id})", "/a/me"]
    for listed in (templates, templates[::-1]):
        found = choose_template(index_templates(listed), path)
        assert found is not None
        assert found[0] == chosen


def test_a_path_belongs_to_each_template_that_it_matches() -> None:
    parts = ("a", "{x}", "{x}.b", "b.b")
    shapes = [*product(parts, repeat=1), *product(parts, repeat=2), *product(parts, repeat=3)]
    templates = ["/", "a", "{x}", "a/b", *(f"/{'/'.join(shape)}" for shape in shapes)]
    for path in ("/", "/a", "/a/", "/v1/a", "/b.b", "/a/b%2eb/", "/c/a/b.b", "/v1/a/a/b", "/v1/ca"):
        for template in templates:
            matched = match_path(template, path)
            found = choose_template(index_templates([template]), path)
            assert (found and found[1]) == (matched and matched[1]), (template, path)


@pytest.mark.parametrize(
    ("path", "last"),
    [
        ("/lamps/{id}", "id"),
        ("/rooms/{room}/lamps/{id}/", "id"),
        ("/rooms/{room}/lamps", None),
        ("/lamps({id})", "id"),
        ("/lamps('{id}')/", "id"),
        ("/lamps(room={room},id={id})", None),
        ("/lamps/{id}.json", "id"),
        ("/lamps/{id}.txt", None),
    ],
)
def test_the_last_parameter_is_a_whole_segment(path: str, last: str | None) -> None:
    parameters = tuple(Parameter(name, "path", True, {}) for name in ("room", "id"))
    found = replace(LAMPS, path=path, parameters=parameters).last_parameter
    assert (found and found.name) == last


def test_parameters_that_share_a_segment_are_read_without_backtracking() -> None:
    names = [f"p{number}" for number in range(12)]
    template = f"/{'-'.join(f'{{{name}}}' for name in names)}.json"
    assert match_path(template, f"/{'-' * 60_000}") is None
    matched = match_path(template, f"/v1/{'-'.join(names)}-x.json")
    assert matched == ("/v1", {**dict(zip(names, [*names[1:], "x"], strict=True)), "p0": "p0-p1"})
    _, other, *_ = list_matches(template, f"/v1/{'-'.join(names)}-x.json")
    assert other[1]["p0"] == "p0"


@pytest.mark.parametrize(
    ("text", "path"),
    [("https://toys.example/v1?size=1", "/v1"), ("http://[", "http://["), ("//[::1", "//[::1")],
)
def test_a_text_that_is_not_a_url_is_a_path(text: str, path: str) -> None:
    assert split_url(text).path == path
