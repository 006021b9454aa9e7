#!/usr/bin/env python3
"""Holds #include lines to the rooms that CMake lists: a room includes itself and what it DEPENDS on, and what that does.

usage: check_layers.py PROJECT_FOLDER; prints `file:line: error: …` as a compiler does and exits 1 if there is any.
"""

import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
MODULE = re.compile(r"lotse_module\((\w+)\s+DEPENDS([^)]*)\)")
INCLUDE = re.compile(r'^\s*#include "((?:engine|channels|cli)/\w+)')


def allowed_includes():
    """Folder of each room → folders it may include; a dependency must be listed above its user."""
    direct, folder_of = {}, {}
    for group in ("engine", "channels"):
        for name, dependencies in MODULE.findall((root / group / "CMakeLists.txt").read_text()):
            folder_of[name] = f"{group}/{name}"
            rooms = re.findall(r"lotse::(\w+)", dependencies)
            if unknown := [room for room in rooms if room not in folder_of]:
                sys.exit(f"{group}/CMakeLists.txt: error: {name} depends on {unknown}, not listed above it")
            direct[name] = rooms
    closed = {}
    for name, rooms in direct.items():  # listed order: dependencies are closed already
        closed[name] = {name}.union(*(closed[room] for room in rooms))
    return {folder_of[name]: {folder_of[room] for room in rooms} for name, rooms in closed.items()}


def main():
    allowed, wrong, seen = allowed_includes(), 0, 0
    for folder, rooms in allowed.items():
        for source in sorted([*(root / folder).rglob("*.hpp"), *(root / folder).rglob("*.cpp")]):
            for number, line in enumerate(source.read_text().splitlines(), 1):
                if not (match := INCLUDE.match(line)):
                    continue
                seen += 1
                if match[1] not in rooms:
                    wrong += 1
                    print(f"{source.relative_to(root)}:{number}: error: {folder} may not include {match[1]}")
    print(f"{seen} includes in {len(allowed)} rooms checked, {wrong} against the list in CMake")
    return 1 if wrong or not seen else 0


sys.exit(main())
