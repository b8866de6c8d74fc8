#!/usr/bin/env bash
# The same folder of messages, judged in one run by ketenkeur, by xmllint and
# by Java's validator, each where it is installed; prints times and ratios.
# xmllint and Java judge the schema only.
#
#   benches/peers.sh [MESSAGES]     default 2000
#
# KETENKEUR names a program that is built already; else the release is built.
set -euo pipefail
cd "$(dirname "$0")/.."
count=${1:-2000}
at=2026-09-28T09:00:00Z

ketenkeur=${KETENKEUR:-}
if [ -z "$ketenkeur" ]; then
  cargo build --release --locked --quiet
  ketenkeur=$PWD/target/release/ketenkeur
fi
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

# measure NAME MESSAGES ENDS COMMAND...: the best of three runs, as it passed on
# the clock and as processor time; other work on the machine disturbs the
# second least. A run that ends with another exit code than ENDS is no result.
declare -A clock cpu
TIMEFORMAT='%R %U %S'
measure() {
  local name=$1 messages=$2 ends=$3 took wall used code
  shift 3
  for _ in 1 2 3; do
    code=0
    took=$({ time "$@" > /dev/null 2> "$work/said" || code=$?; } 2>&1; echo "$code")
    code=${took##*$'\n'}
    if [[ " $ends " != *" $code "* ]]; then
      echo "$name: ended with $code" >&2
      head -5 "$work/said" >&2
      exit 1
    fi
    read -r wall user system <<< "${took%%$'\n'*}"
    used=$(echo "$user + $system" | bc)
    clock[$name]=$(least "${clock[$name]:-$wall}" "$wall")
    cpu[$name]=$(least "${cpu[$name]:-$used}" "$used")
  done
  printf '%-28s %8.3f s  %8.3f s of processor  %8.0f messages/s\n' "$name" "${clock[$name]}" "${cpu[$name]}" \
    "$(echo "$messages / ${clock[$name]}" | bc -l)"
}
least() { if [ "$(echo "$1 < $2" | bc)" = 1 ]; then echo "$1"; else echo "$2"; fi; }

# 5: what needs RIO data is undecided.
measure "first verdict" 1 "0 5" "$ketenkeur" check "$work/base.xml" --at $at --quiet
measure "ketenkeur, 1 thread" "$count" "0 5" "$ketenkeur" check "$work/in" --at $at --quiet --jobs 1
measure "ketenkeur, 2 threads" "$count" "0 5" "$ketenkeur" check "$work/in" --at $at --quiet --jobs 2
xsd=schemas/bron-po/DUO_PO_InschrijvingBO_V1/DUO_PO_InschrijvingBO_V1.reconstructie.xsd
if command -v xmllint > /dev/null; then
  measure "xmllint, schema only" "$count" 0 xmllint --noout --schema "$xsd" "$work"/in/*.xml
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
  measure "Java, schema only" "$count" 0 java "$work/Peer.java" "$xsd" "$work/in"
else
  echo "Java: skipped, not installed"
fi
echo
for peer in "xmllint, schema only" "Java, schema only"; do
  [ -n "${cpu[$peer]:-}" ] || continue
  printf 'ketenkeur with all rules, 1 thread: %.2f times the processor time of %s\n' \
    "$(echo "${cpu["ketenkeur, 1 thread"]} / ${cpu[$peer]}" | bc -l)" "$peer"
done
printf 'two threads against one: %.2f times as fast on the clock\n' \
  "$(echo "${clock["ketenkeur, 1 thread"]} / ${clock["ketenkeur, 2 threads"]}" | bc -l)"
