#!/bin/sh
# Installs what Python packages cannot bring: Chromium for the browser tests, bubblewrap for the walls, PostgreSQL for
# the tests of a gradebook in it.
# Debian and Ubuntu, as root or with password-free sudo; elsewhere it says what is missing and goes on.
missing=""
command -v chromium >/dev/null || missing="$missing chromium"
command -v bwrap >/dev/null || missing="$missing bubblewrap"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing="$missing postgresql"
[ -z "$missing" ] && exit 0

if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
    run=""
    [ "$(id -u)" = 0 ] || run="sudo -n"
    echo "installing$missing"
    $run apt-get update -qq && DEBIAN_FRONTEND=noninteractive $run apt-get install -y -qq --no-install-recommends \
        $missing fonts-dejavu-core >/dev/null && exit 0
    echo "could not install$missing; tests that need them will be skipped (with CI=true they fail)" >&2
    exit 0
fi
echo "missing:$missing. Install them with your package manager; tests that need them are skipped until then." >&2
