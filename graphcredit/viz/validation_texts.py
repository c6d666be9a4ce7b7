"""Every word of the validation page, in English and Chinese."""

_TEXTS: dict[str, tuple[str, str]] = {
    "title": ("Validation report", "模型验证报告"),
    "subtitle": ("{kind} on {features} features, model {model}", "{kind}（{features}），模型 {model}"),
    "rows": (
        "{n} parties, {defaults} defaults ({rate}); {split}; observed {days}; horizon {horizon} months",
        "样本 {n}，违约 {defaults}（{rate}）；{split}；观察日 {days}；观察期 {horizon} 个月",
    ),
    "trained": (
        "trained {at} on labels up to {to}; calibration {method}, {philosophy}",
        "训练于 {at}，标签截至 {to}；校准 {method}，{philosophy}",
    ),
    "out_of_fold": (
        "No row was kept for a test: the figures come from cross-validating the training rows anew.",
        "没有留出测试样本：以下结果来自对训练样本重新交叉验证。",
    ),
    "pooled": (
        "The charts pool out-of-fold scores of all folds; the table gives the mean AUC of the folds, as at training.",
        "图中汇总各折的折外评分；表中 AUC 为训练时各折的平均值。",
    ),
    "overlay": (
        "PDs and grades are the model's own, before the industry overlay.",
        "违约概率与等级为模型原始结果，未含行业调整。",
    ),
    "findings": ("What was found", "结论"),
    "findings_intro": (
        "Green: nothing speaks against the model. Yellow: look closer. Red: act. Grey: too little to tell.",
        "绿：未见问题；黄：需关注；红：需处理；灰：样本不足，无法判断。",
    ),
    "discrimination": ("Does it rank?", "排序能力"),
    "discrimination_intro": (
        "AUC is the chance that a defaulted party scores worse than a sound one: .5 is a coin, 1 is perfect.",
        "AUC 为违约主体风险排序高于正常主体的概率：0.5 等于随机，1 为完全区分。",
    ),
    "candidates": ("Every candidate", "全部候选模型"),
    "feature_sets": ("What does the graph add?", "图特征的贡献"),
    "feature_sets_intro": (
        "The same kind of model on tabular, graph and all features, on the same parties. An interval that holds 0 means that "
        "the difference may be chance.",
        "同一类模型分别使用表格、图和全部特征，在相同样本上比较。区间包含 0 表示差异可能出于偶然。",
    ),
    "calibration": ("Are the PDs right?", "违约概率是否准确"),
    "calibration_intro": (
        "Points on the diagonal: as many default as predicted. Bars are 95% intervals. Brier = reliability - resolution + "
        "uncertainty + the two terms within groups.",
        "点落在对角线上表示实际违约率与预测一致，竖线为 95% 区间。Brier = 可靠性 − 区分度 + 不确定性 + 两个组内项。",
    ),
    "grades": ("Grade by grade", "各等级检验"),
    "grades_intro": (
        "One-sided tests whether a grade's PD is too low: the Jeffreys light counts. The correlated p-value allows defaults to "
        "come together (asset correlation {rho}).",
        "单侧检验等级违约概率是否偏低，以 Jeffreys 灯号为准。相关 p 值允许违约同时发生（资产相关性 {rho}）。",
    ),
    "drift": ("Has the population moved?", "群体稳定性"),
    "drift_intro": (
        "Below .10 stable, from .25 shifted. Noise is what chance alone gives, 95 times in 100. The score is compared with the "
        "model's own PDs of its training rows, which are a little more extreme than those of new parties.",
        "低于 0.10 稳定，0.25 以上偏移。噪声为纯属偶然时 95% 情况下的上限。"
        "评分以模型在训练样本上的结果为参照，其分布略为极端。",
    ),
    "drift_features": (
        "Features, most shifted first ({shown} of {all})",
        "特征稳定性（偏移最大的 {shown} 个，共 {all} 个）",
    ),
    "drift_score": ("Score by period", "分期评分稳定性"),
    "migration": ("Grade migration", "等级迁移"),
    "migration_intro": (
        "The same parties on {first} (rows) and {last} (columns), shares of each row: {n} of {all} parties known on both days.",
        "同一批主体 {first}（行）至 {last}（列）的等级，按行占比：{all} 个主体中两日均可评分 {n} 个。",
    ),
    "moved_score": ("PSI of the score", "评分 PSI"),
    "moved_features": (
        "Features of the same parties, {first} to {last}, most shifted first ({shown} of {all})",
        "同一批主体 {first} 至 {last} 的特征稳定性（偏移最大的 {shown} 个，共 {all} 个）",
    ),
    "segments": ("Industry, region, size", "细分：行业、地区、规模"),
    "segments_intro": (
        "Does it rank within a segment, and are its PDs right there? Small segments are joined as “other”.",
        "模型在各细分中能否排序、违约概率是否准确。样本过少的细分并入“其他”。",
    ),
    "cutoffs": ("Cut-offs and profit", "准入线与收益"),
    "cutoffs_intro": (
        "Every party below the cut-off is lent one unit: LGD {lgd}, margin {margin}, cost {cost} ({source}). Profit is per "
        "applicant; expected by the PDs, realised by the outcomes.",
        "对低于准入线的每个主体贷出一单位：违约损失率 {lgd}，利差 {margin}，成本 {cost}（{source}）。"
        "收益按申请人均摊；预期按违约概率，实际按结果。",
    ),
    "against": ("Against another model", "与另一模型对比"),
    "against_intro": (
        "Model {model} on the same parties. Swap sets: at the same approval rate, who only one of the two would approve.",
        "同一样本上与模型 {model} 比较。交换集：在相同通过率下，仅其中一个模型批准的主体。",
    ),
    "sources": ("Where each test comes from", "检验方法出处"),
    "warnings": ("Warnings", "提示"),
    "none": ("none", "无"),
    # words of tables and axes
    "test": ("test", "检验"),
    "result": ("result", "结论"),
    "light": ("light", "灯号"),
    "model": ("model", "模型"),
    "features": ("features", "特征"),
    "chosen": ("chosen", "入选"),
    "n": ("parties", "样本"),
    "defaults": ("defaults", "违约"),
    "rate": ("default rate", "违约率"),
    "interval": ("95% interval", "95% 区间"),
    "mean_pd": ("mean PD", "平均违约概率"),
    "expected": ("expected defaults", "预期违约"),
    "binomial": ("binomial p", "二项检验 p"),
    "jeffreys": ("Jeffreys p", "Jeffreys p"),
    "correlated": ("correlated p", "相关 p"),
    "grade": ("grade", "等级"),
    "all": ("all", "合计"),
    "note": ("note", "说明"),
    "statistic": ("figure", "指标"),
    "value": ("value", "数值"),
    "p": ("p-value", "p 值"),
    "pair": ("difference", "差异"),
    "delong": ("DeLong", "DeLong"),
    "bootstrap": ("bootstrap", "自助法"),
    "holm": ("p, Holm", "p（Holm）"),
    "difference": ("AUC difference", "AUC 差"),
    "fpr": ("false positive rate", "误报率"),
    "tpr": ("defaults found", "违约识别率"),
    "precision": ("precision", "精确率"),
    "recall": ("defaults found", "违约识别率"),
    "share": ("share of parties, riskiest first", "主体占比（风险由高到低）"),
    "random": ("chance", "随机"),
    "observed": ("observed", "实际"),
    "predicted": ("predicted PD", "预测违约概率"),
    "perfect": ("perfect", "理想"),
    "period": ("period", "期间"),
    "noise": ("noise", "噪声"),
    "feature": ("feature", "特征"),
    "weight": ("weight in score", "评分权重"),
    "missing": ("missing then → now", "缺失：训练时 → 现在"),
    "segment": ("segment", "细分"),
    "industry": ("industry", "行业"),
    "region": ("region", "地区"),
    "size": ("size", "规模"),
    "unknown": ("unknown", "未知"),
    "other": ("other", "其他"),
    "small": ("small", "小"),
    "medium": ("medium", "中"),
    "large": ("large", "大"),
    "cutoff": ("approve below PD", "准入线（PD 低于）"),
    "approval": ("approved", "通过率"),
    "declined": ("defaults declined", "拒绝的违约"),
    "profit_expected": ("expected profit", "预期收益"),
    "profit_realised": ("realised profit", "实际收益"),
    "step": ("", ""),
    "break_even": ("break-even", "盈亏平衡"),
    "own": ("model's cut-off", "模型阈值"),
    "best_expected": ("best, expected", "预期最优"),
    "best_realised": ("best, in hindsight", "事后最优"),
    "both": ("both approve", "均批准"),
    "swapped_in": ("only this one", "仅本模型批准"),
    "swapped_out": ("only the other", "仅对方批准"),
    "neither": ("neither", "均拒绝"),
    "avoided": ("defaults avoided", "少批违约"),
    "roc": ("ROC curve", "ROC 曲线"),
    "cap": ("Share of defaults found (CAP)", "累计违约占比（CAP）"),
    "pr": ("Precision and recall", "精确率与召回率"),
    "curve": ("Calibration curve", "校准曲线"),
    "profit": ("Profit per applicant", "每申请人收益"),
    "grade_chart": ("Default rate by grade", "各等级违约率"),
    "green": ("green", "绿"),
    "yellow": ("yellow", "黄"),
    "red": ("red", "红"),
    "grey": ("grey", "灰"),
    "tabular": ("tabular", "表格特征"),
    "graph": ("graph", "图特征"),
    "all_features": ("all", "全部特征"),
    "prudent": ("PD too high", "预测偏高"),
    "few": ("few parties", "样本少"),
    "out_of_order": ("Out of order: {pairs}", "倒挂：{pairs}"),
    "size_rule": ("Size by thirds of {label}: {low} and {high}", "规模按{label}三等分：{low}、{high}"),
    "this": ("this model", "本模型"),
    "that": ("the other", "对方模型"),
    "same_grade": ("same grade", "等级一致"),
    "rank_correlation": ("rank correlation", "秩相关"),
    "stable": ("stable", "不变"),
    "better": ("better", "上调"),
    "worse": ("worse", "下调"),
    "group": ("group", "组"),
    "reliability": ("reliability (0 is best)", "可靠性（0 最好）"),
    "resolution": ("resolution (more is better)", "区分度（越大越好）"),
    "uncertainty": ("uncertainty (of the outcomes)", "不确定性（样本固有）"),
    "within_variance": ("+ variance within groups", "＋组内方差"),
    "within_covariance": ("− covariance within groups", "−组内协方差"),
    "skill": ("skill against the base rate", "相对基准率的技巧"),
    "ece": ("mean gap of the groups", "各组平均偏差"),
    "line": ("Line: intercept {a}, slope {b}", "校准直线：截距 {a}，斜率 {b}"),
    "df": ("df {df}", "自由度 {df}"),
    "thin": ("{k} groups expect fewer than five of a class", "{k} 组某类预期不足 5 个"),
    "average_precision": ("average precision", "平均精确率"),
    "to": ("to", "至"),
    "test_split": ("rows not learned from", "未用于训练的样本"),
    "cross-validation": ("cross-validation", "交叉验证"),
    "scorecard": ("scorecard", "评分卡"),
    "logistic": ("logistic regression", "逻辑回归"),
    "tree": ("decision tree", "决策树"),
    "boosting": ("boosting", "梯度提升"),
    "random_forest": ("random forest", "随机森林"),
    "extra_trees": ("extra trees", "极端随机树"),
    "average": ("average of several", "模型平均"),
    "sigmoid": ("sigmoid", "S 形函数"),
    "isotonic": ("isotonic", "保序回归"),
    "point-in-time": ("point-in-time", "时点"),
    "through-the-cycle": ("through-the-cycle", "跨周期"),
    "split": ("split {name}", "数据划分 {name}"),
}


class Words:
    """The texts of one language; a key that is unknown speaks for itself.

    Args:
        language: en or zh.
    """

    def __init__(self, language: str) -> None:
        self.language = "zh" if language == "zh" else "en"
        self._at = 1 if self.language == "zh" else 0

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, filled in."""
        found = _TEXTS[key][self._at] if key in _TEXTS else key.replace("_", " ")
        return found.format(**values) if values else found

    def of(self, text: object) -> str:
        """One side of {"en": ..., "zh": ...}; "" for None."""
        if isinstance(text, dict):
            return str(text.get(self.language, text.get("en", "")))
        return "" if text is None else str(text)
