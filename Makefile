# rt: a small, fast OCI container runtime.  `make help` lists the targets.
#
# One non-recursive Makefile. Sources are found per folder; each folder is a static library; objects go to build/$(MODE).
#   MODE=release  static, -O2 (default)          MODE=debug   static, -Og, assertions
#   MODE=asan     ASan+UBSan, dynamic            MODE=fuzz    clang, libFuzzer
# V=1 shows the commands; WERROR=1 makes warnings errors (`make check` does).
# The few targets that install packages first (check, demo, ...) call make again, as compilers may only be there then.

MODE ?= release
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share
DESTDIR ?=
BUILD ?= build
O := $(BUILD)/$(MODE)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

VERSION := $(shell cat VERSION)
COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null)

# --- flags ------------------------------------------------------------------------------------------------------------

CXX := g++
CCACHE := $(shell command -v ccache 2>/dev/null)
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wformat=2
ifeq ($(WERROR),1)
WARN += -Werror
endif
# Paths in the binary are relative, so that two checkouts of one commit build the same bytes.
COMMON := -std=c++20 $(WARN) -g -I. -D_GNU_SOURCE -fno-exceptions -fno-rtti -ffile-prefix-map=$(CURDIR)=. -MMD -MP
SECTIONS := -ffunction-sections -fdata-sections

ifeq ($(MODE),release)
# -Os: what rt waits for is the kernel, and half the code is half the page faults. Nothing is ever unwound.
CXXFLAGS += -Os -fstack-protector-strong -D_FORTIFY_SOURCE=2 $(SECTIONS) -fno-asynchronous-unwind-tables -fno-unwind-tables
LDFLAGS += -static -Wl,--gc-sections -Wl,-z,relro,-z,now -Wl,--build-id=none
else ifeq ($(MODE),debug)
CXXFLAGS += -Og -D_GLIBCXX_ASSERTIONS $(SECTIONS)
LDFLAGS += -static -Wl,--gc-sections -Wl,--build-id=none
else ifeq ($(MODE),asan)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
CXXFLAGS += -O1 $(SANITIZE)
LDFLAGS += $(SANITIZE)
else ifeq ($(MODE),fuzz)
CXX := clang++
SANITIZE := -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined
CXXFLAGS += -O1 $(SANITIZE) -Wno-gnu-statement-expression
LDFLAGS += -fsanitize=address,undefined
else
$(error MODE=$(MODE): expected release, debug, asan or fuzz)
endif

LIBS := -lseccomp -lcap-ng -l:libyajl_s.a
# Version and commit reach one file of each program only, so that a commit does not rebuild the world.
VERSION_FLAGS := -DRT_VERSION='"$(VERSION)"' -DRT_COMMIT='"$(COMMIT)"'

# init runs inside the container: freestanding, non-relocated, no libc, no start-up code.
INIT_FLAGS := -std=c++20 $(WARN) -I. -Os -g -ffreestanding -fno-exceptions -fno-rtti -fno-stack-protector \
  -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-pic -fno-pie -fno-threadsafe-statics -fno-builtin \
  -fno-tree-loop-distribute-patterns -fcf-protection=none -ffunction-sections -fdata-sections \
  -ffile-prefix-map=$(CURDIR)=. -MMD -MP
INIT_LDFLAGS := -static -nostdlib -no-pie -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,noexecstack \
  -Wl,-T,runtime/init/init.ld

# A changed set of flags rebuilds everything; a warning more or less does not change the bytes, so WARN stays out.
STAMP := $(O)/flags.stamp
FLAGS_NOW := $(CXX) $(filter-out $(WARN),$(COMMON) $(CXXFLAGS) $(INIT_FLAGS))

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' '$(1)' '$(patsubst $(O)/%,%,$@)';)

# --- what there is ----------------------------------------------------------------------------------------------------

BASE_SRC := $(wildcard base/*.cc)
SPEC_SRC := $(wildcard spec/*.cc)
LINUX_SRC := $(wildcard runtime/linux/*.cc)
CGROUP_SRC := $(wildcard runtime/cgroup/*.cc)
PLAN_SRC := $(wildcard runtime/plan/*.cc)
CONTAINER_SRC := $(wildcard runtime/container/*.cc)
CMD_SRC := $(wildcard runtime/cmd/*.cc)
INIT_SRC := $(wildcard runtime/init/*.cc)
PROTOCOL_SRC := $(wildcard supervisor/protocol/*.cc)
MONITOR_SRC := $(filter-out %/main.cc,$(wildcard supervisor/monitor/*.cc))
CLIENT_SRC := $(filter-out %/main.cc,$(wildcard supervisor/client/*.cc))
DAEMON_SRC := $(filter-out %/main.cc,$(wildcard supervisor/daemon/*.cc))

obj = $(patsubst %.cc,$(O)/%.o,$(1))
# In link order: users before the used (architecture: cmd -> container -> plan, cgroup -> linux -> spec -> base).
LIB_NAMES := cmd container plan cgroup linux spec base
RT_LIBS := $(LIB_NAMES:%=$(O)/lib%.a)

BIN := $(O)/rt
RTMON := $(O)/rtmon
RTD := $(O)/rtd
RTCTL := $(O)/rtctl
# What is built for the user.
PROGRAMS := $(BIN) $(RTMON) $(RTD) $(RTCTL)
# The runtime that behaviour tests and the demo run: `make check-root RT=/usr/sbin/runc`. Never a target.
RT ?=
MAN_PAGES := $(wildcard man/*.[1-9])
UNIT_FOLDERS := $(notdir $(patsubst %/,%,$(dir $(wildcard tests/unit/*/*_test.cc))))
UNIT_TESTS := $(sort $(UNIT_FOLDERS:%=$(O)/tests/unit_%))
BENCHES := $(patsubst bench/%.cc,$(O)/bench/%,$(wildcard bench/*_bench.cc))
# Programs that bench/*.sh run.
BENCH_TOOLS := $(O)/bench/floor $(O)/bench/interleave
FUZZERS := $(patsubst tests/fuzz/%.cc,$(O)/fuzz/%,$(wildcard tests/fuzz/*_fuzz.cc))
# The same targets without libFuzzer: each walks its seeds once, in any MODE, with any compiler.
REPLAYS := $(FUZZERS:$(O)/fuzz/%=$(O)/tests/replay_%)
ALL_CC := $(BASE_SRC) $(SPEC_SRC) $(LINUX_SRC) $(CGROUP_SRC) $(PLAN_SRC) $(CONTAINER_SRC) $(CMD_SRC) $(INIT_SRC) \
  $(PROTOCOL_SRC) $(MONITOR_SRC) $(DAEMON_SRC) $(CLIENT_SRC) $(wildcard runtime/main.cc supervisor/*/main.cc tests/unit/*/*.cc tests/fuzz/*.cc bench/*.cc)

# --- build ------------------------------------------------------------------------------------------------------------

.PHONY: all
all: $(PROGRAMS) $(if $(filter fuzz,$(MODE)),$(FUZZERS)) ## build rt, rtmon, rtd and rtctl (the default)

$(O)/%.o: %.cc $(STAMP)
	@mkdir -p $(@D)
	$(call say,CXX)$(CCACHE) $(CXX) $(COMMON) $(CXXFLAGS) -c -o $@ $<

$(STAMP): FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS_NOW)' | cmp -s - $@ || echo '$(FLAGS_NOW)' > $@

VERSIONED := $(O)/runtime/cmd/version.o $(O)/supervisor/monitor/main.o $(O)/supervisor/daemon/main.o \
  $(O)/supervisor/client/main.o
$(VERSIONED): COMMON += $(VERSION_FLAGS)
$(VERSIONED): $(O)/version.stamp
$(O)/version.stamp: FORCE
	@mkdir -p $(@D)
	@echo '$(VERSION) $(COMMIT)' | cmp -s - $@ || echo '$(VERSION) $(COMMIT)' > $@

define library
$(O)/lib$(1).a: $$(call obj,$$($(2)_SRC))
	@mkdir -p $$(@D)
	$$(call say,AR)rm -f $$@ && ar rcsD $$@ $$^
endef
$(eval $(call library,base,BASE))
$(eval $(call library,spec,SPEC))
$(eval $(call library,linux,LINUX))
$(eval $(call library,cgroup,CGROUP))
$(eval $(call library,plan,PLAN))
$(eval $(call library,cmd,CMD))
$(eval $(call library,protocol,PROTOCOL))
$(eval $(call library,monitor,MONITOR))
$(eval $(call library,daemon,DAEMON))
$(eval $(call library,client,CLIENT))

$(O)/libcontainer.a: $(call obj,$(CONTAINER_SRC)) $(O)/runtime/container/init_image.o
	$(call say,AR)rm -f $@ && ar rcsD $@ $^

$(O)/init/%.o: runtime/init/%.cc $(STAMP)
	@mkdir -p $(@D)
	$(call say,CXX)$(CCACHE) g++ $(INIT_FLAGS) -c -o $@ $<

$(O)/rt-init: $(patsubst runtime/init/%.cc,$(O)/init/%.o,$(INIT_SRC)) runtime/init/init.ld
	$(call say,LD)g++ $(INIT_LDFLAGS) -o $@.full $(filter %.o,$^) && objcopy --strip-all $@.full $@

$(O)/runtime/container/init_image.o: runtime/container/init_image.S $(O)/rt-init
	@mkdir -p $(@D)
	$(call say,AS)g++ -c -DRT_INIT_FILE='"$(O)/rt-init"' -o $@ $<

# base/terminate.cc is asked for before libstdc++'s own, which brings a demangler of 45 KB, is found to do.
OWN_TERMINATE := -Wl,-u,_ZN9__gnu_cxx27__verbose_terminate_handlerEv

$(BIN): $(call obj,runtime/main.cc) $(RT_LIBS)
	$(call say,LD)$(CXX) $(LDFLAGS) $(OWN_TERMINATE) -o $@.full $^ $(LIBS)
	$(Q)objcopy --strip-all $@.full $@

$(RTMON): $(call obj,supervisor/monitor/main.cc) $(O)/libmonitor.a $(O)/libprotocol.a $(O)/libbase.a
	$(call say,LD)$(CXX) $(LDFLAGS) $(OWN_TERMINATE) -o $@.full $^
	$(Q)objcopy --strip-all $@.full $@

$(RTCTL): $(call obj,supervisor/client/main.cc) $(O)/libclient.a $(O)/libprotocol.a $(O)/libspec.a $(O)/libbase.a
	$(call say,LD)$(CXX) $(LDFLAGS) -o $@.full $^ -l:libyajl_s.a
	$(Q)objcopy --strip-all $@.full $@

$(RTD): $(call obj,supervisor/daemon/main.cc) $(O)/libdaemon.a $(O)/libprotocol.a $(O)/libspec.a $(O)/libbase.a
	$(call say,LD)$(CXX) $(LDFLAGS) -o $@.full $^ -l:libyajl_s.a
	$(Q)objcopy --strip-all $@.full $@

# A folder's tests link that folder's library and those below it, so one can be built while others do not.
libs = $(patsubst %,$(O)/lib%.a,$(1))
UNIT_LIBS_base := $(call libs,base)
UNIT_LIBS_spec := $(call libs,spec base)
UNIT_LIBS_linux := $(call libs,linux spec base)
UNIT_LIBS_cgroup := $(call libs,cgroup linux spec base)
UNIT_LIBS_plan := $(call libs,plan cgroup linux spec base)
UNIT_LIBS_container := $(call libs,container plan cgroup linux spec base)
UNIT_LIBS_cmd := $(call libs,cmd plan cgroup linux spec base)  # with a container/ of their own making
UNIT_LIBS_protocol := $(call libs,protocol spec base)
UNIT_LIBS_monitor := $(call libs,monitor protocol base)
UNIT_LIBS_client := $(call libs,client protocol spec base)
UNIT_LIBS_daemon := $(call libs,daemon protocol spec base)

DYNAMIC := $(filter-out -static,$(LDFLAGS))
define unit_test
$(O)/tests/unit_$(1): $(call obj,$(wildcard tests/unit/$(1)/*.cc)) $(UNIT_LIBS_$(1))
	@mkdir -p $$(@D)
	$$(call say,LD)$$(CXX) $$(DYNAMIC) -o $$@ $$(filter %.o,$$^) $$(filter %.a,$$^) $$(LIBS) -lgtest -lgtest_main -lpthread
endef
$(foreach folder,$(sort $(UNIT_FOLDERS)),$(eval $(call unit_test,$(folder))))
# The test and benchmark libraries' headers throw and use typeid.
$(O)/tests/%.o $(O)/bench/%.o: COMMON := $(filter-out -fno-exceptions -fno-rtti,$(COMMON))

FUZZ_LIBS := $(O)/libmonitor.a $(O)/libprotocol.a $(RT_LIBS)
$(O)/fuzz/%: $(O)/tests/fuzz/%.o $(FUZZ_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)$(CXX) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)

$(O)/tests/replay_%: $(O)/tests/fuzz/%.o $(O)/tests/fuzz/replay.o $(FUZZ_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)$(CXX) $(DYNAMIC) -o $@ $^ $(LIBS)

$(O)/bench/%: $(O)/bench/%.o $(RT_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)$(CXX) $(DYNAMIC) -o $@ $^ $(LIBS) -lbenchmark -lpthread

$(O)/bench/floor $(O)/bench/interleave: $(O)/bench/%: $(O)/bench/%.o
	@mkdir -p $(@D)
	$(call say,LD)$(CXX) $(LDFLAGS) -o $@ $^

.SECONDARY:

# --- test -------------------------------------------------------------------------------------------------------------

# As many jobs as there are CPUs, unless the caller said how many.
JOBS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
AGAIN = $(MAKE) --no-print-directory $(JOBS) BUILD=$(BUILD)
CHECK_ENV = BUILD=$(BUILD) MODE=$(MODE) RT=$(or $(RT),$(abspath $(BIN))) RTMON=$(abspath $(RTMON)) RTD=$(abspath $(RTD)) RTCTL=$(abspath $(RTCTL))

.PHONY: check check-parts check-unit check-root check-fault check-lint
check: ## build, then run every test this machine and user can run
	$(Q)hack/install-deps build --optional test
	+$(Q)$(AGAIN) MODE=$(MODE) WERROR=$(or $(WERROR),1) check-parts
	$(Q)$(CHECK_ENV) hack/check

check-parts: $(PROGRAMS) $(UNIT_TESTS) $(REPLAYS) $(BENCH_TOOLS)

check-unit: $(UNIT_TESTS) $(REPLAYS) ## unit tests alone (MODE=asan: under the sanitizers)
	$(Q)$(CHECK_ENV) hack/check unit

check-root: $(PROGRAMS) ## behaviour tests alone; TESTS="a.bats ..." FILTER=regex RT=runtime
	$(Q)$(CHECK_ENV) hack/check behaviour $(TESTS)

check-fault: $(PROGRAMS) ## fault tests alone: each step of a container's life made to fail
	$(Q)$(CHECK_ENV) hack/check fault $(TESTS)

check-lint: $(PROGRAMS) ## structural checks alone: includes, binary, man pages, scripts
	$(Q)$(CHECK_ENV) hack/check lint

.PHONY: check-vm
check-vm: $(PROGRAMS) ## behaviour and fault tests in guests with systemd and cgroup v2; MODES="root-fs ..." TESTS= FILTER=
	$(Q)$(CHECK_ENV) hack/check-vm $(TESTS)

.PHONY: demo demo-supervisor bench fuzz reproducible
demo: ## watch a real container run, step by step
	$(Q)hack/install-deps build --optional demo
	+$(Q)$(AGAIN) MODE=$(MODE) $(BIN)
	$(Q)$(CHECK_ENV) hack/demo

demo-supervisor: ## watch the supervisor lose its daemon and nothing else
	$(Q)hack/install-deps build --optional demo
	+$(Q)$(AGAIN) MODE=$(MODE) $(PROGRAMS)
	$(Q)$(CHECK_ENV) hack/demo-supervisor

bench: ## measure (against runc and crun where they are installed)
	$(Q)hack/install-deps build --optional bench
	+$(Q)$(AGAIN) MODE=release bench-parts
	$(Q)$(CHECK_ENV) hack/bench

.PHONY: bench-parts
bench-parts: $(BIN) $(BENCHES) $(BENCH_TOOLS)

FUZZ_SECONDS ?= 60
fuzz: ## fuzz every target for FUZZ_SECONDS (60) each
	$(Q)hack/install-deps build dev
	+$(Q)$(AGAIN) MODE=fuzz all
	$(Q)$(CHECK_ENV) hack/fuzz $(FUZZ_SECONDS)

.PHONY: conformance
conformance: ## suites of others with rt, runc and crun: runtime-tools, runc's tests; SUITES="..." ONLY=regex
	+$(Q)$(AGAIN) MODE=release $(BIN)
	$(Q)$(CHECK_ENV) ONLY='$(ONLY)' hack/conformance/run $(SUITES)

.PHONY: check-engines
check-engines: ## podman, containerd and Docker do their jobs with runc, then with rt; ENGINES="..." JOB=regex
	+$(Q)$(AGAIN) MODE=release $(BIN)
	$(Q)$(CHECK_ENV) JOB='$(JOB)' hack/engines/run $(ENGINES)

reproducible: ## build this commit twice, elsewhere, and compare the bytes
	$(Q)hack/check-reproducible

# --- install ----------------------------------------------------------------------------------------------------------

BASH_COMPLETION = $(DATADIR)/bash-completion/completions/rt
ZSH_COMPLETION = $(DATADIR)/zsh/site-functions/_rt
FISH_COMPLETION = $(DATADIR)/fish/vendor_completions.d/rt.fish
# rtmon under the name by which podman and CRI-O call their monitor; not in PATH, where conmon itself may be.
CONMON = $(PREFIX)/libexec/rt/conmon
man_target = $(DATADIR)/man/man$(patsubst .%,%,$(suffix $(1)))/$(notdir $(1))
INSTALLED = $(PROGRAMS:$(O)/%=$(BINDIR)/%) $(CONMON) $(foreach page,$(MAN_PAGES),$(call man_target,$(page))) \
  $(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION)

.PHONY: install uninstall
install: $(PROGRAMS) ## install under PREFIX (/usr/local), staged in DESTDIR
	$(Q)install -D -t $(DESTDIR)$(BINDIR) -m 755 $(PROGRAMS)
	$(Q)mkdir -p $(DESTDIR)$(dir $(CONMON)) && ln -sf $(BINDIR)/rtmon $(DESTDIR)$(CONMON)
	$(Q)$(foreach page,$(MAN_PAGES),install -D -m 644 $(page) $(DESTDIR)$(call man_target,$(page)) &&) true
	$(Q)for to in bash:$(BASH_COMPLETION) zsh:$(ZSH_COMPLETION) fish:$(FISH_COMPLETION); do \
	  file="$(DESTDIR)$${to#*:}"; mkdir -p "$${file%/*}" && \
	  $(BIN) completion "$${to%%:*}" > "$$file" && chmod 644 "$$file" || exit 1; \
	done
	@echo 'installed $(patsubst $(O)/%,%,$(PROGRAMS)) in $(DESTDIR)$(BINDIR), their man pages and completions'

uninstall: ## remove what install put there
	$(Q)rm -f $(INSTALLED:%=$(DESTDIR)%)

# --- for those who change it ------------------------------------------------------------------------------------------

.PHONY: deps format tidy shellcheck compile-commands clean help
deps: ## install every package that any target needs
	$(Q)hack/install-deps build test demo bench dev

format: ## clang-format the lines that differ from the last commit
	$(Q)git clang-format --quiet --extensions cc,h HEAD || true  # 1: it changed something

tidy: ## clang-tidy, every finding an error
	$(Q)printf '%s\n' $(ALL_CC) | xargs -P $(shell nproc) -n 4 \
	  sh -c 'clang-tidy --quiet "$$@" -- -std=c++20 -I. -D_GNU_SOURCE -DRT_VERSION=\"\" -DRT_COMMIT=\"\" 2>&1' tidy

shellcheck: ## shellcheck every script
	$(Q)hack/check-scripts

compile-commands: ## compile_commands.json, for clangd
	$(Q)hack/install-deps build dev
	$(Q)bear -- $(MAKE) --no-print-directory $(JOBS) BUILD=$(BUILD)/bear all check-parts

clean: ## remove what this MODE built (ALL=1: every mode)
	$(Q)rm -rf --one-file-system $(if $(ALL),$(BUILD),$(O))

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-18s%s\n", $$1, $$2 }' Makefile

.PHONY: FORCE
FORCE:

-include $(shell find $(O) -name '*.d' 2>/dev/null)
