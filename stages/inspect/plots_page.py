"""Let `dvc plots show` make pages that need no internet: `python -m stages.inspect.plots_page [FOLDER]`.

DVC's own page loads Vega from a server each time it is opened, and does not say in which encoding it is. This one has
Vega in it, of the versions that DVC names, which npm fetches once. FOLDER: of a clone, for instance demo.
"""

import argparse
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from stages.command import command
from stages.files import write_text

PAGE = Path(".dvc", "plots", "offline.html")  # not in git
MOST_BYTES = 8 * 2**20  # of a package's script
# What DVC puts into the page: what the page refreshes itself by, and the plots.
TEMPLATE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{refresh_tag}
<title>Training runs</title>
{scripts}
</head>
<body>
{plot_divs}
</body>
</html>
"""


def wanted() -> list[tuple[str, str]]:
    """(package, version) of the scripts that DVC's own page loads, in its order. Raises ValueError if it has others."""
    from dvc_render.vega import VegaRenderer

    found = re.findall(r"/npm/([a-z-]+)@([0-9.]+)", VegaRenderer.SCRIPTS)
    if not found or len(found) != VegaRenderer.SCRIPTS.count(" src="):
        raise ValueError(
            f"found {VegaRenderer.SCRIPTS.strip()[:200]!r} in DVC's page, expected scripts of npm packages"
        )
    return found


def script(package: str, version: str) -> str:
    """The package's minified script. Raises ValueError where npm cannot fetch it or it has none."""
    with TemporaryDirectory() as folder:
        fetch = ["npm", "pack", "--silent", f"{package}@{version}", "--pack-destination", folder]
        try:
            done = subprocess.run(fetch, capture_output=True, text=True)
        except FileNotFoundError as error:
            raise ValueError("found no npm, which fetches Vega; install it (Debian: npm)") from error
        archives = list(Path(folder).glob("*.tgz"))
        if done.returncode or len(archives) != 1:
            raise ValueError(f"npm could not fetch {package} {version}: {done.stderr.strip()[-500:]}")
        name = f"package/build/{package}.min.js"
        try:
            with tarfile.open(archives[0]) as archive:
                file = archive.extractfile(name)
                if file is None:
                    raise KeyError(f"{name} is no file")
                content = file.read(MOST_BYTES + 1)
                if len(content) > MOST_BYTES:
                    raise KeyError(f"{name} has more than {MOST_BYTES:,} bytes")
                return content.decode()
        except (KeyError, tarfile.TarError, UnicodeDecodeError) as error:
            raise ValueError(f"{package} {version} of npm: found no script {name} ({error})") from error


def page(scripts: list[str]) -> str:
    """A template of DVC's: the scripts in it, and DVC's placeholders."""
    # A script's text must not end its element. Such words can only be in a string or a comment, where "\\/" is "/".
    safe = [text.replace("</script", "<\\/script") for text in scripts]
    inlined = [f"<script>\n{text}\n</script>" for text in safe]
    return TEMPLATE.replace("{scripts}", "\n".join(inlined))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), help="default: this one")
    folder = parser.parse_args().folder
    with command("plots page"):
        if not (folder / ".dvc").is_dir():
            raise ValueError(f"{folder}: found no .dvc, expected this repository or a clone of it")
        write_text(folder / PAGE, page([script(*package) for package in wanted()]))
        setting = ["config", "--local", "plots.html_template", PAGE.relative_to(".dvc").as_posix()]
        done = subprocess.run([sys.executable, "-m", "dvc", *setting], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            raise ValueError(f"dvc config in {folder}: {done.stderr.strip()}")
        print(f"{folder / PAGE}: dvc plots show and dvc plots diff make pages of it")


if __name__ == "__main__":
    main()
