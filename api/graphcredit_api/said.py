"""The most frequent messages and remedies of errors in Chinese; others keep their exact words behind a Chinese title."""

import re
from collections.abc import Callable

from graphcredit_api.auth.roles import refusal_zh, remedy_zh

LONGEST = 600
"""Characters; a longer message is not looked at."""
_RULES: tuple[tuple[str, str | Callable[[re.Match[str]], str | None]], ...] = (
    (r"party '(.*)' is not known as of (\S+)", r"截至 \2，主体“\1”不存在"),
    (r"party '(.*)' is not known", r"主体“\1”不存在"),
    (r"there is no view '(.*)'", r"视图“\1”不存在"),
    (r"it was given up, or was never shared", "该视图已被删除，或未共享"),
    (r"the role (\w+) may not (.+)", lambda found: refusal_zh(found[1], found[2])),
    (r"roles that may: (.+); ask an administrator for another role", lambda found: remedy_zh(found[1])),
    (r"please sign in", "请先登录"),
    (r"the name or the password is wrong", "用户名或密码错误"),
    (r"the token has expired", "令牌已过期"),
    (r"the token is not valid", "令牌无效"),
    (r"the API key (?:is not valid|has expired)", "接口密钥无效或已过期"),
    (r"the refresh token (?:is not valid|was used before)", "刷新令牌无效或已使用"),
    (r"too many failed sign-ins", "登录失败次数过多"),
    (r"slow down and try again", "请求过于频繁，请稍后重试"),
    (r"the cursor is not valid", "分页游标无效"),
    (r"the idempotency key '(.*)' was used with other content", r"幂等键“\1”已用于其他内容"),
    (r"the first request with the key '(.*)' is still being served", r"使用幂等键“\1”的首次请求仍在处理中"),
    (r"decision '?(\S+?)'? does not exist", r"决策 \1 不存在"),
    (r"job '(.*)' does not exist", r"作业“\1”不存在"),
    (r"e-receivable '(.*)' does not exist", r"电子债权凭证“\1”不存在"),
    (r"policy '(.*)' was not adopted", r"政策“\1”未被采用"),
    (r"no model '(.*)'", r"模型“\1”不存在"),
    (r"model '(.*)' has no validation report yet", r"模型“\1”尚无验证报告"),
    (r"make it on the model's page", "请在模型页面生成"),
    (r"no model has been trained", "尚未训练模型"),
    (r"there is no (?:table|list) '(.*?)'(?: of parties)?", r"“\1”不存在"),
    (r"'(.*)' is not an amount", r"“\1”不是金额"),
    (r"'(.*)' is not a day", r"“\1”不是日期"),
    (r"(\S+) is at revision (\d+), not (\d+)", r"\1 已更新至第 \2 版，并非第 \3 版"),
    (r"(?:transfer|step) (\S+)(?: of \S+)? was another one", r"编号 \1 已用于其他内容"),
    (r"e-receivable (\S+) was issued with the same key and other content", r"凭证 \1 已使用同一幂等键以其他内容签发"),
    (r"Neo4j at \S+ (?:does not answer|went away)", "图数据库暂不可用"),
    (r"a text of the body holds half a character \((.*)\)", r"请求内容含有不完整字符（\1）"),
    (r"a body may have ([\d,]+) bytes at most", r"请求内容最多 \1 字节"),
    (r"an unexpected error; its details are in the server's log", "发生意外错误，详情见服务器日志"),
    (r"there is nothing at (.*)", r"页面或接口“\1”不存在"),
    (r"Method Not Allowed", "不支持该方法"),
    # remedies
    (r"check the id, or search by name", "请核对编号，或按名称查找"),
    (r"ask an administrator for a new one", "请联系管理员重新签发"),
    (r"(?:refresh it or )?sign in again", "请重新登录"),
    (r"send a bearer token or an API key", "请提供访问令牌或接口密钥"),
    (r"check both and try again", "请核对后重试"),
    (r"start again without a cursor", "请不带游标重新查询"),
    (r"use a new key for a new request", "新的请求请使用新的幂等键"),
    (r"mend what `errors` names", "请按 errors 所列逐项修改"),
    (r"write (\d[\d.]*\d)", r"请按 \1 的格式填写"),
    (r"write (\d{4}-\d\d-\d\d)", r"请按 \1 的格式填写"),
    (r"check its number", "请核对凭证编号"),
    (r"read it again, then decide", "请重新读取后再决定"),
    (r"try again later|try again", "请稍后重试"),
    (r"ask for less, or wait until some of it is released", "请降低金额，或等待额度释放"),
)
_COMPILED = tuple((re.compile(pattern, re.S), told) for pattern, told in _RULES)


def in_chinese(text: str) -> str | None:
    """The text in Chinese, None for one that is not among the frequent ones."""
    if len(text) > LONGEST:
        return None
    for pattern, told in _COMPILED:
        found = pattern.fullmatch(text)
        if found:
            return found.expand(told) if isinstance(told, str) else told(found)
    return None
