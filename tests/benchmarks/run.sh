#!/usr/bin/env bash
# All benchmarks, then docs/benchmarks.md. Needs the extras test and cluster, pytest-benchmark, powerindex,
# powerindices, R with survival, and the raw sources in COALITIONDATA_SOURCES. About half an hour.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-python}
out=${1:-results/benchmarks}
mkdir -p "$out"
for topic in games multiverse; do
  "$python" -m pytest "tests/benchmarks/bench_$topic.py" --benchmark-json="$out/$topic.json" --benchmark-quiet
done
OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
  "$python" -m pytest tests/benchmarks/bench_similarity.py --benchmark-json="$out/similarity.json" --benchmark-quiet
"$python" tests/benchmarks/bench_grouped.py --rows "${ROWS:-10000000}" > "$out/grouped.md"
"$python" tests/benchmarks/bench_models.py > "$out/models.txt"
"$python" tests/benchmarks/page.py "$out" > docs/benchmarks.md
