#!/usr/bin/env bash
# tests/sanitize.sh [NAME ...]   runs the suite with AddressSanitizer and UndefinedBehaviorSanitizer: all of it, or only
#                                some of: ctest bindings truth cli conformance field bench.
#
# The sanitizers' libraries are preloaded into Python and into every program that the tests start. Python takes its
# memory from malloc, so that the sanitizers watch our objects, too. The first report ends the program in which it
# occurs, and fails its test. This takes half an hour, the build included, so it is not part of ./test. The tests
# themselves look for leaks (tests/bindings/census.py). Three things are left out: the halves of tests that run on stock
# asyncio, without our code; counts of instructions, because valgrind and a sanitizer exclude each other; and tests that
# only check sources (tests/test_*.py).

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
readonly BUILD=${LOOPSCOPE_SANITIZED:-$PWD/build-asan} PYTHON=/usr/bin/python3
readonly ALL=(ctest bindings truth cli conformance field bench)

build() {
    [[ -f $BUILD/build.ninja ]] ||
        cmake --preset asan+ubsan -B "$BUILD" "-DPython_EXECUTABLE=$PYTHON" >/dev/null
    ninja -C "$BUILD" "$@" >"$BUILD/build.log" || {
        tail -n 40 "$BUILD/build.log"
        exit 1
    }
}

# For the app.
start_display() {
    Xvfb -displayfd 1 -screen 0 1920x1200x24 -nolisten tcp >"$BUILD/display" 2>/dev/null &
    # shellcheck disable=SC2064
    trap "kill $!" EXIT
    until [[ -s $BUILD/display ]]; do sleep 0.1; done
    DISPLAY=:$(<"$BUILD/display")
    export DISPLAY
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
        build
        [[ -n ${DISPLAY:-} ]] || start_display
        sanitized "$PYTHON" -m pytest -q -p no:cacheprovider --timeout 300 -k "not stock" \
            --ignore=tests/bench/test_instructions.py "tests/$name"
        ;;
    esac || failed=1
done
exit "$failed"
