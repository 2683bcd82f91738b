#!/bin/sh
# Write requirements/*.txt from uv.lock: what pip installs, by exact version and hash.
# Needs uv (https://docs.astral.sh/uv/), and is run only when a dependency changes.
set -eu
cd "$(dirname "$0")/.."

uv=${UV:-uv}
if ! command -v "$uv" >/dev/null 2>&1; then
    echo "uv is not on PATH: install it ('pip install uv'), or name it: make requirements UV=/path/to/uv" >&2
    exit 1
fi

# The default index is passed so that a private index in the environment never reaches the lock.
"$uv" lock --default-index https://pypi.org/simple

export_to() {
    file=requirements/$1.txt
    purpose=$2
    shift 2
    {
        echo "# $purpose"
        echo "# Made from uv.lock by 'make requirements'; do not edit."
        "$uv" export --locked --quiet --format requirements-txt --no-header --no-annotate \
            --no-emit-project --no-default-groups --default-index https://pypi.org/simple "$@"
    } >"$file.new"
    mv "$file.new" "$file"
    echo "$file: $(grep -c '^[a-z0-9]' "$file") packages"
}

export_to run "What 'storefloor run' needs: install it before the wheel (docs/operators.md)."
export_to demo "What 'make setup' and 'make demo' install: run.txt, a demo broker, and what builds storefloor." \
    --extra demo --group build
export_to dev "What 'make test' and 'make check' install: demo.txt and the tools of the developers." \
    --extra demo --group dev
