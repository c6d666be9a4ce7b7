"""What a validation report calls its statistics and its usual terms of profit, in both languages."""

from graphcredit.scoring.validation.cutoffs import ProfitTerms

STATISTICS: dict[str, tuple[str, str]] = {
    "roc": ("ROC curve", "ROC 曲线"),
    "auc_ci": ("AUC interval", "AUC 区间"),
    "gini": ("Gini", "Gini"),
    "ks": ("KS", "KS"),
    "average_precision": ("average precision", "平均精确率"),
    "paired_delong": ("paired DeLong test", "配对 DeLong 检验"),
    "bootstrap": ("bootstrap", "自助法"),
    "holm": ("Holm correction", "Holm 校正"),
    "brier": ("Brier score", "Brier 分数"),
    "calibration_curve": ("calibration curve", "校准曲线"),
    "calibration_line": ("calibration line", "校准直线"),
    "hosmer_lemeshow": ("Hosmer-Lemeshow test", "Hosmer-Lemeshow 检验"),
    "spiegelhalter": ("Spiegelhalter test", "Spiegelhalter 检验"),
    "binomial": ("binomial test", "二项检验"),
    "jeffreys": ("Jeffreys test", "Jeffreys 检验"),
    "correlated": ("test with correlated defaults", "违约相关的检验"),
    "lights": ("traffic lights", "灯号"),
    "psi": ("PSI", "PSI"),
    "csi": ("CSI", "CSI"),
    "migration": ("migration of grades", "等级迁移"),
    "segments": ("segments", "细分"),
    "cutoffs": ("cut-offs", "准入线"),
    "swaps": ("swap sets", "交换集"),
}
"""Statistic of `scoring.validation.sources` -> its name; a source itself is cited as it was published."""
_TERMS_ZH = "违约损失率：Basel CRE32.6 初级法下高级无抵押；利差与成本：本机构设定"


def statistic_name(key: str, language: str) -> str:
    """A statistic's name for readers."""
    return STATISTICS[key][1 if language == "zh" else 0] if key in STATISTICS else key.replace("_", " ")


def terms_source(source: str, language: str) -> str:
    """Where the terms of profit come from; in Chinese for the usual ones, a house's own words as they are."""
    return _TERMS_ZH if language == "zh" and source == ProfitTerms().source else source
