#!/usr/bin/env bash
# Lint, types, import rules and tests; sets .venv up first, so a fresh clone with Python 3.11 or newer will do.
# Arguments go to pytest: ./run_tests.sh -k world. With CI=true the tests marked `full` run as well.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source .ci/setup.sh

export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} # one thread a test process: there are several processes

failed=0
.venv/bin/just lint || failed=1
[[ "${CI:-}" == true ]] || set -- -m "not full" "$@"
.venv/bin/pytest -n auto --dist worksteal "$@" || failed=1
exit "$failed"
