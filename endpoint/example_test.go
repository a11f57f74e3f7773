package endpoint_test

import (
	"fmt"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Identify a request, for example in a proxy or a log.
func ExampleMatch() {
	ep, _ := endpoint.Match("POST", "/message/private/publish.json")
	fmt.Println(ep, ep.Class, ep.Quota.Limit, ep.Quota.Counts, "in", ep.Quota.Per)
	for _, param := range ep.Params {
		if param.Required {
			fmt.Println(param.Name)
		}
	}

	// Output:
	// POST /message/private/publish.json unsafe 6000 targets in 1m0s
	// fromUserId
	// toUserId
	// objectName
	// content
}
