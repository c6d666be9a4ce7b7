"""CRM systems pulled over real HTTP from servers that keep to the documented protocols, their faults included."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from graphcredit.exc import ConnectorAuthError, ConnectorError, InputError, MappingError, SettingsError
from graphcredit.settings import Settings
from graphcredit.store import CreditStore
from graphcredit_ingest.connectors import PullReport, connect, pull
from tests.ingest.support import memory, waiting
from tests.support.crm import Crm, crm_server


@pytest.fixture
def crm() -> Iterator[Crm]:
    with crm_server() as server:
        yield server


@pytest.fixture
def store() -> Iterator[CreditStore]:
    with memory() as opened:
        yield opened


def settings(crm: Crm, **changed: Any) -> Settings:
    return Settings(
        _env_file=None, zoho_accounts_url=crm.url, zoho_client_id="ID", zoho_client_secret="SECRET",
        zoho_refresh_token="REFRESH", fxiaoke_url=crm.url, fxiaoke_app_id="APP", fxiaoke_app_secret="SECRET",
        fxiaoke_permanent_code="CODE", fxiaoke_open_user_id="FSUID_1", **changed,
    )  # fmt: skip


def fetch(crm: Crm, store: CreditStore, folder: Path, name: str = "zoho", **options: Any) -> PullReport:
    slept = options.pop("slept", [])
    connector = connect(name, settings(crm), sleep=slept.append)
    try:
        return pull(store, connector, folder, own=options.pop("own", "ME"), **options)
    finally:
        connector.close()


def account(number: int, changed: str = "2026-03-01T10:00:00+08:00", **fields: Any) -> dict[str, Any]:
    name = {"id": str(number), "Account_Name": f"Firm {number}", "Phone": "021-1", "Modified_Time": changed}
    return name | {"Industry": "C17", "Billing_Country": "CN"} | fields


def invoice(number: int, buyer: int, amount: float, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"9{number}", "Account_Name": {"id": str(buyer), "name": f"Firm {buyer}"}, "Sub_Total": amount,
        "Tax": 1.3, "Currency": "CNY", "Invoice_Number": f"INV-{number}", "Invoice_Date": "2026-02-28",
        "Due_Date": "2026-04-28", "Status": "Approved", "Modified_Time": "2026-03-01T08:00:00+08:00",
    } | fields  # fmt: skip


@pytest.fixture
def zoho(crm: Crm) -> Crm:
    crm.modules = {
        "Accounts": [account(n) for n in range(1, 6)],
        "Sales_Orders": [],
        "Invoices": [invoice(1, 2, 1000.25), invoice(2, 3, 20, Status="Cancelled")],
    }
    crm.per_page = 2
    return crm


def parties(store: CreditStore) -> dict[str, dict[str, Any]]:
    return {row["party_id"]: row for row in store.read("parties").to_pylist()}


def test_zoho_accounts_and_invoices_become_parties_and_transactions(
    zoho: Crm, store: CreditStore, tmp_path: Path
) -> None:
    report = fetch(zoho, store, tmp_path)
    found = parties(store)
    assert set(found) == {*(f"zoho-{n}" for n in range(1, 6)), "ME"}
    assert found["zoho-2"]["name"] == "Firm 2"
    assert found["zoho-2"]["verification"] == "self_reported"
    assert found["zoho-2"]["recorded_at"] == datetime(2026, 3, 1, 2)
    assert found["zoho-2"]["attributes"] == '{"x_source": "crm:zoho"}'
    sold = {row["transaction_id"]: row for row in store.read("transactions").to_pylist()}
    first = sold["zoho-invoice-91"]
    assert (first["seller_id"], first["buyer_id"], first["kind"]) == ("ME", "zoho-2", "invoice")
    assert (first["amount"], first["tax"], first["issued_on"]) == (
        Decimal("1000.2500"), Decimal("1.3000"), date(2026, 2, 28),
    )  # fmt: skip
    assert sold["zoho-invoice-92"]["status"] == "void"
    assert {name: module["rows"] for name, module in report.modules.items()} == {
        "Accounts": 5, "Sales_Orders": 0, "Invoices": 2,
    }  # fmt: skip
    assert [entry["query"].get("page_token") for entry in zoho.asked[:3]] == [None, "p2", "p4"]
    assert not list((tmp_path / "zoho").iterdir())


def test_the_same_pull_again_changes_nothing_and_asks_for_changes_only(
    zoho: Crm, store: CreditStore, tmp_path: Path
) -> None:
    fetch(zoho, store, tmp_path)
    version = store.version()
    again = fetch(zoho, store, tmp_path, everything=True)
    assert (again.load.total("new"), again.load.total("unchanged"), store.version()) == (0, 7, version)
    zoho.modules["Accounts"][3] = account(4, "2026-03-02T09:00:00+00:00", Account_Name="New name")
    changed = fetch(zoho, store, tmp_path)
    assert changed.modules["Accounts"]["since"] == "2026-03-01T02:00:00"
    assert changed.load.tables["parties"].changed == 1
    assert parties(store)["zoho-4"]["name"] == "New name"
    assert fetch(zoho, store, tmp_path).modules["Accounts"]["since"] == "2026-03-02T09:00:00"
    assert fetch(zoho, store, tmp_path, since=datetime(2027, 1, 1)).modules["Accounts"]["rows"] == 0
    assert fetch(zoho, store, tmp_path).modules["Accounts"]["since"] == "2026-03-02T09:00:00"


def test_an_expired_token_is_renewed_once(zoho: Crm, store: CreditStore, tmp_path: Path) -> None:
    zoho.faults = [(200, {}, b'{"data": [], "info": {}}'), (401, {}, b'{"code": "INVALID_TOKEN"}')]
    fetch(zoho, store, tmp_path)
    assert zoho.tokens == 2
    zoho.faults = [(401, {}, b'{"code": "INVALID_TOKEN"}')] * 2
    with pytest.raises(ConnectorAuthError, match="refuses a fresh token"):
        fetch(zoho, store, tmp_path)


def test_a_busy_crm_is_waited_for_as_long_as_it_asks(zoho: Crm, store: CreditStore, tmp_path: Path) -> None:
    zoho.faults = [(429, {"Retry-After": "7"}, b"{}"), (503, {}, b"<html>")]
    slept: list[float] = []
    fetch(zoho, store, tmp_path, slept=slept)
    assert slept == [7.0, 2.0]
    assert len(parties(store)) == 6
    zoho.faults = [(429, {"Retry-After": "3600"}, b"{}")]
    with pytest.raises(ConnectorError, match="asks to wait 3,600 s"):
        fetch(zoho, store, tmp_path)


def test_a_broken_page_leaves_nothing_and_the_next_pull_goes_on(zoho: Crm, store: CreditStore, tmp_path: Path) -> None:
    connector = connect("zoho", settings(zoho), sleep=lambda _: None)

    def stop_after_the_second(module: str, rows: int) -> None:
        if (module, rows) == ("Accounts", 4):
            zoho.faults = [(200, {}, b'{"data": [{"id"')] * 4

    with pytest.raises(ConnectorError, match="no JSON object") as error:
        pull(store, connector, tmp_path, own="ME", progress=stop_after_the_second)
    connector.close()
    assert "goes on where it stopped" in error.value.remedy
    assert store.info().facts["parties"] == 0
    assert store.version() == 0
    kept = tmp_path / "zoho" / "crm-zoho-Accounts.jsonl"
    assert len(kept.read_text().splitlines()) == 4
    assert kept.stat().st_mode & 0o077 == 0
    with kept.open("a") as half:
        half.write('{"id": "half a ro')
    zoho.asked.clear()
    report = fetch(zoho, store, tmp_path)
    assert report.modules["Accounts"]["resumed"] is True
    assert zoho.asked[0]["query"]["page_token"] == "p4"
    assert len(parties(store)) == 6
    assert waiting(store) == []


def test_a_page_token_that_is_too_old_starts_the_module_anew(zoho: Crm, store: CreditStore, tmp_path: Path) -> None:
    connector = connect("zoho", settings(zoho), sleep=lambda _: None)

    def expire(module: str, rows: int) -> None:
        if (module, rows, len(zoho.asked)) == ("Accounts", 2, 1):
            zoho.faults = [(400, {}, b'{"code": "EXPIRED_VALUE", "message": "page token"}')]

    report = pull(store, connector, tmp_path, own="ME", progress=expire)
    connector.close()
    assert report.modules["Accounts"]["rows"] == 5
    assert len(parties(store)) == 6


def test_bad_rows_wait_and_are_judged_again(zoho: Crm, store: CreditStore, tmp_path: Path) -> None:
    zoho.modules["Invoices"].append(invoice(3, 2, 5, Invoice_Date="soon", Modified_Time="2026-02-01T00:00:00+00:00"))
    report = fetch(zoho, store, tmp_path)
    (row,) = waiting(store)
    assert (row.file, row.column, row.value) == ("crm-zoho-Invoices.jsonl", "issued_on", "soon")
    assert report.load.tables["transactions"].new == 2
    again = fetch(zoho, store, tmp_path)
    assert again.modules["Invoices"]["since"] is None  # the module's moment did not advance
    assert len(waiting(store)) == 1
    zoho.modules["Invoices"][2] |= {"Invoice_Date": "2026-01-31"}
    fetch(zoho, store, tmp_path)
    assert waiting(store) == []
    assert store.info().facts["transactions"] == 3


def test_fields_without_value_and_without_mapping_are_named(crm: Crm, store: CreditStore, tmp_path: Path) -> None:
    crm.modules = {"AccountObj": [customer(1, UDSText2__c="x")], "SalesOrderObj": [], "PaymentObj": []}
    report = fetch(crm, store, tmp_path, "fxiaoke")
    assert report.modules["AccountObj"]["unknown_fields"] == ["UDSText2__c", "owner"]
    assert "uniform_social_credit_code" not in report.modules["AccountObj"]["absent_fields"]
    assert "email" in report.modules["AccountObj"]["absent_fields"]
    assert any("not mapped and not loaded: UDSText2__c, owner" in note for note in report.to_json()["notes"])


def test_what_zoho_refuses_is_said(zoho: Crm, store: CreditStore, tmp_path: Path) -> None:
    del zoho.modules["Invoices"]
    with pytest.raises(ConnectorError, match=r"refuses Invoices \(400, INVALID_MODULE"):
        fetch(zoho, store, tmp_path)
    zoho.refuse_tokens = True
    with pytest.raises(ConnectorAuthError, match=r"no access token \(invalid_code\)") as error:
        fetch(zoho, store, tmp_path)
    assert "SECRET" not in f"{error.value} {error.value.remedy} {error.value.details}"


def customer(number: int, changed: int = 1_772_330_400_000, **fields: Any) -> dict[str, Any]:
    return {
        "_id": f"c{number:03d}", "name": f"客户{number}", "last_modified_time": changed, "life_status": "normal",
        "uniform_social_credit_code": "91350100M000100Y43", "tel": "0591-1", "address": "福州", "owner": ["1000"],
    } | fields  # fmt: skip


def order(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "_id": f"o{number}", "name": f"SO-{number}", "account_id": "c001", "order_amount": "1200.50",
        "order_time": 1_772_294_400_000, "life_status": "normal", "last_modified_time": 1_772_330_400_000,
    } | fields  # fmt: skip


def test_fxiaoke_customers_orders_and_payments(crm: Crm, store: CreditStore, tmp_path: Path) -> None:
    paid = {
        "_id": "p1", "name": "P-1", "account_id": "c001", "order_id": "o1", "payment_amount": "200.00",
        "payment_time": 1_772_380_800_000, "life_status": "normal", "last_modified_time": 1_772_330_400_000,
    }  # fmt: skip
    crm.modules = {
        "AccountObj": [customer(1)],
        "SalesOrderObj": [order(1), order(2, life_status="invalid")],
        "PaymentObj": [paid, paid | {"_id": "p2", "life_status": "under_review"}],
    }
    fetch(crm, store, tmp_path, "fxiaoke", own="我方")
    found = parties(store)["fxiaoke-c001"]
    assert (found["name"], found["uscc"]) == ("客户1", "91350100M000100Y43")
    assert found["recorded_at"] == datetime(2026, 3, 1, 2)
    sold = {row["transaction_id"]: row for row in store.read("transactions").to_pylist()}
    assert sold["fxiaoke-o1"]["issued_on"] == date(2026, 3, 1)  # midnight of that day in China
    assert (sold["fxiaoke-o1"]["amount"], sold["fxiaoke-o1"]["seller_id"]) == (Decimal("1200.5000"), "我方")
    assert (sold["fxiaoke-o1"]["kind"], sold["fxiaoke-o2"]["status"]) == ("order", "void")
    (payment,) = store.read("payments").to_pylist()
    assert (payment["payer_id"], payment["paid_on"], payment["transaction_id"]) == (
        "fxiaoke-c001", date(2026, 3, 2), "fxiaoke-o1",
    )  # fmt: skip


@pytest.mark.parametrize("changes", ["all at once", "one after the other", "in threes"])
def test_fxiaoke_pages_miss_and_repeat_nothing(crm: Crm, store: CreditStore, tmp_path: Path, changes: str) -> None:
    step = {"all at once": 10**9, "one after the other": 1, "in threes": 3}[changes]
    crm.modules = {
        "AccountObj": [customer(n, 1_772_330_400_000 + n // step) for n in range(250)],
        "SalesOrderObj": [],
        "PaymentObj": [],
    }
    report = fetch(crm, store, tmp_path, "fxiaoke")
    assert report.modules["AccountObj"]["rows"] == 250
    assert report.load.tables["parties"].new == 250


def test_fxiaoke_renews_a_gone_token_and_waits_where_asked(crm: Crm, store: CreditStore, tmp_path: Path) -> None:
    crm.modules = {"AccountObj": [customer(1)], "SalesOrderObj": [], "PaymentObj": []}
    gone = (200, {}, b'{"errorCode": 20016, "errorMessage": "expired"}')
    busy = (200, {}, '{"errorCode": 30009, "errorMessage": "接口调用超过频率限制"}'.encode())
    crm.faults = [gone, busy]
    slept: list[float] = []
    fetch(crm, store, tmp_path, "fxiaoke", slept=slept)
    assert (crm.tokens, slept) == (2, [2.0])
    crm.faults = [gone, gone]
    with pytest.raises(ConnectorAuthError, match="fresh token"):
        fetch(crm, store, tmp_path, "fxiaoke")
    crm.faults = [(200, {}, b'{"errorCode": 10007, "errorMessage": "no such object"}')]
    with pytest.raises(ConnectorError, match=r"refuses AccountObj \(10007: no such object\)"):
        fetch(crm, store, tmp_path, "fxiaoke")
    crm.refuse_tokens = True
    with pytest.raises(ConnectorAuthError, match="10006"):
        fetch(crm, store, tmp_path, "fxiaoke")


def test_a_crm_that_is_away_is_said_to_be(store: CreditStore, tmp_path: Path) -> None:
    with crm_server() as gone:
        pass
    slept: list[float] = []
    with pytest.raises(ConnectorError, match="does not answer"):
        fetch(gone, store, tmp_path, slept=slept)
    assert slept == [1.0, 2.0, 4.0]


def test_a_mapping_of_ones_own_chooses_modules_and_fields(zoho: Crm, store: CreditStore, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "name: own\nsources:\n  - files: crm-zoho-Accounts.jsonl\n    tables:\n      parties:\n        columns:\n"
        "          party_id: id\n          kind: {value: company}\n          name: Account_Name\n"
        "          attr_rating: Rating__c\n"
    )
    zoho.modules["Accounts"][0]["Rating__c"] = "A"
    fetch(zoho, store, tmp_path / "pages", mapping=own)
    assert {entry["path"] for entry in zoho.asked} == {"/crm/v8/Accounts"}
    assert set(zoho.asked[0]["query"]["fields"].split(",")) == {"Account_Name", "Modified_Time", "Rating__c"}
    assert parties(store)["1"]["attributes"] == '{"rating": "A"}'
    with pytest.raises(MappingError, match="names no module of zoho"):
        fetch(zoho, store, tmp_path / "pages", mapping="cumcm2020c")


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"zoho_refresh_token": None}, SettingsError, "GRAPHCREDIT_ZOHO_REFRESH_TOKEN is not set"),
        ({"zoho_accounts_url": "http://accounts.example.org"}, SettingsError, "is no https address"),
        ({"crm_secrets_file": Path("absent.env")}, SettingsError, "absent.env does not exist"),
    ],
)
def test_wrong_settings(crm: Crm, changed: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        connect("zoho", settings(crm).model_copy(update=changed))


def test_secrets_come_from_a_file_and_the_environment_wins(crm: Crm, tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "crm.env"
    file.write_text(
        "GRAPHCREDIT_ZOHO_CLIENT_ID=other\nGRAPHCREDIT_ZOHO_CLIENT_SECRET=SECRET\nGRAPHCREDIT_ZOHO_REFRESH_TOKEN=REFRESH\n"
    )
    monkeypatch.setenv("GRAPHCREDIT_ZOHO_CLIENT_ID", "ID")
    monkeypatch.setenv("GRAPHCREDIT_ZOHO_ACCOUNTS_URL", crm.url)
    monkeypatch.setenv("GRAPHCREDIT_CRM_SECRETS_FILE", str(file))
    crm.modules = {"Accounts": [account(1)]}
    connector = connect("zoho", Settings(_env_file=None))
    page = connector.page("Accounts", ["Account_Name"], None, None)
    connector.close()
    assert [row["Account_Name"] for row in page.rows] == ["Firm 1"]


def test_an_unknown_crm_and_a_pull_without_own_party_are_refused(zoho: Crm, store: CreditStore, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no CRM is called 'sap'"):
        connect("sap", settings(zoho))
    with pytest.raises(InputError, match="was not given"):
        fetch(zoho, store, tmp_path, own="")
