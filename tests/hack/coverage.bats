#!/usr/bin/env bats
# coverage-of-spec: says no to a table that claims too much, too little, or what is no longer so.
# run-anywhere: reads files only
bats_require_minimum_version 1.5.0

setup() {
  REPO=$(realpath "$BATS_TEST_DIRNAME/../..")
  cd "$BATS_TEST_TMPDIR" || return 1
  mkdir hack
  cp "$REPO/hack/coverage-of-spec" hack/
  cp -r "$REPO/spec" spec
  ln -s "$REPO/runtime" "$REPO/tests" .
}

@test "coverage: the table as it is" {
  run -0 hack/coverage-of-spec --check
  run -0 hack/coverage-of-spec
  cmp spec/COVERAGE.md "$REPO/spec/COVERAGE.md"
}

@test "coverage: a stale table" {
  sed -i 's/^hostname | .* |/hostname | plan\/process.cc |/' spec/coverage.list
  run -1 hack/coverage-of-spec --check
  [[ $output == *stale* ]]
}

@test "coverage: a property that nobody speaks of" {
  sed -i '/^hostname |/d' spec/coverage.list
  run -1 hack/coverage-of-spec
  [[ $output == *"nothing about 'hostname'"* ]]
}

@test "coverage: a test and a file that are not there" {
  sed -i 's/^hostname | .*/hostname | plan\/nothing.cc | namespaces.bats: no such test/' spec/coverage.list
  run -1 hack/coverage-of-spec
  [[ $output == *"there is no runtime/plan/nothing.cc"* ]]
  [[ $output == *"there is no test 'no such test' in namespaces.bats"* ]]
}

@test "coverage: a line for what is no property" {
  echo 'nothing | cmd/features.cc | cli.bats: features as nobody' >>spec/coverage.list
  run -1 hack/coverage-of-spec
  [[ $output == *"'nothing' is no property"* ]]
}

@test "coverage: a property that the structs do not have" {
  sed -i '/"hostname", config.hostname/d' spec/config_fields.h
  run -1 hack/coverage-of-spec
  [[ $output == *"'hostname' has a test, but is not in the structs"* ]]
}
