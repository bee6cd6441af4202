#!/usr/bin/env bats
# list and ps: tables for people, JSON for programs.
load helpers

@test "list of an empty root is a header and nothing else" {
  succeeds rt list
  like "$output" '^ID +PID +STATUS +BUNDLE +CREATED +OWNER$'
}

@test "list --format json of an empty root is null or an empty array" {
  succeeds rt list --format json
  like "$(jq -c . <<<"$output")" '^(null|\[\])$'
}

@test "list -q of an empty root prints nothing" {
  succeeds rt list -q
  is "$output" ""
}

@test "list of a --root that does not exist is an error" {
  differs runc "1.1 prints an empty list; later ones fail"
  refuses timeout "$LIMIT" "$RT" --root "$T/none" list
  has "$stderr" "$T/none"
}

@test "list shows id, pid, status, bundle, time and owner" {
  running
  succeeds rt list
  is "$(wc -l <<<"$output")" 2
  read -r id pid state bundle _ owner <<<"$(tail -1 <<<"$output")"
  is "$id $pid $state $bundle" "$ID $(pid_of) running $BUNDLE"
  is "$owner" root
}

@test "list --format json has the same fields as state, and the owner" {
  running
  succeeds rt list -f json
  is "$(jq -cS '.[0] | del(.owner)' <<<"$output")" "$(rt state "$ID" | jq -cS 'del(.owner)')"
  is "$(jq -r '.[0].owner' <<<"$output")" root
}

@test "list -q prints ids only" {
  for n in a b; do
    config '.linux.cgroupsPath = "/" + $id' --arg id "$ID-$n"
    succeeds rt create "$ID-$n"
  done
  succeeds rt list -q
  is "$(sort <<<"$output")" "$ID-a"$'\n'"$ID-b"
}

@test "list shows each status" {
  for n in created running paused stopped; do
    config '.linux.cgroupsPath = "/" + $id | .process.args = ["sleep", "100"]' --arg id "$ID-$n"
    succeeds rt create "$ID-$n"
    [[ $n == created ]] || succeeds rt start "$ID-$n"
  done
  succeeds rt pause "$ID-paused"
  succeeds rt kill "$ID-stopped" KILL
  eventually is_status stopped "$ID-stopped"
  succeeds rt list --format json
  is "$(jq -c 'map({key: (.id | split("-") | last), value: .status}) | from_entries' <<<"$output" | jq -cS .)" \
    '{"created":"created","paused":"paused","running":"running","stopped":"stopped"}'
  is "$(jq '.[] | select(.status == "stopped") | .pid' <<<"$output")" 0
}

@test "list refuses an unknown format" {
  running
  try rt list --format yaml
  ((status != 0))
}

@test "list goes on past a container directory that cannot be read" {
  running
  mkdir "$ROOT/$ID-broken"
  echo '{"broken":' >"$ROOT/$ID-broken/state.json"
  succeeds rt list -q
  has "$output" "$ID"
  rm -r "${ROOT:?}/$ID-broken"
}

@test "ps shows the container's processes in the host's ps format" {
  running 'sleep 1234 & echo up; exec sleep 4321'
  succeeds rt ps "$ID"
  like "$(head -1 <<<"$output")" 'UID +PID +PPID'
  has "$output" "sleep 1234"
  has "$output" "sleep 4321"
  is "$(wc -l <<<"$output")" 3
}

@test "ps --format json is an array of the pids" {
  running 'sleep 1234 & echo up; exec sleep 4321'
  succeeds rt ps --format json "$ID"
  is "$(jq length <<<"$output")" 2
  is "$(jq "index($(pid_of)) != null" <<<"$output")" true
}

@test "ps passes options on to ps" {
  needs_command ps
  running
  succeeds rt ps "$ID" -o pid,comm
  like "$output" "PID"
  has "$output" probe
  is "$(wc -l <<<"$output")" 2
}

@test "ps of a paused container works" {
  running
  succeeds rt pause "$ID"
  succeeds rt ps -f json "$ID"
  is "$(jq length <<<"$output")" 1
}

@test "ps of an unknown container is refused" {
  refuses rt ps "$ID"
  has "$stderr" "does not exist"
}

@test "list passes over files in the state directory that are no containers" {
  running
  echo x >"$ROOT/some-file"
  succeeds rt list -q
  is "$output" "$ID"
  rm "$ROOT/some-file"
}
