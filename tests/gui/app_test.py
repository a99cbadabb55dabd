"""The app on a virtual display: its pictures of a made-up program, and its error messages.

Usage: app_test.py [unittest options] LOOPSCOPE_GUI SYNTHETIC_SESSION SCALED_WINDOW
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib
from pathlib import Path

GUI = ""
SYNTHETIC = ""
SCALED = ""


def read_png(path: Path) -> tuple[int, int, list[bytes]]:
    """Width, height and rows of an 8-bit RGB picture."""
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n"), "not a PNG"
    width = height = 0
    packed = b""
    at = 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            assert (depth, colour) == (8, 2)
        if kind == b"IDAT":
            packed += body
        at += size + 12
    raw = zlib.decompress(packed)
    stride = width * 3
    rows: list[bytes] = []
    above = bytearray(stride)
    for y in range(height):
        start = y * (stride + 1)
        row = bytearray(raw[start + 1 : start + 1 + stride])
        unfilter(raw[start], row, above)
        rows.append(bytes(row))
        above = row
    return width, height, rows


def unfilter(method: int, row: bytearray, above: bytearray) -> None:
    for i in range(len(row) if method else 0):
        left = row[i - 3] if i >= 3 else 0
        up, corner = above[i], above[i - 3] if i >= 3 else 0
        if method == 1:
            guess = left
        elif method == 2:
            guess = up
        elif method == 3:
            guess = (left + up) // 2
        else:
            distances = (abs(up - corner), abs(left - corner), abs(left + up - 2 * corner))
            guess = (left, up, corner)[distances.index(min(distances))]
        row[i] = (row[i] + guess) & 0xFF


def colours(rows: list[bytes]) -> set[bytes]:
    return {row[i : i + 3] for row in rows[::3] for i in range(0, len(row), 9)}


LIVE = bytes.fromhex("35d0a0")  # the dot of a live program
HEADER = 100  # rows of a picture of 1600x1000


def place_of(colour: bytes, rows: list[bytes]) -> tuple[int, int, int, int]:
    """The smallest rectangle around all pixels of a colour: left, top, right, bottom."""
    found = [
        (x // 3, y)
        for y, row in enumerate(rows)
        if colour in row
        for x in range(0, len(row), 3)
        if row[x : x + 3] == colour
    ]
    xs, ys = [x for x, _ in found], [y for _, y in found]
    return min(xs), min(ys), max(xs), max(ys)


def press(name: str, display: str) -> None:
    """Presses a key through the display's own test extension."""
    try:
        x11, xtst = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
    except OSError as missing:
        raise unittest.SkipTest(str(missing)) from missing
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XStringToKeysym.restype = ctypes.c_ulong
    connection = ctypes.c_void_p(x11.XOpenDisplay(display.encode()))
    keysym = ctypes.c_ulong(x11.XStringToKeysym(name.encode()))
    code = x11.XKeysymToKeycode(connection, keysym)
    for down in (1, 0):
        xtst.XTestFakeKeyEvent(connection, code, down, ctypes.c_ulong(0))
    x11.XCloseDisplay(connection)


class VirtualDisplay:
    def __init__(self) -> None:
        reader, writer = os.pipe()
        self.process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1920x1200x24", "-nolisten", "tcp"],
            pass_fds=[writer],
            stderr=subprocess.DEVNULL,
        )
        os.close(writer)
        with os.fdopen(reader) as answer:
            self.name = ":" + answer.readline().strip()

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


class AppTest(unittest.TestCase):
    display: VirtualDisplay

    @classmethod
    def setUpClass(cls) -> None:
        cls.display = VirtualDisplay()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.display.close()

    def setUp(self) -> None:
        self.sessions = Path(tempfile.mkdtemp(dir="/dev/shm", prefix="loopscope-test-"))
        self.folder = Path(tempfile.mkdtemp())
        self.env = {**os.environ, "LOOPSCOPE_DIR": str(self.sessions), "DISPLAY": self.display.name}
        self.env.pop("WAYLAND_DISPLAY", None)
        # LeakSanitizer reports 240 bytes of the display's drivers. None of ours may be left.
        self.env["LSAN_OPTIONS"] = "exitcode=0"
        self.programs: list[subprocess.Popen[str]] = []

    def tearDown(self) -> None:
        for program in self.programs:
            program.kill()
            program.wait()
            assert program.stdout is not None
            program.stdout.close()
        shutil.rmtree(self.sessions)
        shutil.rmtree(self.folder)

    def start(self, *options: str) -> subprocess.Popen[str]:
        program = subprocess.Popen(
            [SYNTHETIC, *options], env=self.env, stdout=subprocess.PIPE, text=True
        )
        self.programs.append(program)
        assert program.stdout is not None
        self.assertTrue(program.stdout.readline().strip())
        return program

    def app(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [GUI, *arguments],
            env={**self.env, **env},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        self.assertNotIn("loopscope::", done.stderr)
        return done

    def picture(self, *arguments: str, **env: str) -> tuple[int, int, list[bytes]]:
        path = self.folder / "picture.png"
        done = self.app("--screenshot", str(path), *arguments, **env)
        self.assertEqual(done.returncode, 0, done.stderr)
        return read_png(path)

    def assert_refused(self, done: subprocess.CompletedProcess[str], *words: str) -> None:
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertTrue(done.stderr.startswith("loopscope-gui: "), done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    # -- pictures ------------------------------------------------------------------------------

    def test_a_screenshot_of_a_live_program_is_full_of_colour(self) -> None:
        self.start()
        width, height, rows = self.picture("--after", "2")
        self.assertEqual((width, height), (1600, 1000))
        seen = colours(rows)
        self.assertGreater(len(seen), 500)
        self.assertIn(bytes.fromhex("56b4e9"), seen, "the ready queue's blue")
        self.assertIn(LIVE, seen)

    def test_the_blocking_callback_is_drawn_in_the_colour_of_alarm(self) -> None:
        self.start()
        for seconds in ("1.5", "5", "15"):  # the more, the busier the machine
            _, _, rows = self.picture("--after", seconds, "--show-worst")
            red = sum(row.count(bytes.fromhex("ff4d5e")) for row in rows)
            if red > 1000:
                break
        self.assertGreater(red, 1000)

    def test_the_light_theme_is_light(self) -> None:
        self.start()
        _, _, rows = self.picture("--after", "0.5", "--theme", "light", "--size", "1280x800")
        self.assertGreater(sum(sum(row) for row in rows) / (1280 * 800 * 3), 190)

    def test_the_size_is_the_one_asked_for(self) -> None:
        self.start()
        for size in ("1100x700", "1280x800"):
            width, height, _ = self.picture("--after", "0.2", "--size", size)
            self.assertEqual(f"{width}x{height}", size)

    def test_a_window_of_two_pixels_a_unit_shows_the_whole_picture(self) -> None:
        self.start()
        size = ("--after", "0.3", "--size", "1600x1000")  # where a scale of 1 is the design's
        _, _, plain = self.picture(*size, "--scale", "2")
        scaled = {"LD_PRELOAD": SCALED, "ASAN_OPTIONS": "verify_asan_link_order=0"}
        _, _, rows = self.picture(*size, **scaled)
        header = slice(0, HEADER)
        self.assertEqual(place_of(LIVE, rows[header]), place_of(LIVE, plain[header]))

    def test_text_for_presenters_still_fits_on_the_screen(self) -> None:
        self.start()
        _, _, rows = self.picture("--after", "0.5", "--scale", "1.7")
        self.assertGreater(len(colours(rows)), 300)

    def test_text_is_never_larger_than_the_window_can_hold(self) -> None:
        self.start()
        places = []
        for scale in ("1.7", "3"):
            path = self.folder / "picture.png"
            size = ("--size", "1024x640", "--scale", scale)
            done = self.app("--screenshot", str(path), "--after", "0.3", *size)
            self.assertIn("more than this window can hold", done.stderr)
            places.append(place_of(LIVE, read_png(path)[2][:HEADER]))
        self.assertEqual(places[0], places[1])

    def test_help_lies_over_everything(self) -> None:
        program = self.start("--level", "1", "--block-ms", "0")  # it needs a lease, and never hangs
        path = self.folder / "picture.png"
        for seconds in (3, 10, 30):  # the more, the busier the machine
            app = subprocess.Popen(
                [GUI, "--screenshot", str(path), "--after", str(seconds), str(program.pid)],
                env=self.env,
                stderr=subprocess.DEVNULL,
            )
            self.wait_until_held(program, 1)
            time.sleep(seconds / 2)
            press("F1", self.display.name)
            self.assertEqual(app.wait(100), 0)
            _, _, rows = read_png(path)
            if LIVE not in colours(rows[:HEADER]):
                return
        self.fail("F1 changed nothing")

    def test_a_killed_program_can_still_be_seen(self) -> None:
        program = self.start()
        time.sleep(1)
        program.send_signal(signal.SIGKILL)
        program.wait()
        _, _, rows = self.picture("--after", "0.3")
        self.assertGreater(len(colours(rows)), 400)

    def test_a_program_that_ends_while_it_is_watched_leaves_its_picture(self) -> None:
        self.start("--seconds", "1")
        _, _, rows = self.picture("--after", "2.5")
        self.assertGreater(len(colours(rows)), 400)
        header = rows[:HEADER]  # findings have a green mark, too
        self.assertFalse(LIVE in colours(header), "it is no longer live")

    def test_it_waits_for_a_program_that_is_about_to_start(self) -> None:
        path = self.folder / "picture.png"
        app = subprocess.Popen(
            [GUI, "--screenshot", str(path), "--after", "1"],
            env=self.env,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(1)
        self.start()
        self.assertEqual(app.wait(100), 0)
        self.assertTrue(path.exists())

    def test_extremes_do_not_break_it(self) -> None:
        for options in (
            ["--rate", "200000", "--callbacks", "30"],
            ["--iterations", "1"],
            ["--long-names"],
            ["--level", "1"],
        ):
            with self.subTest(options=options):
                program = self.start(*options)
                _, _, rows = self.picture("--after", "1", str(program.pid))
                self.assertGreater(len(colours(rows)), 100)

    # -- what it asks the program for ----------------------------------------------------------

    LEVELS = ("off", "phases", "callbacks", "tasks")

    def level(self, program: subprocess.Popen[str]) -> str:
        """The level in force now, from the bytes of the session."""
        (session,) = self.sessions.glob(f"{program.pid}.*")
        with session.open("rb") as file:
            (present,) = struct.unpack_from("<Q", file.read(2048), 24)
            file.seek(present + 5)
            return self.LEVELS[file.read(1)[0]]

    def wait_for_level(self, program: subprocess.Popen[str], level: str) -> None:
        for _ in range(600):
            if self.level(program) == level:
                return
            time.sleep(0.05)
        self.fail(f"the level is {self.level(program)}, not {level}")

    def wait_until_held(self, program: subprocess.Popen[str], leases: int) -> None:
        """Waits until so many viewers ask for a level."""
        (session,) = self.sessions.glob(f"{program.pid}.*")
        for _ in range(600):
            with session.open("rb") as file:
                data = file.read(1 << 16)
            (control,) = struct.unpack_from("<Q", data, 40)
            claims = [struct.unpack_from("<I", data, control + 64 + i * 16)[0] for i in range(8)]
            if sum(claim != 0 for claim in claims) == leases:
                return
            time.sleep(0.05)
        self.fail(f"the leases are {claims}")

    def assert_stays(self, program: subprocess.Popen[str], level: str, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.assertEqual(self.level(program), level)
            time.sleep(0.002)

    def viewer(self, program: subprocess.Popen[str], display: str = "") -> subprocess.Popen[str]:
        env = {**self.env, "DISPLAY": display or self.display.name}
        viewer = subprocess.Popen(
            [GUI, str(program.pid)], env=env, stdout=subprocess.PIPE, text=True
        )
        self.programs.append(viewer)
        return viewer

    def test_the_second_viewer_keeps_the_level_when_the_first_one_leaves(self) -> None:
        program = self.start("--level", "1")
        first = self.viewer(program)
        self.wait_for_level(program, "callbacks")
        self.viewer(program)
        self.wait_until_held(program, 2)
        first.terminate()
        first.wait()
        self.assert_stays(program, "callbacks", 3)

    def test_a_window_system_that_stands_still_does_not_lower_the_level(self) -> None:
        program = self.start("--level", "1")
        display = VirtualDisplay()
        try:
            viewer = self.viewer(program, display.name)
            self.wait_for_level(program, "callbacks")
            time.sleep(1)
            display.process.send_signal(signal.SIGSTOP)
            self.assert_stays(program, "callbacks", 4)
            display.process.send_signal(signal.SIGCONT)
            self.assertIsNone(viewer.poll())
            viewer.kill()  # before its display goes
            viewer.wait()
        finally:
            display.process.send_signal(signal.SIGCONT)
            display.close()
        self.wait_for_level(program, "phases")

    # -- what it says when it cannot -----------------------------------------------------------

    def test_no_such_pid(self) -> None:
        self.assert_refused(self.app("999999"), "999999")

    def test_several_programs_and_none_named(self) -> None:
        self.start()
        self.start()
        path = str(self.folder / "picture.png")
        self.assert_refused(self.app("--screenshot", path, "--after", "0"))

    def test_no_display(self) -> None:
        self.start()
        environment = {key: value for key, value in self.env.items() if key != "DISPLAY"}
        done = subprocess.run(
            [GUI], env=environment, capture_output=True, text=True, timeout=100, check=False
        )
        self.assert_refused(done, "No display", "xvfb-run")

    def test_a_display_that_is_not_there(self) -> None:
        self.assert_refused(self.app(DISPLAY=":9753"), "display")

    def test_not_a_session(self) -> None:
        path = self.folder / "a file"
        path.write_bytes(b"something else" * 1000)
        self.assert_refused(self.app(str(path)))

    def test_a_truncated_session(self) -> None:
        program = self.start("--seconds", "0.3", "--abandon")
        program.wait()
        (session,) = self.sessions.iterdir()
        short = self.folder / session.name
        short.write_bytes(session.read_bytes()[:100_000])
        self.assert_refused(self.app(str(short)))

    def test_another_format_version_is_named(self) -> None:
        program = self.start("--seconds", "0.3", "--abandon")
        program.wait()
        (session,) = self.sessions.iterdir()
        data = bytearray(session.read_bytes())
        data[8:12] = struct.pack("<I", 77)
        other = self.folder / session.name
        other.write_bytes(data)
        self.assert_refused(self.app(str(other)), "version 77", "version 3")

    def test_wrong_arguments(self) -> None:
        for arguments in (
            ["--size", "big"],
            ["--size", "10x10"],
            ["--theme", "pink"],
            ["--level", "all"],
            ["--scale", "90"],
            ["--scale", "nan"],
            ["--after", "nan", "--screenshot", "picture.png"],
            ["--after", "1e999", "--screenshot", "picture.png"],
            ["--after", "3"],
            ["--nonsense"],
        ):
            with self.subTest(arguments=arguments):
                self.assert_refused(self.app(*arguments), arguments[0].lstrip("-").split("=")[0])

    def test_a_picture_that_cannot_be_written(self) -> None:
        self.start()
        done = self.app("--screenshot", "/nowhere/picture.png", "--after", "0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nowhere/picture.png", done.stderr)

    def test_what_was_typed_comes_back_harmless(self) -> None:
        evil = "\x1b]0;owned\x07\n\x9b31m\u202e"
        for arguments in ([evil], ["/nowhere/" + evil], ["--theme", evil], ["--" + evil]):
            with self.subTest(arguments=arguments):
                done = self.app(*arguments)
                self.assert_refused(done, r"\x1b]0;owned\x07\n\x9b31m\u202e")
                self.assertEqual(done.stderr.count("\n"), 1)

    def test_a_full_stdout(self) -> None:
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [GUI, "--help"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
            )
        self.assertEqual(done.returncode, 1)
        self.assertEqual(
            done.stderr, "loopscope-gui: cannot write to stdout: No space left on device\n"
        )

    def test_messages_never_go_into_a_session_where_stderr_was(self) -> None:
        program = self.start("--seconds", "0.3", "--abandon")
        program.wait()
        (session,) = self.sessions.iterdir()
        before = session.read_bytes()
        script = 'exec "$0" "$@" <&- >&- 2>&-'
        command = ["bash", "-c", script, GUI, str(session), "--screenshot", "/nowhere/x.png"]
        done = subprocess.run([*command, "--after", "0"], env=self.env, timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(session.read_bytes(), before)

    def test_help(self) -> None:
        done = self.app("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("--screenshot", done.stdout)


if __name__ == "__main__":
    GUI, SYNTHETIC, SCALED = sys.argv[-3:]
    unittest.main(argv=sys.argv[:-3])
