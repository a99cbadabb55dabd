#!/usr/bin/env bash
# assets/make_screenshots.sh [NAME ...]   takes the README's screenshots anew: aiohttp, uvicorn, chat.
#
# Each is a real server under real load, seen by the app for ten seconds. Needs a build (./run or ./test makes
# one) and wrk; runs on a virtual display.

set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=.ci/setup.sh
source "$ROOT/.ci/setup.sh"

readonly SECONDS_TO_WATCH=10

# take NAME PROGRAM [URL]: with a URL, wrk asks for it all the while on 100 connections, and the picture is of what
# happens just then; without one it is of the worst finding.
take() {
    local name=$1 program=$2 url=${3:-} picture=$ROOT/assets/$1.png server load=
    env --default-signal=INT "$PYTHON" -m loopscope run --no-app "$program" </dev/null >"$BUILD/$name.log" 2>&1 &
    server=$!
    local look=(--show-worst)
    if [[ -n $url ]]; then
        look=()
        timeout 10 bash -c "until exec 3<>/dev/tcp/127.0.0.1/${url##*:}; do sleep 0.1; done" 2>/dev/null ||
            fail "$name does not listen; see $BUILD/$name.log"
        wrk -t 1 -c 100 -d $((SECONDS_TO_WATCH + 5))s "$url" >"$BUILD/$name.wrk" &
        load=$!
    fi
    "$PYTHON" -m loopscope attach --wait --screenshot "$picture" --after "$SECONDS_TO_WATCH" \
        "${look[@]}" "$server"
    [[ -z $load ]] || { wait "$load" && grep Requests/sec "$BUILD/$name.wrk"; }
    kill -INT "$server"
    timeout 10 tail --pid="$server" -f /dev/null || kill -KILL "$server"
    say "$picture"
}

export PYTHONPATH=$BUILD/python
start_display
[[ $# -gt 0 ]] || set -- aiohttp uvicorn chat
for name in "$@"; do
    case $name in
    aiohttp) take aiohttp "$ROOT/demos/aiohttp_hello.py" http://127.0.0.1:8080 ;;
    uvicorn) take uvicorn "$ROOT/demos/uvicorn_hello.py" http://127.0.0.1:8000 ;;
    chat) take chat "$ROOT/demos/chat_server.py" ;;
    *) fail "no such screenshot: $name" ;;
    esac
done
