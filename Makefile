# Common tasks of contributors. Without a target it lists them.
.DEFAULT_GOAL := help
.PHONY: help test fast generate golden api api-check licenses gate nightly release

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

fast: ## while you work, in seconds: vet, and the tests that changes most often break
	go vet .
	go test -skip '^TestBulk|^TestFault|Idle|GoAways' . ./endpoint ./internal/names ./internal/links ./internal/rooms
	go -C internal/gen run . -root ../.. -check

test: ## all tests of the root module: go test ./..., in a minute or two
	go test ./...

generate: ## after changing api/ or a method: gofmt, and all generated files
	gofmt -w .
	go generate ./...

golden: ## after changing what is sent: rewrite testdata/wire.jsonl; review its diff like code
	go test . -run 'TestGoldenWire$$' -update

api-check: ## is each change of the public API named in CHANGELOG.md?
	go -C internal/release run . api

api: ## store the public API; only before the first release
	go -C internal/release run . api -write

licenses: ## after changing dependencies: rewrite docs/licenses.md
	go -C internal/release run . licenses -write

gate: ## everything that must hold before a change lands, in about 20 minutes; installs what is missing
	bash .ci/run

nightly: ## the slow tests, figures, benchmarks and fuzzing, in an hour
	bash .ci/nightly

release: ## commit and tag a release without pushing it; see docs/releasing.md
	go -C internal/release run . prepare
