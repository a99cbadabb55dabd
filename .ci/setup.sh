# shellcheck shell=bash
# Sourced by run and test: installs what is missing, builds, provides a display.
# Everything it says goes to stderr; what a step prints is shown only if the step fails.

readonly PYTHON=/usr/bin/python3
readonly BUILD=$ROOT/build

say() { echo "loopscope: $*" >&2; }
fail() {
    say "$*"
    exit 1
}

as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    else
        sudo "$@"
    fi
}

# Names in a part of .ci/packages.txt. {python} is filled in by the Python there is, once there is one.
packages() { # run|test|optional
    local version=
    [[ ! -x $PYTHON ]] || version=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    awk -v part="$1:" -v version="$version" '
        /^# == / { wanted = $3 == part }
        /^#/ { next }
        wanted { gsub("{python}", version); for (i = 1; i <= NF; i++) print $i }' "$ROOT/.ci/packages.txt" | sort -u
}

missing_packages() { # run|test|optional
    comm -23 <(packages "$1") <(installed_packages)
}

update_lists() {
    [[ -z ${LISTS_ARE_NEW:-} ]] || return 0
    as_root apt-get update -qq && LISTS_ARE_NEW=1
}

apt_get_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

install_packages() { # run|test
    command -v dpkg-query >/dev/null || {
        say "this is not Debian; the packages of .ci/packages.txt (its part '$1') have to be there already"
        return
    }
    local missing log=$BUILD/$1-packages.log
    mapfile -t missing < <(missing_packages "$1")
    [[ ${#missing[@]} -eq 0 ]] && return
    [[ $EUID -eq 0 ]] || command -v sudo >/dev/null ||
        fail "these packages are missing: ${missing[*]}; install them, or run this as root or with sudo installed"
    say "installing ${missing[*]}"
    mkdir -p "$BUILD"
    {
        update_lists || say "apt-get update failed; trying with the lists there are"
        apt_get_install "${missing[@]}"
    } >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        fail "apt-get could not install ${missing[*]}; all of it is in $log"
    }
}

# What cannot be had is named once and not asked for again until the list of packages changes.
install_optional_packages() {
    command -v dpkg-query >/dev/null || return 0
    local log=$BUILD/optional-packages.log missing package
    mapfile -t missing < <(missing_packages optional 2>/dev/null)
    [[ ${#missing[@]} -eq 0 || $log -nt $ROOT/.ci/packages.txt ]] && return
    [[ $EUID -eq 0 ]] || command -v sudo >/dev/null || return 0
    say "installing ${missing[*]}"
    mkdir -p "$BUILD"
    {
        update_lists
        apt_get_install "${missing[@]}" || for package in "${missing[@]}"; do apt_get_install "$package"; done
    } >"$log" 2>&1
    mapfile -t missing < <(missing_packages optional)
    [[ ${#missing[@]} -eq 0 ]] || say "could not install ${missing[*]}: their tests are skipped; see $log"
}

# Names of what is installed, and of what that provides.
installed_packages() {
    # shellcheck disable=SC2016
    dpkg-query -W -f='${db:Status-Status} ${Package} ${Provides}\n' 2>/dev/null |
        awk '$1 == "installed" { gsub(/\([^)]*\)|,/, ""); for (i = 2; i <= NF; i++) print $i }' | sort -u
}

# build with-tests|without-tests [TARGET ...]: everything, or these targets. Once a folder has the tests it keeps them.
build() {
    local log=$BUILD/build.log tests=$1
    shift
    mkdir -p "$BUILD"
    exec {lock}>"$BUILD/.lock"
    flock "$lock" # a second run or test waits until this one has built
    if [[ ! -f $BUILD/build.ninja ]]; then
        say "building; the first time takes minutes"
        configure "$([[ $tests == with-tests ]] && echo ON || echo OFF)" >"$log" 2>&1 || build_failed "$log"
    elif [[ $tests == with-tests ]] && grep -qs '^LOOPSCOPE_TESTS:BOOL=OFF' "$BUILD/CMakeCache.txt"; then
        configure ON >"$log" 2>&1 || build_failed "$log"
    fi
    ninja -C "$BUILD" "$@" >"$log" 2>&1 || build_failed "$log"
    exec {lock}>&-
    export PYTHONPATH=$BUILD/python${PYTHONPATH:+:$PYTHONPATH}
}

# With CI=true warnings are errors. A stranger's compiler may be newer and warn of more, so it may not fail there.
configure() { # ON|OFF: whether the tests are built, too
    local strict=OFF
    [[ ${CI:-} != true ]] || strict=ON
    (cd "$ROOT" && cmake --preset release --no-warn-unused-cli "-DPython_EXECUTABLE=$PYTHON" \
        "-DPython3_EXECUTABLE=$PYTHON" "-DPYTHON_EXECUTABLE=$PYTHON" "-DLOOPSCOPE_TESTS=$1" \
        "-DCMAKE_COMPILE_WARNING_AS_ERROR=$strict")
}

build_failed() {
    tail -n 60 "$1" >&2
    fail "the build failed; all of it is in $1"
}

# Starts a virtual display that ends with this script. Sets DISPLAY.
start_display() {
    local ready
    exec {ready}<> <(:)
    Xvfb -displayfd "$ready" -screen 0 1920x1200x24 -nolisten tcp >"$BUILD/xvfb.log" 2>&1 &
    XVFB_PID=$!
    trap stop_display EXIT
    local number
    read -r -t 100 -u "$ready" number || fail "Xvfb did not start; see $BUILD/xvfb.log"
    export DISPLAY=:$number
}

stop_display() { kill "$XVFB_PID" 2>/dev/null || true; }
