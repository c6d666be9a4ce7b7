"""Words of the console, by language."""

from collections.abc import Callable

from graphcredit_api.console.texts_lending import LENDING_WORDS
from graphcredit_api.console.texts_pages import PAGE_WORDS

WORDS: dict[str, tuple[str, str]] = {
    "portfolio": ("Portfolio", "组合总览"), "party": ("Party", "客户"), "network": ("Network", "关系网络"),
    "stress": ("Stress lab", "压力测试"), "decisions": ("Decisions", "决策台"),
    "policy": ("Policy and models", "政策与模型"), "search": ("Find a party", "查找客户"),
    "search_hint": ("name, id or registry number", "名称、编号或统一社会信用代码"), "go": ("Go", "查询"),
    "as_of": ("as of", "截至"), "exposure": ("Exposure", "风险敞口"), "expected_loss": ("Expected loss", "预期损失"),
    "companies": ("Companies", "企业数"), "grade": ("Grade", "等级"),
    "grades": ("Companies by grade", "企业等级分布"), "pd": ("PD", "违约概率"), "points": ("Points", "分数"),
    "industry": ("Industry", "行业"), "region": ("Region", "地区"), "share": ("Share", "占比"),
    "name": ("Name", "名称"), "by_industry": ("Exposure by industry", "敞口行业分布"),
    "by_region": ("Exposure by region", "敞口地区分布"), "largest": ("Largest borrowers", "最大借款人"),
    "worst": ("Worst sources of contagion", "传染性最强的主体"),
    "loss_caused": ("Loss it would cause", "违约外溢损失"), "circles": ("Guarantee circles", "担保圈"),
    "members": ("Members", "成员"), "pattern": ("Pattern", "类型"), "amount": ("Amount", "金额"),
    "reasons": ("Reasons for the score", "评分原因"), "reason": ("Reason", "原因"), "path": ("Path", "路径"),
    "improve": ("What would improve it most", "最能改善评分的因素"), "identity": ("Identity", "基本信息"),
    "limit": ("Limit and headroom", "额度与可用额度"), "own_limit": ("Limit", "核定额度"),
    "headroom": ("Headroom", "可用额度"), "cap": ("Cap", "限额"),
    "used": ("Used", "已用"), "left": ("Left", "剩余"), "binding": ("binding", "约束项"),
    "trade": ("Trade by month", "月度交易"), "sales": ("Sales", "销售"), "purchases": ("Purchases", "采购"),
    "statements": ("Statements", "财务报表"), "events": ("Credit events", "信用事件"),
    "groups": ("Connected groups", "关联客户组"), "kind": ("Kind", "类型"), "verification": ("Verification", "核验"),
    "status": ("Status", "状态"), "uscc": ("Credit code", "统一社会信用代码"), "founded": ("Founded", "成立日期"),
    "capital": ("Registered capital", "注册资本"), "none": ("none", "无"),
    "open_network": ("Open its network", "查看关系网络"), "fail_it": ("What if it fails?", "假设其违约"),
    "report": ("Credit report", "资信报告"), "print": ("Print or save as PDF", "打印或另存为PDF"),
    "depth": ("Steps", "层数"), "most": ("At most", "最多"), "draw": ("Draw", "绘制"),
    "find": ("Find in picture", "图中查找"), "omitted": ("less important parties are left out", "个次要主体未显示"),
    "shown": ("parties shown", "个主体"),
    "shock": ("Who fails (id=share, comma-separated)", "冲击对象（编号=比例，逗号分隔）"), "run": ("Run", "运行"),
    "total_loss": ("Lost in all", "总损失"), "book_loss": ("Lost by lenders", "贷款方损失"),
    "new_defaults": ("Further defaults", "新增违约"), "round": ("Round", "轮次"), "defaults": ("Defaults", "违约"),
    "rounds": ("Rounds", "轮数"), "apply": ("New application", "新申请"), "product": ("Product", "产品"),
    "tenor": ("Tenor, days", "期限（天）"), "payments": ("Payments", "期数"), "decide": ("Decide", "提交决策"),
    "outcome": ("Outcome", "结论"), "rate": ("Rate", "利率"), "conditions": ("Conditions", "条件"),
    "at": ("At", "时间"), "replay": ("Replay", "重放"), "same": ("same answer", "结论一致"),
    "another": ("another answer", "结论不同"), "model": ("Model", "模型"), "models": ("Models", "模型"),
    "champion": ("scores", "在用"), "features": ("Features", "特征"), "auc": ("AUC", "AUC"),
    "source": ("Source", "来源"), "where": ("Where", "项目"), "value": ("Value", "取值"),
    "stale": ("The store does not answer now: this is the last snapshot.", "数据存储暂不可用：以下为最近快照。"),
    "no_model": ("No model scores yet: run graphcredit train.", "尚无评分模型：请运行 graphcredit train。"),
    "local": ("Local use, sign-in is off", "本机使用，未启用登录"), "sign_in": ("Sign in", "登录"),
    "sign_out": ("Sign out", "退出"), "user": ("User name", "用户名"), "password": ("Password", "密码"),
    "error": ("This did not work", "操作未成功"), "remedy": ("What to do", "处理建议"),
    "request": ("Request", "请求编号"), "skip": ("Skip to content", "跳到正文"), "language": ("中文", "English"),
    "nothing": ("Nothing found", "没有结果"), "csv": ("CSV", "CSV"), "change": ("Change", "变化"),
    "item": ("Item", "科目"), "period": ("Period", "期间"), "date": ("Date", "日期"),
    "approval": ("Approval", "审批"), "approve": ("Approve", "批准"), "id": ("Id", "编号"),
}  # fmt: skip


def words(language: str) -> Callable[[str], str]:
    """A function from a key to its word."""
    column = 1 if language == "zh" else 0
    known = WORDS | PAGE_WORDS | LENDING_WORDS
    return lambda key: known[key][column]
