"""The Dockerfile's steps without a Docker engine: its own lines, by its own Python, in an empty folder.

COPY, WORKDIR, ENV, ENTRYPOINT, CMD and RUN are read from the Dockerfile; the image's folders that they name lie below a
temporary one. RUN lines that change the system (packages, users) are named and left out. Then the command of the image
draws its demo, indexes a folder and searches in it, where the source tree is not in sight.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SYSTEM = ("apt-get", "pip", "useradd")
FOLDERS = ("/app", "/opt", "/data", "/home")
INHERITED = ("PATH", "HOME", "TMPDIR", "LANG", "SSL_CERT_FILE", "XDG_CACHE_HOME")
"""With variables of `uv` and `pip`, which say where packages come from, all that the steps see of the environment."""


@dataclass
class Image:
    """What the lines so far have made; `root` stands for `/`."""

    root: Path
    python: str
    folder: Path
    environment: dict[str, str]
    command: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)

    def path(self, text: str) -> str:
        """`text` with the image's folders below `root`."""
        return re.sub(rf"(?<![\w./])({'|'.join(FOLDERS)})\b", rf"{self.root}\1", text)

    def step(self, instruction: str, rest: str) -> None:
        """Do one instruction."""
        match instruction:
            case "WORKDIR":
                self.folder = Path(self.path(rest))
                self.folder.mkdir(parents=True, exist_ok=True)
            case "ENV":
                for name, value in re.findall(r"(\w+)=(\S+)", rest):
                    self.environment[name] = self.path(value.replace("$PATH", self.environment["PATH"]))
            case "COPY" if not rest.startswith("--from="):
                self._copy(*rest.split())
            case "RUN" if rest.startswith(SYSTEM):
                print(f"   left out, it changes the system: {rest}", flush=True)
            case "RUN":
                print(f"   {rest}", flush=True)
                self.run("bash", "-ec", self.path(rest))
            case "ENTRYPOINT":
                self.command = json.loads(rest)
            case "CMD":
                self.arguments = json.loads(rest)

    def run(self, *command: str) -> str:
        """Run it as in the image; what it prints, after showing it. Ends the program when it fails."""
        ended = subprocess.run(command, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, text=True)  # noqa: PLW1510
        print(ended.stdout, end="", flush=True)
        if ended.returncode:
            sys.exit(f"{' '.join(command)} ended with {ended.returncode}")
        return ended.stdout

    def _copy(self, *names: str) -> None:
        target = self.folder / names[-1]
        for name in names[:-1]:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
            else:
                shutil.copy(source, target)


def main() -> None:
    """Read the Dockerfile, do its steps and use what they made."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line.partition(" ")[::2] for line in text.splitlines() if line.strip() and not line.startswith("#")]
    (version,) = {
        rest.split()[0].removeprefix("python:").removesuffix("-slim") for word, rest in lines if word == "FROM"
    }
    found = subprocess.run([ROOT / ".ci/pythons", "find", version], capture_output=True, text=True, check=False)
    if found.returncode:
        print(f"NOT RUN: the Dockerfile is built on Python {version}, which is not on this machine")
        return
    environment = {name: value for name, value in os.environ.items() if name in INHERITED or name[:3] in {"UV_", "PIP"}}
    for name in ("UV_PROJECT_ENVIRONMENT", "UV_RUN_RECURSION_DEPTH"):
        environment.pop(name, None)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        environment |= {"UV_PYTHON": found.stdout.strip(), "HOME": str(root / "home")}
        image = Image(root, version, root, environment)
        for instruction, rest in lines:
            image.step(instruction, rest)
        _use(image)


def _use(image: Image) -> None:
    """The image's command: its help, the demo, a folder that is indexed, and a picture of it that is found."""
    help_text = image.run(*image.command, *image.arguments)
    image.run(*image.command, "demo")
    demo = Path(image.environment["WHENANIME_DATA_DIR"]) / "demo"
    videos = shutil.move(
        demo / "videos", image.root / "videos"
    )  # what lies in the data directory is no video of anybody's
    image.run(*image.command, "library", "add", str(videos))
    answer = json.loads(image.run(*image.command, "search", "--json", str(demo / "screenshot.jpg")))
    where = image.run("python", "-c", "import core; print(core.__file__)")
    if "library" not in help_text or answer["verdict"] != "found" or not where.startswith(str(image.root)):
        sys.exit("the image's command does not find the screenshot, or is not that of the image")


if __name__ == "__main__":
    main()
