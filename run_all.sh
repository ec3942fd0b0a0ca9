#!/usr/bin/env bash
# The whole study: sets .venv up if need be, runs every step that is due, shows the paper's claims against this run.
# ./run_all.sh [smoke|small|paper]: smoke takes minutes, small (the default) is the paper's size on the embedded
# model, paper wants a GPU and the model hub. What follows the profile goes to `gamelabel run` (see its --help).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
profile=small
[[ "${1:-}" == "" || "$1" == -* ]] || { profile=$1; shift; }
source .ci/setup.sh

code=0
.venv/bin/gamelabel run --profile "$profile" "$@" || code=$?
if ((code <= 1)); then # 0: done, 1: a step failed; else nothing was run, or it was stopped
  printf '\n'
  .venv/bin/gamelabel claims --profile "$profile"
  printf '\nThe report: %s\n' "$PWD/reports/$profile/index.html"
fi
exit "$code"
