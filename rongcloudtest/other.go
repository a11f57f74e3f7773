package rongcloudtest

import (
	"cmp"
	"encoding/json"
	"net/url"
	"strconv"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// proxyChat is a bot that answers another user on a user's behalf.
type proxyChat struct {
	UserID    string          `json:"userId"`
	TargetID  string          `json:"targetId"`
	BotUserID string          `json:"botUserId"`
	Metadata  json.RawMessage `json:"metadata,omitempty"`
	CreatedAt int64           `json:"createdAt"`
	UpdatedAt int64           `json:"updatedAt"`
}

var otherHandlers = map[*endpoint.Endpoint]handler{
	endpoint.V3UserProxychatStart: proxyStart,
	endpoint.V3UserProxychatQuery: proxyQuery,
	endpoint.V3Translate:          translate,
	endpoint.JwtGetToken:          jwtToken,
	endpoint.EmbedAccessToken:     embedToken,
}

// proxyStart overwrites earlier settings; RongCloud does not document what a repeat does.
func proxyStart(c *call) answer {
	b := c.bots.bots.of[c.params.Get("botUserId")]
	if b == nil || b.integration(string(rongcloud.BotIntegrationAgentChat)) < 0 {
		return refuseError(invalid("%s is not a bot with the integration %s", c.params.Get("botUserId"), rongcloud.BotIntegrationAgentChat))
	}
	for _, target := range c.params.List("targetIds") {
		p := &proxyChat{UserID: c.params.Get("userId"), TargetID: target, BotUserID: b.UserID, CreatedAt: c.at.UnixMilli(), UpdatedAt: c.at.UnixMilli()}
		if c.params.Has("metadata") {
			p.Metadata = json.RawMessage(c.params.Get("metadata"))
		}
		key := p.UserID + "\x00" + target
		if old := c.bots.proxies.of[key]; old != nil {
			p.CreatedAt = old.CreatedAt
		}
		c.bots.proxies.set(key, p)
	}
	return ok()
}

func proxyQuery(c *call) answer {
	user := c.params.Get("userId")
	page, total, more := c.bots.proxies.page(c, c.params.countOr("size", 50), func(p *proxyChat) bool { return user == "" || p.UserID == user })
	return ok(field{"total", total}, field{"hasNext", more}, field{"proxyChats", page})
}

// translate only marks the text with the language.
func translate(c *call) answer {
	return ok(field{"translated", "[" + cmp.Or(c.params.Get("targetLanguage"), "zh") + "] " + c.params.Get("text")})
}

// jwtToken generates a token; whether the user must be registered is not documented.
func jwtToken(c *call) answer {
	return ok(field{"token", "jwt." + url.QueryEscape(c.params.Get("userId")) + "." + strconv.FormatInt(c.at.UnixMilli(), 36)})
}

// embedToken takes any Access Key: how RongCloud refuses a wrong one is not documented.
func embedToken(c *call) answer {
	c.consoleTokens++
	query := url.Values{"page": {c.params.Get("page_code")}, "token": {"test-console-token-" + strconv.Itoa(c.consoleTokens)}}
	return ok(field{"data", c.address + "/embed/page?" + query.Encode()})
}
