"""The release, as CMakeLists.txt states it."""

VERSION = "0.1.0"
