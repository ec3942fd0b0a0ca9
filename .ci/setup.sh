# Makes .venv from requirements.lock, or leaves it as it is when nothing has changed.
# Sourced from the repository root by run_tests.sh and run_all.sh; afterwards the tools stand in .venv/bin.

stop() { printf '%s\n' "$1" >&2; exit 1; }

# The first Python that runs, is new enough and can make virtual environments (Debian packs `venv` apart).
# The versions in environment.yml come before a plain `python3`, which may be newer than the lock was made for.
find_python() {
  local candidate
  for candidate in python3.13 python3.12 python3.11 python3; do
    if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      printf '%s' "$candidate"
      return
    fi
  done
  return 1
}

# One line that changes whenever what is installed would: the lock, the package's own metadata, the Python.
stamp() {
  .venv/bin/python - <<'PYTHON'
import hashlib, pathlib, sys
files = ("requirements.lock", "pyproject.toml")
print(hashlib.sha256(b"".join(pathlib.Path(f).read_bytes() for f in files) + sys.version.encode()).hexdigest())
PYTHON
}

# Show what pip does: one line that is rewritten on a terminal, every tenth elsewhere. The log has all.
show_progress() {
  local line count=0
  local step='^ *((Collecting|Downloading|Using cached|Building|Preparing|Installing|Successfully) .*)'
  while IFS= read -r line; do
    printf '%s\n' "$line" >>.venv/install.log
    [[ "$line" =~ $step ]] || continue
    line=${BASH_REMATCH[1]%% (from*}
    count=$((count + 1))
    if [[ -t 1 ]]; then
      printf '\r\033[K  %.70s' "$line"
    elif ((count % 10 == 1)); then
      printf '  %.70s\n' "$line"
    fi
  done
  [[ ! -t 1 ]] || printf '\r\033[K'
}

pip_install() {
  PYTHONUNBUFFERED=1 .venv/bin/python -m pip --disable-pip-version-check install --progress-bar off "$@" 2>&1 |
    show_progress && return
  local log
  log=$(<.venv/install.log)
  case "$log" in
    *"No space left"* | *"Disk quota"*)
      stop "The disk is full: free about 4 GB (12 GB with a GPU build of torch) and run this again." ;;
    *"HASHES"*)
      stop "A download does not match its hash in requirements.lock: run this again; if it stays so, do not use that package index." ;;
    *onnection* | *"name resolution"* | *"timed out"* | *"ProxyError"* | *"SSLError"*)
      stop "The package index cannot be reached: check the network, or pip's settings (pip config list), and run this again." ;;
    *"No matching distribution"*)
      stop "The package index has no $(grep -o 'No matching distribution found for [^ ]*' <<<"$log" | tail -1 | cut -d' ' -f6) for $(.venv/bin/python -V): try another Python from 3.11 to 3.13, or check pip's index settings (pip config list)." ;;
    *)
      stop "The installation failed; .venv/install.log says why. Remove .venv to start afresh." ;;
  esac
}

set_up() {
  local python place torch
  python=$(find_python) || stop "gamelabel needs Python 3.11 or newer with the venv module: install one (on Debian: python3 and python3-venv) and run this again."

  # A virtual environment works only where it was made: a moved or copied folder, or another Python, starts afresh.
  place="$PWD $("$python" -VV)"
  if [[ "$(cat .venv/place 2>/dev/null)" != "$place" ]]; then
    "$python" -m venv --clear .venv >/dev/null 2>&1 ||
      stop "No virtual environment could be made in $PWD/.venv: check that the folder is writable and the disk has room."
    printf '%s\n' "$place" >.venv/place
  fi

  if [[ "$(cat .venv/stamp 2>/dev/null)" != "$(stamp)" ]]; then
    echo "Installing into .venv (two to four minutes the first time; .venv/install.log has it all)"
    : >.venv/install.log
    torch=$(.venv/bin/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["tool"]["uv"]["constraint-dependencies"])')
    echo "1 of 3: $torch"
    pip_install "$torch"  # apart and first: pip then takes the build that suits the machine, CPU or GPU
    echo "2 of 3: the packages of requirements.lock"
    pip_install --no-deps --require-hashes -r requirements.lock
    echo "3 of 3: gamelabel"
    pip_install --no-deps --no-build-isolation --editable .
    stamp >.venv/stamp
  fi
}

set_up
