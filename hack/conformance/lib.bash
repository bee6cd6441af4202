# What the suites have in common. Sourced by hack/conformance/SUITE, in the root file system that hack/peers makes.
# shellcheck shell=bash
: "${BUILD:?}"
work=$BUILD/conformance
sources=$work/src
export GO111MODULE=off GOFLAGS='' GOPATH=$work/go:/usr/share/gocode GOCACHE=$work/cache

# fetch PACKAGE: the newest upstream source that Debian has, unpacked to $sources/PACKAGE, and what it needs to be built.
fetch() {
  local package=$1 archive release mirror
  [[ ! -d $sources/$package ]] || return 0
  mirror=$(apt-get indextargets --format '$(REPO_URI)' | head -n 1)  # where the packages came from
  for release in sid trixie bookworm; do echo "deb-src $mirror $release main"; done >/etc/apt/sources.list.d/conformance.list
  apt-get -qq -o Acquire::Check-Valid-Until=false update
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends build-dep "$package" >/dev/null
  mkdir -p "$sources/$package.new"
  (cd "$sources" && apt-get -qq source --download-only --tar-only "$package")
  archive=$(compgen -G "$sources/${package}_*.orig.tar.*" | grep -v '\.asc$' | sort -V | tail -n 1)
  tar -xf "$archive" -C "$sources/$package.new" --strip-components=1
  basename "$archive" | sed 's/^.*_//; s/\.orig.*$//' >"$work/$package.version"
  mv -T "$sources/$package.new" "$sources/$package"
}

# go_path IMPORT DIRECTORY: the import path IMPORT is that directory.
go_path() {
  mkdir -p "$work/go/src/$(dirname "$1")"
  ln -sfn "$2" "$work/go/src/$1"
}

# in_world SECONDS COMMAND...: runs COMMAND with a terminal, processes, mounts, a /dev/null and a TMPDIR of its own: a
# runtime, or a test, can damage each of them. Nothing that it started outlives it.
in_world() {
  local scratch status=0 limit=$1
  shift
  scratch=$(mktemp -d /tmp/rt-conformance.XXXXXX)
  chmod 755 "$scratch"
  # shellcheck disable=SC2016  # for the inner shell
  unshare --mount --pid --fork --kill-child --mount-proc --propagation private bash -c '
    scratch=$1 limit=$2 command=$3
    mount -t tmpfs -o mode=755 rt-conformance "$scratch"
    mkdir -m 1777 "$scratch/tmp"
    mknod -m 666 "$scratch/null" c 1 3
    mount --bind "$scratch/null" /dev/null
    export TMPDIR=$scratch/tmp
    timeout -k 10 "$limit" script -qefc "$command" "$scratch/typescript" < <(exec sleep infinity)
  ' bash "$scratch" "$limit" "${*@Q}" </dev/null || status=$?
  rmdir "$scratch"
  return "$status"
}

# keep FILE <new lines: they replace those of the same tests in FILE, so that a part of a suite can be run again.
keep() {
  local new=$1.new
  cat >"$new"
  {
    cat "$new"
    [[ ! -e $1 ]] || awk -F '\t' 'NR == FNR { known[$1]; next } !($1 in known)' "$new" "$1"
  } | LC_ALL=C sort >"$1.all"
  mv "$1.all" "$1"
  rm "$new"
}

# The cgroups that the suites name, where a test that failed left them.
remove_cgroups() {
  local mount name
  for mount in /sys/fs/cgroup/*/ /sys/fs/cgroup/; do
    for name in "$@"; do
      [[ ! -d $mount$name ]] || find "$mount$name" -depth -type d -exec rmdir {} + 2>/dev/null || true  # in use: theirs
    done
  done
}
