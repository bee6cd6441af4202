#!/usr/bin/env bats
# podman with rt as its runtime and rtmon as its conmon.
load helpers

RTMON=${RTMON:-$REPO/build/release/rtmon}

setup_file() {
  file_fixture
  needs_command podman
  export ENGINE=$FILE_DIR/engine
  mkdir "$ENGINE"
  cgroup_dirs >"$ENGINE/cgroups"
  ln -s "$RTMON" "$ENGINE/conmon"
  # A machine without CAP_SYS_RESOURCE cannot raise limits to what podman asks for by itself.
  printf '[containers]\ndefault_ulimits = ["nofile=%s:%s", "nproc=%s:%s"]\n[engine]\nevents_logger = "file"\n' \
    "$(ulimit -Hn)" "$(ulimit -Hn)" 4096 4096 >"$ENGINE/containers.conf"
  tar -C "$ROOTFS" -c . | podman_with import - test >/dev/null
}

teardown_file() {
  [[ -n ${ENGINE:-} ]] && podman_with rm --all --force --time 0 >/dev/null 2>&1
  awk -v dir="$ENGINE/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r -n 1 umount -l
  [[ -z ${ENGINE:-} ]] || undo_cgroups
  drop_file_fixture
}

# podman makes cgroups for its monitors, also in hierarchies that are not mounted, where they are plain directories.
cgroup_dirs() { find /sys/fs/cgroup -maxdepth 2 -type d | sort; }
undo_cgroups() {
  local dir
  cgroup_dirs | comm -13 "$ENGINE/cgroups" - | while read -r dir; do
    [[ $dir != *"$TOKEN"* ]] || continue
    if [[ $(stat -fc %T "$dir") == tmpfs ]] && ! mountpoint -q "$dir"; then
      rm -rf --one-file-system "$dir"
    elif [[ $dir == */libpod_parent ]]; then
      find "$dir" -depth -type d -exec rmdir {} \;
    fi
  done
}

setup() {
  test_fixture
  NAME=$ID
}
teardown() {
  podman_with rm --force --time 0 "$NAME" >/dev/null 2>&1 || :
  drop_test_fixture
}

podman_with() {
  CONTAINERS_CONF=$ENGINE/containers.conf timeout 60 podman --root "$ENGINE/root" --runroot "$ENGINE/run" --tmpdir "$ENGINE/tmp" \
    --cgroup-manager cgroupfs --conmon "${CONMON:-$ENGINE/conmon}" --runtime "$RT" "$@"
}
run_new() { podman_with run --name "$NAME" --network none "$@"; }
in_terminal() { "$PYTHON" -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' "$@"; }
logged() { podman_with logs "$NAME" 2>&1 | grep -q "$1"; }

@test "run: output, error output, input, exit status" {
  echo input >"$T/input"
  exits 7 run_new --rm -i test sh -c 'cat; echo err >&2; exit 7' <"$T/input"
  is "$output" input
  is "$stderr" err
}

@test "run does not lose the output of a program that ends at once" {
  for round in 1 2 3 4 5 6 7 8 9 10; do
    succeeds run_new --rm test echo "round $round"
    is "$output" "round $round"
  done
}

@test "run -it: a terminal" {
  succeeds in_terminal env CONTAINERS_CONF="$ENGINE/containers.conf" podman --root "$ENGINE/root" --runroot "$ENGINE/run" \
    --tmpdir "$ENGINE/tmp" --cgroup-manager cgroupfs --conmon "${CONMON:-$ENGINE/conmon}" --runtime "$RT" \
    run --rm --name "$NAME" --network none -it test tty
  has "$output" /dev/pts/0
}

@test "run -d, logs, exec, attach, stop, wait, start again" {
  succeeds run_new -d test sh -c 'trap "echo asked; exit 3" TERM; echo up; i=0; while sleep 0.1; do i=$((i + 1)); echo tick $i; done'
  eventually logged up
  exits 5 podman_with exec "$NAME" sh -c 'echo inside; exit 5'
  is "$output" inside
  echo input >"$T/input"
  succeeds podman_with exec -i "$NAME" cat <"$T/input"
  is "$output" input
  succeeds podman_with exec -d "$NAME" touch /tmp/mark
  eventually podman_with exec "$NAME" test -e /tmp/mark
  exits 127 podman_with exec "$NAME" /no/such/program
  background podman_with attach --no-stdin "$NAME"
  eventually grep -q tick "$BG_OUT"
  background podman_with logs -f "$NAME"
  eventually grep -q up "$BG_OUT"
  succeeds podman_with stop --time 10 "$NAME"
  succeeds podman_with wait "$NAME"
  is "$output" 3
  logged asked
  wait "$BG_PID"
  grep -q asked "$BG_OUT"
  succeeds podman_with start "$NAME"
  is "$(podman_with inspect --format '{{.State.Status}}' "$NAME")" running
  succeeds podman_with kill "$NAME"
  succeeds podman_with wait "$NAME"
  is "$output" 137
}

@test "failures have Docker's exit statuses and the runtime's words" {
  exits 127 run_new --rm test /no/such/program
  has "$stderr" /no/such/program
  exits 126 run_new --rm test /etc/passwd
  exits 255 run_new --rm --timeout 1 test sleep 30
}

@test "a container killed for want of memory is known as such" {
  [[ $CGROUP == v2 ]] || needs_v1 memory
  exits 137 run_new --memory 16m test tail -c 100000000 /dev/zero
  is "$(podman_with inspect --format '{{.State.OOMKilled}}' "$NAME")" true
}

@test "a health check" {
  succeeds run_new -d --health-cmd 'test -e /tmp/well' --health-interval disable test sleep 100
  exits 1 podman_with healthcheck run "$NAME"
  podman_with exec "$NAME" touch /tmp/well
  succeeds podman_with healthcheck run "$NAME"
}

@test "an exec's output is whole" {
  succeeds run_new -d test sleep 100
  for size in 65535 65536 65537 1000001; do
    podman_with exec "$NAME" head -c "$size" /bin/busybox >"$T/out"
    cmp <(head -c "$size" "$ROOTFS/bin/busybox") "$T/out"
  done
}
