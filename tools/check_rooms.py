#!/usr/bin/env python3
"""Checks the house rules that the compiler cannot: which room includes which, and who makes raw system calls.

A room may include its own headers and those of the rooms its CMakeLists.txt links (DEPS, PRIVATE_DEPS); it may link only
rooms that stand before it in the root CMakeLists.txt. Calls that have an owner in os/ are made nowhere else.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"

# What -> what to use instead. System calls are written with a leading "::", so methods of the same name are not meant.
BANNED = {
    r"(?<![\w>])::(?:open|openat|creat|fopen)\(": "os::open_read, os::open_write or os::Dir",
    r"(?<![\w>])::(?:fork|vfork|execve|execvp|system|popen)\(": "os::Child or os::run_command",
    r"(?<![\w>])::(?:mount|umount2?|unshare|setns)\(": "os/mount.h and os/supervisor.h",
    r"std::filesystem::(?:remove|remove_all|create_director|copy)": "os::Dir or os/file.h",
}
BANNED_EXEMPT_ROOMS = {"os"}


def strip_comments(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text)


def rooms_in_order():
    text = (ROOT / "CMakeLists.txt").read_text()
    return re.search(r"foreach\(room IN ITEMS(.*?)\)", text, re.S).group(1).split()


def declared_links(room):
    text = (SRC / room / "CMakeLists.txt").read_text()
    body = re.search(r"slipway_room\(" + room + r"\b(.*?)\)", text, re.S)
    names = re.findall(r"slipway::(\w+)", body.group(1)) if body else []
    return {name for name in names if (SRC / name).is_dir()}


def closure(links):
    """A room that is linked brings along what its public headers need."""
    seen = set()
    todo = list(links)
    while todo:
        room = todo.pop()
        if room not in seen:
            seen.add(room)
            todo += declared_links(room)
    return seen


def main():
    problems = []
    order = rooms_in_order()
    for folder in sorted(path.name for path in SRC.iterdir() if path.is_dir()):
        if folder not in order:
            problems.append(f"src/{folder}: not in the list of rooms in CMakeLists.txt")
    for position, room in enumerate(order):
        if not (SRC / room / "CMakeLists.txt").exists():
            problems.append(f"src/{room}: has no CMakeLists.txt")
            continue
        links = declared_links(room)
        for link in links:
            if order.index(link) >= position:
                problems.append(f"src/{room}: links {link}, which stands on a higher floor")
        allowed = closure(links) | {room}
        for path in sorted((SRC / room).rglob("*.[hc]*")):
            if path.suffix not in (".h", ".cc"):
                continue
            text = path.read_text()
            code = strip_comments(text)
            for name in re.findall(r'#include "(\w+)/', text):
                if name not in allowed:
                    problems.append(f"{path.relative_to(ROOT)}: includes {name}/, which src/{room} does not link")
            if room in BANNED_EXEMPT_ROOMS:
                continue
            for number, line in enumerate(code.split("\n"), 1):
                for pattern, instead in BANNED.items():
                    if re.search(pattern, line):
                        problems.append(f"{path.relative_to(ROOT)}:{number}: use {instead}: {line.strip()}")
    print("\n".join(problems) if problems else f"{len(order)} rooms, no wrong include and no raw call")
    return 1 if problems else 0


sys.exit(main())
