#!/usr/bin/env python3
"""Whether dashboard/dist is what dashboard/ gives when it is built, byte for byte, and whether the page's own checks pass.

usage: check_page.py ROOT; works in a copy, with the packages of package-lock.json; ends with 77 (skipped) where npm is missing or
cannot have them.
"""

import filecmp
import gzip
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
FIRST_SCRIPT_BYTES = 120_000  # of app.js, which the first view waits for, not compressed
ALL_SCRIPT_BYTES = 120_000  # of all scripts together, each by gzip -9
# What npm says of a package.json and a package-lock.json that do not belong together, or of a package that is not the locked one.
OWN_FAULTS = ("EUSAGE", "EINTEGRITY", "EJSONPARSE")


def npm(folder, *words):
    return subprocess.run(["npm", *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def differences(committed, built):
    """A line for each file that is not the same in both folders."""
    names = sorted({path.name for folder in (committed, built) for path in folder.iterdir()})
    for name in names:
        if not (built / name).exists():
            yield f"dashboard/dist/{name}: nothing builds it"
        elif not (committed / name).exists():
            yield f"dashboard/dist/{name}: is built, and not there"
        elif not filecmp.cmp(committed / name, built / name, shallow=False):
            yield f"dashboard/dist/{name}: differs from what its source gives"


def too_large(built):
    """Prints how large the scripts are; whether that is more than they may be."""
    first = (built / "app.js").stat().st_size
    packed = sum(len(gzip.compress(script.read_bytes(), 9)) for script in built.glob("*.js"))
    print(f"dashboard/dist/app.js: {first:,} of {FIRST_SCRIPT_BYTES:,} bytes")
    print(f"dashboard/dist/*.js: {packed:,} of {ALL_SCRIPT_BYTES:,} bytes, compressed")
    return first >= FIRST_SCRIPT_BYTES or packed >= ALL_SCRIPT_BYTES


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    dashboard = pathlib.Path(sys.argv[1]).resolve() / "dashboard"
    if not shutil.which("npm"):
        print("skipped: npm is not here")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="lotse-page-") as folder:
        copy = pathlib.Path(folder) / "dashboard"
        schemas = copy.parent / "schemas"  # the desk's tests read what journeys may hold
        schemas.mkdir()
        shutil.copy(dashboard.parent / "schemas" / "journey.schema.json", schemas)
        shutil.copytree(dashboard, copy, ignore=shutil.ignore_patterns("node_modules", "dist"))
        installed = npm(copy, "ci", "--ignore-scripts", "--prefer-offline", "--no-progress")
        if installed.returncode != 0:
            print(installed.stdout)
            if any(fault in installed.stdout for fault in OWN_FAULTS):
                print("dashboard/package-lock.json: error: npm cannot install by it")
                return 1
            print("skipped: npm cannot install the page's packages")
            return SKIPPED

        failed = False
        for words in (["run", "check"], ["test"], ["run", "build"]):
            done = npm(copy, *words)
            if done.returncode != 0:
                print(done.stdout)
                print(f"dashboard: error: `npm {' '.join(words)}` fails")
                failed = True
        if not (copy / "dist").is_dir():
            return 1
        stale = list(differences(dashboard / "dist", copy / "dist"))
        print(*stale, sep="\n", end="\n" if stale else "")
        if stale:
            print("  hint: run `npm ci` and `npm run build` in dashboard/, and commit dashboard/dist")
        return 1 if too_large(copy / "dist") or failed or stale else 0


if __name__ == "__main__":
    sys.exit(main())
