# shellcheck shell=bash disable=SC2034  # variables are for the scripts that read this
# What the benchmark scripts stand on: the programs, a directory for the run, bundles, and the peers that work here.
#
# RT, FLOOR, INTERLEAVE (programs); PEERS ("runc crun youki"): looked for in PATH, or given as paths.
[[ $(id -u) == 0 ]] || { echo "needs root"; exit 0; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${PEERS:=runc crun youki}" "${BUILD:=$here/../build}"
RT=$(realpath "$(command -v "${RT:-$BUILD/release/rt}")")
FLOOR=$(realpath "${FLOOR:-$BUILD/release/bench/floor}")
INTERLEAVE=$(realpath "${INTERLEAVE:-$BUILD/release/bench/interleave}")
work=$(mktemp -d /tmp/rt-bench.XXXXXX)
name=rt-bench-$$
runtimes=()

# Every container of every runtime has its state in $work/NAME-state.
state_of() { echo "$work/$(basename "$1")-state"; }
clean_up() {
  local runtime id
  for runtime in "${runtimes[@]}"; do
    for id in "$(state_of "$runtime")"/*/; do
      [[ -d $id ]] || continue  # an ended run left none
      "$runtime" --root "$(state_of "$runtime")" delete --force "$(basename "$id")" >/dev/null 2>&1 || :
    done
  done
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT

# bundle NAME PROGRAM...: a directory with the default configuration, but for the program and the cgroup's name.
bundle() {
  local dir=$work/$1
  "$here/../hack/bundle" "$dir" --runtime "$RT" --filter '.process.terminal = false' \
    --filter ".process.args = $(jq -nc '$ARGS.positional' --args "${@:2}")" --filter ".linux.cgroupsPath = \"/$name-$1\""
}

# variant NAME FILTER [JQ-OPTION...]
variant() {
  mkdir "$work/$1"
  jq ".root.path = \"$work/true/rootfs\" | .linux.cgroupsPath = \"/$name-$1\" | $2" "${@:3}" "$work/true/config.json" \
    >"$work/$1/config.json"
}

# crun of Debian 12 refuses hybrid cgroups: a peer that cannot run the bundle is no peer here.
find_runtimes() {
  local peer program
  runtimes=("$RT")
  for peer in $PEERS; do
    program=$(command -v "$peer" || true)
    [[ -n $program ]] || continue
    if timeout 20 "$program" --root "$work/try" run --bundle "$work/true" try </dev/null >"$work/said" 2>&1; then
      runtimes+=("$program")
    else
      echo "$peer: left out: $(tail -n 1 "$work/said")"
    fi
  done
}

warn_of_load() {
  local load
  read -r load _ </proc/loadavg
  awk -v now="$load" 'BEGIN { if (now > 0.5) print "warning: the machine is busy (load " now "): trust ratios, and only roughly" }'
}
