"""What the tests of kv share."""

import pytest

from tests.conftest import Run


@pytest.fixture
def kv(run: Run) -> Run:
    """Run ``stdtools kv``."""

    def kv(*args: str | bytes, **settings: object) -> object:
        return run("kv", *args, **settings)

    return kv
