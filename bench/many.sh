#!/bin/bash
# The same operations while N containers wait in `created`: none, then 10, 100, 1,000. What grows with the machine is the
# kernel's (the floor shows it), what grows beyond is ours. Peers that hold megabytes for each container are left out by default.
# Needs root and a quiet machine.
#
# ROUNDS (20); SIZES ("0 10 100 1000"); RT, FLOOR, INTERLEAVE; PEERS ("crun"); RESULT_MANY (a file for the figures as JSON).
set -euo pipefail
: "${PEERS:=crun}"
# shellcheck source=bench/common.bash
source "$(dirname "$0")/common.bash"
: "${ROUNDS:=20}" "${SIZES:=0 10 100 1000}"

bundle true /bin/true
bundle sleep /bin/sleep 1000
find_runtimes
fill() {  # fill N RUNTIME: until it has N containers; each needs a cgroup of its own
  local n=$1 runtime=$2 have
  mkdir -p "$(state_of "$runtime")"
  have=$(find "$(state_of "$runtime")" -mindepth 1 -maxdepth 1 -name 'n*' | wc -l)
  for ((i = have; i < n; i++)); do
    jq ".linux.cgroupsPath = \"/$name-many/$(basename "$runtime")-$i\"" "$work/sleep/config.json" >"$work/config"
    mv "$work/config" "$work/sleep/config.json"
    "$runtime" --root "$(state_of "$runtime")" create --bundle "$work/sleep" "n$i" </dev/null >/dev/null
  done
}
operations() {  # operations N RUNTIME
  local who call
  who=$(basename "$2")
  call="$2 --root $(state_of "$2")"
  echo "time $who run-$1 $call run --bundle $work/true b"
  echo "time $who create-$1 $call create --bundle $work/true c"
  echo "time $who state-$1 $call state c"
  echo "time $who list-$1 $call list"
  echo "time $who delete-$1 $call delete --force c"
}
clean_up_many() {
  clean_up
  find /sys/fs/cgroup -depth -type d -name "$name-many" -exec rmdir {} + 2>/dev/null || :
}
trap clean_up_many EXIT

warn_of_load
results=()
for n in $SIZES; do
  for runtime in "${runtimes[@]}"; do fill "$n" "$runtime"; done
  {
    echo "time floor run-$n $FLOOR run $work/true/rootfs $name-floor /bin/true"
    for runtime in "${runtimes[@]}"; do operations "$n" "$runtime"; done
  } >"$work/commands"
  "$INTERLEAVE" "$ROUNDS" --json "$work/many-$n.json" <"$work/commands" | if ((${#results[@]})); then tail -n +2; else cat; fi
  results+=("$work/many-$n.json")
done
: "${RESULT_MANY:=$work/many.json}"
jq -s add "${results[@]}" >"$RESULT_MANY"

printf '\nwall time with %s containers as a multiple of that with %s:\n' "${SIZES##* }" "${SIZES%% *}"
jq -r --arg few "${SIZES%% *}" --arg many "${SIZES##* }" '
  (map({key: "\(.subject) \(.operation)", value: .wall_us}) | from_entries) as $at
  | .[] | select(.operation | endswith("-" + $few)) | (.operation | rtrimstr("-" + $few)) as $what
  | "\(.subject) \($what) \($at["\(.subject) \($what)-\($many)"] / .wall_us * 100 | round / 100)"' "$RESULT_MANY" |
  while read -r who what ratio; do printf '  %-8s %-8s %s\n' "$who" "$what" "$ratio"; done
