package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

var errNotSent = errors.New("nothing is sent")

// catcher is a transport that keeps the request and sends nothing.
type catcher struct {
	request *http.Request
	body    []byte
}

func (c *catcher) RoundTrip(r *http.Request) (*http.Response, error) {
	c.request = r
	if r.Body != nil {
		c.body, _ = io.ReadAll(r.Body)
		_ = r.Body.Close()
	}
	return nil, errNotSent
}

// signatureHeaders make up the signature of a request.
var signatureHeaders = []string{"Nonce", "Timestamp", "Signature"}

// shownHeaders are the headers that --dry-run and --curl print, in this order.
var shownHeaders = append([]string{"App-Key"}, append(slices.Clone(signatureHeaders), "Content-Type")...)

// showRequest prints the request instead of sending it. Placeholders replace the signature unless
// f.sign is set.
func (a *app) showRequest(ctx context.Context, p profile, ep *endpoint.Endpoint, params *apiParams, f apiFlags) error {
	var c catcher
	client, err := a.clientOf(p, rongcloud.WithHTTPClient(&http.Client{Transport: &c}), rongcloud.WithoutRetries())
	if err != nil {
		return err
	}
	err = client.Call(ctx, ep, params.encoded(), nil)
	if c.request == nil {
		return err
	}
	if f.sign {
		a.talk("Whoever has this signature can make any call with it, and it is not known to expire: show it to nobody.")
	}
	text := c.asHTTP(f.sign)
	if f.curl {
		text = c.asCurl(f.sign)
	}
	_, err = io.WriteString(a.stdout, text)
	return err
}

// value returns the value to print for a header: a placeholder for the headers of the signature,
// unless signed is set.
func (c *catcher) value(name string, signed bool) string {
	value := strings.Join(c.request.Header[name], ", ")
	if value == "" {
		value = c.request.Header.Get(name)
	}
	if !signed && value != "" && slices.Contains(signatureHeaders, name) {
		return "<" + strings.ToLower(name) + ">"
	}
	return value
}

func (c *catcher) asHTTP(signed bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", c.request.Method, c.request.URL)
	for _, name := range shownHeaders {
		if value := c.value(name, signed); value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	if len(c.body) > 0 {
		fmt.Fprintf(&b, "\n%s\n", c.body)
	}
	return b.String()
}

// asCurl returns a command for a POSIX shell. Unless signed is set, the command computes the
// signature from RONGCLOUD_APP_SECRET, with the shell's own printf so that no process list shows
// the secret.
func (c *catcher) asCurl(signed bool) string {
	var b strings.Builder
	placeholders := !signed && c.value("Signature", false) != ""
	if placeholders {
		b.WriteString("NONCE=$(date +%N%s | cut -c1-18) TIMESTAMP=$(date +%s)000\n" +
			"SIGNATURE=$(printf %s \"$RONGCLOUD_APP_SECRET$NONCE$TIMESTAMP\" | sha1sum | cut -c1-40)\n")
	}
	fmt.Fprintf(&b, "curl -X %s %s", c.request.Method, quoted(c.request.URL.String()))
	for _, name := range shownHeaders {
		switch value := c.value(name, signed); {
		case value == "":
		case placeholders && slices.Contains(signatureHeaders, name):
			fmt.Fprintf(&b, " \\\n  -H \"%s: $%s\"", name, strings.ToUpper(name))
		default:
			fmt.Fprintf(&b, " \\\n  -H %s", quoted(name+": "+value))
		}
	}
	if len(c.body) > 0 {
		fmt.Fprintf(&b, " \\\n  --data-raw %s", quoted(string(c.body)))
	}
	return b.String() + "\n"
}

// quoted quotes text as one word for a POSIX shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// reachesEveryone lists the endpoints that reach all users of the app, or all who match a
// condition.
var reachesEveryone = []*endpoint.Endpoint{
	endpoint.MessageBroadcast, endpoint.MessageOnlineBroadcast, endpoint.MessageBroadcastRecall, endpoint.MessageChatroomBroadcast,
	endpoint.Push, endpoint.PushCustom,
}

// irreversible lists the idempotent endpoints whose effect no other call undoes: they delete or
// overwrite data, or throw users out.
var irreversible = []*endpoint.Endpoint{
	endpoint.GroupDismiss, endpoint.EntrustGroupDismiss, endpoint.EntrustGroupMemberKickAll, endpoint.UltragroupDis,
	endpoint.UltragroupChannelDel, endpoint.UltragroupUsergroupDel, endpoint.ChatroomDestroy,
	endpoint.MessageHistoryDelete, endpoint.ConversationMessageHistoryClean, endpoint.MessagePrivateModify, endpoint.MessageGroupModify,
	endpoint.UserDelusers, endpoint.UserProfileClean, endpoint.UserTokenExpire, endpoint.UserBlock,
	endpoint.FriendDelete, endpoint.FriendClean, endpoint.V3AgentDelete, endpoint.V3BotDelete,
}

// crowds maps the endpoints that send to groups or chat rooms to the parameter that names these.
var crowds = map[*endpoint.Endpoint]string{
	endpoint.MessageGroupPublish: "toGroupId", endpoint.MessageChatroomPublish: "toChatroomId", endpoint.MessageUltragroupPublish: "toGroupIds",
	endpoint.StatusmessageGroupPublish: "toGroupId", endpoint.V3MessageGroupPublishStream: "toGroupId",
	endpoint.MessageDiscussionPublish: "toDiscussionId", //nolint:staticcheck // deprecated, but still callable
}

// askBeforeCall asks for confirmation before a call that reaches many users, and in production
// before a call that cannot be undone.
func (a *app) askBeforeCall(ctx context.Context, p profile, ep *endpoint.Endpoint, params *apiParams) error {
	ep = listed(ep)
	reached := 0
	for i := range ep.Params {
		if name := ep.Params[i].Name; ep.Class == endpoint.Unsafe && strings.Contains(strings.ToLower(name), "user") {
			reached = max(reached, len(params.each(name)))
		}
	}
	switch {
	case slices.Contains(reachesEveryone, ep):
		return a.confirm(ctx, "call %v, which may reach every user of the app", ep)
	case crowds[ep] != "":
		return a.confirmCrowd(ctx, p, ep, params.each(crowds[ep]))
	case reached > manyUsers:
		return a.confirm(ctx, "call %v for %d users", ep, reached)
	case p.Production && (ep.Class == endpoint.Unsafe || slices.Contains(irreversible, ep)):
		return a.confirm(ctx, "call %v in production (%s)", ep, p.Source)
	}
	return nil
}

// listed returns the catalogue's endpoint for a path given with --unlisted, if a server might
// treat both paths alike. Otherwise --unlisted would evade the confirmation.
func listed(ep *endpoint.Endpoint) *endpoint.Endpoint {
	name, err := url.PathUnescape(ep.Path)
	if err != nil || ep.Name != "" {
		return ep
	}
	name = path.Clean(name)
	plain := strings.ToLower(strings.TrimSuffix(name, path.Ext(name)))
	for _, name := range []string{name, plain, plain + ".json"} {
		for _, method := range []string{ep.Method, http.MethodPost} {
			if found, _ := endpoint.Match(method, name); found != nil {
				return found
			}
		}
	}
	return ep
}
