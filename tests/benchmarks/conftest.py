"""Benchmarks also report the memory that one more call takes at its peak."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

# Tracing slows Python code down several times: calls that take longer are not traced.
TRACED_SECONDS = 2.0
MIB = 1024**2


class Measured(BenchmarkFixture):  # type: ignore[misc]
    """A benchmark that traces one call after the timed ones."""

    def __call__(self, call: Any, *args: Any, **kwargs: Any) -> Any:
        result = super().__call__(call, *args, **kwargs)
        self._trace(call, args, kwargs)
        return result

    def pedantic(self, target: Any, args: Any = (), kwargs: Any = None, **options: Any) -> Any:
        result = super().pedantic(target, args=args, kwargs=kwargs, **options)
        if "setup" not in options:
            self._trace(target, args, kwargs or {})
        return result

    def _trace(self, call: Any, args: Any, kwargs: Any) -> None:
        if not self.stats or self.stats.stats.min > TRACED_SECONDS or "mib" in self.extra_info:
            return
        tracemalloc.start()
        try:
            call(*args, **kwargs)
            self.extra_info["mib"] = tracemalloc.get_traced_memory()[1] / MIB
        finally:
            tracemalloc.stop()


@pytest.fixture
def benchmark(benchmark: BenchmarkFixture) -> BenchmarkFixture:
    # The plugin looks for its own object in this place, so that object changes its kind.
    benchmark.__class__ = Measured
    return benchmark
