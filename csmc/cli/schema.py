"""`csmc schema`: the JSON Schema of a configuration, for editors."""

import json


def schema() -> None:
    """Print the JSON Schema of a configuration, with bounds, defaults and meanings."""
    from csmc.config import schema as json_schema

    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
