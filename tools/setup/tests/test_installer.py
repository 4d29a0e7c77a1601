"""Stamps, fetching and installing, with a pip that is made up here."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path
from typing import Any

from installer import debian, table
from installer.errors import SetupError
from installer.fetch import Fetcher
from installer.items import Installer
from installer.places import Places
from installer.progress import Progress
from installer.state import Stamps


def wheel_bytes(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


class Killed(BaseException):
    """Stands for the process being killed while pip runs."""


class FakePip:
    """Serves wheels by requirement; `killed` names requirements at which everything stops once, half-way."""

    def __init__(self, wheels: dict[str, bytes]) -> None:
        self.wheels = wheels
        self.killed: set[str] = set()
        self.served: list[str] = []

    def __call__(self, command: list[str], folder: Path, tick: Any) -> tuple[int, str]:
        requirement, target = command[-1], Path(command[command.index("--dest") + 1])
        tick()
        if requirement in self.killed:
            self.killed.remove(requirement)
            (folder / "half").write_bytes(b"ha")
            raise Killed
        if requirement not in self.wheels:
            return 1, f"ERROR: No matching distribution found for {requirement}"
        self.served.append(requirement)
        target.mkdir()
        (target / f"{requirement.split('==')[0]}.whl").write_bytes(self.wheels[requirement])
        return 0, ""


CONTENT = {name: f"content of {name}".encode() for name in ("one", "two", "spare")}
WHEELS = {f"{name}==1.0": wheel_bytes({f"{name}/data.bin": content}) for name, content in CONTENT.items()}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def source(name: str, kept_as: str) -> dict[str, Any]:
    wheel = WHEELS[f"{name}==1.0"]
    package = {"name": name, "version": "1.0", "sha256": sha256(wheel), "bytes": len(wheel)}
    return {"packages": [package], "keep": {kept_as: f"{name}/data.bin"}}


def entry(name: str, **more: Any) -> dict[str, Any]:
    base = {"id": name, "group": "default", "version": "1.0", "licence": "MIT", "use": "tests"}
    return base | {"sources": [source(name, "data.bin")], "files": {"data.bin": sha256(CONTENT[name])}} | more


class Sandbox(unittest.TestCase):
    """A cache of its own for every test."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.places = Places(Path(folder.name))
        self.places.venv.joinpath("bin").mkdir(parents=True)
        self.places.python.symlink_to(sys.executable)
        self.pip = FakePip(dict(WHEELS))
        self.stamps = Stamps(self.places)
        self.said = io.StringIO()

    def item(self, content: dict[str, Any]) -> table.Item:
        path = self.places.root / "table.json"
        path.write_text(json.dumps({"runtime": [], "items": [content]}))
        return table.load(path).items[0]

    def install(self, item: table.Item, offline: bool = False) -> None:
        progress = Progress(self.said)
        fetcher = Fetcher(self.places, progress, offline, self.pip)
        try:
            Installer(self.places, fetcher, self.stamps, progress).install(item)
        finally:
            fetcher.close()

    def is_done(self, item: table.Item) -> bool:
        return self.stamps.is_done(item.id, item.digest)


class Installing(Sandbox):
    def test_an_item_is_put_in_its_folder_stamped_and_its_wheel_removed(self) -> None:
        item = self.item(entry("one"))
        self.assertFalse(self.is_done(item))
        self.install(item)
        self.assertEqual((self.places.root / "models/one/data.bin").read_bytes(), CONTENT["one"])
        self.assertTrue(self.is_done(item))
        self.assertEqual(list(self.places.downloads.rglob("*.whl")), [])

    def test_a_wheel_that_two_items_share_is_fetched_once_and_stays_until_both_have_it(self) -> None:
        items = [self.item(entry("one")), self.item(entry("one", id="other"))]
        fetcher = Fetcher(self.places, Progress(self.said), False, self.pip)
        self.addCleanup(fetcher.close)
        for item in items:
            for package in item.sources[0].packages:
                fetcher.want(package)
                fetcher.request(package)
        for item in items:
            Installer(self.places, fetcher, self.stamps, Progress(self.said)).install(item)
            self.assertTrue(self.is_done(item))
        self.assertEqual(self.pip.served, ["one==1.0"])
        self.assertEqual(list(self.places.downloads.rglob("*.whl")), [])

    def test_files_keep_their_folders_and_programs_stay_programs(self) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            program = zipfile.ZipInfo("one/run")
            program.external_attr = 0o100755 << 16
            archive.writestr(program, b"#!")
            archive.writestr(zipfile.ZipInfo("one/data.bin"), CONTENT["one"])
        content = entry("one", files={"run": sha256(b"#!"), "deep/er/data.bin": sha256(CONTENT["one"])})
        content["sources"][0]["keep"] = {"run": "one/run", "deep/er/data.bin": "one/data.bin"}
        content["sources"][0]["packages"][0] |= {"sha256": sha256(buffer.getvalue()), "bytes": len(buffer.getvalue())}
        self.pip.wheels["one==1.0"] = buffer.getvalue()
        item = self.item(content)
        self.install(item)
        home = self.places.root / "models/one"
        self.assertTrue(home.joinpath("run").stat().st_mode & 0o100)
        self.assertFalse(home.joinpath("deep/er/data.bin").stat().st_mode & 0o100)
        self.assertTrue(self.is_done(item))
        home.joinpath("deep/er/data.bin").unlink()
        self.assertFalse(self.is_done(item))

    def test_a_wheel_with_other_bytes_is_refused_and_not_kept(self) -> None:
        self.pip.wheels["one==1.0"] = wheel_bytes({"one/data.bin": b"something else"})
        item = self.item(entry("one"))
        with self.assertRaisesRegex(SetupError, "pinned is"):
            self.install(item)
        self.assertFalse(self.is_done(item))
        self.assertEqual(list(self.places.downloads.rglob("*.whl")), [])

    def test_a_made_file_with_other_bytes_is_refused(self) -> None:
        item = self.item(entry("one", files={"data.bin": "0" * 64}))
        with self.assertRaisesRegex(SetupError, "not what was tested"):
            self.install(item)
        self.assertFalse((self.places.root / "models/one").exists())

    def test_a_package_that_fails_is_named_with_the_last_lines_of_pip(self) -> None:
        del self.pip.wheels["one==1.0"]
        with self.assertRaises(SetupError) as caught:
            self.install(self.item(entry("one")))
        self.assertIn("one==1.0", caught.exception.what)
        self.assertIn("No matching distribution", caught.exception.detail)

    def test_the_second_source_is_used_when_the_first_fails(self) -> None:
        del self.pip.wheels["one==1.0"]
        sources = [source("one", "data.bin"), source("spare", "data.bin")]
        item = self.item(entry("one", sources=sources, files={"data.bin": sha256(CONTENT["spare"])}))
        self.install(item)
        self.assertTrue(self.is_done(item))
        self.assertIn("trying spare==1.0", self.said.getvalue())

    def test_a_conversion_that_fails_leaves_what_was_there(self) -> None:
        self.install(self.item(entry("one")))
        broken = self.item(entry("one", version="1.1", convert=[["no.such.module", "out"]]))
        with self.assertRaisesRegex(SetupError, "no.such.module failed"):
            self.install(broken)
        self.assertEqual((self.places.root / "models/one/data.bin").read_bytes(), CONTENT["one"])
        self.assertFalse(self.is_done(broken))

    def test_offline_nothing_is_fetched(self) -> None:
        with self.assertRaisesRegex(SetupError, "not in the cache"):
            self.install(self.item(entry("one")), offline=True)
        self.assertEqual(self.pip.served, [])


class Resuming(Sandbox):
    def setUp(self) -> None:
        super().setUp()
        both = [*source("one", "")["packages"], *source("two", "")["packages"]]
        kept = {"one.bin": "one/data.bin", "two.bin": "two/data.bin"}
        files = {f"{name}.bin": sha256(CONTENT[name]) for name in ("one", "two")}
        self.both = self.item(entry("one", sources=[{"packages": both, "keep": kept}], files=files))

    def test_a_kill_during_a_download_costs_only_that_download(self) -> None:
        self.pip.killed = {"two==1.0"}
        with self.assertRaises(Killed):
            self.install(self.both)
        self.assertFalse(self.is_done(self.both))
        self.install(self.both)
        self.assertTrue(self.is_done(self.both))
        self.assertEqual(sorted(self.pip.served), ["one==1.0", "two==1.0"])
        self.assertEqual(list(self.places.downloads.rglob("half")), [])

    def test_a_kill_after_the_rename_but_before_the_stamp_is_made_good(self) -> None:
        self.install(self.both)
        self.stamps.drop("one")
        self.assertFalse(self.is_done(self.both))
        self.install(self.both)
        self.assertTrue(self.is_done(self.both))


class Stamped(Sandbox):
    def setUp(self) -> None:
        super().setUp()
        self.one = self.item(entry("one"))
        self.install(self.one)
        self.file = self.places.root / "models/one/data.bin"

    def test_a_file_of_another_size_undoes_the_stamp(self) -> None:
        self.file.write_bytes(b"short")
        self.assertFalse(self.is_done(self.one))

    def test_a_missing_file_undoes_the_stamp(self) -> None:
        self.file.unlink()
        self.assertFalse(self.is_done(self.one))

    def test_a_changed_table_entry_undoes_the_stamp(self) -> None:
        self.assertFalse(self.is_done(self.item(entry("one", version="1.1"))))

    def test_a_half_written_stamp_counts_as_none(self) -> None:
        (self.places.stamps / "one.json").write_text('{"digest": "')
        self.assertFalse(self.is_done(self.one))

    def test_only_hashing_finds_a_file_altered_at_the_same_size(self) -> None:
        self.assertEqual(self.stamps.altered("one"), [])
        self.file.write_bytes(CONTENT["one"][::-1])
        self.assertTrue(self.is_done(self.one))
        self.assertEqual(self.stamps.altered("one"), ["models/one/data.bin"])

    def test_the_manifest_lists_what_is_installed(self) -> None:
        self.stamps.write_manifest(["one", "absent"])
        (listed,) = json.loads(self.places.manifest.read_text())["installed"]
        self.assertEqual((listed["id"], listed["version"]), ("one", "1.0"))
        self.assertEqual(listed["files"][0]["sha256"], sha256(CONTENT["one"]))


class Pinned(unittest.TestCase):
    def test_every_file_and_wheel_of_the_table_has_a_hash(self) -> None:
        content = table.load()
        pins = [pin for item in content.items for pin in item.files.values()]
        pins += [package.sha256 for item in content.items for origin in item.sources for package in origin.packages]
        pins += [sha for wheel in content.runtime for sha, _ in wheel.wheels.values()]
        self.assertTrue(all(len(pin) == 64 for pin in pins))

    def test_the_list_of_debian_packages_is_read_without_its_reasons(self) -> None:
        self.assertIn("libuv1-dev", debian.wanted())
        self.assertTrue(all(" " not in name and "#" not in name for name in debian.wanted(tests=True)))

    def test_what_only_the_tests_need_is_left_out_unless_asked_for(self) -> None:
        self.assertNotIn("chromium-headless-shell|chromium", debian.wanted())
        self.assertIn("chromium-headless-shell|chromium", debian.wanted(tests=True))

    def test_one_of_several_packages_is_enough(self) -> None:
        self.assertEqual(debian.missing(["no-such-package-1|dpkg", "no-such-package-2|no-such-package-3"]), ["no-such-package-2"])


if __name__ == "__main__":
    unittest.main()
