"""CRM systems on a local port, as their documentation describes them: tokens, pages, limits, errors on request."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Crm:
    """What the server holds and did. `faults` are answers given before the true ones, one a data request."""

    def __init__(self) -> None:
        self.url = ""
        self.modules: dict[str, list[dict[str, Any]]] = {}
        self.faults: list[tuple[int, dict[str, str], bytes]] = []
        self.asked: list[dict[str, Any]] = []
        self.tokens = 0
        self.valid = ""
        self.per_page = 200
        self.refuse_tokens = False

    def token(self) -> str:
        self.tokens += 1
        self.valid = f"token-{self.tokens}"
        return self.valid

    def zoho(self, path: str, query: dict[str, str], headers: Any) -> tuple[int, Any]:
        if headers.get("Authorization") != f"Zoho-oauthtoken {self.valid}":
            return 401, {"code": "INVALID_TOKEN", "message": "invalid oauth token", "status": "error"}
        module = path.rsplit("/", 1)[1]
        if module not in self.modules:
            return 400, {"code": "INVALID_MODULE", "message": "the module name given seems to be invalid"}
        fields = query["fields"].split(",")
        assert len(fields) <= 50
        since = headers.get("If-Modified-Since", "")
        assert not since or since.endswith("+00:00")
        held = [row for row in self.modules[module] if row["Modified_Time"] >= since]
        if not held:
            return (304 if since else 204), None
        start = int(query.get("page_token", "p0")[1:])
        size = min(int(query["per_page"]), self.per_page)
        more = start + size < len(held)
        rows = [{n: row.get(n) for n in {*fields, "id"}} | {"$approved": True} for row in held[start : start + size]]
        info = {"more_records": more, "next_page_token": f"p{start + size}" if more else None, "count": len(rows)}
        return 200, {"data": rows, "info": info}

    def fxiaoke(self, body: dict[str, Any]) -> tuple[int, Any]:
        if body.get("corpAccessToken") != self.valid or body.get("corpId") != "CORP":
            return 200, {"errorCode": 20016, "errorMessage": "corpAccessToken is expired"}
        assert body["currentOpenUserId"] == "FSUID_1"
        wanted = body["data"]
        info = wanted["search_query_info"]
        assert info["limit"] <= 100
        assert info["offset"] % info["limit"] == 0
        (rule,) = info["filters"]
        assert (rule["field_name"], rule["operator"]) == ("last_modified_time", "GTE")
        rows = [
            r
            for r in self.modules[wanted["dataObjectApiName"]]
            if r["last_modified_time"] >= int(rule["field_values"][0])
        ]
        rows.sort(key=lambda row: row["last_modified_time"])
        page = rows[info["offset"] : info["offset"] + info["limit"]]
        return 200, {"errorCode": 0, "errorMessage": "success", "traceId": "E-O.1", "data": {"dataList": page}}


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _answer(self, content: bytes) -> None:
        crm: Crm = self.server.crm
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        extra: dict[str, str] = {}
        if parts.path == "/oauth/v2/token":
            form = {name: values[0] for name, values in parse_qs(content.decode()).items()}
            good = form == {
                "grant_type": "refresh_token", "client_id": "ID", "client_secret": "SECRET", "refresh_token": "REFRESH",
            }  # fmt: skip
            status, body = 200, (
                {"access_token": crm.token(), "api_domain": crm.url, "token_type": "Bearer", "expires_in": 3600}
                if good and not crm.refuse_tokens
                else {"error": "invalid_code"}
            )  # fmt: skip
        elif parts.path == "/cgi/corpAccessToken/get/V2":
            good = json.loads(content) == {"appId": "APP", "appSecret": "SECRET", "permanentCode": "CODE"}
            status, body = 200, (
                {"errorCode": 0, "errorMessage": "success", "corpAccessToken": crm.token(), "corpId": "CORP", "expiresIn": 7200}
                if good and not crm.refuse_tokens
                else {"errorCode": 10006, "errorMessage": "permanentCode is wrong"}
            )  # fmt: skip
        else:
            crm.asked.append({"path": parts.path, "query": query, "body": content.decode()})
            if crm.faults:
                status, extra, raw = crm.faults.pop(0)
                self._send(status, extra, raw)
                return
            if parts.path.startswith("/crm/v8/"):
                status, body = crm.zoho(parts.path, query, self.headers)
            else:
                status, body = crm.fxiaoke(json.loads(content))
        self._send(status, extra, b"" if body is None else json.dumps(body, ensure_ascii=False).encode())

    def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if status not in (204, 304):
            self.wfile.write(content)


@contextmanager
def crm_server() -> Iterator[Crm]:
    """A CRM that answers until the test is done with it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    crm = Crm()
    server.crm = crm  # type: ignore[attr-defined]
    crm.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield crm
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
