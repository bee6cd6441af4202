#!/usr/bin/env bats
# check-includes: allows what the architecture allows, and finds each kind of offence.
# run-anywhere: reads and writes files only

setup() {
  CHECK=$BATS_TEST_DIRNAME/../../hack/check-includes
  cd "$BATS_TEST_TMPDIR" || return 1
  mkdir -p base spec supervisor/{protocol,monitor} runtime/{linux,cgroup,plan,container,cmd,init}
  file base/io.cc base/io.h
}

# file NAME INCLUDE...: a source file with these includes; <x> stays as it is.
file() {
  local name=$1 include
  shift
  for include in "$@"; do
    case $include in
      '<'*) echo "#include $include" ;;
      *) echo "#include \"$include\"" ;;
    esac
  done >"$name"
}

allowed() {
  file "$@"
  run "$CHECK" .
  echo "$output"
  ((status == 0)) && [[ -z $output ]]
}

refused() {
  file "$@"
  run "$CHECK" .
  echo "$output"
  ((status == 1)) && [[ $output == "$1:1: "* ]]
}

@test "each folder may include itself and those below it" {
  allowed spec/a.cc spec/a.h base/io.h
  allowed runtime/linux/a.cc runtime/linux/a.h spec/a.h base/io.h '<iostream>'
  allowed runtime/cgroup/a.cc runtime/linux/a.h spec/a.h
  allowed runtime/plan/a.cc runtime/linux/a.h spec/a.h base/io.h
  allowed runtime/container/a.cc runtime/plan/a.h runtime/cgroup/a.h runtime/linux/a.h spec/a.h
  allowed runtime/cmd/a.cc runtime/container/a.h runtime/plan/a.h runtime/cgroup/a.h spec/a.h
  allowed runtime/main.cc runtime/cmd/dispatch.h base/log.h
  allowed supervisor/protocol/a.cc supervisor/protocol/a.h spec/a.h base/io.h
  allowed supervisor/monitor/a.cc supervisor/monitor/a.h supervisor/protocol/a.h base/io.h
  allowed runtime/init/a.cc runtime/init/sys.h runtime/plan/steps.h runtime/linux/raw_syscall.h '<linux/mount.h>'
}

@test "no folder may include one above it" {
  refused base/a.cc spec/config.h
}

@test "spec knows nothing of the runtime" {
  refused spec/a.h runtime/linux/fd.h
}

@test "linux knows nothing of plans, cgroups, containers" {
  refused runtime/linux/a.cc runtime/plan/steps.h
  rm runtime/linux/a.cc
  refused runtime/linux/b.cc runtime/cgroup/cgroup.h
}

@test "a cgroup knows nothing of plans" {
  refused runtime/cgroup/a.cc runtime/plan/plan.h
}

@test "a plan knows nothing of the container's life" {
  refused runtime/plan/a.cc runtime/container/record.h
}

@test "a container knows nothing of commands" {
  refused runtime/container/a.cc runtime/cmd/flags.h
}

@test "main.cc reaches commands only" {
  refused runtime/main.cc runtime/container/container.h
}

@test "the supervisor runs rt, it does not include it" {
  refused supervisor/protocol/a.cc runtime/container/container.h
}

@test "init includes the instruction set, and nothing else of the project" {
  refused runtime/init/a.cc base/io.h
  rm runtime/init/a.cc
  refused runtime/init/b.cc runtime/plan/plan.h
}

@test "init includes no C++ library and no heap" {
  refused runtime/init/a.cc '<string>'
  rm runtime/init/a.cc
  refused runtime/init/b.cc '<stdlib.h>'
}

@test "nobody includes init" {
  refused runtime/plan/a.cc runtime/init/sys.h
}

@test "what init shares includes nothing of the project" {
  refused runtime/plan/steps.h base/io.h
  rm runtime/plan/steps.h
  refused runtime/linux/raw_syscall.h '<vector>'
}

@test "includes are written from the top" {
  refused runtime/plan/a.cc steps.h
  rm runtime/plan/a.cc
  refused runtime/cmd/b.cc ../container/container.h
}

@test "a folder that the architecture does not know is an offence" {
  mkdir runtime/extra
  refused runtime/extra/a.cc base/io.h
}

@test "every offence is reported, with its line" {
  file base/a.cc base/io.h spec/a.h runtime/cmd/a.h
  run "$CHECK" .
  ((status == 1))
  [[ ${lines[0]} == base/a.cc:2:* && ${lines[1]} == base/a.cc:3:* && ${#lines[@]} == 2 ]]
}

@test "a directory without sources is not a success" {
  mkdir empty
  run "$CHECK" empty
  ((status == 2))
}
