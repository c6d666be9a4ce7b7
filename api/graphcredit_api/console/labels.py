"""Codes of tables, products and decisions as a person reads them, in both languages."""

from typing import Any

LABELS: dict[str, tuple[str, str]] = {
    "company": ("company", "企业"), "person": ("person", "自然人"), "bank": ("bank", "银行"),
    "loan": ("loan", "贷款"), "factoring": ("factoring", "应收账款保理"),
    "reverse_factoring": ("reverse factoring", "反向保理"), "order_finance": ("order finance", "订单融资"),
    "inventory_pledge": ("inventory pledge", "存货质押"), "confirming_warehouse": ("confirming warehouse", "保兑仓"),
    "e_receivable": ("e-receivable", "电子债权凭证"), "dynamic_discount": ("dynamic discount", "动态折扣"),
    "approve": ("approve", "批准"), "approve_with_conditions": ("approve with conditions", "附条件批准"),
    "refer": ("refer", "转人工审核"), "decline": ("decline", "拒绝"), "refused": ("refused", "不予受理"),
    "final": ("final", "已生效"), "pending": ("waits for approval", "待审批"), "rejected": ("rejected", "已否决"),
    "decided": ("decided", "已决策"), "approved": ("approved", "已批准"), "overridden": ("overridden", "已改判"),
    "settled": ("settled", "已结清"), "referred": ("referred", "已转交"), "party": ("party", "客户"),
    "group": ("connected group", "关联客户组"), "guarantor": ("guarantor", "担保人"),
    "industry": ("industry", "行业"), "region": ("region", "地区"), "debtor": ("debtor", "买方"),
    "late_payment": ("late payment", "逾期付款"), "default": ("default", "违约"), "court": ("court case", "涉诉"),
    "tax_arrears": ("tax arrears", "欠税"), "dishonest_list": ("dishonest list", "失信被执行"),
    "rating_change": ("rating change", "评级变动"), "cured": ("cured", "已恢复"),
    "self_reported": ("self-reported", "自行申报"), "registry": ("registry", "工商登记"),
    "site_visit": ("site visit", "实地核查"), "trade": ("trade", "贸易"), "receivable": ("receivable", "应收"),
    "lending": ("lending", "借贷"), "guarantee": ("guarantee", "担保"), "ownership": ("ownership", "股权"),
    "other": ("other ties", "其他关系"), "supply": ("production", "生产供应"), "joint": ("joint", "连带责任"),
    "several": ("several", "一般保证"), "mortgage": ("mortgage", "抵押"), "pledge": ("pledge", "质押"),
    "insurance": ("insurance", "保险"), "circle_mutual": ("mutual", "互保"), "circle_joint": ("joint", "联保"),
    "invoice": ("invoices", "发票"), "order": ("orders", "订单"), "delivery": ("deliveries", "发货"),
    "facility": ("facilities", "授信"), "circle_ring": ("ring", "环形担保"), "circle_mixed": ("mixed", "混合担保"),
    "control": ("control", "控制"), "sales": ("sales", "销售依赖"), "purchases": ("purchases", "采购依赖"),
    "root": ("root", "核心"), "repayment": ("source of repayment", "还款来源"), "scorecard": ("scorecard", "评分卡"),
    "logistic": ("logistic", "逻辑回归"), "boosting": ("boosting", "梯度提升"), "forest": ("forest", "随机森林"),
    "tree": ("tree", "决策树"), "average": ("average", "模型平均"), "tabular": ("tabular", "表格特征"),
    "graph": ("graph", "图特征"), "all": ("all", "全部特征"), "grade_better": ("grade better", "等级上调"),
    "grade_worse": ("grade worse", "等级下调"), "exposure_up": ("exposure up", "敞口增加"),
    "exposure_down": ("exposure down", "敞口减少"), "new_event": ("new credit event", "新增信用事件"),
    "new_decision": ("new decision", "新增决策"), "low_headroom": ("low headroom", "可用额度不足"),
    "new_overdue": ("new overdue", "新增逾期"), "credit_event": ("credit event", "信用事件"),
    "neighbour_in_default": ("neighbour in default", "关联方违约"),
    "guarantee_called": ("guarantee called", "担保被追索"),
    "group_near_cap": ("group near its cap", "关联客户组接近限额"), "transaction_drop": ("sales drop", "交易骤降"),
    "info": ("info", "提示"), "warning": ("warning", "预警"), "critical": ("critical", "严重"),
    "champion": ("champion", "在用"), "challenger": ("challenger", "备选"), "revenue": ("revenue", "营业收入"),
    "cost_of_sales": ("cost of sales", "营业成本"), "gross_profit": ("gross profit", "毛利"),
    "operating_expenses": ("operating expenses", "期间费用"), "operating_profit": ("operating profit", "营业利润"),
    "ebit": ("EBIT", "息税前利润"), "depreciation": ("depreciation", "折旧"),
    "interest_expense": ("interest expense", "利息支出"), "profit_before_tax": ("profit before tax", "利润总额"),
    "income_tax": ("income tax", "所得税"), "net_profit": ("net profit", "净利润"),
    "operating_cash_flow": ("operating cash flow", "经营现金流"),
    "investing_cash_flow": ("investing cash flow", "投资现金流"),
    "financing_cash_flow": ("financing cash flow", "筹资现金流"),
    "capital_expenditure": ("capital expenditure", "资本支出"), "cash": ("cash", "货币资金"),
    "receivables": ("receivables", "应收账款"), "inventory": ("inventory", "存货"),
    "current_assets": ("current assets", "流动资产"), "fixed_assets": ("fixed assets", "固定资产"),
    "total_assets": ("total assets", "资产总计"), "payables": ("payables", "应付账款"),
    "short_term_debt": ("short-term debt", "短期借款"), "current_liabilities": ("current liabilities", "流动负债"),
    "long_term_debt": ("long-term debt", "长期借款"), "total_liabilities": ("total liabilities", "负债合计"),
    "retained_earnings": ("retained earnings", "留存收益"), "equity": ("equity", "所有者权益"),
    "external_guarantees": ("external guarantees", "对外担保"), "active": ("active", "存续"),
    "invoices": ("invoices", "发票"), "orders": ("orders", "订单"), "deliveries": ("deliveries", "发货"),
    "facilities": ("facilities", "授信"), "guarantees": ("guarantees", "担保"), "valid": ("valid", "有效"),
    "issued": ("issued", "已开立"), "redeemed": ("redeemed", "已兑付"), "promise": ("promise to pay", "付款承诺"),
    "dispute": ("dispute", "争议"), "dispute_resolved": ("dispute resolved", "争议解决"), "judgment": ("judgment", "判决"),
    "note": ("note", "备注"), "promise_open": ("not due yet", "尚未到期"), "promise_kept": ("kept", "已履行"),
    "promise_broken": ("broken", "未履行"),
}  # fmt: skip


def label(code: Any, language: str) -> str:
    """A code's name; a code without one reads with spaces for underscores."""
    if code is None:
        return ""
    found = LABELS.get(str(code))
    return found[1 if language == "zh" else 0] if found else str(code).replace("_", " ")
