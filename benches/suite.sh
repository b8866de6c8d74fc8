#!/usr/bin/env bash
# How strong and how steady the suite of scenarios is: every defect against the
# whole of it, then clean runs in a row, each with values of its own. Prints
# figures; a defect that survives or a clean run that does not pass fails.
#
#     benches/suite.sh target/release/ketenkeur
#
# KETENKEUR_DEFECTS limits the defects ("--id one --id other"), and
# KETENKEUR_CLEAN_RUNS is the number of clean runs (50).
set -euo pipefail
ketenkeur="${1:?which ketenkeur?}"
runs="${KETENKEUR_CLEAN_RUNS:-50}"
read -ra defects <<<"${KETENKEUR_DEFECTS:-}"
failed=0

# A party that goes wrong makes the others wait, so more than one per core.
jobs=$((4 * $(nproc)))
SECONDS=0
"$ketenkeur" defects hunt --all --jobs "$jobs" --lang en "${defects[@]}" || failed=1
printf 'defects against the whole suite: %d s\n' "$SECONDS"

SECONDS=0
passed=0
for run in $(seq "$runs"); do
  if said=$("$ketenkeur" run --seed "clean-$run" --lang en 2>&1); then
    passed=$((passed + 1))
  else
    printf 'clean run %d:\n%s\n' "$run" "$said"
    failed=1
  fi
done
printf '%d of %d clean runs passed, %d s\n' "$passed" "$runs" "$SECONDS"
exit "$failed"
