"""Newer forms of the same pages: newest Markdown, text that a crawler saved, HTML of Stainless."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import escape

from capture.pages import CONSTRAINTS, Contract, Field, Printer, Schema

HEADINGS = {
    "Path Parameters": "Path parameters",
    "Query Parameters": "Query parameters",
    "Header Parameters": "Headers",
    "Cookie Parameters": "Cookie parameters",
    "Body Parameters": "Body parameters",
}
COPY = "copy_"
"""The beginning of the names of fields whose list of values is not printed again."""


class NewestPrinter(Printer):
    """Prints the newest Markdown layout: smaller headings, limits in one line, lists once."""

    def __init__(self, prose: str) -> None:
        super().__init__(markdown=True, prose=prose)

    def head(self, contract: Contract) -> list[str]:
        return ["# Some Things", "", f"**{contract.method}** `{contract.path}`", ""]

    def heading(self, name: str) -> str:
        return f"## {HEADINGS.get(name, name)}"

    def limits(self, schema: Schema, *, inside: bool = False) -> Iterator[str]:
        stated = {k: v for k, v in schema.items() if k in CONSTRAINTS}
        texts = [f"{k}: {v}" for k, v in stated.items() if not (inside and k.endswith("Items"))]
        yield from ("", ", ".join(texts), "") if texts else ()

    def fields(self, schema: Schema, depth: int) -> Iterator[str]:
        for name, field in schema["properties"].items():
            one = {"type": "object", "properties": {name: field}}
            lines = list(super().fields(one, depth))
            bullets = [at for at, line in enumerate(lines) if line.lstrip().startswith("- `")]
            end = bullets[1] if name.startswith(COPY) and len(bullets) > 1 else len(lines)
            yield from lines[:end]

    def example(self, contract: Contract) -> list[str]:
        text = "\n".join(super().example(contract))
        text = text.replace("### Example", "## Example").replace("```http", "```bash")
        return [text.replace("#### Response", "### Response (200)")]


def bare(page: str) -> str:
    """Return the newest Markdown without braces, one operation of a longer page in MDX."""
    lines = ["# Things", "", "## Things / Some", ""]
    for line in page.split("\n"):
        text = re.sub(r"(?<=`)([A-Z]\w*) \{ [^{}]* \}(?=`)", r"\1 object", line)
        if line.lstrip().startswith("- `"):
            text = re.sub(r" \{ [^{}]* \}", "", text)
        elif line.startswith("**"):
            text = text.replace("{", "\\{").replace("}", "\\}")
        lines.append(f"##{line}" if line.startswith("#") else text)
    return "\n".join([*lines, "", "### Other Things", "", "**DELETE** `/other`", ""])


def with_copies(contract: Contract) -> Contract:
    """Return a contract with each field of the response that has a list of values twice."""
    fields: dict[str, Field] = contract.response["properties"]
    copies = {f"{COPY}{name}": each for name, each in fields.items() if has_list(each.schema)}
    return replace(contract, response={**contract.response, "properties": {**fields, **copies}})


def has_list(schema: Schema) -> bool:
    """Return whether a type has a list below it, of which the signature leaves nothing out."""
    while "items" in schema or schema.get("additionalProperties"):
        schema = schema["items"] if "items" in schema else schema["additionalProperties"]
    members = schema.get("anyOf", [schema])
    is_short = len(members) < 5 and all(len(each.get("enum", ())) < 5 for each in members)
    is_list = "anyOf" in schema or "enum" in schema or isinstance(schema.get("type"), list)
    return is_list and is_short


FORMS = re.compile(
    r"(?<!array of )array of (Form\d+ \{[^{}]*\}(?: or Form\d+ \{[^{}]*\})+)(?= or null$|$)"
)


def name_forms(match: re.Match[str]) -> str:
    """Return an array of forms as one of OpenAI's: a name, with those of the forms in braces."""
    names = re.findall(r"Form\d+", match[1])
    return f"{''.join(names)} {{ {', '.join(names)} }}"


def crawl(page: str) -> str:
    """Return the text layout as a crawler saves it: escapes, links, labels and tags in it."""
    top, _, example = re.split(r"^(Some Things)$(?=\ncurl )", page, maxsplit=1, flags=re.MULTILINE)
    lines = ["[API Reference](/api)", "Copy Markdown", "Open in **Claude**", "* * *"]
    for line in top.split("\n"):
        if line.endswith("Expand Collapse"):
            lines.append(re.sub(r"^([PQHCB])(\w+ P)", r"##### \1 \2", line))
        elif line == "Some Things":
            lines.append(f"# {line}")
        else:
            text = FORMS.sub(name_forms, line).replace("_", "\\_")
            text = re.sub(r'" or (?="|\d+ more$)', '"or ', text)
            text = re.sub(r"\b(Form\d+|Tree) \{", r"[\1](/api#(resource) x > (model) y) {", text)
            is_field = re.match(r'(?:\w|")[^ ]*: ', line) is not None
            lines += ["<details>", "<summary>", text, "</summary>"] if is_field else [text]
            lines += ["", "[Link to this property](#)%20x%20%3E%20y)"] if is_field else []
    curl, body, again = re.split(
        r"^(?:Returns Examples\n|(?=[{\[]))", example, maxsplit=2, flags=re.MULTILINE
    )
    labels = ["HTTP", "HTTPTypeScriptPython", "```", curl.strip(), "```", "200 example", "```"]
    return "\n".join(
        [*lines, "### Some Things", *labels, body.strip(), "```", "##### Returns Examples", again,
         "Was this page helpful?", "Yes"]
    )  # fmt: skip


GROUPS = {"path": "p", "query": "q", "headers": "h", "cookie": "c", "body": "body"}


def write_html(page: str) -> str:
    """Return the newest Markdown as Stainless's HTML: a box inside a box for each field."""
    parts, depth = list[str](), -1
    top, _, example = page.partition("## Example")
    for line in top.split("\n"):
        bullet = re.fullmatch(r"( *)- `(.*)`", line)
        new = len(bullet[1]) // 2 if bullet else 0
        if bullet or line.startswith("## "):
            parts += ["</div></details></div>"] * (depth + 1 - new)
            depth = new if bullet else -1
        if line:
            parts.append(write_line(line, bullet[2] if bullet else ""))
    parts += ["</div></details></div>"] * (depth + 1) + ["</div>"]
    blocks = re.findall(r"```\w+\n(.*?)\n```", example, flags=re.DOTALL)
    parts += [f"<pre><code>{escape(block)}</code></pre>" for block in blocks]
    return f"<!doctype html><html><body>{''.join(parts)}</body></html>"


def write_line(line: str, declaration: str) -> str:
    """Return a line as HTML, whose boxes for fields and sections stay open."""
    if declaration:
        inner = f'<div class="stldocs-property-declaration">{escape(declaration)}</div>'
        return f'<div class="stldocs-property"><details><summary>{inner}</summary><div>'
    if operation := re.fullmatch(r"\*\*(\w+)\*\* `(.*)`", line):
        return f'<div class="stldocs-method-route">{operation[1]} {operation[2]}</div><div>'
    if line.startswith("## "):
        group = GROUPS.get(line.split()[1].lower(), "returns")
        return f'</div><h5>{line[3:]}</h5><div data-stldocs-property-group="{group}">'
    if line.startswith("# "):
        return f'<h1 class="stldocs-method-title">{escape(line[2:])}</h1>'
    if re.match(rf"(?:{'|'.join(CONSTRAINTS)}): ", line):
        texts = [each.split(": ") for each in line.split(", ")]
        spans = "".join(f"<p><span>{name}</span> <span>{value}</span></p>" for name, value in texts)
        return f'<div class="stldocs-property-content">{spans}</div>'
    return f'<div class="stldocs-property-description">{escape(line)}</div>'
