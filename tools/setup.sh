#!/bin/sh
# Make .venv with the `storefloor` command in it. Usage: tools/setup.sh demo|dev
#
#   demo  what runs storefloor and its demo          requirements/demo.txt
#   dev   that, and what tests and checks need       requirements/dev.txt
#
# Needs Python 3.11 or newer; everything else comes by pip, by exact version and hash. PIP_*, proxy
# and certificate settings of the environment are left as they are. A second run does nothing (a
# stamp tells); a run that was interrupted is started afresh. PYTHON=/path/to/python names another one.
set -eu
cd "$(dirname "$0")/.."

level=${1:-demo}
case $level in
    demo | dev) ;;
    *) echo "tools/setup.sh: '$level' is no level: write demo or dev" >&2 && exit 2 ;;
esac

venv=.venv
stamp=$venv/.storefloor-setup        # one line per level that is installed
unfinished=$venv/.storefloor-unfinished

if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi
say() { printf '%s%s%s\n' "$bold" "$*" "$plain"; }
fail() {
    printf '\nset-up stopped: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '  %s\n' "$line" >&2; done
    exit 1
}

# What a finished set-up rests on: the folder (a venv cannot be moved), the Python, the files.
fingerprint() {
    printf '%s %s %s %s\n' "$1" "$(pwd)" "$("$venv/bin/python" -V)" \
        "$(cat "requirements/$1.txt" pyproject.toml | cksum)"
}

is_set_up() {
    [ -f "$stamp" ] && [ ! -e "$unfinished" ] && [ -x "$venv/bin/storefloor" ] &&
        grep -qxF "$(fingerprint "$level" 2>/dev/null)" "$stamp"
}

is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
has_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

# Print the first Python that will do; one that can make a venv is preferred.
find_python() {
    candidates=${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}
    for candidate in $candidates; do
        is_recent "$candidate" && has_venv "$candidate" && echo "$candidate" && return
    done
    for candidate in $candidates; do
        is_recent "$candidate" && echo "$candidate" && return
    done
    return 1
}

# Debian ships the venv module apart from Python: install it where we may, else name it.
add_venv_module() {
    package=$(basename "$1")-venv
    case $(command -v "$1") in
        /usr/bin/*) ;;
        *) fail "$1 cannot make virtual environments (its modules venv and ensurepip are missing)." \
            "Name another Python: make $level PYTHON=/usr/bin/python3" ;;
    esac
    if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
        fail "the system's Python comes without its venv module." \
            "Install it, then run make again:  sudo apt-get install $package"
    fi
    say "Installing the Debian package $package (Python's venv module is missing) …"
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y --no-install-recommends "$package" </dev/null ||
        { apt-get update </dev/null && apt-get install -y --no-install-recommends "$package" </dev/null; } ||
        fail "apt-get could not install $package (its own words stand above)." \
            "Install it by hand, then run make again."
}

make_venv() {
    python=$(find_python) || fail "no Python 3.11 or newer was found (tried: ${PYTHON:-python3, python3.11 … 3.14})." \
        "On Debian 12 or newer:  sudo apt-get install python3 python3-venv" \
        "Or name one:            make setup PYTHON=/path/to/python3"
    has_venv "$python" || add_venv_module "$python"
    say "Making $venv with $("$python" -V) …"
    rm -rf "$venv"
    mkdir "$venv"
    : >"$unfinished"
    "$python" -m venv "$venv"
}

# A venv is kept while its Python runs, has pip, stands where it was made, and was left finished.
is_kept() {
    [ -x "$venv/bin/python" ] && [ ! -e "$unfinished" ] && is_recent "$venv/bin/python" || return 1
    [ ! -f "$stamp" ] || grep -qF " $(pwd) " "$stamp" || return 1
    "$venv/bin/python" -c 'import pip' 2>/dev/null || "$venv/bin/python" -m ensurepip >/dev/null 2>&1
}

is_set_up && exit 0

is_kept || make_venv
: >"$unfinished"
rm -f "$stamp"

say "Installing $(grep -c '^[A-Za-z0-9]' "requirements/$level.txt") packages (requirements/$level.txt) …"
"$venv/bin/python" -m pip install --require-hashes --requirement "requirements/$level.txt" ||
    fail "pip could not install the packages (its own words stand above)." \
        "Behind a proxy or with an index of your own, set HTTPS_PROXY, PIP_INDEX_URL or PIP_CERT; then run make again."

say "Installing storefloor from this folder …"
"$venv/bin/python" -m pip install --quiet --no-deps --no-build-isolation --editable . ||
    fail "storefloor itself could not be installed (pip's own words stand above)."

fingerprint demo >"$stamp"
[ "$level" = demo ] || fingerprint dev >>"$stamp"
rm -f "$unfinished"
say "Ready: $venv/bin/storefloor"
