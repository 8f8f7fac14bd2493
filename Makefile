# SPDX-License-Identifier: GPL-2.0-or-later
# `make help` lists the targets. Sources are found by folder: a new .c file needs no line here.

CC ?= gcc
BUILD ?= build
Q ?= @
CSTD := -std=gnu11
WARN := -Wall -Wextra -Wshadow -Wvla -Werror
OPT ?= -O2 -g
PKGS := glib-2.0 gio-2.0 gio-unix-2.0 json-glib-1.0 libxml-2.0 libarchive libvirt libvirt-qemu libguestfs libelf capstone zlib libdeflate nettle gmime-3.0
VERSION := $(shell cat VERSION)

STAGES := base record config kernel submission image machine timeline stats report grade cli
SRCS := $(foreach s,$(STAGES),$(wildcard src/$(s)/*.c))
OBJS := $(SRCS:src/%.c=$(BUILD)/%.o) $(BUILD)/report/html-resources.o $(BUILD)/kernel/kernel-resources.o $(BUILD)/image/image-resources.o
LIB_OBJS := $(filter-out $(BUILD)/cli/main.o,$(OBJS))
GUESTS := $(BUILD)/guest/l1-agent $(BUILD)/guest/l2-init $(BUILD)/guest/grader $(BUILD)/guest/l1-service $(BUILD)/guest/l1-agent-libvirt
EXEC_AGENT := $(BUILD)/guest/exec-agent
# What the harness has beside it to run: the library that QEMU gets, and the sandbox that needs no privilege.
BESIDE := $(BUILD)/machine/icount-fence.so $(BUILD)/base/sandbox-launch
BARE_GUESTS := $(BUILD)/guest/known-answer $(BUILD)/guest/challenge
ROMS := $(BUILD)/guest/rom $(BUILD)/guest/loader-rom
RECORD_SRCS := $(wildcard src/record/*.c)
UNITS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test-*.c))
FUZZERS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz-*.c))
BENCHES := $(patsubst %.c,$(BUILD)/%,$(wildcard bench/bench-*.c))
LAB_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/labs/*.c))
PROGRAMS := $(UNITS) $(FUZZERS) $(LAB_TESTS) $(BENCHES)

CPPFLAGS += -Isrc -Itests -D_GNU_SOURCE -DHARNESS_VERSION='"$(VERSION)"' $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LDLIBS += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm -lutil -lpthread
GUEST_CFLAGS := $(CSTD) $(WARN) -O2 -Isrc -D_GNU_SOURCE -ffile-prefix-map=$(CURDIR)=. -fno-ident

.DEFAULT_GOAL := build
.SUFFIXES:

ifeq ($(wildcard $(BUILD)/harness)$(filter-out build full-run programs,$(MAKECMDGOALS)),)
$(info Building ./harness: some three minutes on two cores, nothing is printed meanwhile.)
endif

build: harness ## build ./harness and the guest programs

harness: $(BUILD)/harness
	@ln -sf $(BUILD)/harness harness

$(BUILD)/harness: $(OBJS) $(BESIDE) $(GUESTS) $(EXEC_AGENT) $(BARE_GUESTS) $(ROMS)
	$(Q)$(CC) $(OPT) $(SANITIZE) -o $@ $(OBJS) $(LDFLAGS) $(LDLIBS)

$(BUILD)/%.o: src/%.c Makefile VERSION
	@mkdir -p $(@D)
	$(Q)$(CC) $(CSTD) $(WARN) $(OPT) $(SANITIZE) $(CPPFLAGS) -MMD -MP -c -o $@ $<

# Built in: the page's style and script, what builds modules inside the sandbox, and what tells of a distribution's boot.
$(BUILD)/report/html-resources.c: $(wildcard src/report/html/*) Makefile
$(BUILD)/kernel/kernel-resources.c: $(wildcard src/kernel/sandbox/*) Makefile
$(BUILD)/image/image-resources.c: $(wildcard src/image/seed/*) Makefile
%-resources.c:
	@mkdir -p $(@D)
	$(Q)glib-compile-resources --sourcedir=$(dir $<) --target=$@ --generate-source --internal --c-name $(subst -,_,$(basename $(@F))) $(filter %.gresource.xml,$^)

$(BUILD)/%-resources.o: $(BUILD)/%-resources.c
	$(Q)$(CC) $(CSTD) $(WARN) $(OPT) $(SANITIZE) $(CPPFLAGS) -c -o $@ $<

# Preloaded into QEMU; not part of the harness.
$(BUILD)/machine/icount-fence.so: src/machine/fence/icount-fence.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CSTD) $(WARN) -O2 -D_GNU_SOURCE -shared -fPIC -fvisibility=hidden -o $@ $<

# A program of its own, never with a sanitizer: it has limits of memory.
$(BUILD)/base/sandbox-launch: $(wildcard src/base/launcher/*.[ch]) Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CSTD) $(WARN) -O2 -Isrc -D_GNU_SOURCE -o $@ $(filter %.c,$^) -lseccomp

# Guest programs are static and the same bits wherever they are built. l1-agent is made of l1-*.c, l2-init of l2-*.c, grader of grader-*.c. In a distribution as L1
# l1-service prepares what l1-agent-libvirt then does. exec-agent, which no recorded run holds, is of exec-*.c: what the others are made of is not touched by it.
L1_DISTRIBUTION := src/guest/l1-service.c src/guest/l1-libvirt.c
GUEST_COMMON := src/guest/guest.c $(filter-out %/challenge.c %/l2-volume.c %/exec-frame.c %/exec-client.c,$(RECORD_SRCS))
$(BUILD)/guest/l1-agent: $(filter-out $(L1_DISTRIBUTION),$(wildcard src/guest/l1-*.c)) src/record/l2-volume.c
$(BUILD)/guest/l1-agent-libvirt: $(filter-out %/l1-service.c,$(wildcard src/guest/l1-*.c)) src/record/l2-volume.c
$(BUILD)/guest/l1-service: src/guest/l1-service.c
$(BUILD)/guest/l2-init: $(wildcard src/guest/l2-*.c)
$(BUILD)/guest/grader: $(wildcard src/guest/grader-*.c) src/guest/l1-modules.c
GUEST_HEADERS := $(wildcard src/guest/*.h src/record/*.h)
$(GUESTS): $(GUEST_COMMON) $(GUEST_HEADERS) Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(GUEST_CFLAGS) -static -s -Wl,--build-id=none -o $@ $(filter %.c,$^)

$(EXEC_AGENT): $(wildcard src/guest/exec-*.c) src/guest/l1-modules.c src/guest/guest.c $(addprefix src/record/,exec-frame.c exec-client.c crc32c.c) $(GUEST_HEADERS) Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(GUEST_CFLAGS) -static -s -Wl,--build-id=none -o $@ $(filter %.c,$^)

# These run on bare 32-bit metal: no C library, no interrupts, nothing but general registers.
BARE_CFLAGS := -m32 -march=i686 -ffreestanding -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none -mgeneral-regs-only
KNOWN := src/guest/known-answer
$(BUILD)/guest/known-answer: $(wildcard $(KNOWN)/*.[cS]) src/record/operations.c
$(BUILD)/guest/challenge: $(filter-out %/main.c,$(wildcard $(KNOWN)/*.[cS])) $(filter-out %/rom.S,$(wildcard src/guest/challenge/*.[cS])) src/record/operations.c
$(BARE_GUESTS): $(KNOWN)/known-answer.ld $(wildcard $(KNOWN)/*.h src/guest/challenge/*.h src/record/*.h) Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(GUEST_CFLAGS) $(BARE_CFLAGS) -nostdlib -static -s -Wl,--build-id=none,-T,$(filter %.ld,$^) -o $@ $(filter %.c %.S,$^)

$(BUILD)/guest/rom: src/guest/challenge/rom.S
$(BUILD)/guest/rom: ROM_ADDRESS := 0xffff0000
$(BUILD)/guest/loader-rom: src/guest/loader-rom.S
$(BUILD)/guest/loader-rom: ROM_ADDRESS := 0
$(ROMS): Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(BARE_CFLAGS) -nostdlib -static -Wl,--build-id=none,--oformat=binary,-Ttext=$(ROM_ADDRESS) -o $@ $(filter %.S,$^)

$(PROGRAMS): $(BUILD)/%: %.c $(LIB_OBJS) Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CSTD) $(WARN) $(OPT) $(SANITIZE) $(CPPFLAGS) -MMD -MP -MF $@.d -MT $@ -o $@ $< $(LIB_OBJS) $(LDFLAGS) $(LDLIBS) -lcmocka

$(LAB_TESTS): $(BUILD)/machine/icount-fence.so
$(UNITS) $(LAB_TESTS): $(BUILD)/base/sandbox-launch

# The rules of a container without privileges, for what is to work there. Without a sanitizer, as what it runs has its own.
UNPRIVILEGED := $(BUILD)/tests/unprivileged
$(UNPRIVILEGED): tests/unprivileged.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CSTD) $(WARN) -O2 -D_GNU_SOURCE -o $@ $< -lseccomp

-include $(OBJS:.o=.d) $(PROGRAMS:=.d)

programs: $(BUILD)/harness $(PROGRAMS) $(UNPRIVILEGED)

# A make inside make, on all processors unless the user said how many.
AGAIN = @+$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

# What follows may install the libraries that this make looked for in vain when it started: the rest is for a new one.

packages: ## install the packages this host lacks (as root, or with sudo)
	@configs/packages/install.sh configs/packages/debian-12.list

full-run: packages ## all that is needed, then ./harness full-run
	@echo "compiling the harness: half a minute to three …"
	$(AGAIN) build
	./harness full-run

SAN := BUILD=build/san OPT="-O1 -g" SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
FUZZ_SECONDS ?= 5
scripts = $(filter-out %/functions.sh,$(wildcard tests/$(1)/*.sh))
FAST_TESTS := $(UNITS:$(BUILD)/%=build/san/%) $(call scripts,lint)
# They keep a processor busy for half of the time, and the first builds the kernel: they run beside all others.
LONG_TESTS := $(wildcard $(addprefix tests/labs/,$(addsuffix .sh,artefacts grading modules shell unprivileged)))
CHECK_TESTS := $(FAST_TESTS) $(call scripts,integration) $(FUZZERS:$(BUILD)/%=build/san/%:$(FUZZ_SECONDS)) $(filter-out $(LONG_TESTS),$(call scripts,labs)) + $(LONG_TESTS)

check: packages ## all tests: unit, fuzz, lint, integration, and both labs really run
	@echo "compiling the harness and, with sanitizers, all tests: two to ten minutes …"
	$(AGAIN) build
	$(AGAIN) $(SAN) programs
	@BUILD=build/san HARNESS_MUST_WORK=vmx,svm tests/run $(CHECK_TESTS)

check-quick: build ## unit tests and lint alone
	$(AGAIN) $(SAN) programs
	@BUILD=build/san tests/run $(FAST_TESTS)

# Each of them runs alone too: BUILD=build/san HARNESS_MUST_WORK=vmx,svm tests/run tests/slow/NAME.sh
check-slow: packages ## what takes long: every submission graded, distributions, the kernel built twice
	$(AGAIN) build
	$(AGAIN) $(SAN) programs
	@BUILD=build/san HARNESS_MUST_WORK=vmx,svm tests/run $(call scripts,slow)

# Debian 12's valgrind has no pidfd_open: what starts processes cannot be run by it.
VALGRIND := valgrind -q --error-exitcode=1 --leak-check=full --errors-for-leak-kinds=definite --child-silent-after-fork=yes
check-valgrind: build $(UNITS) ## unit tests under valgrind, but those that start processes
	@tests/run -u "$(VALGRIND)" -l $(BUILD)/tests/valgrind $(filter-out %/test-run %/test-series %/test-worktree %/test-export-trace %/test-at-hand %/test-carry %/test-carry-functions %/test-carry-shapes %/test-carry-patch %/test-module-scan,$(UNITS))

check-clang: packages ## everything compiles with clang too, without a warning
	$(AGAIN) BUILD=build/clang CC=clang programs

check-all: check check-clang check-valgrind check-slow ## all of them, one after the other: hours

bench: packages ## measure: the analysis, warm runs, a rebuild of KVM
	$(AGAIN) build $(BENCHES)
	@$(BUILD)/bench/bench-analysis
	@bench/runs.sh
	@bench/grading.sh
	@bench/regrading.sh

reference: packages ## make results/reference anew, from two fresh runs that must agree
	$(AGAIN) build
	@tests/make-reference.sh

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

clean: ## remove what was built (not images/cache, not results)
	rm -rf $(BUILD) harness

.PHONY: build programs packages full-run check check-quick check-slow check-valgrind check-clang check-all bench reference help clean
