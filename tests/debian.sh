#!/usr/bin/env bash
# tests/debian.sh [--smoke] [--keep] RELEASE ...     ./run and ./test on fresh Debians (12, 13), as a newcomer has them.
#
# debootstrap makes each release from nothing. The script copies the files of this folder there, without any build. Then
# ./run takes its screenshot, and ./test runs as a whole. With --smoke ./test runs only SMOKE_TESTS (it still installs and
# builds everything). --keep goes on with the Debian and the build of an earlier call.
#
# Needs root and debootstrap, and uses the mirror that apt uses here. A release's output, screenshot and results lie in
# $LOOPSCOPE_DEBIAN_FOLDER/RELEASE (build/debian/RELEASE unless set). The system runs in namespaces of its own, so its
# processes and mounts end with this script.
#
# Exit code 0: everything passed. 77: it cannot be tried here, and the last line says why. Else something failed.

set -uo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT FOLDER=${LOOPSCOPE_DEBIAN_FOLDER:-$ROOT/build/debian} CANNOT=77
readonly -A CODENAMES=([12]=bookworm [13]=trixie)
readonly SMOKE_TESTS=(tests/cli tests/bindings/test_tcp_server.py tests/bindings/test_timers.py
    tests/test_python_choice.py tests/test_lint.py tests/field/test_httpx.py)

cannot() {
    echo "not tried: $*"
    exit $CANNOT
}

mirror() {
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        awk '$1 == "Debian" && $2 !~ /security/ { print $2; found = 1; exit }
             END { if (!found) print "http://deb.debian.org/debian" }'
}

# Makes a Debian with only the packages that every Debian has.
bootstrap() { # RELEASE SYSTEM
    local log=${2%/*}/debootstrap.log
    rm -rf --one-file-system "$2"
    mkdir -p "$2"
    debootstrap --variant=minbase "${CODENAMES[$1]}" "$2" "$(mirror)" >"$log" 2>&1 || {
        tail -n 3 "$log"
        cannot "debootstrap could not put up Debian $1; see $log"
    }
    # That system's apt gets the settings of this one's, for example a proxy.
    cp -n /etc/apt/apt.conf.d/* "$2/etc/apt/apt.conf.d/" 2>/dev/null
    # The system is thrown away, so it need not be written safely. Packages of servers must not start them.
    echo force-unsafe-io >"$2/etc/dpkg/dpkg.cfg.d/throwaway"
    printf '#!/bin/sh\nexit 101\n' >"$2/usr/sbin/policy-rc.d"
    chmod 755 "$2/usr/sbin/policy-rc.d"
    cp /etc/hosts "$2/etc/hosts"
}

# Runs a command in the system, in the copy of this folder.
inside() { # SYSTEM COMMAND...
    # shellcheck disable=SC2016
    unshare --mount --pid --ipc --fork --kill-child bash -c '
        system=$1
        shift
        mount --make-rprivate /
        mount -t proc proc "$system/proc"
        mount -t sysfs -o ro sysfs "$system/sys"
        mount -t devpts -o newinstance,ptmxmode=0666 devpts "$system/dev/pts"
        mount -t tmpfs -o mode=1777 tmpfs "$system/dev/shm"
        exec chroot "$system" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
            bash -c "cd /loopscope && exec \"\$@\"" inside "$@"' _ "$@"
}

# Every file is new to the build that --keep left there, whatever its date here.
copy_sources() { # SYSTEM
    mkdir -p "$1/loopscope"
    (cd "$ROOT" && git ls-files -z --cached --others --exclude-standard | tar -c --null --files-from=- --ignore-failed-read) |
        tar -x --touch -C "$1/loopscope"
}

# Runs a command in the system. Says how it ended and how long it took.
step() { # RELEASE COMMAND...
    local release=$1 started=$SECONDS code=0 log=$FOLDER/$1/${2##*/}.log
    shift
    inside "$FOLDER/$release/system" "$@" </dev/null >"$log" 2>&1 || code=$?
    echo "Debian $release: $1 took $(((SECONDS - started) / 60)) min $(((SECONDS - started) % 60)) s, exit code $code: $(tail -n 1 "$log")"
    [[ $code -eq 0 ]] || grep -E '^(FAILED|ERROR|[0-9]+ - )|Failed *$|^loopscope: ' "$log" || tail -n 20 "$log"
    return $code
}

try() { # RELEASE
    local system=$FOLDER/$1/system failed=0 tests=()
    [[ -n $keep && -d $system/loopscope ]] || bootstrap "$1" "$system"
    copy_sources "$system"
    step "$1" ./run || failed=1
    cp "$system/loopscope/build/screenshot.png" "$FOLDER/$1/" 2>/dev/null || failed=1
    [[ -z $smoke ]] || tests=("${SMOKE_TESTS[@]}")
    step "$1" ./test "${tests[@]}" || failed=1
    cp -r "$system/loopscope/build/test-results" "$FOLDER/$1/" 2>/dev/null
    [[ -n $keep ]] || rm -rf --one-file-system "$system"
    return $failed
}

smoke='' keep='' releases=()
for word in "$@"; do
    case $word in
    --smoke) smoke=1 ;;
    --keep) keep=1 ;;
    *)
        [[ -n ${CODENAMES[$word]:-} ]] || {
            echo "debian.sh: no such release: $word; there are ${!CODENAMES[*]}"
            exit 2
        }
        releases+=("$word")
        ;;
    esac
done
[[ ${#releases[@]} -gt 0 ]] || {
    sed -n '2,/^$/s/^# \?//p' "$0"
    exit 2
}
[[ $EUID -eq 0 ]] || cannot "this needs root"
command -v debootstrap >/dev/null || cannot "there is no debootstrap"
git -C "$ROOT" rev-parse 2>/dev/null || cannot "the files are taken from a git clone, and this is none"
unshare --mount --pid --ipc --fork true 2>/dev/null || cannot "namespaces are not allowed here"

failed=0
for release in "${releases[@]}"; do
    try "$release" || failed=1
done
exit $failed
