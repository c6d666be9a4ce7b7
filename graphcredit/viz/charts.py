"""Charts as plotly figures, and as self-contained pages."""

from pathlib import Path
from typing import Any

import plotly.graph_objects as go


def plan_chart(plan: Any) -> Any:
    """Principal and interest of each payment, and the balance left."""
    days = [str(row.paid_on) for row in plan.rows]
    figure = go.Figure()
    figure.add_bar(name="principal", x=days, y=[float(row.principal) for row in plan.rows], marker_color="#3f7fbf")
    figure.add_bar(name="interest", x=days, y=[float(row.interest) for row in plan.rows], marker_color="#e8743b")
    figure.add_scatter(
        name="balance", x=days, y=[float(row.balance) for row in plan.rows], yaxis="y2", line={"color": "#1c2733"}
    )
    figure.update_layout(
        title=f"Repayment plan ({plan.kind.replace('_', ' ')})",
        barmode="stack",
        yaxis={"title": "payment"},
        yaxis2={"title": "balance", "overlaying": "y", "side": "right", "rangemode": "tozero"},
        template="plotly_white",
    )
    return figure


def write_chart(figure: Any, path: Path) -> None:
    """Write a figure as one offline HTML page."""
    figure.write_html(path, include_plotlyjs="inline", full_html=True)
