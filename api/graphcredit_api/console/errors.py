"""What happened and what to do, in the reader's language; the exact message stays for whoever looks into it."""

from graphcredit.exc import GraphCreditError
from graphcredit_api.said import in_chinese
from graphcredit_api.titles import TITLES

ADVICE: dict[str, tuple[str, str]] = {
    "not_found": ("Check the id, or search by name at the top of the page.", "请核对编号，或在页面上方按名称查找。"),
    "bad_input": ("Mend what is named here and send it again.", "请按提示修改后重新提交。"),
    "bad_request": ("Go back and try again.", "请返回后重试。"),
    "out_of_range": ("Use a value within the range.", "请使用范围内的数值。"),
    "bad_policy": ("Mend the policy file; the faults are named here.", "请按提示修正政策文件。"),
    "conflict": ("Reload the page: someone was faster, or it is done already.",
                 "请刷新页面：可能他人已先处理，或该操作已完成。"),
    "capacity_exceeded": ("Lower the amount, or ask for more cover.", "请降低金额，或补充担保。"),
    "forbidden": ("Ask someone whose role allows it.", "请联系有相应权限的人员。"),
    "unauthenticated": ("Sign in.", "请先登录。"),
    "rate_limited": ("Wait a moment and try again.", "请稍候再试。"),
    "store_unavailable": ("Nothing was lost. Try again in a few seconds; reading goes on from the last snapshot.",
                          "数据未丢失。请数秒后重试；查询仍可使用最近快照。"),
    "store_locked": ("Close the other process that uses the store.", "请关闭占用数据存储的其他进程。"),
    "no_model": ("Train one with `graphcredit train`.", "请运行 `graphcredit train` 训练模型。"),
    "body_too_large": ("Send less at once.", "请减少单次提交的内容。"),
    "method_not_allowed": ("Use the links and forms of the console.", "请使用控制台中的链接与表单。"),
    "internal_error": ("Try again; if it stays, give the request number to whoever runs the system.",
                       "请重试；如仍出现，请将请求编号告知系统管理员。"),
}  # fmt: skip


def advice(code: str, language: str) -> str:
    """What to do about an error."""
    return ADVICE.get(code, ADVICE["internal_error"])[1 if language == "zh" else 0]


def told(error: GraphCreditError, language: str) -> str:
    """An error and what to do about it, in one line and in the reader's language as far as it is known in it."""
    if language == "en":
        return f"{error.message}: {error.remedy}" if error.remedy else error.message
    title = TITLES.get(error.code, TITLES["internal_error"])[language]
    remedy = in_chinese(error.remedy or "") or advice(error.code, language)
    return f"{in_chinese(error.message) or f'{title}：{error.message}'}。{remedy}"
