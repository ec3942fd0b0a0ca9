"""Generated requests to teachers' and the operator's routes: no undescribed response, no error."""

import pytest

from tests.service.described import check_operation, operations
from tests.service.dungeon.teach_harness import TeachService

pytest.importorskip("schemathesis")


def test_every_response_to_teachers_is_as_described(school: TeachService) -> None:
    school.run("open")
    for number, operation in enumerate(operations(school.players)):
        teacher = school.teacher(f"teacher-{number}")
        teacher.give("go there")
        valid = {"round": 1, "number": 1, "step": 1, "example": 1}
        check_operation(school.players, operation, 10, teacher.headers, valid)


def test_no_request_of_the_operator_is_an_error_of_the_service(school: TeachService) -> None:
    headers = {"Authorization": school.operator.headers["Authorization"]}
    for operation in operations(school.operator):
        check_operation(school.operator, operation, 10, headers, {}, is_described=False)
