# Everything that a test needs from Debian is installed where it is missing; that needs root.
APT_GET = apt-get -qq -o Dpkg::Use-Pty=0
# A snapshot that differs fails its test; nothing is written.
export INSTA_UPDATE = no

.PHONY: test tools browser examples-test image-test bench docs-media

# Every test: unit, integration, documentation, the widget in a real Chromium, and the examples.
test: tools browser
	cargo test --locked --features browser-tests
	@$(MAKE) --no-print-directory examples-test BUILD=
	cargo test --locked --no-default-features --lib

# The examples of every language that is on the machine. `make test` has built the binary already; the one in Rust builds
# the library as those do who depend on it.
BUILD = cargo build --locked
examples-test:
	$(BUILD)
	examples/run

# What the tests call: README commands are run, signatures are computed by another implementation, clients of other
# languages send and connect in ways of their own, other programs look at pictures and videos, and one makes calls up.
tools:
	@command -v curl node openssl python3 tesseract ffprobe | wc -l | grep -qx 6 || \
		{ $(APT_GET) update && $(APT_GET) install -y --no-install-recommends curl nodejs openssl python3 python3-pip \
			tesseract-ocr tesseract-ocr-eng ffmpeg; }
	@python3 -c 'import PIL, prometheus_client, schemathesis, zxingcpp' 2>/dev/null || \
		python3 -m pip install -q --root-user-action=ignore -r tests/requirements.txt 2>/dev/null || \
		python3 -m pip install -q --break-system-packages -r tests/requirements.txt

# Chromium and its driver, and axe-core, which looks for what shuts people out.
browser: tests/browser/node_modules/axe-core/axe.min.js
	@command -v chromium chromedriver certutil | wc -l | grep -qx 3 || \
		{ $(APT_GET) update && $(APT_GET) install -y --no-install-recommends chromium chromium-driver fonts-dejavu-core libnss3-tools; }

tests/browser/node_modules/axe-core/axe.min.js: tests/browser/package-lock.json
	@command -v npm >/dev/null || { $(APT_GET) update && $(APT_GET) install -y --no-install-recommends npm; }
	npm ci --prefix tests/browser --no-audit --no-fund
	@touch $@

# Builds the Docker image without Docker and runs it.
image-test:
	tests/image/run

# The small pictures of docs/media.md.
docs-media: tools
	cargo build --locked
	python3 docs/media/make.py target/debug/identomat-mock

# Speed of begin/ and result/ beside a minimal server.
bench:
	@command -v wrk >/dev/null && command -v taskset >/dev/null || \
		{ $(APT_GET) update && $(APT_GET) install -y --no-install-recommends wrk util-linux; }
	cargo bench --locked --bench yardstick
