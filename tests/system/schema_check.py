#!/usr/bin/env python3
"""Every message of a real call, both ways, against docs/schemas; the schemas against wrong messages; docs/asyncapi.yaml refers to all of them.

Runs under Debian's python3 (python3-jsonschema, python3-yaml). Usage: schema_check.py FILE...   FILE: one JSON message a line."""
import json
import pathlib
import re
import sys

import jsonschema
import yaml

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "docs/schemas"


def main() -> int:
    store = {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")}
    problems = []
    validators = {}
    for name, schema in store.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        resolver = jsonschema.RefResolver(base_uri="", referrer=schema, store=store)
        validators[name] = jsonschema.Draft202012Validator(schema, resolver=resolver)

    def check(message, kind):
        name = f"{kind}.json"
        if name not in validators:
            return [f"no schema {name}"]
        return [f"{name}: {'/'.join(map(str, error.path))}: {error.message[:160]}" for error in validators[name].iter_errors(message)]

    seen = set()
    for file in sys.argv[1:]:
        for line in open(file):
            message = json.loads(line)
            kind = message["type"]
            seen.add(kind)
            problems += check(message, kind)
            for event in message.get("events", []):
                kind = event["type"].removeprefix("sotto.")
                seen.add(kind)
                problems += check(event["data"], kind)
    # A schema that accepts everything would not be one.
    for name, validator in validators.items():
        if not list(validator.iter_errors({"nonsense": [1]})) and not list(validator.iter_errors(7)):
            problems.append(f"{name} accepts nonsense")
    document = (SCHEMAS.parent / "asyncapi.yaml").read_text()
    yaml.safe_load(document)
    referred = set(re.findall(r"schemas/([\w.-]+\.json)", document))
    problems += [f"asyncapi.yaml refers to {name}, which is not there" for name in sorted(referred - set(store))]
    for kind in sorted(seen):
        if f"{kind}.json" not in referred:
            problems.append(f"asyncapi.yaml does not refer to {kind}.json")
    print(f"kinds seen: {', '.join(sorted(seen))}")
    for problem in sorted(set(problems)):
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
