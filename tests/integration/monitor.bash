# Tests of rtmon: a monitor of the test's own, and requests to it.
# shellcheck shell=bash disable=SC2034,SC2154  # variables are for the .bats files

RTMON=${RTMON:-$REPO/build/release/rtmon}

monitor_fixture() {
  test_fixture
  MON=$T/mon LOG=$T/mon/log
}
rtmon() {
  RT_TEST_ID=$ID timeout -k 5 "$LIMIT" "$RTMON" --runtime "$RT" --root "$ROOT" --dir "$MON" --bundle "$BUNDLE" "$@" "$ID"
}
ask() { timeout "$LIMIT" "$PYTHON" "$HERE/programs/control.py" "$MON/control" "$@"; }
