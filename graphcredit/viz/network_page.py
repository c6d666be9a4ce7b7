"""A network as one HTML file: self-contained, offline, readable; vis-network comes from pyvis's wheel."""

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from graphcredit.viz.assets import inline, network_script, vis_network

_TEXTS = {
    "en": {
        "title": "Network of {name}",
        "subtitle": "As of {day}: {shown} parties within {depth} steps{omitted}. An arrow points from the one that sells, "
        "lends, guarantees or owns. Hover for facts, drag, zoom; untick layers.",
        "omitted": "; {count} less important ones left out",
        "find": "Find",
        "hint": "name or id",
    },
    "zh": {
        "title": "{name} 的关系网络",
        "subtitle": "截至 {day}：{depth} 步以内 {shown} 个主体{omitted}。箭头由销售、贷款、担保或持股一方指出。"
        "悬停查看信息，可拖动、缩放、按类型显示。",
        "omitted": "，另有 {count} 个次要主体未显示",
        "find": "查找",
        "hint": "名称或编号",
    },
}  # fmt: skip


def safe_json(value: Any) -> Markup:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def network_html(view: dict[str, Any], *, language: str = "en") -> str:
    """The page of a view from `network_view`."""
    words = _TEXTS[language]
    name = next((node["facts"][0][0] for node in view["nodes"] if node["seed"]), view["seed"])
    omitted = words["omitted"].format(count=view["omitted"]) if view["omitted"] else ""
    script, style = vis_network()
    environment = Environment(loader=PackageLoader("graphcredit.viz"), autoescape=select_autoescape(["html", "j2"]))
    return environment.get_template("network.html.j2").render(
        language="zh-CN" if language == "zh" else "en",
        title=words["title"].format(name=name),
        subtitle=words["subtitle"].format(day=view["as_of"], shown=view["shown"], depth=view["depth"], omitted=omitted),
        find_label=words["find"],
        find_hint=words["hint"],
        data=safe_json(view),
        vis_css=Markup(inline(style)),
        vis_js=Markup(inline(script)),
        draw_js=Markup(inline(network_script())),
    )


def write_network_page(view: dict[str, Any], path: Path, *, language: str = "en") -> None:
    """Write the page to a file, whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(network_html(view, language=language), encoding="utf-8")
    part.replace(path)
