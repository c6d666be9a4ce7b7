"""Where each statistic comes from, by the name under which a report shows it."""

Text = dict[str, str]
"""One sentence in English and Chinese: {"en": ..., "zh": ...}."""


def say(en: str, zh: str) -> Text:
    """A sentence for a reader of either language."""
    return {"en": en, "zh": zh}


SOURCES: dict[str, str] = {
    "roc": "Hanley & McNeil (1982), Radiology 143: area under the ROC curve as the Mann-Whitney statistic",
    "auc_ci": "DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44; by mid-ranks as Sun & Xu (2014), "
    "IEEE Signal Processing Letters 21; interval on the logit scale",
    "gini": "2 AUC - 1, the accuracy ratio: Engelmann, Hayden & Tasche (2003), Testing rating accuracy, Risk 16",
    "ks": "two-sample Kolmogorov-Smirnov distance; p-value of scipy.stats.ks_2samp",
    "average_precision": "area under the precision-recall curve by steps, as scikit-learn defines average precision",
    "paired_delong": "DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44, correlated curves",
    "bootstrap": "Efron & Tibshirani (1993), An Introduction to the Bootstrap, ch. 13: percentile interval; classes "
    "resampled apart, both scores on the same rows",
    "holm": "Holm (1979), Scandinavian Journal of Statistics 6",
    "brier": "Brier (1950), Monthly Weather Review 78; parts by Murphy (1973), Journal of Applied Meteorology 12; terms "
    "within bins by Stephenson, Coelho & Jolliffe (2008), Weather and Forecasting 23",
    "calibration_curve": "groups of equal size; 95% intervals of Brown, Cai & DasGupta (2001), Statistical Science 16 "
    "(Jeffreys)",
    "calibration_line": "Cox (1958), Biometrika 45: logistic regression of outcome on log-odds; likelihood ratio test of "
    "intercept 0 and slope 1",
    "hosmer_lemeshow": "Hosmer & Lemeshow (1980), Communications in Statistics A9; as many degrees of freedom as groups on "
    "rows not learned from, two fewer where PDs were fitted to them",
    "spiegelhalter": "Spiegelhalter (1986), Statistics in Medicine 5",
    "binomial": "Basel Committee Working Paper 14 (2005), Studies on the validation of internal rating systems, one-sided, "
    "exact",
    "jeffreys": "ECB (2019), Instructions for reporting the validation results of internal models, 2.5.3.1: Jeffreys test, "
    "one-sided",
    "correlated": "Vasicek (2002) one-factor model; binomial p-value averaged over the factor, as Tasche (2003)",
    "lights": "Tasche (2003), A traffic lights approach to PD validation: yellow beyond 95%, red beyond 99.9%",
    "psi": "Siddiqi (2006), Credit Risk Scorecards: below .1 stable, above .25 shifted; noise level by Yurdakul & Naranjo "
    "(2020), Journal of Risk Model Validation 14",
    "csi": "the same per feature, on the bins that the model itself uses",
    "migration": "cohort method: parties rated on both days, by grade before and after",
    "segments": "AUC and Jeffreys test within segments",
    "cutoffs": "expected and realised profit by cut-off: Thomas, Edelman & Crook (2002), Credit Scoring and Its "
    "Applications, ch. 9",
    "swaps": "swap-set analysis at equal approval rates: Siddiqi (2006); difference by Fisher's exact test",
}
"""Statistic -> who defined it."""
