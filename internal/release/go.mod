module github.com/rongcloud-go/rongcloud/internal/release

go 1.25.0

require (
	github.com/google/licensecheck v0.3.1
	golang.org/x/mod v0.40.0
)

require (
	github.com/stretchr/testify v1.12.1
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)

require github.com/rongcloud-go/rongcloud v0.1.0

replace github.com/rongcloud-go/rongcloud => ../..
