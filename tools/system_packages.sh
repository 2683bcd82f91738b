#!/bin/sh
# Install the Debian packages that some tests need, where that is allowed: as root, or in CI.
# Elsewhere say what is missing: those tests then skip with their reason. Where nothing may skip
# (STOREFLOOR_REQUIRE_ALL=1, or CI=true) a package that cannot be had is a failure.
set -eu
PATH=$PATH:/usr/sbin:/sbin # daemons live there, and not on everybody's PATH

missing=
need() { # need COMMAND PACKAGE
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need mosquitto mosquitto                # the MQTT broker that the pipeline is tested through
need losetup mount                       # a disk of which the power can be cut: ext4 on a loop device
need mkfs.ext4 e2fsprogs                 # its file system
need chromium chromium                   # the browser that the staff page is tested in
need influxd influxdb                    # the time-series server that levels are written to and read back from
need victoria-metrics victoria-metrics # another server that takes line protocol
need strace strace                       # shows that each acknowledgement comes after its flush to disk
[ -n "$missing" ] || exit 0

give_up() {
    if [ "${CI:-}" = true ] || [ "${STOREFLOOR_REQUIRE_ALL:-}" = 1 ]; then
        echo "system packages missing:$missing. $1" >&2
        exit 1
    fi
    echo "Not installed:$missing. Tests that need them will skip. $1"
    exit 0
}

command -v apt-get >/dev/null 2>&1 || give_up "This is no Debian: install them in your system's way."
if [ "$(id -u)" = 0 ]; then
    as_root="env"
elif [ "${CI:-}" = true ] && sudo -n true 2>/dev/null; then
    as_root="sudo -n env"
else
    give_up "To have them:  sudo apt-get install --no-install-recommends$missing"
fi

echo "Installing the Debian packages that some tests need:$missing …"
apt() { $as_root DEBIAN_FRONTEND=noninteractive apt-get "$@" </dev/null; }
# shellcheck disable=SC2086 # a list of words on purpose
apt install -y --no-install-recommends $missing ||
    { apt update && apt install -y --no-install-recommends $missing; } ||
    give_up "apt-get could not install them (its own words stand above)."

if [ -d /run/systemd/system ] && [ "${CI:-}" != true ]; then
    for package in $missing; do
        case $package in
        mosquitto | influxdb | victoria-metrics)
            echo "Debian may have started $package as a service. The tests start their own, so it may go:"
            echo "  systemctl disable --now $package"
            ;;
        esac
    done
fi
