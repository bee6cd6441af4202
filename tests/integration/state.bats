#!/usr/bin/env bats
# What `state` prints: runtime.md, "State", and what engines read.
load helpers

@test "state has the fields that engines read, with the right types" {
  created
  succeeds rt state "$ID"
  jq -e --arg id "$ID" --arg bundle "$BUNDLE" --arg rootfs "$ROOTFS" '
    (.ociVersion | type == "string" and startswith("1.")) and .id == $id and .status == "created"
    and (.pid | type == "number" and . > 1) and .bundle == $bundle and .rootfs == $rootfs
    and (.created | type == "string") and has("owner")' <<<"$output"
}

@test "state prints one JSON document and nothing on stderr" {
  running
  succeeds rt state "$ID"
  is "$stderr" ""
  is "$(jq -s length <<<"$output")" 1
}

@test "state is valid under the specification's schema" {
  schema=$REPO/tests/data/oci-schema
  [[ -f $schema/state-schema.json ]] || skip "no tests/data/oci-schema"
  config '.annotations = {"org.example.key": "value"}'
  created
  rt state "$ID" >"$T/state.json"
  succeeds "$PYTHON" "$HERE/programs/check_schema.py" "$schema/state-schema.json" "$T/state.json"
}

@test "the created time is RFC 3339, in this minute, and never changes" {
  created
  first=$(rt state "$ID" | jq -r .created)
  like "$first" '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$'
  age=$(($(date +%s) - $(date -d "$first" +%s)))
  ((age >= 0 && age < 60))
  succeeds rt start "$ID"
  is "$(rt state "$ID" | jq -r .created)" "$first"
}

@test "annotations are reported as they are, odd characters too" {
  config '.annotations = {"org.example/one": "first \"quoted\" \\ value", "empty": "", "ünï": "tab\there"}'
  created
  is "$(rt state "$ID" | jq -cS .annotations)" "$(jq -cS .annotations "$BUNDLE/config.json")"
}

@test "without annotations the property is absent or empty" {
  created
  is "$(rt state "$ID" | jq -c '.annotations // {}')" "{}"
}

@test "the pid is that of the container's first process" {
  running
  pid=$(pid_of)
  is "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "/bin/probe waiting up "
  has "$(<"/proc/$pid/status")" $'NSpid:\t'"$pid"$'\t1'
}

@test "a stopped container has pid 0 and keeps its other fields" {
  running
  before=$(rt state "$ID" | jq -cS 'del(.pid, .status)')
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
  is "$(pid_of)" 0
  is "$(rt state "$ID" | jq -cS 'del(.pid, .status)')" "$before"
}

@test "a paused container's status is paused" {
  running
  succeeds rt pause "$ID"
  is "$(state_of)" paused
  succeeds rt resume "$ID"
  is "$(state_of)" running
}

@test "a container that ended by itself is stopped" {
  created
  succeeds rt start "$ID"
  eventually is_status stopped
}

@test "a created container whose process was killed from outside is stopped" {
  created
  kill -KILL "$(pid_of)"
  eventually is_status stopped
  succeeds rt delete "$ID"
}

@test "state of an unknown container is refused" {
  refuses rt state "$ID"
  has "$stderr" "container does not exist"
}

@test "state needs exactly one id" {
  try rt state
  ((status != 0))
  try rt state "$ID" extra
  ((status != 0))
}

@test "state survives a bundle that is gone" {
  running
  mv "$BUNDLE" "$T/moved"
  cd /
  is "$(state_of)" running
}

@test "a misspelt id gets a suggestion" {
  rt_only "a hint of ours"
  created
  refuses rt state "${ID}x"
  has "$stderr" "$ID"
  like "$stderr" "did you mean '$ID'"
}

@test "a pid that was given to another process does not make a container run" {
  rt_only "needs the layout of our state file"
  running
  succeeds rt kill "$ID" KILL
  eventually is_status stopped
  # As after a wrap of the pids: the number is taken by a process that started later.
  changed=$(jq --argjson pid "$$" '(.. | objects | select(has("pid")) | .pid) = $pid' "$ROOT/$ID/state.json")
  printf '%s' "$changed" >"$ROOT/$ID/state.json"
  is "$(state_of)" stopped
  refuses rt kill "$ID" 0
}
