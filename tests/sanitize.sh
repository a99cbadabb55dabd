#!/usr/bin/env bash
# tests/sanitize.sh [NAME ...]   runs the suite with AddressSanitizer and UndefinedBehaviorSanitizer: all of it, or only
#                                some of: ctest bindings truth cli conformance.
#
# The sanitizers' libraries are preloaded into Python and into every program that the tests start, and Python takes
# its memory from malloc, so that an object of ours is watched, too. The first report ends the program that it is about,
# and fails its test. Takes half an hour, the build included, so it is no part of ./test. What leaks is looked for by the
# tests themselves (tests/bindings/census.py).

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
readonly BUILD=${LOOPSCOPE_SANITIZED:-$PWD/build-asan} PYTHON=/usr/bin/python3
readonly ALL=(ctest bindings truth cli conformance)

build() {
    [[ -f $BUILD/build.ninja ]] ||
        cmake --preset asan+ubsan -B "$BUILD" -DLOOPSCOPE_GUI=OFF "-DPython_EXECUTABLE=$PYTHON" >/dev/null
    ninja -C "$BUILD" "$@" >"$BUILD/build.log" || {
        tail -n 40 "$BUILD/build.log"
        exit 1
    }
}

sanitized() {
    env LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)" \
        ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:handle_abort=0:disable_coredump=0 \
        UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
        PYTHONMALLOC=malloc LOOPSCOPE_BUILD="$BUILD" "$@"
}

failed=0
[[ $# -gt 0 ]] || set -- "${ALL[@]}"
for name in "$@"; do
    echo "== $name"
    case $name in
    ctest)
        build
        UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
            ctest --test-dir "$BUILD" --parallel 2 --output-on-failure --timeout 600 --quiet
        ;;
    *)
        build _native _trace
        sanitized "$PYTHON" -m pytest -q -p no:cacheprovider --timeout 300 "tests/$name"
        ;;
    esac || failed=1
done
exit "$failed"
