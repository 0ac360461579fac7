# ngx_zos: see README.md
#
#   make            the module: build/ngx_zos_module.so
#   make run        a gateway on 127.0.0.1:8080 before a development cluster
#   make test       the whole suite
#   make soak       the long runs
#   make fuzz       each fuzz target for FUZZ_SECONDS, 600
#   make bench      CPU per request, beside proxy_pass and Lua
#   make install    the module into nginx's directory
#
#   make NGINX_SRC=/path/to/nginx    against that source, --with-compat

B ?= build
BUILD := $(abspath $(B))
DESTDIR ?=
MODULES_PATH ?= /usr/lib/nginx/modules

SOURCES := config ngx_zos_module.c $(wildcard include/*.h src/*.c \
	src/ops/*.c src/flows/*.c)
MODULE := $(BUILD)/ngx_zos_module.so
FOR := $(BUILD)/built-for

# what is installed is what was built
ifeq ($(MAKECMDGOALS),install)
NGINX_SRC ?= $(shell cat "$(FOR)" 2>/dev/null)
endif

.PHONY: FORCE all run test soak fuzz bench core0d unit asan install clean

all: $(MODULE)

# changes when the source does
$(FOR): FORCE
	@mkdir -p "$(BUILD)"
	@echo "$(NGINX_SRC)" | cmp -s - $@ || echo "$(NGINX_SRC)" > $@

$(MODULE): $(SOURCES) t/tools/build-module $(FOR)
	t/tools/build-module "$(BUILD)" "$(NGINX_SRC)"

core0d:
	$(MAKE) -C t/core0d B="$(BUILD)"

unit:
	$(MAKE) -C t/unit B="$(BUILD)" check

run:
	t/tools/install build run
	$(MAKE) all core0d
	t/tools/cluster

test:
	t/tools/install build run test
	$(MAKE) all core0d
	t/tools/test

soak:
	t/tools/install build run test bench
	$(MAKE) all core0d
	t/tools/soak

fuzz:
	t/tools/install build run test
	t/tools/nginx-source > /dev/null
	$(MAKE) -C t/fuzz B="$(BUILD)"
	t/fuzz/run fuzz

bench:
	t/tools/install build run bench
	$(MAKE) all core0d
	$(MAKE) -C t/bench B="$(BUILD)"
	t/bench/run all
	t/bench/ays list
	t/bench/ays writes

asan:
	t/tools/build-asan

install: $(MODULE)
	install -D -m 644 $(MODULE) \
		$(DESTDIR)$(MODULES_PATH)/ngx_zos_module.so

clean:
	rm -rf "$(BUILD)"
