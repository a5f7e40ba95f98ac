"""`docpact serve`: the mock of an API over real HTTP, for clients in any language."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def run_serve(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    from docpact.apis import load_api
    from docpact.settings import load as load_config
    from docpact.settings import own_contracts
    from docpact.targets.asgi import serve
    from docpact.targets.mock_store import open_mock

    config = load_config(None, Path.cwd())
    configured = config.general.get("operation")
    name = args.operation or (configured.value if configured else None)
    api = load_api(name, own_contracts(config))
    mock = open_mock(api, key=args.key, items=args.items, seed=args.seed)

    def ready(base: str) -> None:
        lines = [f"{each.method} {base}{each.path}" for each in api.operations]
        sys.stdout.write("\n".join(lines) + "  (Ctrl-C stops)\n")
        sys.stdout.flush()

    serve(mock, host=args.host, port=args.port, on_ready=ready)
    return 0
