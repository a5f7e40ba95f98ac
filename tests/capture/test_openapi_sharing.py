"""An operation's contract does not depend on the operations that were captured before it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sizes import FEWER

from docpact.capture.openapi import capture_operation, find_operation
from docpact.capture.openapi.document import list_operations
from docpact.errors import ContractError

NAMES = ["boat", "crew", "port", "trip"]
REFS = st.sampled_from([{"$ref": f"#/components/schemas/{name}"} for name in NAMES])
PLAIN = st.sampled_from([
    {"type": "string"},
    {"type": "integer", "readOnly": True},
    {"type": "string", "writeOnly": True, "nullable": True},
    {"type": "string", "format": "knots"},
    {"type": "string", "enum": ["a", "b"]},
])  # fmt: skip
PARTS = st.one_of(
    PLAIN,
    REFS,
    st.builds(lambda each: {"type": "array", "items": each}, REFS),
    st.builds(lambda each: {"anyOf": each}, st.lists(REFS | PLAIN, min_size=1, max_size=3)),
    st.builds(lambda each: {"oneOf": each}, st.lists(REFS | PLAIN, min_size=1, max_size=3)),
    st.builds(lambda each, own: {"allOf": [each, {"properties": {"x": own}}]}, REFS, PLAIN),
)
OBJECTS = st.builds(
    lambda fields: {"type": "object", "properties": fields, "required": [*fields][:1]},
    st.dictionaries(st.sampled_from("abc"), PARTS, max_size=3),
)
COMPONENTS = st.fixed_dictionaries(dict.fromkeys(NAMES, OBJECTS | PARTS))


def write_document(components: dict[str, Any], used: list[dict[str, Any]]) -> dict[str, Any]:
    def content(schema: Any) -> dict[str, Any]:
        return {"content": {"application/json": {"schema": schema}}}

    paths = {
        f"/{number}": {
            "post": {
                "operationId": f"op{number}",
                "requestBody": content(schema),
                "responses": {"200": content(schema), "400": content(used[0])},
            }
        }
        for number, schema in enumerate(used)
    }
    return {"openapi": "3.1.0", "paths": paths, "components": {"schemas": components}}


def capture(operation: Any) -> Any:
    try:
        return capture_operation(operation)
    except ContractError as error:
        return str(error)


@FEWER
@given(COMPONENTS, st.tuples(REFS, REFS | PARTS, REFS).map(lambda used: [*used, used[0]]))
def test_operations_share_components(
    components: dict[str, Any], used: list[dict[str, Any]]
) -> None:
    document = write_document(components, used)
    for each in list_operations(document, "boats"):
        alone = find_operation(document, each.name, "boats")
        assert capture(each) == capture(alone)
