# A developer's day. `just` lists the recipes; the set-up installs it as .venv/bin/just.
export PATH := justfile_directory() / ".venv/bin:" + env("PATH")
export OMP_NUM_THREADS := env("OMP_NUM_THREADS", "1")

# List the recipes.
@default:
    just --list

# Create .venv from requirements.lock, or leave it as it is.
setup:
    bash -c 'source .ci/setup.sh'

# Run the everyday tests: all, or those of a room (`just test pairs`); the rest goes to pytest.
test room="" *args:
    #!/usr/bin/env bash
    set -euo pipefail
    places=()
    if [[ -n "{{ room }}" ]]; then
        mapfile -t places < <(find tests gamelabel -type d -name "{{ room }}" -not -path "*/__pycache__*")
        ((${#places[@]})) || { echo "There is no room {{ room }} in tests/ or gamelabel/." >&2; exit 2; }
    fi
    pytest -n auto --dist worksteal -m "not full" "${places[@]}" {{ args }}

# Check style, types and import rules.
lint:
    ruff check .
    ruff format --check .
    mypy gamelabel
    lint-imports --no-logo

# Format the code and apply safe fixes.
format:
    ruff check --fix --quiet .
    ruff format .

# Run one notebook of the study on little data: `just nb 03`.
nb step profile="smoke":
    gamelabel run --profile {{ profile }} --only {{ step }}

# Start the labelling game with a demo game around it.
serve *args:
    gamelabel serve --demo {{ args }}

# Write the references: docs/api from the docstrings, docs/cli.md from the commands.
docs:
    pdoc --docformat numpy --output-directory docs/api $(find gamelabel -name '*.py' -not -path '*/migrations/*') '!gamelabel.service.migrations'
    typer gamelabel.cli utils docs --name gamelabel --output docs/cli.md
    @echo "docs/api/index.html"

# Pin the dependencies of pyproject.toml anew, and render environment.yml from them.
lock:
    uv pip compile pyproject.toml --all-extras -o requirements.lock
    python tests/packaging/environment.py

# Mutate the changed packages and count what the tests miss.
mutate *args:
    python benchmarks/mutate.py {{ args }}
