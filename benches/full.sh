#!/usr/bin/env bash
# What takes too long for every change: all benchmarks, ten minutes of
# mutations, and the comparison with other validators.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo bench --locked
KETENKEUR_MUTATE_SECONDS=600 KETENKEUR_MUTATE_SEED="${KETENKEUR_MUTATE_SEED:-$RANDOM$RANDOM}" \
  cargo test --locked --test edukoppeling mutator -- --ignored --nocapture
KETENKEUR_MUTANTS=all cargo test --locked --test mutants -- --ignored --nocapture
benches/peers.sh
