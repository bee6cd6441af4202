#!/usr/bin/env bats
# File descriptors: which ones a container gets, and that no other one leaks in.
load helpers

# activated N ARG...: the runtime as a service manager starts it, with N sockets.
activated() {
  LISTEN_FDS=$1 timeout "$LIMIT" sh -c 'LISTEN_PID=$$ exec "$@"' sh "$RT" --root "$ROOT" "${@:2}"
}

@test "a container gets descriptors 0, 1 and 2 only" {
  inside_args /bin/probe fds
  is "$output" "0 1 2"
}

@test "a descriptor that the caller has open does not leak into the container" {
  args /bin/probe fds
  exec 7<"$BUNDLE/config.json" 42</ 9>"$T/written"
  try rt run "$ID"
  exec 7<&- 42<&- 9>&-
  is "$output" "0 1 2"
}

@test "create and start give the container descriptors 0, 1 and 2 only" {
  args /bin/probe fds
  succeeds rt create "$ID"
  container_out=$OUT
  exec 7</
  succeeds rt start "$ID"
  exec 7<&-
  eventually test -s "$container_out"
  is "$(<"$container_out")" "0 1 2"
}

@test "exec gives the command descriptors 0, 1 and 2 only" {
  running
  exec 7</ 8<"$BUNDLE"
  try rt exec "$ID" /bin/probe fds
  exec 7<&- 8<&-
  is "$output" "0 1 2"
}

@test "--preserve-fds passes descriptors from 3 on" {
  args sh -c 'cat <&3; cat <&4'
  echo three >"$T/three"
  echo four >"$T/four"
  pass() { rt run --preserve-fds 2 "$ID" 3<"$T/three" 4<"$T/four" 5<"$T/three"; }
  # `try` closes 3 and 4 for the command; the function opens them anew.
  succeeds pass
  is "$output" $'three\nfour'
  args /bin/probe fds
  succeeds pass
  is "$output" "0 1 2 3 4"
}

@test "create --preserve-fds holds the descriptors until start" {
  args sh -c 'cat <&3'
  echo three >"$T/three"
  pass() { rt create --preserve-fds 1 "$ID" 3<"$T/three"; }
  succeeds pass
  container_out=$OUT
  rm "$T/three"
  succeeds rt start "$ID"
  eventually test -s "$container_out"
  is "$(<"$container_out")" three
}

@test "exec --preserve-fds passes descriptors from 3 on" {
  running
  echo three >"$T/three"
  pass() { rt exec --preserve-fds 1 "$ID" sh -c 'cat <&3; exec /bin/probe fds' 3<"$T/three"; }
  succeeds pass
  is "$output" $'three\n0 1 2 3'
}

@test "--preserve-fds of a descriptor that is not open is refused" {
  differs runc "a descriptor of its own has the number"
  pass() { rt run --preserve-fds 2 "$ID" 3<"$BUNDLE/config.json" 4<&-; }
  refuses pass
  has "$stderr" "preserved-fd"
  refuses rt state "$ID"
}

@test "a negative --preserve-fds is refused" {
  try rt run --preserve-fds=-1 "$ID"
  ((status != 0)) || skip "$RT_KIND takes it as none"
}

@test "LISTEN_FDS passes the sockets on, with LISTEN_PID 1" {
  args sh -c 'echo "$LISTEN_FDS $LISTEN_PID"; exec /bin/probe fds'
  pass() { activated 2 run "$ID" 3<"$BUNDLE/config.json" 4<"$BUNDLE/config.json"; }
  succeeds pass
  is "$output" $'2 1\n0 1 2 3 4'
}

@test "LISTEN_FDS come before --preserve-fds" {
  args /bin/probe fds
  pass() { activated 1 run --preserve-fds 1 "$ID" 3</ 4</ 5</; }
  succeeds pass
  is "$output" "0 1 2 3 4"
}

@test "LISTEN_FDNAMES are passed on with the sockets" {
  args sh -c 'echo "$LISTEN_FDS $LISTEN_PID $LISTEN_FDNAMES"'
  pass() { LISTEN_FDNAMES=http:https activated 2 run "$ID" 3<"$BUNDLE/config.json" 4<"$BUNDLE/config.json"; }
  succeeds pass
  has "$output" "2 1"
  differs runc "it leaves the names out"
  is "$output" "2 1 http:https"
}

@test "create holds the sockets until start" {
  args sh -c 'echo "$LISTEN_FDS $LISTEN_PID"; cat <&3; exec /bin/probe fds'
  echo three >"$T/three"
  pass() { activated 1 create "$ID" 3<"$T/three"; }
  succeeds pass
  container_out=$OUT
  succeeds rt start "$ID"
  eventually grep -q "^0 1" "$container_out"
  is "$(<"$container_out")" $'1 1\nthree\n0 1 2 3'
}

@test "exec passes the sockets on, with the LISTEN_PID of its program" {
  differs runc "its exec knows no socket activation"
  differs crun "it says 1"
  running
  echo three >"$T/three"
  pass() { activated 1 exec "$ID" sh -c 'echo "$LISTEN_FDS"; test $LISTEN_PID = $$ && echo mine; cat <&3' 3<"$T/three"; }
  succeeds pass
  is "$output" $'1\nmine\nthree'
}

@test "LISTEN_PID is right without a pid namespace too" {
  differs runc "it says 1"
  differs crun "it says 1"
  config '.linux.namespaces |= map(select(.type != "pid"))'
  args sh -c 'test $LISTEN_PID = $$ && echo mine'
  pass() { activated 1 run "$ID" 3<"$BUNDLE/config.json"; }
  succeeds pass
  is "$output" mine
}

@test "sockets that are meant for another process are not passed on" {
  differs crun "it does not look at LISTEN_PID"
  args sh -c 'echo "[$LISTEN_FDS]"; exec /bin/probe fds'
  pass() { LISTEN_FDS=1 LISTEN_PID=1 rt run "$ID" 3<"$BUNDLE/config.json"; }
  succeeds pass
  is "$output" $'[]\n0 1 2'
}

@test "a working directory of /proc/self/fd/N does not reach the host, for any N" {
  for n in 3 4 5 6 7 8 9 10 11 12 15 20; do
    config '.process.cwd = "/proc/self/fd/\($n)" | .process.args = ["ls", "../../../../../../etc"]' --argjson n "$n"
    try rt run "$ID"
    ((status != 0)) || is "$output" "$(ls "$ROOTFS/etc")"
  done
}

@test "exec --cwd /proc/self/fd/N does not reach the host" {
  running
  for n in 3 5 6 7 8 9 10 12; do
    try rt exec --cwd "/proc/self/fd/$n" "$ID" ls ../../../../etc
    ((status != 0)) || is "$output" "$(ls "$ROOTFS/etc")"
  done
}

@test "the container's program cannot reach the runtime's binary through /proc/self/exe" {
  # The program is its own interpreter's name: an old attack on runtimes that re-execute themselves.
  own_rootfs
  printf '#!/proc/self/exe\n' >"$ROOTFS/bin/trick"
  chmod +x "$ROOTFS/bin/trick"
  sum=$(sha256sum <"$RT")
  args /bin/trick
  try rt run "$ID"
  is "$(sha256sum <"$RT")" "$sum"
  lacks "$output" "create"
}

@test "stdin that is closed does not shift the other descriptors" {
  args sh -c 'echo out; echo err >&2'
  closed() { rt run "$ID" <&-; }
  try closed
  is "$output" out
  is "$stderr" err
}

@test "the init of a created container holds none of the caller's other descriptors" {
  created_with() { rt create "$ID" 7<"$BUNDLE/config.json" 8</; }
  succeeds created_with
  links=$(find "/proc/$(pid_of)/fd" -type l -printf '%l\n')
  lacks "$links" config.json
  lacks $'\n'"$links"$'\n' $'\n/\n'
}

@test "the init of a created container holds nothing that masked paths were covered with" {
  config '.linux.maskedPaths = ["/proc/kcore", "/proc/keys", "/proc/scsi", "/proc/acpi", "/sys/firmware"]'
  created
  links=$(find "/proc/$(pid_of)/fd" -type l -printf '%f %l\n' | awk '$1 > 2')
  lacks "$links" /dev/null
  lacks "$links" /proc/
  lacks "$links" /sys/
}

@test "the init of a created container holds no directory of the host" {
  created
  pid=$(pid_of)
  for fd in "/proc/$pid/fd"/*; do
    [[ -d $fd ]] || continue
    mount=$(awk '/^mnt_id:/ {print $2}' "/proc/$pid/fdinfo/${fd##*/}")
    lacks "$(awk '{print "[" $1 "]"}' /proc/self/mountinfo)" "[$mount]"
  done
}

@test "the init of a created container is not the runtime's own file" {
  differs runc "it may be, on a read-only mount"
  created
  pid=$(pid_of)
  [[ ! "/proc/$pid/exe" -ef $RT ]]
  overwritten() { : >"/proc/$pid/exe"; }  # a sealed file, or one that is busy
  try overwritten
  ((status != 0))
}

@test "the init of a created container has nothing of the caller's environment" {
  with_secret() { SECRET_OF_THE_HOST=1 rt create "$ID"; }
  succeeds with_secret
  lacks "$(tr '\0' '\n' <"/proc/$(pid_of)/environ")" SECRET_OF_THE_HOST
}

@test "the init of a created container is small and named" {
  rt_only "an aim of ours"
  created
  pid=$(pid_of)
  is "$(<"/proc/$pid/comm")" "rt:[init]"
  private=$(awk '/^Private_(Clean|Dirty):/ {sum += $2} END {print sum}' "/proc/$pid/smaps_rollup")
  ((private <= 100)) || { echo "private memory: $private KB"; return 1; }
}
