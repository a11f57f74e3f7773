# What contributors do often. Without a target it lists them.
.DEFAULT_GOAL := help
.PHONY: help test fast generate golden api api-check licenses gate nightly release

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

fast: ## while you work, in seconds: vet, and what most changes break
	go vet .
	go test -skip '^TestBulk|^TestFault|Idle|GoAways' . ./endpoint ./internal/names ./internal/links ./internal/rooms
	go -C internal/gen run . -root ../.. -check

test: ## all tests of the root module: go test ./..., in a minute or two
	go test ./...

generate: ## after a change of api/ or of a method: gofmt, and what is made from api/
	gofmt -w .
	go generate ./...

golden: ## after a change of what is sent: rewrite testdata/wire.jsonl; read its diff as code
	go test . -run 'TestGoldenWire$$' -update

api-check: ## is each change of the public API named in CHANGELOG.md?
	go -C internal/release run . api

api: ## store the public API, before the first release only
	go -C internal/release run . api -write

licenses: ## after a change of dependencies: rewrite docs/licenses.md
	go -C internal/release run . licenses -write

gate: ## all that must hold before a change lands, in some 20 minutes; installs what is missing
	bash .ci/run

nightly: ## the long tests, figures, benchmarks and fuzzing, in an hour
	bash .ci/nightly

release: ## commit and tag a release, and push nothing; see docs/releasing.md
	go -C internal/release run . prepare
