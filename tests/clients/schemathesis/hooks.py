"""What schemathesis cannot read in the description: how to log in, and which refusals are no matter of how a request is
written."""

import json
import os

import requests
import schemathesis

API = os.environ["LARDER_API"]

# What is there from the beginning: by the beginning of a path, what its parameters are.
KNOWN = json.loads(os.environ["LARDER_KNOWN"])
KEPT = {value for known in KNOWN.values() for value in known.values() if isinstance(value, str)}
NOBODY = "00000000-0000-4000-8000-000000000000"

# What is refused with one of these codes is so for what is there or not, which no schema tells.
ABOUT_STATE = {
    # No cursor, link or invitation can be made up, and a key is for one request.
    "cursor_unknown",
    "idempotency_key_reused",
    "invitation_unknown",
    "link_unknown",
    # A field that another one needs, a moment that is over, somebody who is elsewhere.
    "incomplete",
    "in_the_past",
    "nobody_there",
    # A length in bytes, and a password that is the user name.
    "name_too_long",
    "password_unfit",
}


@schemathesis.auth()
class Session:
    """Logs in once, and again when an answer is 401: some operations end the session that asks for them."""

    def get(self, case, context):
        who = {"login": os.environ["LARDER_LOGIN"], "password": os.environ["LARDER_PASSWORD"]}
        answer = requests.post(f"{API}/auth/log-in", json=who, timeout=30)
        answer.raise_for_status()
        return answer.json()["access_token"]

    def set(self, case, token, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {token}"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Sees to it that what is well written gets so far that something happens."""
    if case.meta is None:
        return
    headers, query = case.headers or {}, case.query or {}
    # The coverage phase sends this where the condition is beside the point; it is no ETag.
    if headers.get("If-Match") == "0":
        headers["If-Match"] = "*"
    # Later requests are about what is there from the beginning, too.
    ends = case.method == "DELETE" or case.path.endswith(("/purge", "/leave"))
    if ends and case.path_parameters:
        case.path_parameters = {key: NOBODY if str(value) in KEPT else value for key, value in case.path_parameters.items()}
    if case.path == "/batch" and isinstance(case.body, dict) and isinstance(case.body.get("ids"), list):
        case.body["ids"] = [NOBODY if str(id) in KEPT else id for id in case.body["ids"]]
    if not case.meta.generation.mode.is_positive:
        return
    if "If-Match" in headers:
        headers["If-Match"] = "*"
    if "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = case.id
    query.pop("cursor", None)
    # In the stateful phase identities come from earlier answers.
    if case.meta.phase.name.value == "stateful" or ends:
        return
    for beginning, known in KNOWN.items():
        if case.path.startswith(beginning):
            case.path_parameters.update({name: known[name] for name in case.path_parameters if name in known})


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Whether a failure is one: not where something well written is refused for what is there or not."""
    if type(failure).__name__ != "RejectedPositiveData":
        return True
    try:
        return response.json()["code"] not in ABOUT_STATE
    except ValueError:
        return True


@schemathesis.check
def statuses_are_listed(ctx, response, case):
    """`default` is for what can happen to any request; how else an operation answers it says itself."""
    if case.meta is None or response.status_code == 405:
        return
    listed = case.operation.definition.raw["responses"]
    assert str(response.status_code) in listed, f"{response.status_code} is not among {', '.join(listed)}"
