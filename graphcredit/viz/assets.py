"""Scripts and styles that installed wheels ship; nothing is fetched, nothing is committed."""

from functools import lru_cache
from importlib.resources import files
from pathlib import Path


def vis_network() -> tuple[Path, Path]:
    """Paths of vis-network's script and style sheet, from pyvis's wheel."""
    folder = Path(str(files("pyvis"))) / "lib" / "vis-9.1.2"
    return folder / "vis-network.min.js", folder / "vis-network.css"


def plotly_script() -> Path:
    """Path of plotly's script, from its wheel."""
    return Path(str(files("plotly"))) / "package_data" / "plotly.min.js"


def network_script() -> Path:
    """Path of our own drawing script."""
    return Path(str(files("graphcredit.viz"))) / "static" / "network.js"


@lru_cache(maxsize=8)
def inline(path: Path) -> str:
    """A script's or style's text, safe inside an HTML page's own element."""
    return path.read_text(encoding="utf-8").replace("</script", "<\\/script").replace("</style", "<\\/style")
