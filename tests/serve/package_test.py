#!/usr/bin/env python3
"""The Debian package: what is in it, that its parts are well formed, and that the service runs from a scratch root.

LOTSE_BUILD is the build folder, in which `lotse` has been built."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from support import Serve, Workspace


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="lotse-deb-"))
        run("cpack", "-G", "DEB", "-B", cls.folder, "--config", pathlib.Path(os.environ["LOTSE_BUILD"]) / "CPackConfig.cmake",
            cwd=cls.folder)
        [cls.package] = cls.folder.glob("lotse_*.deb")
        cls.root = cls.folder / "root"
        cls.control = cls.folder / "control"
        run("dpkg-deb", "-x", cls.package, cls.root)
        run("dpkg-deb", "-e", cls.package, cls.control)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_says_what_it_needs(self):
        depends = run("dpkg-deb", "-f", self.package, "Depends")
        for library in ("libsqlite3-0", "libssl3", "libyaml-cpp0.7", "libc6", "adduser", "tzdata"):
            self.assertIn(library, depends)

    def test_has_the_program_its_unit_settings_schemas_and_completions(self):
        for name in ("usr/bin/lotse", "usr/lib/systemd/system/lotse.service", "etc/default/lotse", "etc/lotse/lotse.yaml",
                     "etc/lotse/channels.yaml", "etc/lotse/journeys/trial-to-subscription.yaml",
                     "etc/lotse/.schemas/lotse.schema.json", "usr/share/lotse/schemas/journey.schema.json",
                     "usr/share/doc/lotse/operations.md", "usr/share/doc/lotse/examples/broadband/channels.yaml",
                     "usr/share/bash-completion/completions/lotse", "usr/share/zsh/vendor-completions/_lotse",
                     "usr/share/fish/vendor_completions.d/lotse.fish"):
            path = self.root / name
            if ".schemas" in name:  # a link to where the schemas will be
                path = self.root / "usr/share/lotse/schemas" / path.name
                self.assertEqual(os.readlink(self.root / "etc/lotse/.schemas"), "/usr/share/lotse/schemas")
            self.assertTrue(path.is_file(), name)

    def test_each_file_under_etc_is_a_conffile(self):
        etc = self.root / "etc"
        files = sorted("/etc/" + str(path.relative_to(etc)) for path in etc.rglob("*") if path.is_file() and not path.is_symlink())
        self.assertEqual((self.control / "conffiles").read_text().split(), files)

    def test_its_scripts_are_sh_and_may_be_run(self):
        for name in ("postinst", "prerm", "postrm"):
            run("sh", "-n", self.control / name)
            self.assertEqual((self.control / name).stat().st_mode & 0o777, 0o755, name)

    def test_scripts_make_the_user_and_the_data_folder_and_purging_removes_them(self):
        """With stand-ins for what would change this machine."""
        tools, log = self.folder / "tools", self.folder / "log"
        tools.mkdir()
        for name in ("adduser", "deluser", "install", "rm", "getent"):
            fails = "exit 2" if name == "getent" else "exit 0"
            (tools / name).write_text(f'#!/bin/sh\necho "{name} $*" >> {log}\n{fails}\n')
            (tools / name).chmod(0o755)
        environment = {"PATH": f"{tools}:{os.environ['PATH']}"}
        run(self.control / "postinst", "configure", "", env=environment)
        self.assertIn("adduser --system --group --quiet --home /var/lib/lotse --no-create-home lotse\n", log.read_text())
        self.assertIn("install -d -o lotse -g lotse -m 0750 /var/lib/lotse\n", log.read_text())
        run(self.control / "prerm", "remove", env=environment)
        run(self.control / "postrm", "remove", env=environment)
        self.assertNotIn("rm -rf", log.read_text())
        run(self.control / "postrm", "purge", env=environment)
        self.assertIn("rm -rf /var/lib/lotse /etc/lotse\n", log.read_text())

    def test_systemd_finds_nothing_to_blame_in_the_unit(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not here")
        unit = self.root / "usr/lib/systemd/system/lotse.service"
        here = self.folder / "lotse.service"  # systemd-analyze looks for the programs on this machine
        here.write_text(unit.read_text().replace("ExecStart=/usr/bin/lotse", f"ExecStart={self.root}/usr/bin/lotse"))
        verified = subprocess.run(["systemd-analyze", "verify", "--man=no", here], capture_output=True, text=True)
        about = [line for line in (verified.stdout + verified.stderr).splitlines() if "lotse" in line]
        self.assertEqual(about, [])
        security = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=20", here],
                                  capture_output=True, text=True)
        self.assertEqual(security.returncode, 0, security.stdout[-2000:] + security.stderr)

    def test_the_service_runs_from_it(self):
        with Workspace() as workspace:
            shutil.rmtree(workspace.path)
            shutil.copytree(self.root / "etc/lotse", workspace.path, symlinks=True)
            workspace.change("lotse.yaml", "/var/lib/lotse/lotse.db", "lotse.db")
            program = self.root / "usr/bin/lotse"
            self.assertIn("no findings", run(program, "check", workspace.path))
            with Serve(workspace, program=program) as serve:
                self.assertEqual(serve.status("GET", "/readyz"), 200)
                serve.says('"message":"listening"')

    def test_completions_ask_the_installed_program(self):
        for name in ("bash-completion/completions/lotse", "zsh/vendor-completions/_lotse", "fish/vendor_completions.d/lotse.fish"):
            text = (self.root / "usr/share" / name).read_text()
            self.assertIn("/usr/bin/lotse", text)
            self.assertNotIn("@PROGRAM@", text)


if __name__ == "__main__":
    if not shutil.which("cpack") or not shutil.which("dpkg-deb"):
        print("SKIPPED: cpack and dpkg-deb are not here")
        sys.exit(77)
    unittest.main(verbosity=2)
