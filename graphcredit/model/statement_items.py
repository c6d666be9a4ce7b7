"""The small standard chart of financial-statement items (unknown items are kept, too)."""

INCOME_ITEMS = (
    "revenue", "cost_of_sales", "gross_profit", "operating_expenses", "operating_profit", "ebit",
    "depreciation", "interest_expense", "profit_before_tax", "income_tax", "net_profit",
)  # fmt: skip
CASH_ITEMS = ("operating_cash_flow", "investing_cash_flow", "financing_cash_flow", "capital_expenditure")
BALANCE_ITEMS = (
    "cash", "receivables", "inventory", "current_assets", "fixed_assets", "total_assets", "payables",
    "short_term_debt", "current_liabilities", "long_term_debt", "total_liabilities", "retained_earnings",
    "equity", "external_guarantees",
)  # fmt: skip
STATEMENT_ITEMS = INCOME_ITEMS + CASH_ITEMS + BALANCE_ITEMS
