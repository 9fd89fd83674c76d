# The jobs of this project. `make demo` and `make test` work on a bare Debian 12 or 13.
PYTHON := .venv/bin/python
CHAOS_CASES := build/chaos/cases
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help setup setup-dev setup-test setup-windows demo extension deb deb-test other-debian frozen windows windows-test windows32-test test test-all chaos soak check format bench screenshots docs translations clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## build .venv for running the agent and the demo
	@installer/bootstrap run

setup-dev:
	@installer/bootstrap dev

setup-test: ## build .venv and install all that the tests drive
	@installer/bootstrap test

demo: setup ## the main job from an expired certificate to a renewed one, on this machine alone
	@$(PYTHON) -m sandbox demo

extension: setup ## the browser extension for both families as zips, and the page library, in dist/
	@$(PYTHON) browser_ext/build.py all dist

deb: setup-test ## the Debian package, in dist/
	@installer/deb dist

deb-test: setup-test deb ## the package on a clean Debian: install, use, upgrade, remove, purge (as root)
	@$(PYTHON) -m pytest tests/installed -m deb

setup-windows:
	@installer/bootstrap windows

windows: setup-windows ## programs and MSI packages for Windows, in dist/; PYTHON_EMBED= an unpacked embeddable Python, PYTHON_EMBED32= one of 32 bits
	@$(PYTHON) installer/windows/assemble.py $(if $(PYTHON_EMBED32),--x86 "$(PYTHON_EMBED32)") "$(PYTHON_EMBED)" dist/windows/odc-agent
	@$(PYTHON) installer/windows/msi.py dist/windows/odc-agent dist $(if $(SIGN),--sign $(SIGN))

windows-test: setup-windows ## the program on a Windows that Wine shows: tests, demo, packages
	@if $(PYTHON) tests/wine/parts.py; then tests/run tests/wine -m wine $(WINDOWS_TESTS) --durations 10 -o timeout=600; fi

windows32-test: setup-windows ## vendors' libraries of 32 bits, in a Debian of its own whose Wine has both widths (as root)
	@$(PYTHON) -m pytest tests/wine -m wine32 -n 0

frozen: setup-test ## the programs PyInstaller makes for macOS, here for Linux: build in dist/, try
	@$(PYTHON) -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/frozen.txt
	@pyinstaller --noconfirm --log-level ERROR --workpath build/frozen installer/frozen/odc-agent.spec
	@$(PYTHON) installer/frozen/smoke.py dist/odc-agent

other-debian: setup-test ## the checkout on Debian 13 where this is 12, and the other way round (as root)
	@$(PYTHON) tests/installed/other_debian.py

test: setup-test ## run the tests, those that take long by turns; the few that fail once more, alone
	@tests/run

test-all: setup-test ## run every test
	@tests/run --turns 1

chaos: setup-test ## let every trouble happen at every point of a renewal
	@$(PYTHON) tests/chaos/chaos_cases.py $(CHAOS_CASES)
	@ODC_CHAOS_CASES=$(CHAOS_CASES) $(PYTHON) -m pytest tests/chaos tests/renewals/steps/test_skf_renewal_kills.py -m chaos -n auto --dist loadgroup

soak: setup-test ## have one agent do the work of years; what it takes of the machine must not grow
	@ODC_SOAK_SHARE=1 $(PYTHON) -m pytest tests/soak -m soak -n 0

check: setup-dev ## lint, types for three systems, direction of imports, translations
	ruff check .
	ruff format --check .
	mypy
	mypy --platform win32
	mypy --platform darwin
	lint-imports
	$(PYTHON) installer/translations.py check

format: setup-dev ## format and mend what can be mended by itself
	ruff check --fix .
	ruff format .

bench: ## measure, side by side with peers
	@installer/bootstrap bench
	$(PYTHON) -m bench

screenshots: setup-test ## take docs/screenshots of all windows anew; look at them
	$(PYTHON) tests/windows/screenshots.py

docs: build/docs-venv/.installed ## the documentation as a site, in build/docs; broken links are errors
	@NO_MKDOCS_2_WARNING=1 build/docs-venv/bin/mkdocs build --quiet

build/docs-venv/.installed: requirements/docs.txt
	@installer/bootstrap run
	@$(PYTHON) -m venv --clear build/docs-venv
	@build/docs-venv/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r $<
	@touch $@

translations: setup-dev ## bring the catalogue up to date with the sentences in the code
	$(PYTHON) installer/translations.py update

clean: ## remove what the other targets made here
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
