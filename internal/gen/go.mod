module github.com/rongcloud-go/rongcloud/internal/gen

go 1.25.0

require go.yaml.in/yaml/v3 v3.0.6

require github.com/stretchr/testify v1.12.1
