module github.com/rongcloud-go/rongcloud/internal/gen

go 1.25.0

require go.yaml.in/yaml/v3 v3.0.6

require github.com/stretchr/testify v1.12.1

require github.com/rongcloud-go/rongcloud v0.1.0

replace github.com/rongcloud-go/rongcloud => ../..
