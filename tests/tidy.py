"""clang-tidy on all of our C++, a room at a time; tests/lint.sh clang-tidy calls it.

For each file clang-tidy looks at all its headers again, system headers included, and that is nearly all that it
does. So the files of a room are included into one, and headers are looked at once a room. Files that cannot stand
together, because both have a `methods` of their own, are told apart by the compiler's errors, and go into different
ones.

A room that was found clean is passed over until one of its files, a header or the rules change.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
BOXES = ("tracer", "loop", "bindings", "gui")
KEPT_FLAGS = ("-I", "-D", "-std", "-isystem")


@dataclass
class Room:
    name: str
    files: list[str]
    flags: list[str]


def flags_of(command: str) -> list[str]:
    """What of a compiler's command says how to read a file."""
    words = shlex.split(command)
    kept: list[str] = []
    for word, following in zip(words, [*words[1:], ""]):
        if word == "-isystem":
            kept.append("-isystem" + following)
        elif word.startswith(KEPT_FLAGS):
            kept.append(word)
    return kept


def rooms(build: Path) -> list[Room]:
    found: dict[str, Room] = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        file = Path(entry["file"])
        if not file.is_relative_to(ROOT) or file.relative_to(ROOT).parts[0] not in BOXES:
            continue
        if file.suffix != ".cpp":  # python_layout.c: C cannot stand in one file with C++
            continue
        name = str(file.parent.relative_to(ROOT))
        room = found.setdefault(name, Room(name, [], []))
        path = str(file.relative_to(ROOT))
        if path not in room.files:
            room.files.append(path)
        room.flags += [flag for flag in flags_of(entry["command"]) if flag not in room.flags]
    return sorted(found.values(), key=lambda room: -len(room.files))


def run(room: Room, files: list[str], whole: Path, *options: str) -> tuple[int, list[str]]:
    whole.write_text("".join(f'#include "{ROOT / file}"\n' for file in files))
    tidy = os.environ.get("CLANG_TIDY", "clang-tidy")
    command = [tidy, "--quiet", *options, str(whole), "--", *room.flags]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    return done.returncode, done.stdout.splitlines()


def parts(room: Room, files: list[str], whole: Path) -> list[list[str]]:
    """The files of a room, divided so that those of a part can be read as one file."""
    if len(files) == 1:
        return [files]
    # Any check that costs nothing: the compiler's errors are always among the answers.
    _, lines = run(room, files, whole, "--checks=-*,modernize-use-override")
    errors = [line for line in lines if "[clang-diagnostic-error" in line]
    if not errors:
        return [files]
    clashing = [file for file in files[1:] if any(f"{ROOT / file}:" in line for line in errors)]
    apart = clashing or files[len(files) // 2 :]
    together = [file for file in files if file not in apart]
    return parts(room, together, whole) + parts(room, apart, whole)


def check(room: Room, folder: Path) -> list[str]:
    """What clang-tidy says about a room."""
    said: list[str] = []
    whole = folder / f"{room.name.replace('/', '_')}.cpp"
    for files in parts(room, room.files, whole):
        code, lines = run(room, files, whole, "--checks=-bugprone-suspicious-include")
        said += lines if code else []
    return said


def newest(paths: list[Path]) -> float:
    return max(path.stat().st_mtime for path in paths)


def main() -> int:
    build = Path(os.environ.get("LOOPSCOPE_BUILD", ROOT / "build")).resolve()
    if not (build / "compile_commands.json").is_file():
        print(f"no {build}/compile_commands.json; build first")
        return 1
    folder = build / "tidy"
    folder.mkdir(exist_ok=True)
    headers = [header for box in BOXES for header in (ROOT / box).rglob("*.h")]
    rules = newest([*headers, ROOT / ".clang-tidy", Path(__file__)])

    def look_at(room: Room) -> list[str]:
        stamp = folder / f"{room.name.replace('/', '_')}.clean"
        changed = max(rules, newest([ROOT / file for file in room.files]))
        if stamp.is_file() and stamp.stat().st_mtime > changed:
            return []
        said = check(room, folder)
        if not said:
            stamp.touch()
        return said

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        said = [line for lines in pool.map(look_at, rooms(build)) for line in lines]
    print("\n".join(said))
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
