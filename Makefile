# SPDX-License-Identifier: BSD-3-Clause
# cs_sweep: programs and library end in $(BUILD)/. `make help` lists the targets; V=1 shows the commands.
#
# Honoured: CC CFLAGS CPPFLAGS LDFLAGS LDLIBS AR PREFIX DESTDIR and GNU's lower-case directories, MPICC MPIRUN,
# HDF5_DIR or HDF5_ROOT or HDF5_PC, PKG_CONFIG, PYTHON, WERROR=1. Each library's flags can be given instead of being
# found: HDF5_FLAGS, MPI_FLAGS, CJSON_FLAGS, CHECK_FLAGS (compile and link flags in one list).

VERSION := 0.1.0
# The shared library's number: changes when a program built against the last one must be built again.
SOVERSION := 0

BUILD ?= build
MPICC ?= mpicc
MPIRUN ?= $(subst mpicc,mpirun,$(firstword $(MPICC)))
PKG_CONFIG ?= pkg-config
PYTHON ?= $(if $(wildcard /usr/bin/python3),/usr/bin/python3,python3)
CLANG ?= clang

PREFIX ?= /usr/local
prefix ?= $(PREFIX)
exec_prefix ?= $(prefix)
bindir ?= $(exec_prefix)/bin
libdir ?= $(exec_prefix)/lib
includedir ?= $(prefix)/include
datarootdir ?= $(prefix)/share
datadir ?= $(datarootdir)
mandir ?= $(datarootdir)/man
docdir ?= $(datarootdir)/doc/cs_sweep
bashcompdir ?= $(datarootdir)/bash-completion/completions
zshcompdir ?= $(datarootdir)/zsh/site-functions
fishcompdir ?= $(datarootdir)/fish/vendor_completions.d
pkgconfigdir ?= $(libdir)/pkgconfig
INSTALL ?= install

ifneq ($(V),1)
Q := @
SUB := $(MAKE) --no-print-directory
else
SUB := $(MAKE)
endif

# ---- flags -----------------------------------------------------------------------------------------------------------
ifeq ($(origin CC),default)
CC := gcc
endif
# -O3 lets the search's flat loops vectorise. Neither -march=native nor -ffast-math: the same build must give the same
# bytes on every machine. -ffp-contract=off stands last, so that no flag of the user's changes results.
CFLAGS ?= -O3 -g
export CC MPICC MPIRUN PKG_CONFIG PYTHON HDF5_DIR HDF5_ROOT HDF5_PC
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wold-style-definition -Wcast-qual -Wwrite-strings -Wpointer-arith -Wformat=2 -Wundef -Wvla \
            -Wimplicit-fallthrough -Wswitch-default
OWN_CPPFLAGS := -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 -Iinclude -Isrc
OWN_CFLAGS := -std=c11 $(WARNINGS) $(if $(filter 1,$(WERROR)),-Werror) -fno-math-errno -ffp-contract=off

# ---- sources ---------------------------------------------------------------------------------------------------------
SRC := $(sort $(wildcard src/*/*.c))
MPI_SRC := $(filter src/sweep/%,$(SRC))
CORE_SRC := $(filter-out $(MPI_SRC),$(SRC))
PROGRAM_SRC := $(sort $(wildcard src/*.c))
PROGRAMS := $(PROGRAM_SRC:src/%.c=%)
TEST_SUPPORT_SRC := $(sort $(wildcard tests/support/*.c))
UNIT_SRC := $(sort $(wildcard tests/unit/*.c))
PROPERTY_SRC := $(sort $(wildcard tests/property/*.c))
BENCH_SRC := $(sort $(wildcard tests/bench/*.c))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/*.c))
PROGRAM_TESTS := $(sort $(wildcard tests/programs/*.sh tests/programs/*.py))
SLOW_TESTS := $(sort $(wildcard tests/slow/*.sh tests/slow/*.py))
UNIT := $(UNIT_SRC:%.c=$(BUILD)/%)
PROPERTY := $(PROPERTY_SRC:%.c=$(BUILD)/%)
BENCH := $(BENCH_SRC:%.c=$(BUILD)/%)
FUZZ := $(FUZZ_SRC:%.c=$(BUILD)/%)

# ---- libraries, looked for only by the targets that compile ----------------------------------------------------------
.DEFAULT_GOAL := all
NO_LIBRARIES := sweep check check-unit check-programs slow validate figures figures-check conclusions bench lint \
                format format-check fuzz asan ubsan coverage check-builds test-install uninstall dist help clean list
GOALS := $(or $(MAKECMDGOALS),all)
ifneq ($(filter-out $(NO_LIBRARIES),$(GOALS)),)

missing = $(error $(1) was not found. scripts/install-deps.sh build installs what is missing (as root, with apt) or \
prints the command that does; $(2))
# $(shell) does not see this file's exported variables.
detect = $(shell CC='$(CC)' MPICC='$(MPICC)' PKG_CONFIG='$(PKG_CONFIG)' HDF5_DIR='$(HDF5_DIR)' \
    HDF5_ROOT='$(HDF5_ROOT)' HDF5_PC='$(HDF5_PC)' scripts/detect.sh $(1))

ifeq ($(shell command -v $(firstword $(CC)) 2>/dev/null),)
$(call missing,The C compiler $(firstword $(CC)),make CC=... names another)
endif
ifeq ($(origin HDF5_FLAGS),undefined)
HDF5_FLAGS := $(call detect,hdf5)
ifeq ($(HDF5_FLAGS),)
$(call missing,HDF5 with its high-level library,HDF5_DIR=PREFIX points at one elsewhere)
endif
endif
ifeq ($(origin MPI_FLAGS),undefined)
MPI_FLAGS := $(call detect,mpi)
ifeq ($(MPI_FLAGS),)
$(call missing,MPI ($(MPICC)),MPICC=... names another compiler wrapper)
endif
endif
ifeq ($(origin CJSON_FLAGS),undefined)
CJSON_FLAGS := $(call detect,cjson)
ifeq ($(CJSON_FLAGS),)
$(call missing,cJSON,CJSON_FLAGS="-I... -L... -lcjson" points at one elsewhere)
endif
endif
# HDF5 brings zlib; only where that lies elsewhere are flags needed.
ifeq ($(origin ZLIB_FLAGS),undefined)
ZLIB_FLAGS := $(or $(shell $(PKG_CONFIG) --cflags --libs zlib 2>/dev/null),-lz)
endif
ifeq ($(origin CHECK_FLAGS),undefined)
CHECK_FLAGS := $(call detect,check)
ifneq ($(filter check-% unit property tests,$(GOALS)),)
ifeq ($(CHECK_FLAGS),)
$(call missing,The unit test library Check,scripts/install-deps.sh test does the same for the tests' programs)
endif
endif
endif

# Other people's headers are system headers: their warnings are not ours. -pthread is one of the link flags.
headers = $(filter-out -isystem/usr/include,$(patsubst -I%,-isystem%,$(filter -I% -D% -isystem%,$(1))))
libraries = $(filter-out -I% -D% -isystem%,$(1))

# Objects of different flags never meet: each set has a directory of its own.
COMPILER := $(shell $(CC) --version 2>/dev/null | head -n 1)
VARIANT := $(shell printf '%s' '$(COMPILER) $(CC) $(CPPFLAGS) $(CFLAGS) $(OWN_CPPFLAGS) $(OWN_CFLAGS) $(LDFLAGS) \
    $(LDLIBS) $(HDF5_FLAGS) $(MPI_FLAGS) $(CJSON_FLAGS) $(ZLIB_FLAGS) $(FUZZER)' | cksum | cut -d ' ' -f 1)
OBJ := $(BUILD)/obj/$(VARIANT)
endif

BUILD_H := $(OBJ)/generated/cs_build.h
# The libraries whose headers a source may include.
library_headers = $(strip $(if $(filter src/json/%,$(1)),$(call headers,$(CJSON_FLAGS))) \
    $(if $(filter src/results/%,$(1)),$(call headers,$(HDF5_FLAGS) $(ZLIB_FLAGS))) \
    $(if $(filter src/sweep/% src/cs_sweep.c,$(1)),$(call headers,$(MPI_FLAGS))) \
    $(if $(filter tests/%,$(1)),-Itests -Itests/support $(call headers,$(CHECK_FLAGS) $(HDF5_FLAGS) $(CJSON_FLAGS))))
compile = $(strip $(CC) $(OWN_CPPFLAGS) -I$(OBJ)/generated $(call library_headers,$(1)) $(CPPFLAGS) $(CFLAGS) \
    $(OWN_CFLAGS))
LINK = $(CC) $(CFLAGS) $(OWN_CFLAGS) $(LDFLAGS) -Wl,--as-needed
ifeq ($(shell uname -s),Darwin)
LINK = $(CC) $(CFLAGS) $(OWN_CFLAGS) $(LDFLAGS)
endif
CORE_LIBS = $(call libraries,$(HDF5_FLAGS) $(ZLIB_FLAGS)) $(call libraries,$(CJSON_FLAGS)) $(LDLIBS) -lm
MPI_LIBS = $(call libraries,$(MPI_FLAGS))

# ---- build -----------------------------------------------------------------------------------------------------------
.PHONY: all lib shared tests unit property benches FORCE
all: lib $(PROGRAMS:%=$(BUILD)/%)
lib: $(BUILD)/libcs_sweep.a
tests: unit property
unit: $(UNIT)
property: $(PROPERTY)
benches: $(BENCH)
FORCE:

.SECONDARY:
.DELETE_ON_ERROR:

ifneq ($(OBJ),)
# What the program says of its own making. Rewritten only when it changed, so that it costs a compilation only then.
export CS_BUILD_VERSION = $(VERSION)
export CS_BUILD_COMPILER = $(COMPILER)
export CS_BUILD_FLAGS = $(strip $(CPPFLAGS) $(CFLAGS) $(filter-out -W%,$(OWN_CFLAGS)))
export CS_BUILD_DATADIR = $(datadir)/cs_sweep
$(BUILD_H): FORCE
	@mkdir -p $(@D)
	@scripts/build-header.sh $@

# The files of one variant that $(BUILD)/ holds at the moment.
$(BUILD)/.variant: FORCE
	@mkdir -p $(@D)
	@echo '$(VARIANT)' | cmp -s - $@ || echo '$(VARIANT)' >$@

$(OBJ)/%.o: %.c | $(BUILD_H)
	@mkdir -p $(@D)
	$(if $(Q),@echo '  CC    $<')
	$(Q)$(call compile,$<) -MMD -MP -c -o $@ $<

$(OBJ)/%.pic.o: %.c | $(BUILD_H)
	@mkdir -p $(@D)
	$(if $(Q),@echo '  CC    $< (shared)')
	$(Q)$(call compile,$<) -fPIC -MMD -MP -c -o $@ $<

$(OBJ)/libcs_sweep.a: $(SRC:%.c=$(OBJ)/%.o)
	@mkdir -p $(@D)
	$(if $(Q),@echo '  AR    $(@F)')
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# The shared library leaves src/sweep out, and so does not make its users link MPI.
$(OBJ)/libcs_sweep.so.$(SOVERSION): $(CORE_SRC:%.c=$(OBJ)/%.pic.o)
	@mkdir -p $(@D)
	$(if $(Q),@echo '  LINK  $(@F)')
	$(Q)$(LINK) -shared -Wl,-soname,$(@F) -o $@ $^ $(CORE_LIBS)

$(OBJ)/bin/cs_sweep: $(OBJ)/src/cs_sweep.o $(OBJ)/libcs_sweep.a
	@mkdir -p $(@D)
	$(if $(Q),@echo '  LINK  $(@F)')
	$(Q)$(LINK) -o $@ $^ $(CORE_LIBS) $(MPI_LIBS)

$(OBJ)/bin/%: $(OBJ)/src/%.o $(OBJ)/libcs_sweep.a
	@mkdir -p $(@D)
	$(if $(Q),@echo '  LINK  $(@F)')
	$(Q)$(LINK) -o $@ $^ $(CORE_LIBS)

$(OBJ)/libtests.a: $(TEST_SUPPORT_SRC:%.c=$(OBJ)/%.o)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(OBJ)/bin/tests/%: $(OBJ)/tests/%.o $(OBJ)/libtests.a $(OBJ)/libcs_sweep.a
	@mkdir -p $(@D)
	$(if $(Q),@echo '  LINK  tests/$*')
	$(Q)$(LINK) $(FUZZER) -o $@ $^ $(call libraries,$(CHECK_FLAGS)) $(CORE_LIBS) $(MPI_LIBS)

$(PROGRAMS:%=$(BUILD)/%) $(UNIT) $(PROPERTY) $(BENCH) $(FUZZ): $(BUILD)/%: $(OBJ)/bin/% $(BUILD)/.variant
	@mkdir -p $(@D)
	@rm -f $@ && cp $< $@
$(BUILD)/libcs_sweep.a: $(OBJ)/libcs_sweep.a $(BUILD)/.variant
	@rm -f $@ && cp $< $@
shared: $(BUILD)/libcs_sweep.so.$(SOVERSION)
$(BUILD)/libcs_sweep.so.$(SOVERSION): $(OBJ)/libcs_sweep.so.$(SOVERSION) $(BUILD)/.variant
	@rm -f $@ && cp $< $@

# For clang-tidy and for editors.
.PHONY: compile-commands
compile-commands: $(BUILD_H)
	@{ echo '['; first=1; $(foreach c,$(SRC) $(PROGRAM_SRC) $(TEST_SUPPORT_SRC) $(UNIT_SRC) $(PROPERTY_SRC) $(BENCH_SRC) \
	    $(FUZZ_SRC) $(wildcard tests/install/*.c),[ $$first ] || echo ','; first=; \
	    printf '{"directory": "%s", "file": "%s", "command": "%s -c -o x.o %s"}' '$(CURDIR)' '$(c)' \
	    '$(call compile,$(c))' '$(c)';) echo ']'; } >$(BUILD)/compile_commands.json

-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)
endif

# ---- run and test ----------------------------------------------------------------------------------------------------
.PHONY: sweep check check-unit check-programs check-run check-builds slow validate figures figures-check bench
.PHONY: conclusions
.PHONY: fuzz fuzzers asan ubsan coverage
sweep:
	@scripts/install-deps.sh build
	@$(SUB) all
	@scripts/sweep.sh $(BUILD)

check:
	@scripts/install-deps.sh test
	@$(SUB) check-run

check-run: all tests
	@tests/run.sh $(BUILD) $(UNIT) $(PROPERTY) $(PROGRAM_TESTS)

# Parts of it, for work in between: make check-unit ONLY=test_memory
check-unit:
	@$(SUB) tests
	@tests/run.sh $(BUILD) $(if $(ONLY),$(foreach t,$(ONLY),$(filter %$(t),$(UNIT) $(PROPERTY))),$(UNIT) $(PROPERTY))

check-programs:
	@$(SUB) all
	@tests/run.sh $(BUILD) $(if $(ONLY),$(foreach t,$(ONLY),$(filter %$(t).sh %$(t).py,$(PROGRAM_TESTS))),$(PROGRAM_TESTS))

slow:
	@scripts/install-deps.sh all
	@$(SUB) all tests
	@CS_TEST_TIMEOUT=$${CS_TEST_TIMEOUT:-7200} tests/run.sh $(BUILD) $(if $(ONLY),$(foreach \
	    t,$(ONLY),$(filter %$(t).sh %$(t).py,$(SLOW_TESTS))),$(SLOW_TESTS))

# The scripts below are handed the build directory, and arguments by ARGS.
validate:
	@$(SUB) all
	@status=0; CS_BUILD=$(abspath $(BUILD)) $(PYTHON) scripts/validate.py $(ARGS) || status=$$?; echo; \
	CC='$(CC)' $(PYTHON) scripts/fit_kernels.py || status=$$?; exit $$status

# figures-check judges: status 1 where a judged row of the reproduction table is outside its band.
figures figures-check:
	@scripts/install-deps.sh test
	@$(SUB) all
	@CS_BUILD=$(abspath $(BUILD)) scripts/with-mpi.sh $(PYTHON) scripts/figures.py \
	    $(if $(filter %-check,$@),--check) $(ARGS)

conclusions:
	@scripts/install-deps.sh test
	@$(SUB) all
	@CS_BUILD=$(abspath $(BUILD)) scripts/with-mpi.sh $(PYTHON) scripts/conclusions.py $(ARGS)

bench:
	@$(SUB) all benches
	@CS_BUILD=$(abspath $(BUILD)) scripts/with-mpi.sh $(PYTHON) tests/bench/run.py $(ARGS)

# A sanitizer's build is a build directory of its own. LeakSanitizer finds allocations of Open MPI's start-up, so leaks
# are looked for in the tests that do without MPI. Instances are fewer than elsewhere, for each takes longer.
SANITIZED = CFLAGS='-O1 -g -fno-omit-frame-pointer $(1)' LDFLAGS='$(LDFLAGS)'
asan ubsan coverage: export CS_TEST_SLOWDOWN := $(or $(CS_TEST_SLOWDOWN),4)
asan ubsan coverage: export CS_PROPERTY_COUNT := $(or $(CS_PROPERTY_COUNT),2000)
asan: export ASAN_OPTIONS = detect_stack_use_after_return=1:strict_string_checks=1:abort_on_error=0
asan: export UBSAN_OPTIONS = print_stacktrace=1:halt_on_error=1
asan:
	@$(SUB) BUILD=$(BUILD)/asan $(call SANITIZED,-fsanitize=address$(,)undefined -fno-sanitize-recover=all) all tests
	@tests/run.sh $(BUILD)/asan $(UNIT:$(BUILD)/%=$(BUILD)/asan/%) $(PROPERTY:$(BUILD)/%=$(BUILD)/asan/%)
	@ASAN_OPTIONS=$$ASAN_OPTIONS:detect_leaks=0 tests/run.sh $(BUILD)/asan $(PROGRAM_TESTS)

# Clang's sanitizer knows more: integer wrap-around that C allows, and floating-point division by zero.
, := ,
UBSAN := -fsanitize=undefined,float-divide-by-zero,float-cast-overflow,implicit-conversion,unsigned-integer-overflow
ubsan: export UBSAN_OPTIONS = print_stacktrace=1:halt_on_error=1
ubsan:
	@$(SUB) BUILD=$(BUILD)/ubsan CC=$(CLANG) $(call SANITIZED,$(UBSAN) -fno-sanitize-recover=all) all tests
	@tests/run.sh $(BUILD)/ubsan $(UNIT:$(BUILD)/%=$(BUILD)/ubsan/%) $(PROPERTY:$(BUILD)/%=$(BUILD)/ubsan/%) \
	    $(PROGRAM_TESTS)

# Lines that the unit and property tests run, in per cent of each of these rooms.
COVERAGE_MINIMUM ?= 97
COVERED_ROOMS := model search json library config design cases
coverage:
	@rm -rf $(BUILD)/coverage
	@$(SUB) BUILD=$(BUILD)/coverage CC=gcc CFLAGS='-O0 -g --coverage -fprofile-update=atomic' all tests
	@tests/run.sh $(BUILD)/coverage $(UNIT:$(BUILD)/%=$(BUILD)/coverage/%) $(PROPERTY:$(BUILD)/%=$(BUILD)/coverage/%)
	@status=0; for room in $(COVERED_ROOMS); do gcovr --root . --filter "src/$$room/" --gcov-ignore-parse-errors \
	    --json-summary $(BUILD)/coverage/$$room.json --txt - --fail-under-line $(COVERAGE_MINIMUM) \
	    $(BUILD)/coverage/obj || status=1; done; exit $$status

# libFuzzer, so clang. The corpus of tests/fuzz/NAME.c is tests/fuzz/corpus/NAME/; what is found new stays in the build.
FUZZ_SECONDS ?= 60
FUZZ_SANITIZERS := address,undefined
fuzz:
	@$(SUB) BUILD=$(BUILD)/fuzz CC=$(CLANG) FUZZER=-fsanitize=fuzzer \
	    $(call SANITIZED,-fsanitize=fuzzer-no-link$(,)$(FUZZ_SANITIZERS) -fno-sanitize-recover=all) fuzzers
	@tests/fuzz.sh $(BUILD)/fuzz $(FUZZ_SECONDS) $(FUZZ_SRC)
fuzzers: $(FUZZ)

# Every compiler, MPI and HDF5 that is installed: warnings are errors, and each build runs a small sweep.
check-builds:
	@tests/builds.sh $(BUILD)/builds

# ---- style -----------------------------------------------------------------------------------------------------------
.PHONY: lint format format-check
FORMATTED := $(sort $(wildcard include/cs_sweep/*.h src/*.[ch] src/*/*.[ch] tests/*/*.[ch]))
lint:
	@scripts/install-deps.sh test
	@tests/lint/run.sh $(BUILD)
format:
	@tests/lint/clang-format.sh rewrite $(FORMATTED)
format-check:
	@tests/lint/clang-format.sh check $(FORMATTED)

# ---- install ---------------------------------------------------------------------------------------------------------
.PHONY: install uninstall test-install
HEADERS_INSTALLED := $(sort $(wildcard include/cs_sweep/*.h))
MAN_PAGES := $(sort $(wildcard scripts/man/*.[1-9]))
CONFIGS := $(sort $(shell find configs -type f -name '*.json' 2>/dev/null))
COMPLETIONS_BASH := $(sort $(wildcard scripts/completion/*.bash))
COMPLETIONS_ZSH := $(sort $(wildcard scripts/completion/_*))
COMPLETIONS_FISH := $(sort $(wildcard scripts/completion/*.fish))
# The scripts that a user of an installed program runs, and what they read.
SCRIPTS := scripts/merge.py scripts/report.py scripts/export_csv.py
SCRIPTS_DATA := $(sort $(wildcard scripts/report_page/*))
JOBS := $(sort $(filter-out jobs/env.sh,$(wildcard jobs/*)))
man_target = $(mandir)/man$(patsubst .%,%,$(suffix $(1)))/$(notdir $(1))

INSTALLED = $(PROGRAMS:%=$(bindir)/%) \
    $(libdir)/libcs_sweep.a $(libdir)/libcs_sweep.so.$(SOVERSION) $(libdir)/libcs_sweep.so $(pkgconfigdir)/cs_sweep.pc \
    $(HEADERS_INSTALLED:include/%=$(includedir)/%) $(CONFIGS:configs/%=$(datadir)/cs_sweep/%) \
    $(patsubst %,$(datadir)/cs_sweep/%,$(SCRIPTS) $(SCRIPTS_DATA) $(JOBS)) \
    $(foreach page,$(MAN_PAGES),$(call man_target,$(page))) \
    $(COMPLETIONS_BASH:scripts/completion/%.bash=$(bashcompdir)/%) \
    $(COMPLETIONS_ZSH:scripts/completion/%=$(zshcompdir)/%) \
    $(COMPLETIONS_FISH:scripts/completion/%=$(fishcompdir)/%) $(docdir)/LICENSE

define PKG_CONFIG_FILE
prefix=$(prefix)
libdir=$(libdir)
includedir=$(includedir)

Name: cs_sweep
Description: Carbon of training large language models: scaling law, training step, parallelism search
Version: $(VERSION)
Cflags: -I$${includedir}
Libs: -L$${libdir} -lcs_sweep
Libs.private: $(strip $(CORE_LIBS))
endef
export PKG_CONFIG_FILE

put = $(INSTALL) -d '$(DESTDIR)$(dir $(2))' && $(INSTALL) -m $(3) '$(1)' '$(DESTDIR)$(2)'
install: all shared
	@set -e; \
	$(foreach p,$(PROGRAMS),$(call put,$(BUILD)/$(p),$(bindir)/$(p),755);) \
	$(call put,$(BUILD)/libcs_sweep.a,$(libdir)/libcs_sweep.a,644); \
	$(call put,$(BUILD)/libcs_sweep.so.$(SOVERSION),$(libdir)/libcs_sweep.so.$(SOVERSION),755); \
	ln -sf libcs_sweep.so.$(SOVERSION) '$(DESTDIR)$(libdir)/libcs_sweep.so'; \
	$(foreach h,$(HEADERS_INSTALLED),$(call put,$(h),$(h:include/%=$(includedir)/%),644);) \
	$(foreach c,$(CONFIGS),$(call put,$(c),$(c:configs/%=$(datadir)/cs_sweep/%),644);) \
	$(foreach s,$(SCRIPTS),$(call put,$(s),$(datadir)/cs_sweep/$(s),755);) \
	$(foreach s,$(SCRIPTS_DATA) $(JOBS),$(call put,$(s),$(datadir)/cs_sweep/$(s),644);) \
	$(foreach m,$(MAN_PAGES),$(call put,$(m),$(call man_target,$(m)),644);) \
	$(foreach c,$(COMPLETIONS_BASH),$(call put,$(c),$(c:scripts/completion/%.bash=$(bashcompdir)/%),644);) \
	$(foreach c,$(COMPLETIONS_ZSH),$(call put,$(c),$(c:scripts/completion/%=$(zshcompdir)/%),644);) \
	$(foreach c,$(COMPLETIONS_FISH),$(call put,$(c),$(c:scripts/completion/%=$(fishcompdir)/%),644);) \
	$(call put,LICENSE,$(docdir)/LICENSE,644); \
	$(INSTALL) -d '$(DESTDIR)$(pkgconfigdir)'; \
	printf '%s\n' "$$PKG_CONFIG_FILE" >'$(DESTDIR)$(pkgconfigdir)/cs_sweep.pc'; \
	chmod 644 '$(DESTDIR)$(pkgconfigdir)/cs_sweep.pc'; \
	echo 'Installed into $(DESTDIR)$(prefix).'

uninstall:
	@rm -f $(INSTALLED:%='$(DESTDIR)%')
	@rm -rf '$(DESTDIR)$(datadir)/cs_sweep/scripts/__pycache__'
	@find '$(DESTDIR)$(datadir)/cs_sweep' '$(DESTDIR)$(includedir)/cs_sweep' '$(DESTDIR)$(docdir)' \
	    -depth -type d -empty -delete 2>/dev/null || true
	@echo 'Removed from $(DESTDIR)$(prefix).'

test-install:
	@tests/install.sh $(BUILD)

# ---- the rest --------------------------------------------------------------------------------------------------------
.PHONY: dist clean help list
# The same commit gives the same archive; .commit says there which one it was.
DIST := cs_sweep-$(VERSION)
dist:
	@mkdir -p $(BUILD)/dist
	@git rev-parse --short=12 HEAD >$(BUILD)/dist/.commit
	@touch -d "$$(git log -1 --format=%cI)" $(BUILD)/dist/.commit
	@git archive --format=tar --prefix=$(DIST)/ --add-file=$(BUILD)/dist/.commit HEAD >$(BUILD)/dist/$(DIST).tar
	@gzip -9nf $(BUILD)/dist/$(DIST).tar
	@echo '$(BUILD)/dist/$(DIST).tar.gz'

clean:
	rm -rf $(BUILD)

list:
	@sed -n 's/^\.PHONY: //p' Makefile | tr ' ' '\n' | grep -v FORCE | sort -u

help:
	@echo 'make             programs and library in $(BUILD)/'
	@echo 'make sweep       install what is missing, build, run configs/full.json on all cores, print the summary'
	@echo 'make check       install what is missing, build, run every test (ONLY=name with check-unit, check-programs)'
	@echo 'make validate    predicted against measured runs and kernels, judged by their targets'
	@echo 'make figures     the figures of the paper and their reproduction table, in $(BUILD)/figures/'
	@echo 'make figures-check   the same, with status 1 where a judged row of the table is not reproduced'
	@echo 'make conclusions what the accounting of carbon does to what the paper concludes'
	@echo 'make bench       speeds and scaling, in $(BUILD)/bench.json'
	@echo 'make slow        the tests that take long: SLURM, faults, browser, R, Octave, mutants'
	@echo 'make lint        style, static analysis, the rules of the tree;  make format rewrites'
	@echo 'make asan, ubsan, coverage, fuzz [FUZZ_SECONDS=60], check-builds (compilers, MPICH, parallel HDF5)'
	@echo 'make install     PREFIX=/usr/local DESTDIR=;  make uninstall, test-install, dist, clean'
	@echo 'Variables: BUILD CC CFLAGS CPPFLAGS LDFLAGS LDLIBS MPICC MPIRUN HDF5_DIR HDF5_PC PYTHON WERROR=1 V=1'
