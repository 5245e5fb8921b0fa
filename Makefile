# Installs the Debian packages that the tests need and that are missing; this needs root.
APT_GET = apt-get -qq -o Dpkg::Use-Pty=0
# Checks that all of these commands exist. In some shells `command -v` checks only the first.
installed = (for name in $(1); do command -v $$name >/dev/null || exit 1; done)
# A snapshot that differs fails its test; nothing is written.
export INSTA_UPDATE = no

.PHONY: test test-all fetched built test-browser test-integration test-units test-docs-and-examples examples-test tools \
	browser image-test bench times docs-media

# Every test: unit, integration, documentation, the widget in a real Chromium, and the examples. They are built while
# their tools are fetched, and run in parallel.
test:
	@$(MAKE) --no-print-directory -j2 fetched built
	@started=$$(date +%s); \
	$(MAKE) --no-print-directory -j4 --output-sync=target test-browser test-integration test-units test-docs-and-examples && \
	echo "the tests ran for $$(($$(date +%s) - started)) s"

# The long form of the tests of which `make test` runs a part, the tests without features, clients that are generated
# from the OpenAPI document, and the Node example with each maintained version of Node.
test-all: export TEST_ALL = 1
test-all:
	@$(MAKE) --no-print-directory test
	cargo test --locked --no-default-features --lib
	examples/run Rust
	IDENTOMAT_MOCK=$(CURDIR)/target/debug/identomat-mock tests/generators/run
	for version in 20 22 24; do \
		IDENTOMAT_MOCK=$(CURDIR)/target/debug/identomat-mock npm exec --yes --package node@$$version -- npm test --prefix examples/node \
			|| exit 1; \
	done

fetched:
	@$(MAKE) --no-print-directory -j1 tools browser

# All features and the Rust example, so that one build serves all tests.
CARGO_TEST = env -u MAKEFLAGS cargo test --locked --workspace --features identomat-mock/browser-tests
built:
	$(CARGO_TEST) --no-run

test-browser:
	$(CARGO_TEST) --test browser

test-integration:
	$(CARGO_TEST) --test it

test-units:
	$(CARGO_TEST) --lib --bins

test-docs-and-examples:
	$(CARGO_TEST) --doc
	IDENTOMAT_MOCK=$(CURDIR)/target/debug/identomat-mock $(CARGO_TEST) --test binary --test recipes
	examples/run curl Node Python Java

# The examples of every language that is installed; the Rust example only with the features that it names.
examples-test:
	cargo build --locked
	examples/run

# The tools of the tests: they run the README's commands, compute signatures in another implementation, send requests as
# clients of other languages do, check pictures and videos, and generate calls.
tools:
	@$(call installed,curl node openssl python3 tesseract ffprobe) || \
		{ $(APT_GET) update && $(APT_GET) install -y --no-install-recommends curl nodejs openssl python3 python3-pip \
			tesseract-ocr tesseract-ocr-eng ffmpeg; }
	@python3 -c 'import PIL, prometheus_client, schemathesis, zxingcpp' 2>/dev/null || \
		python3 -m pip install -q --root-user-action=ignore -r tests/requirements.txt 2>/dev/null || \
		python3 -m pip install -q --break-system-packages -r tests/requirements.txt

# Chromium, its shell and their driver; axe-core, which checks accessibility; and puppeteer-core, which clicks as users'
# scripts do.
browser: tests/browser/node_modules/axe-core/axe.min.js
	@$(call installed,chromium chromium-headless-shell chromedriver certutil) || \
		{ $(APT_GET) update && $(APT_GET) install -y --no-install-recommends chromium chromium-driver chromium-headless-shell \
			fonts-dejavu-core libnss3-tools; }

tests/browser/node_modules/axe-core/axe.min.js: tests/browser/package-lock.json
	@$(call installed,npm) || { $(APT_GET) update && $(APT_GET) install -y --no-install-recommends npm; }
	npm ci --prefix tests/browser --no-audit --no-fund
	@touch $@

# Builds the Docker image without Docker and runs it.
image-test:
	tests/image/run

# The cost of a build and of the tests, from a fresh clone.
times:
	tests/times/run

# The pictures of docs/media.md, and the widget of the README.
docs-media: tools browser
	cargo build --locked
	python3 docs/media/make.py target/debug/identomat-mock
	cargo test --locked --features browser-tests --test browser -- looks::
	python3 docs/media/widget.py target/screenshots

# Speed of begin/ and result/ beside a minimal server.
bench:
	@$(call installed,wrk taskset) || \
		{ $(APT_GET) update && $(APT_GET) install -y --no-install-recommends wrk util-linux; }
	cargo bench --locked --profile dist --bench yardstick
