#!/bin/bash
# What one more costs: `run` of /bin/true with 10, 100 and 1,000 mounts, devices, masked paths and seccomp rules, for rt and
# every peer that can. The last table is the cost of each item, in microseconds: (time of 1,000 - time of 10) / 990.
# Needs root and a quiet machine.
#
# ROUNDS (10); SIZES ("10 100 1000"); RT, INTERLEAVE, PEERS (see common.bash); RESULT_GROWTH (a file for the figures as JSON).
set -euo pipefail
# shellcheck source=bench/common.bash
source "$(dirname "$0")/common.bash"
: "${ROUNDS:=10}" "${SIZES:=10 100 1000}"

bundle true /bin/true
find_runtimes
mkdir "$work/source"
most=$(tr ' ' '\n' <<<"$SIZES" | sort -n | tail -n 1)
mkdir "$work/true/rootfs/masked"
seq -f "$work/true/rootfs/masked/%g" "$most" | xargs touch

make_variants() {
  local n=$1
  variant "mounts-$n" '.mounts += [{destination: "/run", type: "tmpfs", source: "tmpfs"}]
    + [range($n) | {destination: "/run/\(.)", type: "bind", source: $source, options: ["bind"]}]' \
    --argjson n "$n" --arg source "$work/source"
  variant "devices-$n" '.linux.devices = [range($n) | {path: "/dev/d\(.)", type: "c", major: 1, minor: 3, fileMode: 438}]' \
    --argjson n "$n"
  variant "masks-$n" '.linux.maskedPaths = [range(1; $n + 1) | "/masked/\(.)"]' --argjson n "$n"
  variant "rules-$n" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [range($n)
    | {names: ["personality"], action: "SCMP_ACT_ERRNO", args: [{index: 0, value: (. + 100), op: "SCMP_CMP_EQ"}]}]}' \
    --argjson n "$n"
}
for n in $SIZES; do make_variants "$n"; done

for kind in mounts devices masks rules; do
  for n in $SIZES; do
    for runtime in "${runtimes[@]}"; do
      if timeout 60 "$runtime" --root "$work/try" run --bundle "$work/$kind-$n" try </dev/null >"$work/said" 2>&1; then
        echo "time $(basename "$runtime") $kind-$n $runtime --root $(state_of "$runtime") run --bundle $work/$kind-$n b"
      else
        echo "$(basename "$runtime"): $kind-$n left out: $(tail -n 1 "$work/said")" >&2
      fi
    done
  done
done >"$work/commands"
warn_of_load
"$INTERLEAVE" "$ROUNDS" --json "${RESULT_GROWTH:=$work/growth.json}" <"$work/commands"

printf '\n%-10s' "us an item"
for runtime in "${runtimes[@]}"; do printf '%10s' "$(basename "$runtime")"; done
echo
for kind in mounts devices masks rules; do
  printf '%-10s' "$kind"
  for runtime in "${runtimes[@]}"; do
    jq -r --arg who "$(basename "$runtime")" --arg kind "$kind" --argjson least "${SIZES%% *}" --argjson most "$most" '
      def at($n): [.[] | select(.subject == $who and .operation == "\($kind)-\($n)") | .wall_us][0];
      if at($least) and at($most) then (at($most) - at($least)) / ($most - $least) * 100 | round / 100 else "-" end' \
      "$RESULT_GROWTH" | xargs printf '%10s'
  done
  echo
done
