"""What a switch's path may lead to: a sound file below the directory, and nothing else, whatever lies there."""

import os
from pathlib import Path

import pytest

from api.recordings.kept import Kept

pytestmark = pytest.mark.pure


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    inside = tmp_path / "recordings"
    (inside / "2026" / "11").mkdir(parents=True)
    (inside / "a.wav").write_bytes(b"RIFFabc")
    (inside / "2026" / "11" / "b.mp3").write_bytes(b"ID3")
    (inside / "notes.txt").write_text("no sound")
    (tmp_path / "secret.wav").write_bytes(b"secret")
    (inside / "out.wav").symlink_to(tmp_path / "secret.wav")
    (inside / "away").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(inside / "pipe.wav")
    (inside / "folder.wav").mkdir()
    return inside


def test_files_below_the_directory_are_opened(directory: Path) -> None:
    kept = Kept(directory, "/var/lib/freeswitch/recordings")
    sound = kept.open("/var/lib/freeswitch/recordings/a.wav")
    assert sound is not None
    assert (os.read(sound.descriptor, 100), sound.size, sound.kind) == (b"RIFFabc", 7, "audio/wav")
    os.close(sound.descriptor)
    assert kept.size("/var/lib/freeswitch/recordings/2026/11/b.mp3") == 3
    assert Kept(directory, None).size(str(directory / "a.wav")) == 7


@pytest.mark.parametrize(
    "path",
    [
        "/recordings/../secret.wav",
        "/recordings/2026/../../secret.wav",
        "/recordings/out.wav",
        "/recordings/away/secret.wav",
        "/recordings/pipe.wav",
        "/recordings/folder.wav",
        "/recordings/notes.txt",
        "/recordings/missing.wav",
        "/recordings/a.wav/b.wav",
        "/recordings",
        "/recordings/" + "x" * 300 + ".wav",
        "/recordings/a\0.wav",
        "/recordings2/a.wav",
        "a.wav",
        "",
        "/etc/passwd",
        "/secret.wav",
    ],
)
def test_nothing_else_is(directory: Path, path: str) -> None:
    assert Kept(directory, "/recordings").open(path) is None
    assert Kept(None, None).open(path) is None
