#!/usr/bin/env bats
# make install and uninstall: what goes where, and that nothing stays.
# run-anywhere: everything is staged in a directory of the test

setup() {
  cd "$BATS_TEST_DIRNAME/../.." || return 1
  STAGE=$BATS_TEST_TMPDIR/stage
  unset MAKEFLAGS MFLAGS MAKELEVEL  # those of the `make check` that may be around
  BUILD=${BUILD:-build} MODE=${MODE:-release}
  [[ -x $BUILD/$MODE/rt ]] || skip "needs a built rt"
}

build() { make --no-print-directory BUILD="$BUILD" MODE="$MODE" "$@"; }

@test "install puts program, man pages and completions under PREFIX" {
  build install DESTDIR="$STAGE" PREFIX=/usr
  [[ $("$STAGE/usr/bin/rt" --version) == "rt version "* ]]
  for page in man/*.[1-9]; do
    cmp "$page" "$STAGE/usr/share/man/man${page##*.}/${page##*/}"
  done
  bash -n "$STAGE/usr/share/bash-completion/completions/rt"
  [[ $(head -n 1 "$STAGE/usr/share/zsh/site-functions/_rt") == "#compdef rt"* ]]
  [[ -s $STAGE/usr/share/fish/vendor_completions.d/rt.fish ]]
  [[ $(readlink "$STAGE/usr/libexec/rt/conmon") == /usr/bin/rtmon ]]
  [[ $(stat -c %a "$STAGE/usr/bin/rt") == 755 ]]
  [[ -z $(find "$STAGE" -type f ! -perm -444) ]]
}

@test "uninstall removes every file that install made" {
  build install DESTDIR="$STAGE"
  [[ -x $STAGE/usr/local/bin/rt ]]
  build uninstall DESTDIR="$STAGE"
  [[ -z $(find "$STAGE" ! -type d) ]]
}

@test "help lists every target that is meant for people" {
  run build help
  for target in all check demo demo-supervisor bench fuzz install uninstall format tidy compile-commands clean; do
    [[ $output == *$'\n'"  $target "* || $output == "  $target "* ]] || { echo "not listed: $target"; return 1; }
  done
}
