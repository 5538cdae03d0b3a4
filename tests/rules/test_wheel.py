"""Every package folder and data file of the tree is in the wheel, and nothing else of ours."""

import importlib.metadata
import shutil
import subprocess
import sys
import tomllib
import zipfile
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.rules.source import ROOT

ROOMS = ("core", "widgets", "terminal")
SETUPTOOLS_MIN = 77
"""The first that knows `license` as a text (PEP 639)."""


def tree(root: Path) -> set[str]:
    """Every file of the product, but what Python and tools leave behind."""
    files = (f for room in ROOMS for f in (root / room).rglob("*") if f.is_file())
    return {f.relative_to(root).as_posix() for f in files if "__pycache__" not in f.parts}


def test_the_build_lists_every_package_and_every_data_file() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    packages, data = set(settings["packages"]), settings["package-data"]
    folders = {Path(f).parent.as_posix().replace("/", ".") for f in tree(ROOT)}

    assert folders == packages
    for name in tree(ROOT):
        folder = Path(name).parent.as_posix().replace("/", ".")
        assert name.endswith(".py") or any(fnmatch(Path(name).name, p) for p in data.get(folder, ())), name


def test_the_wheel_holds_the_tree(tmp_path: Path) -> None:
    try:
        version = importlib.metadata.version("setuptools")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("setuptools is not installed here, and a test fetches nothing")
    if int(version.split(".")[0]) < SETUPTOOLS_MIN:
        pytest.skip(f"setuptools {version} is older than {SETUPTOOLS_MIN}, and a test fetches nothing")
    for name in (*ROOMS, "pyproject.toml", "README.md", "LICENSE"):
        source, target = ROOT / name, tmp_path / "src" / name
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run([*command, "-w", tmp_path, tmp_path / "src"], capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("tezi-*.whl"))) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert held == tree(ROOT)
