package rongcloudtest

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// RongCloud is assumed to accept what its own SDKs send by default, even where the documentation
// rules it out. Strict mode follows the documentation.

// leftOut are required parameters that official SDKs leave out, or send as 0, with the values they
// then have.
var leftOut = map[*endpoint.Endpoint]map[string]string{
	endpoint.V3AgentQuery:      {"type": "chat"},
	endpoint.ChatroomUserQuery: {"count": "500", "order": "1"},
}

// settle returns the parameters as a lenient server executes them. The parsed parameters
// themselves do not change.
func (p *parsed) settle(ep *endpoint.Endpoint) Params {
	changed := map[string]string{}
	for i := range ep.Params {
		param := &ep.Params[i]
		name, value := param.Name, p.Get(param.Name)
		settled := value
		switch otherwise := leftOut[ep][name]; {
		case otherwise != "" && (value == "" || value == "0"):
			settled = otherwise
		case isSwitch(param):
			settled = p.settleSwitch(param)
		case param.Type == endpoint.Int && value != "":
			settled = settleNumber(ep, param, value)
		}
		if settled != value {
			changed[name] = settled
		}
	}
	if len(changed) == 0 {
		return p.Params
	}
	all := maps.Clone(p.values)
	for name, value := range changed {
		if all[name] = []string{value}; value == "" {
			delete(all, name)
		}
	}
	return Params{values: all, keyed: p.keyed}
}

// isSwitch reports whether a parameter is a switch: a bool, or 1 and 0.
func isSwitch(param *endpoint.Param) bool {
	return param.Type == endpoint.Bool || param.Type == endpoint.Int && slices.Equal(param.Values, []string{"0", "1"})
}

// settleSwitch returns a switch in the form that the endpoint documents. PHP sends 1 for true, and
// nothing for false; nothing is also the default where a number is optional.
func (p *parsed) settleSwitch(param *endpoint.Param) string {
	off, on := "false", "true"
	if param.Type == endpoint.Int {
		off, on = "0", "1"
	}
	switch value := strings.ToLower(p.Get(param.Name)); {
	case value == "1" || value == "true":
		return on
	case value == "0" || value == "false":
		return off
	case value == "" && slices.Contains(p.blank, param.Name) && (param.Required || param.Type == endpoint.Bool):
		return off
	}
	return p.Get(param.Name)
}

// settleNumber treats a 0 that is not allowed as missing, since SDKs that send all fields send it
// as their zero value, and reduces a page size that is too large to the maximum.
func settleNumber(ep *endpoint.Endpoint, param *endpoint.Param, value string) string {
	n, err := strconv.ParseInt(value, 10, 64)
	switch {
	case err != nil:
	case n == 0 && !param.Required && checkValue(param, "0") != nil:
		return ""
	case slices.Contains(ep.Paging.Params, param.Name) && param.Max != nil && n > *param.Max:
		return strconv.FormatInt(*param.Max, 10)
	}
	return value
}
