"""What a stress says about its own figures, in Chinese; the library writes these notes in English."""

import re

_RULES: tuple[tuple[str, str], ...] = (
    (r"(\d+) parties: unknown revenue, recorded sales stand for it", r"\1 个主体：营业收入未知，以已记录销售额代替"),
    (
        r"(\d+) parties: unknown material cost, operating profit stands for income",
        r"\1 个主体：材料成本未知，以营业利润代替收益",
    ),
    (
        r"(\d+) parties: unknown material cost, taken as (\d+%) of revenue",
        r"\1 个主体：材料成本未知，按营业收入的 \2 计",
    ),
    (r"(\d+) parties: unknown equity, registered capital stands for it", r"\1 个主体：净资产未知，以注册资本代替"),
    (r"(\d+) parties: unknown equity, taken as (\d+%) of revenue", r"\1 个主体：净资产未知，按营业收入的 \2 计"),
    (
        r"(\d+) parties: unknown equity and no revenue, so they never default here",
        r"\1 个主体：净资产未知且无营业收入，本次不会违约",
    ),
    (
        r"(\d+) parties: liquid assets are current assets less current liabilities",
        r"\1 个主体：流动性资产按流动资产减流动负债计",
    ),
    (
        r"(\d+) parties: unknown liquid assets, so liquidity is not tested",
        r"\1 个主体：流动性资产未知，未作流动性检验",
    ),
    (r"(\d+) parties: unknown PD, taken as ([\d.]+%)", r"\1 个主体：违约概率未知，按 \2 计"),
    (
        r"(\d+) parties earn less than their material cost: no profit to lose",
        r"\1 个主体收入低于材料成本：无利润可损失",
    ),
    (
        r"(\d+) parties have no industry: they form a sector of their own, ''",
        r"\1 个主体行业未知：单独作为一个行业处理",
    ),
    (
        r"(\d+) parties have no known revenue: their recorded sales stand for it",
        r"\1 个主体营业收入未知：以已记录销售额代替",
    ),
    (r"(\d+) firms have less revenue than sales: their sales count", r"\1 家企业营业收入低于销售额：按销售额计"),
    (r"(\d+) parties have no equity: they are in default before the shock", r"\1 个主体净资产不为正：冲击前即已违约"),
    (r"not converged after (\d+) rounds: residual (\S+)", r"\1 轮后仍未收敛：残差 \2"),
)
_COMPILED = tuple((re.compile(pattern), told) for pattern, told in _RULES)


def note_text(note: str, language: str) -> str:
    """A note in the reader's language; one that is not among these keeps its words."""
    if language == "zh":
        for pattern, told in _COMPILED:
            found = pattern.fullmatch(note)
            if found:
                return found.expand(told)
    return note
