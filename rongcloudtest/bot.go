package rongcloudtest

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// bots is the state of bots and agents, and of what belongs to them.
type bots struct {
	bots    orderedMap[*bot]
	agents  orderedMap[map[string]json.RawMessage] // an agent is kept as the fields received
	turns   map[string]int                         // answers so far, by conversation
	runs    int
	proxies orderedMap[*proxyChat]
}

func newBots() bots { return bots{turns: map[string]int{}} }

// RongCloud's limits for an app.
const (
	maxBots   = 10
	maxAgents = 100
)

// orderedMap is a map that remembers the order in which its keys were added.
type orderedMap[T any] struct {
	keys []string
	of   map[string]T
}

func (k *orderedMap[T]) set(key string, item T) {
	if _, there := k.of[key]; !there {
		k.keys = append(k.keys, key)
	}
	if k.of == nil {
		k.of = map[string]T{}
	}
	k.of[key] = item
}

func (k *orderedMap[T]) remove(key string) {
	delete(k.of, key)
	k.keys = slices.DeleteFunc(k.keys, func(one string) bool { return one == key })
}

// page returns one page of the items for which want is true, and the total number of such items.
func (k *orderedMap[T]) page(c *call, size int, want func(T) bool) (page []T, total int, more bool) {
	var all []T
	for _, key := range k.keys {
		if item := k.of[key]; want(item) {
			all = append(all, item)
		}
	}
	number := c.params.countOr("page", 1)
	return append([]T{}, pageOf(all, number, size)...), len(all), number*size < len(all)
}

type bot struct {
	UserID       string            `json:"userId"`
	Name         string            `json:"name"`
	Type         string            `json:"type"`
	ProfileURL   string            `json:"profileUrl"`
	Metadata     json.RawMessage   `json:"metadata,omitempty"`
	Integrations []json.RawMessage `json:"integrations,omitempty"`
	CreatedAt    int64             `json:"createdAt"`
	UpdatedAt    int64             `json:"updatedAt"`
}

var botHandlers = map[*endpoint.Endpoint]handler{
	endpoint.V3BotCreate:            botCreate,
	endpoint.V3BotUpdate:            botUpdate,
	endpoint.V3BotDelete:            func(c *call) answer { c.bots.bots.remove(c.params.Get("userId")); return ok() },
	endpoint.V3BotGet:               botGet,
	endpoint.V3BotQuery:             botQuery,
	endpoint.V3BotIntegrationCreate: integrationSet,
	endpoint.V3BotIntegrationUpdate: integrationSet,
	endpoint.V3BotIntegrationDelete: integrationDelete,
	endpoint.V3AgentCreate:          agentCreate,
	endpoint.V3AgentUpdate:          agentUpdate,
	endpoint.V3AgentDelete:          func(c *call) answer { c.bots.agents.remove(c.params.Get("agentId")); return ok() },
	endpoint.V3AgentGet:             agentGet,
	endpoint.V3AgentQuery:           agentQuery,
	endpoint.V3ChatGenerate:         chatGenerate,
}

// botCreate replaces a bot that exists. How RongCloud refuses an eleventh bot is not documented.
func botCreate(c *call) answer {
	id := c.params.Get("userId")
	if _, there := c.bots.bots.of[id]; !there && len(c.bots.bots.keys) == maxBots {
		return refuseError(invalid("there are %d bots already", maxBots))
	}
	b := &bot{UserID: id, CreatedAt: c.at.UnixMilli()}
	if err := b.change(c); err != nil {
		return refuseError(err)
	}
	c.bots.bots.set(id, b)
	return ok()
}

// botUpdate keeps what the request does not name. Integrations replace all previous ones.
func botUpdate(c *call) answer {
	b := c.bots.bots.of[c.params.Get("userId")]
	if b == nil {
		return refuseError(invalid("there is no bot %s", c.params.Get("userId")))
	}
	if err := b.change(c); err != nil {
		return refuseError(err)
	}
	return ok()
}

func (b *bot) change(c *call) error {
	var integrations []json.RawMessage
	for _, text := range c.params.List("integrations") {
		switch kind, address := integrationOf(text); {
		case kind == "" || address == "":
			return invalid("integrations: type and callbackUrl are required")
		case !slices.Contains(endpoint.V3BotIntegrationCreate.Param("type").Values, kind):
			return invalid("integrations: there is no type %q", kind)
		}
		integrations = append(integrations, json.RawMessage(text))
	}
	for name, field := range map[string]*string{"name": &b.Name, "type": &b.Type, "profileUrl": &b.ProfileURL} {
		if c.params.Has(name) {
			*field = c.params.Get(name)
		}
	}
	if c.params.Has("metadata") {
		b.Metadata = json.RawMessage(c.params.Get("metadata"))
	}
	if integrations != nil {
		b.Integrations = integrations
	}
	b.UpdatedAt = c.at.UnixMilli()
	return nil
}

func integrationOf(text string) (kind, address string) {
	var i struct {
		Type        string `json:"type"`
		CallbackURL string `json:"callbackUrl"`
	}
	_ = json.Unmarshal([]byte(text), &i) // other JSON has neither field
	return i.Type, i.CallbackURL
}

// integration returns the index of the bot's integration of a type, or -1 if there is none.
func (b *bot) integration(kind string) int {
	return slices.IndexFunc(b.Integrations, func(one json.RawMessage) bool {
		found, _ := integrationOf(string(one))
		return found == kind
	})
}

// integrationSet adds an integration, or updates the fields that the request names if it exists.
func integrationSet(c *call) answer {
	b := c.bots.bots.of[c.params.Get("userId")]
	if b == nil {
		return refuseError(invalid("there is no bot %s", c.params.Get("userId")))
	}
	i := b.integration(c.params.Get("type"))
	if i < 0 && c.ep == endpoint.V3BotIntegrationUpdate {
		return refuseError(invalid("the bot has no integration %s", c.params.Get("type")))
	}
	merged := map[string]json.RawMessage{}
	if i >= 0 {
		_ = json.Unmarshal(b.Integrations[i], &merged) // decoded before
	}
	maps.Copy(merged, c.fields("userId"))
	text, _ := json.Marshal(merged) // built from JSON
	if i < 0 {
		b.Integrations = append(b.Integrations, text)
	} else {
		b.Integrations[i] = text
	}
	return ok()
}

// fields returns the parameters of the request as JSON, except one.
func (c *call) fields(except string) map[string]json.RawMessage {
	fields := map[string]json.RawMessage{}
	for i := range c.ep.Params {
		param := &c.ep.Params[i]
		if param.Name == except || !c.params.Has(param.Name) {
			continue
		}
		var value any = c.params.Get(param.Name)
		switch param.Type {
		case endpoint.Bool:
			value = c.params.Bool(param.Name)
		case endpoint.StringList:
			value = c.params.List(param.Name)
		case endpoint.Object:
			value = json.RawMessage(c.params.Get(param.Name))
		}
		fields[param.Name], _ = json.Marshal(value) // built from JSON and text
	}
	return fields
}

func integrationDelete(c *call) answer {
	if b := c.bots.bots.of[c.params.Get("userId")]; b != nil {
		if i := b.integration(c.params.Get("type")); i >= 0 {
			b.Integrations = slices.Delete(b.Integrations, i, i+1)
		}
	}
	return ok()
}

// botGet leaves out bots that do not exist.
func botGet(c *call) answer {
	found := []*bot{}
	for _, id := range c.params.List("userIds") {
		if b := c.bots.bots.of[id]; b != nil {
			found = append(found, b)
		}
	}
	return ok(field{"bots", found})
}

func botQuery(c *call) answer {
	page, total, more := c.bots.bots.page(c, c.params.countOr("pageSize", 10), func(*bot) bool { return true })
	shown := []bot{}
	for _, b := range page {
		one := *b
		if !c.params.Bool("includeIntegration") {
			one.Integrations = nil
		}
		shown = append(shown, one)
	}
	return ok(field{"total", total}, field{"hasNext", more}, field{"bots", shown})
}
