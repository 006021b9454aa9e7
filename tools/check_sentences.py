#!/usr/bin/env python3
"""Whether every sentence that the sources say, `phrase("…"` or `note(…, "…"`, has its German one, with the same blanks, and whether
dashboard/public/sentences.de.json has none beside.

usage: check_sentences.py ROOT; prints a line for each fault and ends with 1.
"""

import json
import pathlib
import re
import sys

GERMAN = "dashboard/public/sentences.de.json"
ROOMS = ("engine", "channels", "cli")
NOTES = "engine/tracking/step_"  # elsewhere a note() is for authors
LITERAL = r'"(?:[^"\\]|\\.)*"'
# What stands before the format is no text, no block and no other statement; a long format is several literals.
PHRASE = re.compile(rf"\bphrase\(\s*({LITERAL}(?:\s*{LITERAL})*)")
NOTE = re.compile(rf'\bnote(?:_along)?\([^";{{}}]*?({LITERAL}(?:\s*{LITERAL})*)')
COMMENT = re.compile(r"^[ \t]*//.*$", re.MULTILINE)
BLANK = re.compile(r"\{(\d*)\}")


def formats_in(path, name):
    """Each format that is said in a source, with its line."""
    text = COMMENT.sub("", path.read_text(encoding="utf-8"))
    for kind in (PHRASE, NOTE) if name.startswith(NOTES) else (PHRASE,):
        for found in kind.finditer(text):
            said = "".join(json.loads(literal) for literal in re.findall(LITERAL, found[1]))
            yield said, text.count("\n", 0, found.start(1)) + 1


def blanks(sentence):
    """Which argument each blank takes, in rising order: `{}` those that come next, `{1}` the second."""
    names = BLANK.findall(sentence)
    return sorted(int(name) if name else place for place, name in enumerate(names))


def faults(root):
    german = json.loads((root / GERMAN).read_text(encoding="utf-8"))
    said = {}
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.[ch]pp")):
            name = str(path.relative_to(root))
            for sentence, line in formats_in(path, name):
                said.setdefault(sentence, f"{name}:{line}")
    for sentence, place in said.items():
        if sentence not in german:
            yield f"{place}: error: no German for {json.dumps(sentence)}"
        elif blanks(german[sentence]) != blanks(sentence):
            told = json.dumps(german[sentence], ensure_ascii=False)
            yield f"{place}: error: {json.dumps(sentence)} has other blanks than its German, {told}"
    for sentence in german:
        if sentence not in said:
            yield f"{GERMAN}: error: nothing says {json.dumps(sentence)}"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = list(faults(pathlib.Path(sys.argv[1]).resolve()))
    for fault in found:
        print(fault)
    if found:
        print(f"  hint: {GERMAN} maps each English sentence to its German one; {{0}} and {{1}} where the order changes")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
