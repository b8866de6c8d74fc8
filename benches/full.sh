#!/usr/bin/env bash
# What takes too long for every change: all benchmarks, ten minutes of
# mutations, every mutant of the rules, every defect against the whole suite,
# clean runs in a row, and the comparison with other validators.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s (after %d s)\n' "$*" "$SECONDS"; }

step "benchmarks"
cargo bench --locked

step "mutated messages"
KETENKEUR_MUTATE_SECONDS=600 KETENKEUR_MUTATE_SEED="${KETENKEUR_MUTATE_SEED:-$RANDOM$RANDOM}" \
  cargo test --locked --test edukoppeling mutator -- --ignored --nocapture

step "mutants of the rules"
KETENKEUR_MUTANTS=all cargo test --locked --test mutants mutants_of -- --nocapture

cargo build --release --locked
benches/suite.sh target/release/ketenkeur

step "other validators"
benches/peers.sh
