#!/usr/bin/env bats
# run-unit, run-bats, test-summary: no failure is lost on the way to the count line.
# run-anywhere: needs root for a few tests only, and says so
# shellcheck disable=SC2030,SC2031

setup() {
  HACK=$(realpath "$BATS_TEST_DIRNAME/../../hack")
  cd "$BATS_TEST_TMPDIR" || return 1
  mkdir out
  export OUT=$PWD/out
  unset FILTER
}

results() { cut -f1,3- "$OUT"/*.results; }
last_line() { echo "${lines[-1]}"; }

# A program that prints what GoogleTest would, and ends with a status.
unit() {
  { echo '#!/bin/bash'; echo 'cat <<END'; cat; echo END; echo "exit $2"; } >"$1"
  chmod +x "$1"
}

@test "unit: passes, failures and skips are told apart" {
  unit unit_x 1 <<'END'
[ RUN      ] A.One
[       OK ] A.One (0 ms)
[ RUN      ] A.Two
a_test.cc:3: Failure
Value of: x
[  FAILED  ] A.Two (1 ms)
[ RUN      ] A.Three
a_test.cc:9: Skipped
no kernel
[  SKIPPED ] A.Three (0 ms)
[  FAILED  ] 1 test, listed below:
[  FAILED  ] A.Two
END
  run "$HACK/run-unit" ./unit_x
  ((status == 1))
  [[ $(results) == "pass	A.One	"$'\n'"fail	A.Two	Value of: x"$'\n'"skip	A.Three	no kernel" ]]
}

@test "unit: a program that dies fails the test it was in" {
  unit unit_x 139 <<'END'
[ RUN      ] A.One
[       OK ] A.One (0 ms)
[ RUN      ] A.Two
END
  run "$HACK/run-unit" ./unit_x
  ((status == 1))
  [[ $(results) == *"fail	A.Two	the program ended here, with status 139" ]]
}

@test "unit: a bad status without a failed test is a failure" {
  unit unit_x 1 <<<'[ RUN      ] A.One
[       OK ] A.One (0 ms)'
  run "$HACK/run-unit" ./unit_x
  ((status == 1))
  [[ $(results) == *"fail	whole program	exit status 1" ]]
}

@test "unit: a program without tests, or no program at all, is a failure" {
  unit unit_x 0 <<<'nothing'
  run "$HACK/run-unit" ./unit_x
  ((status == 1))
  [[ $(results) == "fail	whole program	ran no test" ]]
  run "$HACK/run-unit"
  ((status == 1))
}

@test "unit: a program that hangs is ended" {
  printf '#!/bin/bash\necho "[ RUN      ] A.One"\nexec sleep 60\n' >unit_x
  chmod +x unit_x
  UNIT_TIMEOUT=1 run "$HACK/run-unit" ./unit_x
  ((status == 1))
  [[ $(results) == "fail	A.One	the program ended here, with status 124" ]]
}

# bats_file NAME [SETTING]: a file from standard input, its tests written as TEST, lest bats takes them for its own.
bats_file() {
  { echo "${2-# run-anywhere: a test of the runner}"; sed 's/^TEST /@test /'; } >"$1"
}
needs_namespaces() { unshare --mount --pid --fork --mount-proc true || skip "needs root that may make namespaces"; }
nested() { env -u BATS_TEST_TMPDIR RT=true "$HACK/run-bats" "$@"; }

@test "bats: passes, failures and skips are told apart" {
  bats_file x.bats <<'END'
TEST "good" { true; }
TEST "bad" { false; }
TEST "later" { skip "not today"; }
END
  run nested "$PWD/x.bats"
  ((status == 1))
  [[ $(results) == "pass	x: good	"$'\n'"fail	x: bad	"$'\n'"skip	x: later	not today" ]]
}

@test "bats: FILTER selects tests" {
  bats_file x.bats <<'END'
TEST "good" { true; }
TEST "bad" { false; }
END
  FILTER=good run nested "$PWD/x.bats"
  ((status == 0))
  [[ $(results) == "pass	x: good	" ]]
}

@test "bats: a file that hangs fails from the test it was in" {
  bats_file x.bats <<'END'
# run-timeout: 2
TEST "good" { true; }
TEST "hangs" { sleep 30; }
TEST "never" { true; }
END
  run nested "$PWD/x.bats"
  ((status == 1))
  [[ $(results) == "pass	x: good	"$'\n'"fail	x: test 2 of 3	the file ran past its 2 s"$'\n'"fail	x: test 3 of 3	the file ran past its 2 s" ]]
}

@test "bats: files that cannot be read, or hold no test, are failures" {
  bats_file broken.bats <<<'TEST "a" { if '
  bats_file empty.bats <<<''
  bats_file setup.bats <<<'setup_file() { false; }
TEST "one" { true; }
TEST "two" { true; }'
  run nested "$PWD"/{broken,empty,setup}.bats
  ((status == 1))
  [[ $(results | grep -c ^fail) -ge 4 ]]
  [[ $(results) != *pass* ]]
}

@test "bats: without root the rest is skipped, each test with the reason" {
  bats_file x.bats '' <<<'TEST "needs a container" { true; }'
  ((EUID == 0)) && command -v setpriv >/dev/null || skip "needs root, to give it up"
  chmod 777 . out
  chmod a+rx "$(dirname "$BATS_TEST_TMPDIR")" "$BATS_RUN_TMPDIR" 2>/dev/null || true
  setpriv --reuid 65534 --regid 65534 --clear-groups test -r x.bats || skip "the temporary directory is root's alone"
  run setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/ "$HACK/run-bats" "$PWD/x.bats"
  echo "$output"
  [[ $(results) == "skip	x: needs a container	needs root (sudo make check)" ]]
}

@test "bats: a process left behind is a failure, and is ended" {
  needs_namespaces
  bats_file x.bats '' <<<'TEST "leaves" { sleep 987654 3>&- >/dev/null 2>&1 & }'
  run nested "$PWD/x.bats"
  echo "$output"
  ((status == 1))
  [[ $(results) == *"fail	x: leaves no process behind	"*"(sleep)" ]]
  [[ -z $(pgrep -f '^sleep 987654$') ]]
}

@test "bats: the machine's /dev/null is out of reach" {
  needs_namespaces
  local before after
  before=$(stat -c '%t:%T %a %u' /dev/null)
  bats_file x.bats '' <<<'TEST "damage" { chown 5 /dev/null; chmod 600 /dev/null; ! rm -f /dev/null; }'
  run nested "$PWD/x.bats"
  after=$(stat -c '%t:%T %a %u' /dev/null)
  ((status == 0))
  [[ $before == "$after" ]]
}

@test "bats: mounts do not reach the machine" {
  needs_namespaces
  bats_file x.bats '' <<<'TEST "mounts" { mount -t tmpfs rt-test-leak /mnt; }'
  run nested "$PWD/x.bats"
  ((status == 0))
  [[ $(cat /proc/self/mountinfo) != *rt-test-leak* ]]
}

@test "summary: adds up every file, and the count line is last" {
  printf 'pass\tunit\tA\t\nfail\tunit\tB\tbroke\n' >out/a.results
  printf 'skip\tbats\tC\tno root\nskip\tbats\tD\tno root\npass\tbats\tE\t\n' >out/b.results
  run "$HACK/test-summary" out
  ((status == 1))
  [[ $(last_line) == "2 passed, 1 failed, 2 skipped" ]]
  [[ $output == *"2  bats: no root"* && $output == *"unit: B (broke)"* ]]
}

@test "summary: success needs a test that passed" {
  printf 'pass\tunit\tA\t\n' >out/a.results
  run "$HACK/test-summary" out
  ((status == 0))
  [[ $(last_line) == "1 passed, 0 failed, 0 skipped" ]]
  printf 'skip\tunit\tA\twhy\n' >out/a.results
  run "$HACK/test-summary" out
  ((status == 1))
  rm out/a.results
  run "$HACK/test-summary" out
  ((status == 1))
  [[ $(last_line) == "0 passed, 0 failed, 0 skipped" ]]
}

@test "summary: a line that is no result is a failure" {
  printf 'pass\tunit\tA\t\nSegmentation fault\n' >out/a.results
  run "$HACK/test-summary" out
  ((status == 1))
  [[ $(last_line) == "1 passed, 1 failed, 0 skipped" ]]
}
