"""check_schema.py SCHEMA FILE...: exits 0 if every JSON file is valid under the schema; its $refs are files beside it."""
import json
import pathlib
import sys

import jsonschema

schema_file = pathlib.Path(sys.argv[1]).resolve()
schema = json.loads(schema_file.read_text())
resolver = jsonschema.RefResolver(schema_file.as_uri(), schema)
checker = jsonschema.validators.validator_for(schema)(schema, resolver=resolver)
bad = 0
for name in sys.argv[2:]:
    for error in checker.iter_errors(json.loads(pathlib.Path(name).read_text())):
        print(f"{name}: /{'/'.join(map(str, error.path))}: {error.message}", file=sys.stderr)
        bad = 1
sys.exit(bad)
