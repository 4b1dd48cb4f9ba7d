# The three commands of the README, and what they are made of. Each does its own set-up, once.
.PHONY: run test bench lint fmt docs rings web
.DEFAULT_GOAL := run

run:            ## start Harmony: with the switches of the settings, or with an emulated one when none is named
	@scripts/setup
	@scripts/run $(ARGS)

test:           ## style, types, and every ring of tests; installs what is missing
	@scripts/setup test
	@scripts/setup-test
	@scripts/lint
	@scripts/rings $(ARGS)

bench:          ## measure, and print one table: make bench, or make bench ARGS=decode
	@scripts/setup test
	@scripts/setup-bench
	@.venv/bin/python -m bench $(ARGS)

web:            ## serve the web client with reload while one works on it; Harmony itself runs beside (make run)
	@scripts/setup
	@scripts/web dev

lint:           ## ruff, mypy, import-linter
	@scripts/setup test
	@scripts/lint

fmt:            ## let ruff put the code in order
	@scripts/setup test
	@.venv/bin/ruff check --fix . && .venv/bin/ruff format .

docs:           ## write the generated parts of docs again: reference pages, drawings of recorded calls
	@scripts/setup test
	@.venv/bin/python scripts/reference.py
	@.venv/bin/python scripts/ladders.py
	@.venv/bin/python scripts/words.py
	@.venv/bin/python scripts/event_examples.py
