# rt: a small, fast OCI container runtime.  `make help` lists the targets.
#
# One non-recursive Makefile. Sources are found per folder; each folder is a static library; objects go to build/$(MODE).
#   MODE=release  static, -O2 (default)          MODE=debug   static, -Og, assertions
#   MODE=asan     ASan+UBSan, dynamic            MODE=fuzz    clang, libFuzzer
# V=1 shows the commands; WERROR=1 makes warnings errors (CI does).

MODE ?= release
PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build
O := $(BUILD)/$(MODE)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

VERSION := $(shell cat VERSION)
COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null)
ARCH := $(shell uname -m)

# --- flags ------------------------------------------------------------------------------------------------------------

CXX := g++
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wformat=2
ifeq ($(WERROR),1)
WARN += -Werror
endif
# Paths in the binary are relative, so that two checkouts of one commit build the same bytes.
COMMON := -std=c++20 $(WARN) -g -I. -D_GNU_SOURCE -fno-exceptions -fno-rtti -ffile-prefix-map=$(CURDIR)=. -MMD -MP
SECTIONS := -ffunction-sections -fdata-sections

ifeq ($(MODE),release)
CXXFLAGS += -O2 -fstack-protector-strong -D_FORTIFY_SOURCE=2 $(SECTIONS)
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
# Version and commit reach one file only, so that a commit does not rebuild the world.
VERSION_FLAGS := -DRT_VERSION='"$(VERSION)"' -DRT_COMMIT='"$(COMMIT)"'

# init runs inside the container: freestanding, non-relocated, no libc, no start-up code.
INIT_FLAGS := -std=c++20 $(WARN) -I. -Os -g -ffreestanding -fno-exceptions -fno-rtti -fno-stack-protector \
  -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-pic -fno-pie -fno-threadsafe-statics -fno-builtin \
  -fno-tree-loop-distribute-patterns -fcf-protection=none -ffunction-sections -fdata-sections \
  -ffile-prefix-map=$(CURDIR)=. -MMD -MP
INIT_LDFLAGS := -static -nostdlib -no-pie -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,noexecstack \
  -Wl,-T,runtime/init/init.ld

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

obj = $(patsubst %.cc,$(O)/%.o,$(1))
# In link order: users before the used (architecture: cmd -> container -> plan, cgroup -> linux -> spec -> base).
LIB_NAMES := cmd container plan cgroup linux spec base
RT_LIBS := $(LIB_NAMES:%=$(O)/lib%.a)

RT := $(O)/rt
UNIT_FOLDERS := $(notdir $(patsubst %/,%,$(dir $(wildcard tests/unit/*/*_test.cc))))
UNIT_TESTS := $(sort $(UNIT_FOLDERS:%=$(O)/tests/unit_%))
BENCHES := $(patsubst bench/%.cc,$(O)/bench/%,$(wildcard bench/*_bench.cc))
FUZZERS := $(patsubst tests/fuzz/%.cc,$(O)/fuzz/%,$(wildcard tests/fuzz/*_fuzz.cc))

# --- build ------------------------------------------------------------------------------------------------------------

.PHONY: all
all: $(RT) ## build rt (default)

$(O)/%.o: %.cc
	@mkdir -p $(@D)
	$(call say,CXX)$(CXX) $(COMMON) $(CXXFLAGS) -c -o $@ $<

$(O)/runtime/cmd/version.o: COMMON += $(VERSION_FLAGS)
$(O)/runtime/cmd/version.o: $(O)/version.stamp
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

$(O)/libcontainer.a: $(call obj,$(CONTAINER_SRC)) $(O)/runtime/container/init_image.o
	$(call say,AR)rm -f $@ && ar rcsD $@ $^

$(O)/init/%.o: runtime/init/%.cc
	@mkdir -p $(@D)
	$(call say,CXX)g++ $(INIT_FLAGS) -c -o $@ $<

$(O)/rt-init: $(patsubst runtime/init/%.cc,$(O)/init/%.o,$(INIT_SRC)) runtime/init/init.ld
	$(call say,LD)g++ $(INIT_LDFLAGS) -o $@.full $(filter %.o,$^) && objcopy --strip-all $@.full $@

$(O)/runtime/container/init_image.o: runtime/container/init_image.S $(O)/rt-init
	@mkdir -p $(@D)
	$(call say,AS)g++ -c -DRT_INIT_FILE='"$(O)/rt-init"' -o $@ $<

$(RT): $(call obj,runtime/main.cc) $(RT_LIBS)
	$(call say,LD)$(CXX) $(LDFLAGS) -o $@.full $^ $(LIBS)
	$(Q)objcopy --strip-all $@.full $@

define unit_test
$(O)/tests/unit_$(1): $(call obj,$(wildcard tests/unit/$(1)/*_test.cc)) $(UNIT_LIBS_$(1))
	@mkdir -p $$(@D)
	$$(call say,LD)$$(CXX) $$(filter-out -static,$$(LDFLAGS)) -o $$@ $$(filter %.o,$$^) $$(filter %.a,$$^) $$(LIBS) -lgtest -lgtest_main -lpthread
endef
# A folder's tests link that folder's library and those below it, so one can be built while others do not.
libs = $(patsubst %,$(O)/lib%.a,$(1))
UNIT_LIBS_base := $(call libs,base)
UNIT_LIBS_spec := $(call libs,spec base)
UNIT_LIBS_linux := $(call libs,linux spec base)
UNIT_LIBS_cgroup := $(call libs,cgroup linux spec base)
UNIT_LIBS_plan := $(call libs,plan cgroup linux spec base)
UNIT_LIBS_container := $(call libs,container plan cgroup linux spec base)
UNIT_LIBS_cmd := $(RT_LIBS)
$(foreach folder,$(sort $(UNIT_FOLDERS)),$(eval $(call unit_test,$(folder))))
$(O)/tests/%.o: COMMON := $(filter-out -fno-exceptions -fno-rtti,$(COMMON))

.PHONY: FORCE
FORCE:

-include $(shell find $(O) -name '*.d' 2>/dev/null)
