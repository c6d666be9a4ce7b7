"""Problems in the reader's language: what happened and what to do, in Chinese where Chinese is asked for."""

import re

import pytest

from graphcredit_api.auth.roles import ROLES, ROLES_ZH, Permission, refusal
from graphcredit_api.said import in_chinese
from tests.api.test_jobs import finished

pytestmark = pytest.mark.xdist_group("demo")
CHINESE = re.compile("[一-鿿]")
ASKED = [
    ("get", "/v1/parties/nobody", None),
    ("get", "/v1/decisions/none", None),
    ("get", "/v1/jobs/none", None),
    ("get", "/v1/e-receivables/none", None),
    ("get", "/v1/alerts?cursor=x", None),
    ("get", "/v1/alerts?limit=0", None),
    ("get", "/v1/portfolio?as_of=x", None),
    ("post", "/v1/decisions", {"amount": "much"}),
    ("get", "/v1/nowhere", None),
    ("delete", "/v1/decisions", None),
    ("post", "/v1/stress", {"shock": {}}),
    ("post", "/v1/facts/nothing", {"rows": [{}]}),
]


@pytest.mark.parametrize(("method", "path", "body"), ASKED)
def test_a_problem_is_told_in_the_readers_language(local, method: str, path: str, body: object) -> None:
    told = {
        language: local.request(method, path, json=body, headers={"Accept-Language": language}).json()
        for language in ("en", "zh-CN")
    }
    for field in ("title", "detail", "remedy"):
        assert not CHINESE.search(told["en"].get(field, ""))
        assert bool(CHINESE.search(told["zh-CN"].get(field, "x"))) == (field in told["zh-CN"])
    for fault in told["zh-CN"].get("errors", []):
        assert CHINESE.search(fault["what"]), fault
    assert told["en"]["code"] == told["zh-CN"]["code"]
    assert ("remedy" in told["en"]) == ("remedy" in told["zh-CN"])


def test_a_refusal_and_a_page_in_chinese(secured, local) -> None:
    refused = secured.get("/v1/portfolio", headers={"Accept-Language": "zh"}).json()
    assert (refused["detail"], refused["remedy"]) == ("请先登录", "请提供访问令牌或接口密钥")
    page = local.get("/parties/nobody", headers={"accept": "text/html", "accept-language": "zh"})
    assert page.status_code == 404
    assert "主体“nobody”不存在" in page.text
    assert page.text.count("请核对编号") == 1


@pytest.mark.parametrize("permission", list(Permission))
def test_a_refusal_says_what_for_and_who_may(permission: Permission) -> None:
    error = refusal("viewer", permission)
    assert "viewer" in error.message
    told, remedy = in_chinese(error.message), in_chinese(error.remedy)
    assert told is not None
    assert remedy is not None
    assert not re.search("[a-z]{3}", told.replace("what-if", ""))
    those = [name for name, given in ROLES.items() if permission in given and name != "system"]
    assert all(name in error.remedy for name in those)
    assert all(ROLES_ZH[name] in remedy for name in those)
    assert in_chinese("the role viewer may not fly") is None


def test_an_address_without_a_page_is_named(local) -> None:
    assert local.get("/v1/nowhere").json()["detail"] == "there is nothing at /v1/nowhere"
    page = local.get("/nothing/%3Cb%3E", headers={"accept": "text/html", "accept-language": "zh"})
    assert page.status_code == 404
    assert "/nothing/" in page.text
    assert "<b>" not in page.text


def test_what_is_not_known_word_for_word_keeps_its_words() -> None:
    assert in_chinese("something else happened") is None
    assert in_chinese("party '<b>' is not known") == "主体“<b>”不存在"
    assert in_chinese("x" * 100_000) is None


def test_the_validation_report_is_reached_from_the_models_page(local) -> None:
    model = local.get("/v1/models").json()["models"][0]["model_id"]
    page = local.get(f"/models/{model}", headers={"accept": "text/html"}).text
    path = f"/models/{model}/validation"
    assert f'action="{path}"' in page
    missing = local.get(path, headers={"Accept-Language": "zh"})
    assert (missing.status_code, missing.json()["remedy"]) == (404, "请在模型页面生成")
    started = local.post(path, follow_redirects=False).headers["location"]
    job = started.rsplit("job=", 1)[1]
    assert finished(local, job)["state"] == "done"
    assert f"/models/{model}" in local.get(f"/reviews/jobs/{job}", headers={"accept": "text/html"}).text
    page = local.get(f"/models/{model}", headers={"accept": "text/html", "Accept-Language": "zh"}).text
    assert f'href="{path}"' in page
    assert "绿灯" in page
    assert "等级下调" in page
    whole = local.get(path, params={"format": "json"}).json()
    assert {"drift", "migration", "segments", "cutoffs", "grades", "calibration", "feature_sets"} <= set(whole)
    assert whole["migration"]["n"] > 100
    assert whole["about"]["out_of_fold"]  # not on the rows that it has learned from
    answer = local.get(path, headers={"Accept-Language": "zh"})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert 'lang="zh-CN"' in answer.text
    assert model in answer.text
    assert local.get("/models/none/validation").status_code == 404
