#!/usr/bin/env bats
# --log, --log-format, --log-level: what engines read when something fails.
load helpers

# The last error line of the log, as containerd looks for it.
last_error() { jq -cs 'map(select(.level == "error")) | last' "$T/log"; }
failing() { config '.root.path = "/no/such/rootfs"'; }

@test "--log-format json: every line is an object with level, msg and an RFC 3339 time" {
  failing
  refuses rt --log "$T/log" --log-format json create "$ID"
  "$PYTHON" - "$T/log" <<'END'
import datetime, json, re, sys
lines = open(sys.argv[1]).read().splitlines()
assert lines, "the log is empty"
for line in lines:
    entry = json.loads(line)
    assert isinstance(entry["level"], str) and isinstance(entry["msg"], str)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", entry["time"]), entry["time"]
END
}

@test "the last error line of the log carries the whole message" {
  failing
  refuses rt --log "$T/log" --log-format json create "$ID"
  has "$(last_error | jq -r .msg)" /no/such/rootfs
}

@test "the error is on stderr too when the log is a file" {
  failing
  refuses rt --log "$T/log" --log-format json create "$ID"
  has "$stderr" /no/such/rootfs
}

@test "--log appends" {
  failing
  echo '{"level":"info","msg":"before","time":"2020-01-01T00:00:00Z"}' >"$T/log"
  refuses rt --log "$T/log" --log-format json create "$ID"
  is "$(head -1 "$T/log" | jq -r .msg)" before
  (($(wc -l <"$T/log") >= 2))
}

@test "the log of a success is empty or holds no error" {
  succeeds rt --log "$T/log" --log-format json run "$ID"
  is "$(last_error)" null
}

@test "an error with odd characters is valid JSON" {
  config '.root.path = "/no/such/\"quoted\"\\\n\t\u0001ü"'
  refuses rt --log "$T/log" --log-format json create "$ID"
  has "$(last_error | jq -r .msg)" 'quoted'
}

@test "a failure inside the container is one error line, the last" {
  args /no/such/program
  refuses rt --log "$T/log" --log-format json create "$ID"
  has "$(last_error | jq -r .msg)" /no/such/program
  has "$(last_error | jq -r '.msg | ascii_downcase')" "no such file or directory"
  is "$(tail -1 "$T/log" | jq -r .level)" error
}

@test "exec's errors are in the log" {
  running
  exits 255 rt --log "$T/log" --log-format json exec "$ID" /no/such/program
  has "$(last_error | jq -r .msg)" "exec failed"
  has "$(last_error | jq -r .msg)" /no/such/program
}

@test "--log-format text" {
  failing
  refuses rt --log "$T/log" --log-format text create "$ID"
  has "$(<"$T/log")" 'level=error'
  has "$(<"$T/log")" /no/such/rootfs
}

@test "an unknown log format is refused" {
  try rt --log-format xml state "$ID"
  is "$status" 1
  has "$stderr" xml
}

@test "a log file that cannot be opened is an error" {
  refuses rt --log "$T/no/such/dir/log" run "$ID"
  has "${stderr,,}" "no such file or directory"
}

@test "with --log, state and ps print JSON only, on stdout and stderr together" {
  running
  merged() { rt --log "$T/log" --log-format json "$@" 2>&1; }
  merged state "$ID" | jq -e .id >/dev/null
  merged ps --format json "$ID" | jq -e length >/dev/null
  merged list --format json | jq -e length >/dev/null
}

@test "with --log, warnings go to the log only" {
  config '.process.capabilities.bounding += ["CAP_NO_SUCH"]'
  succeeds rt --log "$T/log" --log-format json run "$ID"
  is "$stderr" ""
  has "$(<"$T/log")" CAP_NO_SUCH
  is "$(jq -r 'select(.msg | contains("CAP_NO_SUCH")) | .level' "$T/log" | sort -u)" warning
}

@test "--debug adds lines, all of them JSON" {
  succeeds rt --debug --log "$T/log" --log-format json run "$ID"
  jq -e -s 'all(has("level") and has("msg") and has("time"))' "$T/log"
}

@test "an error has a code, the phase and the errno" {
  rt_only "fields of ours"
  failing
  refuses rt --log "$T/log" --log-format json create "$ID"
  is "$(last_error | jq -r '.code, .errno, .phase | type' | xargs)" "string number string"
  is "$(last_error | jq -r .code)" bundle-invalid
  refuses rt --log "$T/log" --log-format json state "$ID"
  is "$(last_error | jq -r .code)" container-not-found
  script true
  config '.root.path = $path' --arg path "$ROOTFS"
  running
  refuses rt --log "$T/log" --log-format json create "$ID"
  is "$(last_error | jq -r .code)" container-exists
  refuses rt --log "$T/log" --log-format json resume "$ID"
  is "$(last_error | jq -r .code)" container-state
}

@test "codes tell what went wrong" {
  rt_only "fields of ours"
  code() { refuses rt --log "$T/log" --log-format json create "$ID" && last_error | jq -r .code; }
  args /no/such/program
  is "$(code)" exec-not-found
  args /usr/bin/plain-text
  is "$(code)" exec-failed
  args /bin/true
  config '.mounts += [{destination: "/mnt", type: "nosuchfs", source: "x"}]'
  is "$(code)" mount-failed
  config '.mounts |= .[:-1] | .hooks.createRuntime = [{path: "/bin/false"}]'
  is "$(code)" hook-failed
  config 'del(.hooks) | .linux.namespaces += [{type: "network", path: "/proc/none"}]'
  is "$(code)" namespace-failed
  config '.linux.namespaces |= .[:-1] | .process.cwd = 7'
  is "$(code)" config-invalid
}

@test "--log-level error leaves warnings out" {
  rt_only "a flag that runc does not have"
  config '.process.capabilities.bounding += ["CAP_NO_SUCH"]'
  succeeds rt --log "$T/log" --log-level error run "$ID"
  is "$(<"$T/log")" ""
}
