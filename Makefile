# SPDX-License-Identifier: GPL-2.0-or-later
# `make help` lists the targets. Sources are found by folder: a new .c file needs no line here.

CC ?= gcc
BUILD ?= build
Q ?= @
CSTD := -std=gnu11
WARN := -Wall -Wextra -Wshadow -Wvla -Werror
OPT ?= -O2 -g
PKGS := glib-2.0 gio-2.0 gio-unix-2.0 json-glib-1.0 libxml-2.0 libarchive libvirt libvirt-qemu libguestfs zlib
VERSION := $(shell cat VERSION)

STAGES := base record config kernel image machine timeline stats report grade cli
SRCS := $(foreach s,$(STAGES),$(wildcard src/$(s)/*.c))
OBJS := $(SRCS:src/%.c=$(BUILD)/%.o)
LIB_OBJS := $(filter-out $(BUILD)/cli/main.o,$(OBJS))
GUESTS := $(BUILD)/guest/l1-agent $(BUILD)/guest/l2-init
RECORD_SRCS := $(wildcard src/record/*.c)
UNIT_SRCS := $(wildcard tests/unit/test-*.c)
UNITS := $(UNIT_SRCS:tests/%.c=$(BUILD)/tests/%)

CPPFLAGS += -Isrc -Itests -D_GNU_SOURCE -DHARNESS_VERSION='"$(VERSION)"' $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LDLIBS += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm -lutil -lpthread
GUEST_CFLAGS := $(CSTD) $(WARN) -O2 -Isrc -D_GNU_SOURCE -ffile-prefix-map=$(CURDIR)=. -fno-ident

.DEFAULT_GOAL := build
.SUFFIXES:

build: harness ## build ./harness and the guest programs

harness: $(BUILD)/harness
	@ln -sf $(BUILD)/harness harness

$(BUILD)/harness: $(OBJS) $(GUESTS)
	$(Q)$(CC) $(OPT) $(SANITIZE) -o $@ $(OBJS) $(LDFLAGS) $(LDLIBS)

$(BUILD)/%.o: src/%.c Makefile VERSION
	@mkdir -p $(@D)
	$(Q)$(CC) $(CSTD) $(WARN) $(OPT) $(SANITIZE) $(CPPFLAGS) -MMD -MP -c -o $@ $<

# Guest programs are static and the same bits wherever they are built. l1-agent is made of l1-*.c, l2-init of l2-*.c.
GUEST_COMMON := src/guest/guest.c $(RECORD_SRCS)
$(BUILD)/guest/l1-agent: $(wildcard src/guest/l1-*.c)
$(BUILD)/guest/l2-init: $(wildcard src/guest/l2-*.c)
$(GUESTS): $(GUEST_COMMON) $(wildcard src/guest/*.h src/record/*.h) Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(GUEST_CFLAGS) -static -s -Wl,--build-id=none -o $@ $(filter %.c,$^)

$(BUILD)/tests/unit/%: tests/unit/%.c $(LIB_OBJS) $(wildcard tests/unit/*.h)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CSTD) $(WARN) $(OPT) $(SANITIZE) $(CPPFLAGS) -MMD -MP -o $@ $< $(LIB_OBJS) $(LDFLAGS) $(LDLIBS) -lcmocka

-include $(OBJS:.o=.d)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 18

clean: ## remove what was built (not images/cache, not results)
	rm -rf $(BUILD) harness

.PHONY: build help clean
