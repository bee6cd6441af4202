#!/usr/bin/env bats
# What is wrong with a bundle or a config.json: refused with one clear error, and nothing is made.
load helpers

@test "a bundle that does not exist" {
  refuses rt create --bundle "$T/none" "$ID"
  has "${stderr,,}" "no such file or directory"
  refuses rt state "$ID"
}

@test "a bundle that is a file" {
  refuses rt create --bundle "$BUNDLE/config.json" "$ID"
  has "${stderr,,}" "not a directory"
}

@test "a bundle without a config.json" {
  rm config.json
  refuses rt create "$ID"
  has "$stderr" config.json
}

@test "a root filesystem that does not exist is named" {
  config '.root.path = "/no/such/rootfs"'
  refuses rt create "$ID"
  has "$stderr" /no/such/rootfs
}

@test "a root filesystem that is a file" {
  echo x >"$T/file"
  config '.root.path = $path' --arg path "$T/file"
  refuses rt create "$ID"
  has "${stderr,,}" "not a directory"
}

@test "a root filesystem that is empty: the program is missing, not the root" {
  mkdir "$T/empty"
  config '.root.path = $path' --arg path "$T/empty"
  refuses rt create "$ID"
  has "$stderr" /bin/true
}

@test "a config.json without a root" {
  config 'del(.root)'
  refuses rt create "$ID"
  has "${stderr,,}" root
}

@test "a config.json without linux" {
  config 'del(.linux)'
  try rt create "$ID"
  ((status != 0)) || is "$(state_of)" created
}

@test "a config.json that is empty, cut off or not JSON" {
  : >config.json
  refuses rt create "$ID"
  head -c 200 <<<"$TEMPLATE" >config.json
  refuses rt create "$ID"
  echo 'this is no JSON' >config.json
  refuses rt create "$ID"
  head -c 100000 /dev/urandom >config.json
  refuses rt create "$ID"
}

@test "a config.json that is a directory or a fifo without a writer" {
  rm config.json
  mkdir config.json
  refuses rt create "$ID"
  rmdir config.json
  mkfifo config.json
  [[ $RT_KIND == runc ]] || { try rt create "$ID"; is "$status" 1; }
}

@test "a config.json nested a hundred thousand deep" {
  { printf '{"ociVersion":"1.0.2","annotations":'; head -c 100000 /dev/zero | tr '\0' '['; } >config.json
  refuses rt create "$ID"
}

@test "unknown properties are passed over, everywhere" {
  config '.future = {a: [1, 2]} | .process.future = true | .linux.future = "x" | .linux.resources.future = 7
    | .mounts[0].future = null | .root.future = 1.5 | .linux.namespaces[0].future = {}'
  inside 'echo fine'
  is "$output" fine
}

@test "unknown values are refused" {
  config '.linux.namespaces[0].type = "nonsense"'
  refuses rt create "$ID"
  has "$stderr" nonsense
}

@test "a value of the wrong type is refused" {
  config '.process.args = "not an array"'
  refuses rt create "$ID"
  has "$stderr" args
}

@test "a number where there is no room for it is refused" {
  config '.process.user.uid = 99999999999'
  refuses rt create "$ID"
  config '.process.user.uid = -1'
  refuses rt create "$ID"
  config '.process.user.uid = 1.5'
  refuses rt create "$ID"
}

@test "an ociVersion of 1.x is accepted, another major version is not" {
  for version in 1.0.0 1.0.2-dev 1.1.0+dev 1.3.0 1.99.0; do
    config '.ociVersion = $version' --arg version "$version"
    succeeds rt run "$ID"
  done
  config '.ociVersion = "2.0.0"'
  try rt create "$ID"
  ((status != 0)) || { [[ $RT_KIND == runc ]] && skip "runc 1.1 does not look"; }
  has "$stderr" 2.0.0
}

@test "an error of JSON syntax says line and column" {
  rt_only "positions are ours"
  printf '{\n  "ociVersion": "1.0.2",\n  "process": {,\n}\n' >config.json
  refuses rt create "$ID"
  like "$stderr" 'config\.json:3:1[0-9]: '
}

@test "a value of the wrong type is named by line, column and pointer" {
  rt_only "positions are ours"
  cat >config.json <<-'END'
	{
	  "ociVersion": "1.0.2",
	  "root": {"path": "rootfs"},
	  "mounts": [
	    {"destination": "/proc", "type": "proc", "source": "proc"},
	    {"destination": "/dev", "type": "tmpfs", "options": "ro"}
	  ]
	}
	END
  refuses rt create "$ID"
  like "$stderr" 'config\.json:6:[0-9]+: /mounts/1/options: '
}

@test "a misspelt value gets a suggestion" {
  rt_only "suggestions are ours"
  config '.linux.namespaces[0].type = "netwrok"'
  refuses rt create "$ID"
  has "$stderr" netwrok
  has "$stderr" network
  config '.linux.namespaces[0].type = "pid" | .linux.seccomp = {defaultAction: "SCMP_ACT_ALOW"}'
  refuses rt create "$ID"
  has "$stderr" SCMP_ACT_ALLOW
}

@test "a required property that is missing is named" {
  config 'del(.process.cwd)'
  refuses rt create "$ID"
  has "${stderr,,}" cwd
  config '.process.cwd = "/" | del(.mounts[0].destination)'
  try rt create "$ID"
  ((status != 0)) || skip "$RT_KIND does not look"
  has "$stderr" destination
}

@test "the container's name stands in the error" {
  rt_only "wording of ours"
  config '.root.path = "/no/such/rootfs"'
  refuses rt create "$ID"
  has "$stderr" "$ID"
}

@test "an error is said once" {
  rt_only "wording of ours"
  config '.mounts += [{destination: "/mnt", type: "bind", source: "/no/such/source", options: ["bind"]}]'
  refuses rt create "$ID"
  is "$(grep -c 'No such file or directory\|no such file or directory' <<<"$stderr")" 1
  has "$stderr" /no/such/source
}

@test "a second try after an error works" {
  config '.hostname_backup = .hostname | .mounts += [{destination: "/mnt", type: "nosuchfs", source: "x"}]'
  refuses rt create "$ID"
  config '.mounts |= .[:-1]'
  inside 'echo fine'
  is "$output" fine
}
