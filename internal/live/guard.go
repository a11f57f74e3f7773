package live

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// idParams are the parameters that name somebody or something, in lower case. Those in namesNobody
// end in "id" but name messages, tags and the like.
var idParams = map[string]bool{
	"owner": true, "newowner": true, "id": true, "members": true, "userids": true, "groupids": true,
	"togroupids": true, "targetids": true,
	"followuserids": true, "whiteuserids": true, "usergroupids": true,
}

var namesNobody = map[string]bool{"tagid": true, "messageuid": true, "msguid": true, "busid": true}

// guard refuses a request that could affect the app's own data.
func (c *client) guard(ep *endpoint.Endpoint, pairs []pair) error {
	for _, out := range leftOut {
		if out.Point == "" && strings.HasPrefix(ep.Path, out.Entry) {
			return fmt.Errorf("the live check does not call %s: %s", ep.Path, out.Reason)
		}
	}
	named := 0 // the actor does not count: a broadcast names its sender too
	if ep.Class == endpoint.Safe && len(pairs) > 0 && namesNobody[strings.ToLower(pairs[0].name)] {
		named++ // the run's own message, whose ID the server generated
	}
	for _, p := range pairs {
		own, err := c.ownedBy(ep, p)
		if err != nil {
			return err
		}
		if !strings.EqualFold(p.name, "fromUserId") {
			named += own
		}
	}
	if named == 0 {
		return fmt.Errorf("the live check does not call %s without an ID of its own", ep.Path)
	}
	return nil
}

// ownedBy counts the IDs in a field, and refuses those that do not belong to the run.
func (c *client) ownedBy(ep *endpoint.Endpoint, p pair) (int, error) {
	name := strings.ToLower(p.name)
	if base, id, keyed := strings.Cut(name, "["); keyed { // group[ID]=name
		name, p.value = base+"id", strings.TrimSuffix(id, "]")
	}
	if param := ep.Param(p.name); param != nil && param.Type == endpoint.JSONString && p.name != "content" {
		return c.ownedInside(ep, p.value)
	}
	if !idParams[name] && (!strings.HasSuffix(name, "id") || namesNobody[name]) {
		return 0, nil
	}
	n := 0
	for id := range strings.SplitSeq(p.value, ",") {
		if !c.names.owns(id) {
			return 0, fmt.Errorf("the live check does not call %s: %s names somebody else", ep.Path, p.name)
		}
		n++
	}
	return n, nil
}

// ownedInside is ownedBy for the fields of a JSON text.
func (c *client) ownedInside(ep *endpoint.Endpoint, text string) (int, error) {
	if !json.Valid([]byte(text)) {
		return 0, nil // deliberately invalid JSON names nobody
	}
	var document any
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		return 0, err
	}
	n := 0
	for _, inner := range fieldsOf("", document, nil) {
		own, err := c.ownedBy(ep, inner)
		if err != nil {
			return 0, err
		}
		n += own
	}
	return n, nil
}
