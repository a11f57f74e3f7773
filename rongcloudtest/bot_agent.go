package rongcloudtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// agentText returns a field of an agent as text.
func agentText(agent map[string]json.RawMessage, name string) string { return scalar(agent[name]) }

// agentCreate replaces an agent that exists. The agent is active unless the request says
// otherwise; RongCloud's default is not documented, nor how it refuses the 101st agent.
func agentCreate(c *call) answer {
	id := c.params.Get("agentId")
	if _, there := c.bots.agents.of[id]; !there && len(c.bots.agents.keys) == maxAgents {
		return refuseError(invalid("there are %d agents already", maxAgents))
	}
	var config struct {
		Model struct {
			Name string `json:"name"`
		} `json:"model"`
	}
	if json.Unmarshal([]byte(c.params.Get("agentConfig")), &config) != nil || config.Model.Name == "" {
		return refuseError(invalid("agentConfig: model.name is required"))
	}
	agent := map[string]json.RawMessage{"type": json.RawMessage(`"chat"`), "status": json.RawMessage(`"active"`)}
	maps.Copy(agent, c.fields(""))
	agent["createdAt"] = json.RawMessage(strconv.FormatInt(c.at.UnixMilli(), 10))
	agent["updatedAt"] = agent["createdAt"]
	c.bots.agents.set(id, agent)
	return ok()
}

// agentUpdate changes only what the request names, also within the configuration.
func agentUpdate(c *call) answer {
	agent := c.bots.agents.of[c.params.Get("agentId")]
	if agent == nil {
		return refuseError(invalid("there is no agent %s", c.params.Get("agentId")))
	}
	given := c.fields("agentId")
	if part := given["agentConfig"]; part != nil {
		var config, change map[string]json.RawMessage
		if json.Unmarshal(agent["agentConfig"], &config) != nil || json.Unmarshal(part, &change) != nil {
			return refuseError(invalid("agentConfig is not an object"))
		}
		if model := change["model"]; model != nil { // only the options of the model change
			var old, options map[string]json.RawMessage
			_ = json.Unmarshal(config["model"], &old)
			_ = json.Unmarshal(model, &options)
			if options["options"] != nil {
				old["options"] = options["options"]
			}
			change["model"], _ = json.Marshal(old) // built from JSON
		}
		maps.Copy(config, change)
		given["agentConfig"], _ = json.Marshal(config) // built from JSON
	}
	maps.Copy(agent, given)
	agent["updatedAt"] = json.RawMessage(strconv.FormatInt(c.at.UnixMilli(), 10))
	return ok()
}

func agentGet(c *call) answer {
	agent := c.bots.agents.of[c.params.Get("agentId")]
	if agent == nil {
		return refuseError(invalid("there is no agent %s", c.params.Get("agentId")))
	}
	var fields []field
	for _, name := range slices.Sorted(maps.Keys(agent)) {
		fields = append(fields, field{name, agent[name]})
	}
	return ok(fields...)
}

func agentQuery(c *call) answer {
	want := func(agent map[string]json.RawMessage) bool {
		return agentText(agent, "type") == c.params.Get("type") &&
			(!c.params.Has("status") || agentText(agent, "status") == c.params.Get("status"))
	}
	page, total, _ := c.bots.agents.page(c, c.params.countOr("size", 20), want)
	return ok(field{"total", total}, field{"agents", page})
}

// chatGenerate responds with the question, plus the number of the turn if the conversation is
// remembered. A stream sends it word by word; the format of RongCloud's streams is not documented.
func chatGenerate(c *call) answer {
	agent := c.bots.agents.of[c.params.Get("agentId")]
	if agent == nil || agentText(agent, "status") != "active" {
		return refuseError(invalid("there is no active agent %s", c.params.Get("agentId")))
	}
	query := c.params.Get("query")
	var variables map[string]string
	if c.params.Has("variables") && json.Unmarshal([]byte(c.params.Get("variables")), &variables) != nil {
		return refuseError(invalid("variables: values must be strings"))
	}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		query = strings.ReplaceAll(query, "{{"+name+"}}", variables[name])
	}
	c.bots.runs++
	run, conversation := "test-run-"+strconv.Itoa(c.bots.runs), c.params.Get("conversationId")
	text := "You said: " + query
	if memory := c.params.Bool("memory"); !memory || conversation == "" {
		conversation = "test-conversation-" + strconv.Itoa(c.bots.runs)
	}
	if c.params.Bool("memory") {
		c.bots.turns[conversation]++
		text = fmt.Sprintf("Answer %d. %s", c.bots.turns[conversation], text)
	}
	asked, answered := len(strings.Fields(query)), len(strings.Fields(text))
	usage := map[string]map[string]int{"usage": {
		"promptTokens": asked, "completionTokens": answered, "totalTokens": asked + answered,
	}}
	head := []field{
		{"runId", run}, {"conversationId", conversation}, {"agentId", c.params.Get("agentId")}, {"timestamp", c.at.UnixMilli()},
	}
	if !c.params.Bool("stream") {
		return ok(append(head, field{"answer", text}, field{"finishReason", "stop"}, field{"metadata", usage})...)
	}
	a := ok()
	words := strings.SplitAfter(text, " ")
	for i, word := range words {
		one := ok(append(slices.Clone(head), field{"answer", word})...)
		if i == len(words)-1 {
			one.fields = append(one.fields, field{"finishReason", "stop"}, field{"metadata", usage})
		}
		a.events = append(a.events, string(one.encode(c.ep)))
	}
	return a
}
