#!/bin/bash
# How long `run` of /bin/true takes, with rt and with every peer that is installed: the same bundle, one hyperfine call, so
# that the ratio means something even where the times do not. Needs root and a quiet machine.
set -euo pipefail
[[ $(id -u) == 0 ]] || { echo "needs root"; exit 0; }
command -v hyperfine >/dev/null || { echo "needs hyperfine"; exit 0; }
here=$(cd "$(dirname "$0")" && pwd)
RT=$(realpath "$(command -v "${RT:-$here/../build/release/rt}")")
work=$(mktemp -d /tmp/rt-bench.XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT
"$here/../hack/bundle" "$work/bundle" --runtime "$RT" \
  --filter '.process.args = ["/bin/true"] | .process.terminal = false' \
  --filter '.linux.cgroupsPath = "/rt-bench-'$$'"'

names=() commands=()
for runtime in "$RT" runc crun youki; do
  program=$(command -v "$runtime" || true)
  [[ -n $program ]] || continue
  call=("$program" --root "$work/${runtime##*/}-state" run --bundle "$work/bundle" bench)
  # crun of Debian 12 refuses hybrid cgroups: a peer that cannot run the bundle is no peer here.
  if timeout 20 "${call[@]}" >"$work/said" 2>&1; then
    names+=(-n "${runtime##*/} run")
    commands+=("${call[*]}")
  else
    echo "$runtime: left out: $(tail -n 1 "$work/said")"
  fi
done
((${#commands[@]})) || { echo "no runtime can run the bundle"; exit 1; }
hyperfine --shell=none --warmup 5 --min-runs "${RUNS:-100}" --export-json "$work/result.json" "${names[@]}" "${commands[@]}"
jq -r '.results[0].median as $rt | .results[] | "\(.command): median \(.median * 1000000 | round / 1000) ms, \(.median / $rt * 100 | round / 100) x rt"' \
  "$work/result.json"
