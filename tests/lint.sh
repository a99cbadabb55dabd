#!/usr/bin/env bash
# tests/lint.sh [TOOL ...]   checks form and runs the linters: all of them, or the ones that you name.
# tests/lint.sh fix          corrects the form.
#
# Another version of a tool than the project's (VERSIONS) has other rules. The script skips such a tool with a sentence.
# If it found nothing else wrong, the exit code is then 77.
#
# ./test runs it, one tool a test. clang-tidy needs a build folder with compile_commands.json ($LOOPSCOPE_BUILD, else
# build); tests/tidy.py says how it is run.

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
readonly TOOLS=(clang-format black flake8 mypy shellcheck clang-tidy) PASSED_OVER=77
readonly -A VERSIONS=([clang-format]=14 [clang-tidy]=14 [black]=23 [flake8]=5 [mypy]=1.0 [shellcheck]=0.9)

# The tool of the project's version, if several versions are installed.
clang_tool() { command -v "$1-${VERSIONS[$1]}" || echo "$1"; }
CLANG_FORMAT=$(clang_tool clang-format)
CLANG_TIDY=$(clang_tool clang-tidy)
export CLANG_TIDY

version_of() { # TOOL
    case $1 in
    clang-format) "$CLANG_FORMAT" --version ;;
    clang-tidy) "$CLANG_TIDY" --version ;;
    shellcheck) shellcheck --version ;;
    *) /usr/bin/python3 -m "$1" --version ;;
    esac 2>/dev/null | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1
}

# True if the tool has the project's version. Says so if not.
is_ours() {
    local wanted=${VERSIONS[$1]:-} found
    [[ -n $wanted ]] || return 0
    found=$(version_of "$1")
    [[ $found == "$wanted".* ]] && return 0
    echo "$1 is passed over: it is version ${found:-unknown}, and the project's is $wanted"
    return 1
}

cpp_files() { find tracer loop bindings gui tests \( -name '*.cpp' -o -name '*.h' -o -name "*.c" \) | sort; }
python_files() { find bindings demos tests -name '*.py' -o -name '*.pyi' | sort; }

lint() {
    case $1 in
    clang-format) cpp_files | xargs -r "$CLANG_FORMAT" --dry-run --Werror ;;
    black) /usr/bin/python3 -m black --quiet --check --diff bindings demos tests ;;
    flake8)
        # Layout is black's business; E731 and E701 are matters of taste.
        python_files | grep '\.py$' |
            xargs -r /usr/bin/python3 -m flake8 --max-line-length=120 --extend-ignore=E203,E701,E704,E731,W503
        ;;
    mypy) /usr/bin/python3 -m mypy --no-error-summary -p loopscope ;;
    shellcheck) shellcheck -x --exclude=SC2119,SC2120,SC2317 run test .ci/run tests/*.sh assets/*.sh ;;
    clang-tidy) /usr/bin/python3 tests/tidy.py ;;
    fix) is_ours clang-format && is_ours black && cpp_files | xargs -r "$CLANG_FORMAT" -i && /usr/bin/python3 -m black --quiet bindings demos tests ;;
    *) echo "no such tool: $1" && return 1 ;;
    esac
}

failed=0
[[ $# -gt 0 ]] || set -- "${TOOLS[@]}"
for tool in "$@"; do
    is_ours "$tool" || {
        [[ $failed -ne 0 ]] || failed=$PASSED_OVER
        continue
    }
    lint "$tool" || {
        echo "$tool is not content"
        failed=1
    }
done
exit $failed
