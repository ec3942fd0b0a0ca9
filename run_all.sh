#!/usr/bin/env bash
# Run the study: create .venv if needed, run every step that is due, and compare the paper's claims
# with the results.
#
#   ./run_all.sh [smoke|small|paper] [OPTIONS]
#
# smoke takes minutes, small (the default) is the paper's size on the embedded model, and paper
# needs a GPU and the model hub. OPTIONS go to `gamelabel run`; see its --help. `--chapter NAME`
# runs another chapter than `pairs`, and `--chapter all` all of them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
profile=small
[[ "${1:-}" == "" || "$1" == -* ]] || { profile=$1; shift; }
source .ci/setup.sh

code=0
.venv/bin/gamelabel run --profile "$profile" "$@" || code=$?
if ((code <= 1)); then # 0: done, 1: a step failed; otherwise nothing ran or it was interrupted
  printf '\n'
  .venv/bin/gamelabel claims --profile "$profile"
  printf '\nThe report: %s\n' "$PWD/reports/$profile/index.html"
fi
exit "$code"
