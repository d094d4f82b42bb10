from typing import Any


class Contract:
    def __init__(self, app: Any, record: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)
