"""Generated requests to an application, checked against its OpenAPI description."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings


def operations(client: TestClient) -> Iterator[Any]:
    """Yield the operations that an application describes."""
    import schemathesis

    assert isinstance(client.app, FastAPI)
    schema = schemathesis.openapi.from_dict(client.app.openapi())
    for result in schema.get_all_operations():
        yield result.ok()


def check_operation(
    client: TestClient,
    operation: Any,
    cases: int,
    headers: Mapping[str, str],
    valid: Mapping[str, Any],
    is_described: bool = True,
) -> None:
    """Check one operation; half of the cases have valid ids, and four in five the session.

    Parameters
    ----------
    client : TestClient
        Of the application.
    operation : schemathesis operation
        From `operations`.
    cases : int
        How many requests.
    headers : mapping of str to str
        With a session.
    valid : mapping
        Values for parameters of the path, by name; those without one stay as they are generated.
    is_described : bool
        Whether the description has all responses; otherwise only errors of the server are sought.
    """
    from schemathesis import checks

    selected = [checks.not_a_server_error]
    if is_described:
        selected += [
            checks.status_code_conformance,
            checks.content_type_conformance,
            checks.response_schema_conformance,
        ]
    case_numbers = itertools.count()

    @settings(
        max_examples=cases, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy())
    def check(case: Any) -> None:
        number = next(case_numbers)
        if number % 2 and case.path_parameters:
            case.path_parameters = {**case.path_parameters, **_known(valid, case.path_parameters)}
        call = case.as_transport_kwargs(base_url="http://testserver")
        call["headers"] = dict(call["headers"]) | (headers if number % 5 else {})
        call["content"] = call.pop("data", None)
        call.pop("cookies", None)
        response = client.request(**call)
        case.validate_response(response, checks=selected)

    check()


def _known(valid: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in valid.items() if name in names}
