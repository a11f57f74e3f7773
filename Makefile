# What contributors do often. Without a target it lists them.
.DEFAULT_GOAL := help
.PHONY: help test fast generate golden api api-check licenses gate nightly release

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

fast: ## in seconds: vet, and what most changes break
	go vet .
	go test -skip '^TestBulk|^TestFault|Idle|GoAways' . ./endpoint ./internal/names ./internal/links ./internal/rooms
	go -C internal/gen run . -root ../.. -check

test: ## the tests of the SDK
	go test ./...

generate: ## rewrite what is made from api/
	gofmt -w .
	go generate ./...

golden: ## rewrite testdata/wire.jsonl; read its diff as code
	go test . -run 'TestGoldenWire$$' -update

api-check: ## is each change of the public API in the changelog?
	go -C internal/release run . api

api: ## store the public API, before the first release only
	go -C internal/release run . api -write

licenses: ## rewrite docs/licenses.md
	go -C internal/release run . licenses -write

gate: ## all that must hold before a change lands
	bash .ci/run

nightly: ## the long tests, figures, benchmarks and fuzzing
	bash .ci/nightly

release: ## commit and tag a release; see docs/releasing.md
	go -C internal/release run . prepare
