"""The kinds of sections that headings begin, and terms of other languages as English words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

STATUS: Final = re.compile(r"\b([1-5][0-9]{2})\b")
ASIDE: Final = re.compile(
    r"\berrors?\b|payload of the webhook|rate limits?|response default|default response",
    re.IGNORECASE,
)
_PLACES: Final = (
    ("query", re.compile(r"path (?:and|or|&) query", re.IGNORECASE)),
    ("path", re.compile(r"path|ur[il] (?:request )?param", re.IGNORECASE)),
    ("query", re.compile(r"query", re.IGNORECASE)),
    ("header", re.compile(r"header", re.IGNORECASE)),
    ("cookie", re.compile(r"cookie", re.IGNORECASE)),
    ("returns", re.compile(r"response|\brespon|returns?\b|output", re.IGNORECASE)),
    (
        "body",
        re.compile(
            r"^(?!http request$).*(?:body|request|payload)|^(?:input|arguments?)$"
            r"|\bjson\b.* param",
            re.IGNORECASE,
        ),
    ),
)
"""The kind of section that a heading begins, the first that fits."""

RETURNS: Final = dict(_PLACES)["returns"]
BODY: Final = re.compile(r"body|payload|json", re.IGNORECASE)

PARAMETERS: Final = re.compile(r"parameters?", re.IGNORECASE)
_LONGEST: Final = 40
"""Maximum number of characters of a bold line that is a heading."""

NEUTRAL: Final = re.compile(
    r"\W*(?:(?:required|optional|all) )?(?:properties|fields|parameters|attributes|schema"
    r"|success\w*|content[ -]type.*|application/json|(?:\w+ \W*)?2[0-9]{2}\b.*|ok|json)\W*",
    re.IGNORECASE,
)
"""Headings that say nothing about the text below them."""


MARKED: Final = re.compile(
    r"\W*(required|mandatory|optional)(?: (?=.*param)|s?\W*$)", re.IGNORECASE
)
"""A heading above parameters that all are required, or optional."""

OF_OBJECTS: Final = re.compile(r"\barray of objects\b", re.IGNORECASE)
"""A heading of a body that is an array."""

STATED: Final = re.compile(r"query|body|payload", re.IGNORECASE)
PATH: Final = re.compile(r"\b(?:ur[il]|path)\b", re.IGNORECASE)
MIXED: Final = re.compile(r"param|^(?:input|arguments?)$", re.IGNORECASE)

OPTIONAL: Final = re.compile(
    r"\b(?:all\b[^.]{,40}\bparameters|parameters\b[^.]{,20}\ball)\b[^.]{,40}\boptional\b",
    re.IGNORECASE,
)
"""A sentence about parameters that a request does not need."""

NOTHING: Final = re.compile(
    r"\W*(?:none|no|nothing|n/a|empty|not)\b|.*\b(?:no|not|without)\b.*\b(?:param|bod|header)|<",
    re.IGNORECASE,
)
"""The text of a section without parameters or fields."""

OF_JSON: Final = re.compile(r"request json (?:object|array)", re.IGNORECASE)
"""A heading of Sphinx, which may also print it above the fields of a response."""

OF_STATUSES: Final = re.compile(r"\W*(?:http )?(?:response )?status codes?\W*", re.IGNORECASE)
"""A heading of the statuses of an operation."""

EXAMPLES: Final = re.compile(r".{,99}\bexample|\W*samples?\b", re.IGNORECASE)
"""The beginning of a heading of examples."""

_DESCRIBED: Final = re.compile(r"\W*(?:(?:http )?status\W*)?[1-5][0-9]{2}\b\W*\w", re.IGNORECASE)
"""The beginning of a heading with a status and its description, which may be in any words."""


_NEED: Final = re.compile(r"\W*(?:required|mandatory|optional)s?\W*", re.IGNORECASE)


def name_place(heading: str) -> str:
    """Return the kind of section that a heading begins; none for the headers of a response."""
    if RETURNS.search(heading) and "header" in heading.lower():
        return ""
    if _DESCRIBED.match(heading):
        return "returns"
    return next((kind for kind, words in _PLACES if words.search(heading)), "")


def is_needed(headings: Sequence[str]) -> bool:
    """Return whether headings, such as Attributes and Required, mark parameters of a request."""
    *above, last = headings or [""]
    return _NEED.fullmatch(last) is not None and all(map(NEUTRAL.fullmatch, above))


def is_heading(text: str) -> bool:
    """Return whether a bold line, such as `**Query Parameters:**`, names the lines below it."""
    is_place = any(words.search(text) for _, words in _PLACES) or ASIDE.search(text)
    is_other = NEUTRAL.fullmatch(text) or OF_STATUSES.fullmatch(text)
    is_form = text.lower() == "form parameters"
    return len(text) < _LONGEST and (is_form or bool(is_place or is_other))


_TERMS: Final = {
    "response": "响应 響應 返回 应答 回應 レスポンス 戻り値 응답 respuesta respuestas"
    " resposta respostas retorno réponse réponses antwort rückgabe ответ ответа ответы"
    " risposta",
    "request": "请求 請求 リクエスト 요청 solicitud petición requisição requisicao"
    " requête anfrage запрос запроса richiesta",
    "path": "路径 路徑 パス 경로 ruta caminho chemin pfad пути путь percorso",
    "query": "查询 查詢 クエリ 쿼리 строки",
    "header": "请求头 請求頭 消息头 ヘッダー ヘッダ 헤더 encabezado encabezados cabecera"
    " cabeceras cabeçalho cabeçalhos en-tête en-têtes заголовок заголовки kopfzeilen",
    "body": "请求体 請求體 ボディ 本文 본문 cuerpo corpo corps тело тела rumpf",
    "parameters": "参数 參數 パラメータ パラメーター 매개변수 파라미터 parámetros"
    " parametros paramètres параметры parametri",
    "fields": "字段 欄位 フィールド 필드 campos champs felder поля campi",
    "example": "示例 範例 例子 例 예시 예제 ejemplo ejemplos exemplo exemplos exemple"
    " exemples beispiel beispiele пример примеры esempio",
    "error": "错误 錯誤 エラー 오류 에러 errores erros erro erreur erreurs fehler ошибка"
    " ошибки errori",
    "name": "参数名 參數名 参数名称 參數名稱 名称 名稱 字段名 字段名称 パラメータ名 名前"
    " 이름 nombre nome nom параметр название имя поле parámetro parâmetro parametro"
    " paramètre campo champ feld 参数 參數 字段 欄位 パラメータ パラメーター フィールド"
    " 필드 파라미터 매개변수",
    "type": "类型 類型 数据类型 參數類型 参数类型 型 タイプ データ型 타입 tipo typ тип",
    "required": "是否必须 是否必須 是否必需 是否必填 必填 必须 必选 必需 是否必選 必選"
    " 必須 必要 필수 필수여부 obligatorio requerido obligatoria obrigatório obrigatorio"
    " obrigatória obligatoire requis erforderlich pflicht обязательный обязательно"
    " обязательность обязателен obbligatorio",
    "description": "描述 说明 說明 备注 備註 含义 参数说明 參數說明 説明 설명"
    " descripción descripcion descrição descricao beschreibung описание descrizione",
    "default": "默认值 默認值 默认 預設值 デフォルト デフォルト値 기본값 predeterminado"
    " padrão padrao défaut умолчанию",
    "yes": "是 はい 예 ○ sí si sim oui ja да",
    "optional": "否 可选 可選 选填 任意 いいえ 선택 아니오 아니요 não nao non nein нет"
    " opcional facultatif необязательный необязательно необязателен opzionale",
    "string": "字符串 字串 文字列 문자열 cadena texto chaîne строка",
    "integer": "整数 整數 整型 정수 entero inteiro entier целое",
    "boolean": "布尔 布尔值 布爾 真偽値 불리언 booleano booléen логический",
}
_WORDS: Final = {word: term for term, words in _TERMS.items() for word in words.split()}
_PARTS: Final = ("response", "request", "path", "query", "header", "body", "parameters", "fields")
_HEADINGS: Final = {
    word: term for term in (*_PARTS, "example", "error") for word in _TERMS[term].split()
}
"""The words of headings for several parameters; in a table such a word is a name."""

_WIDE: Final = re.compile(
    "|".join(sorted((word for word in _HEADINGS if word[0] > "\u2e7f"), key=len, reverse=True))
)
"""The words of languages that put no blanks between words; the longest first."""

_LETTERS: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def read_term(text: str) -> str:
    """Return the English word for the whole text of a cell; without one, the text."""
    return _WORDS.get(text.strip().lower(), text)


def read_heading(text: str) -> str:
    """Return a heading with English words in place of the known ones of other languages."""
    if text.isascii():
        return _LETTERS.sub(_translate, text)
    wide = _WIDE.sub(lambda match: f" {_HEADINGS[match[0]]} ", text)
    return re.sub(r" {2,}", " ", _LETTERS.sub(_translate, wide)).strip()


def _translate(match: re.Match[str]) -> str:
    return _HEADINGS.get(match[0].lower(), match[0])


_OF_OBJECT: Final = re.compile(
    r"\b(?:the|an?|of|object|array|item|element|field|propert(?:y|ie)|parameter|attribute|structure"
    r"|model|type|schema|detail|definition|each)s?\b",
    re.IGNORECASE,
)
"""Words around the name of an object in a heading above its fields."""

SIMPLE: Final = re.compile(
    r"(?i:[`*]*(?:string|str|text|number|integer|int|long|float|double|boolean|bool|date|datetime"
    r"|timestamp)[`*]*)"
)
"""Types of values without fields."""


def name_object(text: str) -> str:
    """Return the name of a field or a type that a heading, or a line above a table, is about."""
    marked = re.findall(r"[`*]([\w.-]+)(?:\[\])?[`*]", text)
    return (marked[0] if len(marked) == 1 else _OF_OBJECT.sub("", text).strip("#*`: ")).lower()
