#!/usr/bin/env bats
# install-deps, check-sources, check-man, check-binary, bundle: each says no when it should.
# run-anywhere: dpkg and apt are stand-ins
# shellcheck disable=SC2030,SC2031

setup() {
  HACK=$(realpath "$BATS_TEST_DIRNAME/../../hack")
  cd "$BATS_TEST_TMPDIR" || return 1
}

# A machine on which only the packages of ./installed are there, and apt-get installs what ./mirror has.
fake_machine() {
  mkdir bin
  cat >bin/dpkg-query <<'END'
#!/bin/bash
for package in "${@:4}"; do grep -qx "$package" installed && echo "installed $package"; done
exit 1
END
  cat >bin/apt-get <<'END'
#!/bin/bash
echo "apt-get $*" >>calls
line="$*"
[[ $line == *" install "* ]] || exit 0
for word in ${line##* install }; do grep -qx "$word" mirror || { echo "E: Unable to locate package $word"; exit 100; }; done
printf '%s\n' ${line##* install } >>installed
END
  cat >bin/id <<END
#!/bin/bash
echo $1
END
  chmod +x bin/*
  PATH=$PWD/bin:$PATH
  printf '# words\n[build]\ncc   # compiles\nld\n\n[test]\nbats # tests\nld\n' >list
  export RT_DEPENDENCIES=$PWD/list
  touch installed mirror calls
}

@test "deps: nothing is called when everything is there" {
  fake_machine 0
  printf 'cc\nld\nbats\n' >installed
  run "$HACK/install-deps" build test
  ((status == 0))
  [[ -z $output && ! -s calls ]]
}

@test "deps: root gets what is missing, and only that" {
  fake_machine 0
  echo cc >installed
  printf 'ld\nbats\n' >mirror
  run "$HACK/install-deps" build --optional test
  ((status == 0))
  grep -q ' install bats ld$' calls
}

@test "deps: an optional package that cannot be had costs nothing else" {
  fake_machine 0
  printf 'cc\nld\n' >mirror
  run "$HACK/install-deps" build --optional test
  ((status == 0))
  [[ $output == *"Unable to locate package bats"*"going on without bats"* ]]
  [[ $(sort installed) == "cc"$'\n'"ld" ]]
}

@test "deps: a required package that cannot be had is an error" {
  fake_machine 0
  printf 'ld\nbats\n' >mirror
  run "$HACK/install-deps" build --optional test
  ((status == 1))
  [[ $output == *"cannot go on without: cc"* ]]
}

@test "deps: others are told the command, and apt is left alone" {
  fake_machine 1000
  printf 'cc\nld\n' >installed
  run "$HACK/install-deps" build --optional test
  ((status == 0))
  [[ $output == *"sudo apt-get install --no-install-recommends bats"* && ! -s calls ]]
  run "$HACK/install-deps" build test
  ((status == 1))
}

@test "deps: an unknown group is an error" {
  fake_machine 0
  run "$HACK/install-deps" nonsense
  ((status != 0))
  [[ $output == *"no group [nonsense]"* ]]
}

@test "sources: forbidden calls, headers, tabs and blanks are found" {
  mkdir base
  for line in 'auto* p = getpwnam(name);' '#include <iostream>' $'\tint x;' 'int x; '; do
    printf '%s\n' "$line" >base/a.cc
    run "$HACK/check-sources" .
    echo "$line: $output"
    ((status == 1))
    [[ $output == *"base/a.cc:1:"* ]]
  done
  echo 'int x;' >base/a.cc
  run "$HACK/check-sources" .
  ((status == 0))
}

@test "sources: a path of this machine is found" {
  mkdir base
  echo "// see $PWD/base" >base/a.cc
  run "$HACK/check-sources" .
  ((status == 1))
  [[ $output == *"a path of this machine"* ]]
}

@test "man: a page that warns is refused" {
  command -v man >/dev/null && command -v groff >/dev/null || skip "needs man-db and groff"
  printf '.TH RT 8 2026-01-01 rt\n.SH NAME\nrt \\- a runtime\n' >good.8
  run "$HACK/check-man" "$PWD/good.8"
  echo "$output"
  ((status == 0))
  printf '.TH RT 8 2026-01-01 rt\n.SH NAME\nrt \\- a runtime\n.NOSUCHMACRO x\n' >bad.8
  run "$HACK/check-man" "$PWD/bad.8"
  ((status == 1))
}

@test "binary: dynamic, unstripped and large ones are refused" {
  mkdir release
  cp /bin/ls release/rt
  cp /bin/ls release/rt-init
  cp /bin/ls release/rtmon
  run "$HACK/check-binary" release
  ((status == 1))
  [[ $output == *"asks for an interpreter"* ]]
  echo 'int main() { return 0; }' >a.c
  gcc -static -s -o release/rt a.c
  for program in rtmon rtd rtctl; do cp release/rt "release/$program"; done
  gcc -static -s -nostdlib -Wl,-e,main -o release/rt-init a.c
  run "$HACK/check-binary" release
  echo "$output"
  ((status == 0))
  gcc -static -o release/rt a.c
  run "$HACK/check-binary" release
  ((status == 1))
  [[ $output == *"not stripped"* ]]
  gcc -static -s -o release/rt a.c
  truncate -s 2000001 release/rt
  run "$HACK/check-binary" release
  ((status == 1))
  [[ $output == *"the limit is 2000000"* ]]
}

@test "bundle: a static busybox becomes a root file system" {
  command -v busybox >/dev/null || skip "needs busybox-static"
  cat >rt <<'END'
#!/bin/bash
echo '{"hostname": "x"}' >"$3/config.json"
END
  chmod +x rt
  run "$HACK/bundle" web --runtime ./rt --filter '.a = 1' --filter '.b = .a + 1'
  echo "$output"
  ((status == 0))
  [[ $(jq -c . web/config.json) == '{"hostname":"x","a":1,"b":2}' ]]
  [[ $(readlink web/rootfs/bin/sh) == busybox && -x web/rootfs/bin/busybox ]]
  grep -q '^root:x:0:0:' web/rootfs/etc/passwd
  run "$HACK/bundle" web --runtime ./rt
  ((status == 1))
  [[ $output == *"is there already"* ]]
}

@test "bundle: a busybox that needs libraries is refused" {
  BUSYBOX=/bin/ls run "$HACK/bundle" web --runtime ./rt
  ((status == 1))
  [[ $output == *"busybox-static"* && ! -e web ]]
}
