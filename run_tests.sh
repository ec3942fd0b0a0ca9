#!/usr/bin/env bash
# Lint, types, import rules and tests; sets .venv up first, so a fresh clone with Python 3.11 or newer will do.
# Arguments go to pytest: ./run_tests.sh -k world. With CI=true the tests marked `full` run as well.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source .ci/setup.sh

failed=0
check() { ".venv/bin/$1" "${@:2}" || failed=1; }

check ruff check --quiet .
check ruff format --check --quiet .
check mypy gamelabel
check lint-imports --no-logo

[[ "${CI:-}" == true ]] || set -- -m "not full" "$@"
check pytest "$@"
exit "$failed"
