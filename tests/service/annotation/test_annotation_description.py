"""Generated requests to annotators' and inspectors' routes: no undescribed response, no error."""

from collections.abc import Callable

import pytest

from tests.service.annotation.annotation_harness import TASKS, AnnotationService
from tests.service.annotation.test_quality import INSPECTED
from tests.service.described import check_operation, operations

pytest.importorskip("schemathesis")

INSPECTION = INSPECTED.partition("\n")[2]


def test_every_response_is_as_described(make_service: Callable[..., AnnotationService]) -> None:
    service = make_service(tasks=TASKS + INSPECTION, n_prompts=40)
    inspector = service.person("ivy")
    for number, operation in enumerate(operations(service.players)):
        person = service.person(f"person-{number}")
        person.annotate()
        valid = {"item": person.item()["item"], "number": 0, "example": 0}
        if "inspections" in operation.path:
            valid["item"] = inspector.call("POST", "/v1/annotation/inspections")["item"]
            person = inspector
        check_operation(service.players, operation, 10, person.headers, valid)
