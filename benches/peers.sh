#!/usr/bin/env bash
# The same folder of messages, judged in one run by ketenkeur, by xmllint and
# by Java's validator, each where it is installed; prints times and ratios.
# xmllint and Java judge the schema only.
#
#   benches/peers.sh [MESSAGES]     default 2000
set -euo pipefail
cd "$(dirname "$0")/.."
count=${1:-2000}
at=2026-09-28T09:00:00Z

cargo build --release --locked --quiet
ketenkeur=$PWD/target/release/ketenkeur
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/in"
"$ketenkeur" example aanleverenInschrijvingBO_Request > "$work/base.xml"
base=$(cat "$work/base.xml")
for ((n = 0; n < count; n++)); do
  # Every message its own document id, as in real traffic.
  printf -v id '%08x' "$n"
  printf '%s\n' "${base/5b0f3f0e/$id}" > "$work/in/$id.xml"
done
bytes=$(wc -c < "$work/base.xml")
echo "$count messages of $bytes bytes"

# seconds NAME COMMAND...: the best of three runs; exit codes of verdicts are no failures.
declare -A best
measure() {
  local name=$1 run start end took
  shift
  for run in 1 2 3; do
    start=$(date +%s.%N)
    "$@" > /dev/null 2>&1 || [ $? -le 5 ]
    end=$(date +%s.%N)
    took=$(echo "$end - $start" | bc)
    if [ -z "${best[$name]:-}" ] || [ "$(echo "$took < ${best[$name]}" | bc)" = 1 ]; then best[$name]=$took; fi
  done
  printf '%-34s %8.3f s  %8.0f messages/s\n' "$name" "${best[$name]}" "$(echo "$count / ${best[$name]}" | bc -l)"
}

measure "first verdict (1 message)" "$ketenkeur" check "$work/base.xml" --at $at --quiet
measure "ketenkeur, 1 thread" "$ketenkeur" check "$work/in" --at $at --quiet --jobs 1
measure "ketenkeur, 2 threads" "$ketenkeur" check "$work/in" --at $at --quiet --jobs 2
xsd=schemas/bron-po/DUO_PO_InschrijvingBO_V1/DUO_PO_InschrijvingBO_V1.reconstructie.xsd
if command -v xmllint > /dev/null; then
  measure "xmllint, schema only" xmllint --noout --schema "$xsd" "$work"/in/*.xml
else
  echo "xmllint: skipped, not installed"
fi
if command -v java > /dev/null && java --version > /dev/null 2>&1; then
  cat > "$work/Peer.java" <<'JAVA'
import java.io.File;
import javax.xml.XMLConstants;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.*;

class Peer {
  public static void main(String[] args) throws Exception {
    Schema schema = SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI).newSchema(new File(args[0]));
    Validator validator = schema.newValidator();
    for (File file : new File(args[1]).listFiles()) validator.validate(new StreamSource(file));
  }
}
JAVA
  measure "Java, schema only" java "$work/Peer.java" "$xsd" "$work/in"
else
  echo "Java: skipped, not installed"
fi
echo
for peer in "xmllint, schema only" "Java, schema only"; do
  [ -n "${best[$peer]:-}" ] || continue
  printf '%-34s %.2f times as long as %s\n' "ketenkeur with all rules, 1 thread" \
    "$(echo "${best["ketenkeur, 1 thread"]} / ${best[$peer]}" | bc -l)" "$peer"
done
printf 'two threads against one: %.2f times as fast\n' \
  "$(echo "${best["ketenkeur, 1 thread"]} / ${best["ketenkeur, 2 threads"]}" | bc -l)"
