package emulator

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// mostListed limits a list if the caller does not ask for a length.
const mostListed = 200

// getRequests lists the newest requests, or with ?after=N those after that number, oldest first.
func (e *emulator) getRequests(r *http.Request) (any, error) {
	after, err := number(r.URL.Query().Get("after"), 0)
	if err != nil {
		return nil, fault(http.StatusBadRequest, "after: %v", err)
	}
	limit, err := number(r.URL.Query().Get("limit"), mostListed)
	if err != nil || limit < 1 {
		return nil, fault(http.StatusBadRequest, "limit: a positive number is required")
	}
	list := []summary{}
	for _, one := range e.Requests() {
		if one.Number > after && !isOwn(one) {
			list = append(list, summarize(one))
		}
	}
	if after == 0 {
		return list[max(0, len(list)-limit):], nil
	}
	return list[:min(len(list), limit)], nil
}

func isOwn(r rongcloudtest.Request) bool {
	return strings.Contains(r.Header.Get("User-Agent"), ownAgent)
}

func number(text string, missing int) (int, error) {
	if text == "" {
		return missing, nil
	}
	return strconv.Atoi(text)
}

// details is everything known about a request.
type details struct {
	summary
	Query string `json:"query,omitempty"`
	// as received; bytes that are not UTF-8 are replaced
	Body        string            `json:"body"`
	Response    response          `json:"response"`
	Curl        string            `json:"curl"`
	MessageUIDs []string          `json:"messageUIDs,omitempty"` // of the messages it sent
	Parameters  map[string]any    `json:"parameters"`
	Headers     map[string]string `json:"headers"`
	Signature   Explanation       `json:"signature"`
	Summary     string            `json:"summary,omitempty"` // what the endpoint does
	Class       string            `json:"class,omitempty"`
	Doc         string            `json:"doc,omitempty"`
}

// joined returns a header with one text per name.
func joined(header http.Header) map[string]string {
	all := make(map[string]string, len(header))
	for name, values := range header {
		all[name] = strings.Join(values, ", ")
	}
	return all
}

// response is the response to a request; empty if nothing was sent.
type response struct {
	MediaType string `json:"mediaType,omitempty"`
	Body      string `json:"body,omitempty"`
}

func (e *emulator) getRequest(r *http.Request) (any, error) {
	one, err := e.find(r)
	if err != nil {
		return nil, err
	}
	d := details{
		summary: summarize(one), Query: one.Query, Body: string(one.Body), Response: response{one.MediaType, string(one.Response)}, MessageUIDs: one.MessageUIDs,
		Curl: e.curl(r.Host, one), Parameters: map[string]any{}, Headers: joined(one.Header),
		Signature: Explain(one.Header, e.AppKey(), e.AppSecret(), one.ReceivedAt),
	}
	for _, name := range one.Params.Names() {
		switch list, keyed := one.Params.List(name), one.Params.Keyed(name); {
		case len(keyed) > 0:
			d.Parameters[name] = keyed
		case len(list) == 1:
			d.Parameters[name] = list[0]
		default:
			d.Parameters[name] = list
		}
	}
	if ep := one.Endpoint; ep != nil {
		d.Summary, d.Class, d.Doc = ep.Summary, ep.Class.String(), ep.Doc
	}
	return d, nil
}

// message is a message as the admin API shows it.
type message struct {
	MessageUID       string            `json:"messageUID"`
	From             string            `json:"from"`
	ConversationType string            `json:"conversationType"`
	TargetID         string            `json:"targetId,omitempty"`
	ChannelID        string            `json:"channelId,omitempty"`
	ToUserIDs        []string          `json:"toUserIds,omitempty"`
	SentAt           time.Time         `json:"sentAt"`
	ObjectName       string            `json:"objectName"`
	Body             string            `json:"body"`
	PushContent      string            `json:"pushContent,omitempty"`
	PushData         string            `json:"pushData,omitempty"`
	RecipientID      string            `json:"recipientId,omitempty"` // the owner of the inbox
	RecipientIDs     []string          `json:"recipientIds,omitempty"`
	Missed           []missed          `json:"missed,omitempty"` // why others did not get it
	Expansion        map[string]string `json:"expansion,omitempty"`
	// of the request that sent it
	RequestNumber int  `json:"requestNumber,omitempty"`
	Recalled      bool `json:"recalled,omitempty"`
	Blocked       bool `json:"blocked,omitempty"`
	OwnCopy       bool `json:"ownCopy,omitempty"`
	// including those that a short list leaves out
	RecipientCount int  `json:"recipientCount,omitempty"`
	MissedCount    int  `json:"missedCount,omitempty"`
	Cut            bool `json:"cut,omitempty"` // the body was shortened
}

// missed says why a user did not get a message; without a user it applies to everybody.
type missed struct {
	UserID string `json:"userId,omitempty"`
	Reason string `json:"reason"`
}

func show(m rongcloudtest.Message) message {
	return message{
		MessageUID: m.MessageUID, From: m.From, ConversationType: m.ConversationType.String(), TargetID: m.TargetID,
		ChannelID: m.ChannelID, ToUserIDs: m.ToUserIDs, SentAt: m.SentAt, ObjectName: m.ObjectName, Body: m.Body,
		PushContent: m.PushContent, PushData: m.PushData, OwnCopy: m.OwnCopy,
	}
}

// extent is how much of a list to return.
type extent struct {
	limit int // number of items, newest first
	cut   int // bytes per body; 0 for the whole body
}

// readExtent reads ?limit=50&cut=500.
func readExtent(r *http.Request, mostItems int) (extent, error) {
	limit, err := number(r.URL.Query().Get("limit"), mostItems)
	if err != nil || limit < 1 {
		return extent{}, fault(http.StatusBadRequest, "limit: a positive number is required")
	}
	cut, err := number(r.URL.Query().Get("cut"), 0)
	if err != nil || cut < 0 {
		return extent{}, fault(http.StatusBadRequest, "cut: a number of bytes is required")
	}
	return extent{limit, cut}, nil
}

// body returns as much of a text as requested, and reports whether it was shortened.
func (x extent) body(text string) (short string, cut bool) {
	if x.cut == 0 || len(text) <= x.cut {
		return text, false
	}
	return strings.ToValidUTF8(text[:x.cut], ""), true
}

// fewest is how many recipients per message a list with shortened bodies shows.
const fewest = 20

func (x extent) message(m message) message {
	m.Body, m.Cut = x.body(m.Body)
	if x.cut > 0 {
		m.RecipientIDs = m.RecipientIDs[:min(len(m.RecipientIDs), fewest)]
		m.Missed = m.Missed[:min(len(m.Missed), fewest)]
	}
	return m
}

func (e *emulator) getMessages(r *http.Request) (any, error) {
	x, err := readExtent(r, mostListed)
	if err != nil {
		return nil, err
	}
	return listing[rongcloudtest.SentMessage, message]{newest(e.Sent(), x.limit), func(m rongcloudtest.SentMessage) message {
		return x.message(showSent(m))
	}}, nil
}

func showSent(m rongcloudtest.SentMessage) message {
	one := show(m.Message)
	one.RecipientIDs, one.Recalled, one.Blocked = m.RecipientIDs, m.Recalled, m.Blocked
	one.Expansion, one.RequestNumber = m.Expansion, m.Request
	for _, why := range m.Missed {
		one.Missed = append(one.Missed, missed(why))
	}
	one.RecipientCount, one.MissedCount = len(one.RecipientIDs), len(one.Missed)
	return one
}

func (e *emulator) getMessage(r *http.Request) (any, error) {
	m, there := e.Message(r.PathValue("uid"))
	if !there {
		return nil, fault(http.StatusNotFound, "message %s does not exist, or no longer does", r.PathValue("uid"))
	}
	return showSent(m), nil
}

func newest[T any](all []T, limit int) []T { return all[max(0, len(all)-limit):] }

func (e *emulator) getInbox(r *http.Request) (any, error) {
	id := r.PathValue("id")
	x, err := readExtent(r, math.MaxInt)
	if err != nil {
		return nil, err
	}
	u := e.User(id)
	inbox := u.Inbox()
	if len(inbox) == 0 { // a user with a message is known, if only as a recipient
		if err := checkKnown(u); err != nil {
			return nil, err
		}
	}
	return listing[rongcloudtest.Message, message]{newest(inbox, x.limit), func(m rongcloudtest.Message) message {
		one := show(m)
		one.RecipientID = id
		return x.message(one)
	}}, nil
}

func (e *emulator) getCallbacks(r *http.Request) (any, error) {
	x, err := readExtent(r, mostListed)
	if err != nil {
		return nil, err
	}
	return listing[rongcloudtest.Callback, callbackState]{newest(e.Callbacks(), x.limit), func(c rongcloudtest.Callback) callbackState {
		one := showCallback(c)
		one.Body, one.Cut = x.body(one.Body)
		return one
	}}, nil
}

// findCallback returns one of the recorded callbacks.
func (e *emulator) findCallback(r *http.Request) (rongcloudtest.Callback, error) {
	n, err := strconv.Atoi(r.PathValue("number"))
	if err != nil {
		return rongcloudtest.Callback{}, fault(http.StatusBadRequest, "%q is not a number", r.PathValue("number"))
	}
	all := e.Callbacks()
	i := slices.IndexFunc(all, func(c rongcloudtest.Callback) bool { return c.Number == n })
	if i < 0 {
		return rongcloudtest.Callback{}, fault(http.StatusNotFound, "callback %d does not exist, or no longer does", n)
	}
	return all[i], nil
}

func (e *emulator) getCallback(r *http.Request) (any, error) {
	c, err := e.findCallback(r)
	if err != nil {
		return nil, err
	}
	return showCallback(c), nil
}

// postRetry sends a callback to the webhook again.
func (e *emulator) postRetry(r *http.Request) (any, error) {
	c, err := e.findCallback(r)
	if err != nil {
		return nil, err
	}
	e.Emit(c.Event)
	return nil, nil //nolint:nilnil // an empty object
}

// deleteWord removes a sensitive word.
func (e *emulator) deleteWord(r *http.Request) (any, error) {
	word := r.PathValue("word")
	if !slices.ContainsFunc(e.State().SensitiveWords, func(w rongcloudtest.SensitiveWordState) bool { return w.Word == word }) {
		return nil, fault(http.StatusNotFound, "the word %q does not exist, or no longer does", word)
	}
	if err := e.client.SensitiveWord.Remove(r.Context(), word); err != nil {
		return nil, err
	}
	e.events.publish("seed", struct{}{})
	return nil, nil //nolint:nilnil // an empty object
}
