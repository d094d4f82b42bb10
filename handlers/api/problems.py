"""What is wrong with a request, as RFC 9457 says it: a status, and one sentence that says what to do."""

from __future__ import annotations

from http import HTTPStatus

from fastapi.responses import JSONResponse


class Problem(Exception):
    """The request is not taken."""

    def __init__(self, status: HTTPStatus, sentence: str, **headers: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.headers = headers

    def response(self) -> JSONResponse:
        body = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status,
            "detail": self.sentence,
        }
        headers = {name.replace("_", "-"): value for name, value in self.headers.items()}
        return JSONResponse(body, self.status, headers, media_type="application/problem+json")


def nobody() -> Problem:
    sentence = (
        "Send `Authorization: Bearer dva_…` with a token that counts. `devops-agent token create` makes one."
    )
    return Problem(HTTPStatus.UNAUTHORIZED, sentence, www_authenticate="Bearer")


def nothing_there(what: str) -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, f"This token knows no {what}.")


def too_large(most: int) -> Problem:
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"The body is larger than {most // 1024} KiB. Please ask for less.",
    )


def not_json() -> Problem:
    return Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Set `Content-Type` to `application/json`.")


def unusable(sentence: str) -> Problem:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, sentence)


def other_question() -> Problem:
    sentence = "Another request was sent with this `Idempotency-Key`. Send this one with a key of its own."
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, sentence)


def not_written_down() -> Problem:
    sentence = "The request could not be written down. Please send it again, with the same `Idempotency-Key`."
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, sentence, retry_after="10")
