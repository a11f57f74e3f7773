package emulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// console prints a line for each call, for people or for programs. It never waits for the reader
// of the lines.
type console struct {
	json   bool
	colour bool

	mu      sync.Mutex
	lines   chan string
	begun   bool     // the first line has been printed
	early   []string // lines from before it
	dropped int      // lines dropped since the last one queued
	closed  bool     // whether lines is closed
	written chan struct{}
}

const (
	// mostWaiting is how many lines wait for a reader before further ones are dropped.
	mostWaiting = 1000

	// lastLines is how long the program waits at its end for its last lines to be read.
	lastLines = 500 * time.Millisecond
)

func newConsole(out io.Writer, asJSON bool) *console {
	c := &console{
		json: asJSON, colour: !asJSON && isTerminal(out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
		lines: make(chan string, mostWaiting), written: make(chan struct{}),
	}
	go func() {
		defer close(c.written)
		gone := false // a closed pipe stays closed
		for line := range c.lines {
			if !gone {
				_, err := io.WriteString(out, line)
				gone = err != nil
			}
		}
	}()
	return c
}

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (c *console) print(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return
	case !c.begun:
		c.early = append(c.early, text)
		return
	}
	c.put(text)
}

// begin prints the first line, which has the emulator's address, and then the lines that the seed
// caused earlier.
func (c *console) begin(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun = true
	for _, one := range append([]string{text}, c.early...) {
		c.put(one)
	}
	c.early = nil
}

// put runs with the lock held.
func (c *console) put(text string) {
	if c.dropped > 0 {
		text = c.missingNote() + text
	}
	select {
	case c.lines <- text:
		c.dropped = 0
	default:
		c.dropped++
	}
}

// missingNote returns a note that lines are missing.
func (c *console) missingNote() string {
	if c.json {
		return fmt.Sprintf("{\"droppedLines\":%d}\n", c.dropped)
	}
	if c.dropped == 1 {
		return "(1 line was not printed, as nobody read it)\n"
	}
	return fmt.Sprintf("(%d lines were not printed, as nobody read them)\n", c.dropped)
}

// close waits briefly for the lines to be read.
func (c *console) close() {
	c.mu.Lock()
	c.closed = true
	close(c.lines)
	c.mu.Unlock()
	select {
	case <-c.written:
	case <-time.After(lastLines):
	}
}

// say prints a message of the emulator's own, but not in JSON mode.
func (c *console) say(text string) {
	if !c.json {
		c.print(text + "\n")
	}
}

// welcome prints how to use the emulator.
func (c *console) welcome(base string, s settings, first seed) {
	if c.json {
		line, _ := json.Marshal(map[string]string{"url": base, "appKey": s.key, "version": rongcloud.Version})
		c.begin(string(line) + "\n")
		return
	}
	secret := s.secret
	if secret != rongcloudtest.DefaultAppSecret {
		secret = "the secret given with -app-secret" // keeps the secret off screens and out of logs
	}
	c.begin(fmt.Sprintf(`rongcloud-emulator %[1]s
  page       %[2]s/
  admin API  %[2]s/_emulator/

This SDK and its examples:
  export RONGCLOUD_APP_KEY=%[3]s
  export RONGCLOUD_APP_SECRET='%[4]s'
  export RONGCLOUD_API_URL=%[2]s
RongCloud's own SDKs:
  Go      rc := sdk.NewRongCloud("%[3]s", "%[4]s", sdk.REGION_BJ); rc.PrivateURI("%[2]s")
  Java    RongCloud rc = RongCloud.getInstance("%[3]s", "%[4]s", "%[2]s");
  Node    require('rongcloud-sdk')({appkey: '%[3]s', secret: '%[4]s', api: '%[2]s'})
  PHP     $rc = new RongCloud\RongCloud('%[3]s', '%[4]s', '%[2]s/');
  Python  rc = RongCloud('%[3]s', '%[4]s', '%[2]s')
%[5]s
`, rongcloud.Version, base, s.key, secret, first.String()))
}

const (
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	green  = "\x1b[32m"
	dim    = "\x1b[2m"
	plain  = "\x1b[0m"
)

func (c *console) paint(colour, text string) string {
	if !c.colour {
		return text
	}
	return colour + text + plain
}

// call prints a request and its outcome: time, endpoint, who to whom, HTTP status and code,
// duration.
func (c *console) call(r rongcloudtest.Request) {
	s := summarize(r)
	if c.json {
		line, err := json.Marshal(s)
		if err != nil {
			return
		}
		c.print(string(line) + "\n")
		return
	}
	colour, verdict := green, fmt.Sprintf("%d %d", s.Status, s.Code)
	switch {
	case s.Status == 0:
		colour, verdict = yellow, "dropped"
	case !s.OK:
		colour = red
	}
	about := s.Who
	if s.Message != "" {
		about += " " + c.paint(colour, printable(s.Message))
	}
	if s.Fault {
		about += " " + c.paint(yellow, "(fault)")
	}
	line := fmt.Sprintf("%s %s %-44s %-9s %s %s",
		c.paint(dim, s.ReceivedAt.Format("15:04:05.000")), c.paint(dim, fmt.Sprintf("%-4s", s.Method)), printable(s.Path),
		c.paint(colour, fmt.Sprintf("%-9s", verdict)), c.paint(dim, fmt.Sprintf("%6.1fms", s.Milliseconds)), strings.TrimPrefix(about, " "))
	c.print(strings.TrimRight(line, " ") + "\n")
}

// callback prints a callback to the app's server and its outcome.
func (c *console) callback(one rongcloudtest.Callback) {
	shown := showCallback(one)
	if c.json {
		line, err := json.Marshal(shown)
		if err != nil {
			return
		}
		c.print(string(line) + "\n")
		return
	}
	colour, verdict := green, strconv.Itoa(shown.Status)
	switch {
	case shown.Error != "":
		colour, verdict = red, printable(shown.Error)
	case shown.Status != http.StatusOK:
		colour = red
	}
	c.print(fmt.Sprintf("%s %s %-44s %s\n",
		c.paint(dim, shown.OccurredAt.Format("15:04:05.000")), c.paint(dim, "back"), shown.Kind, c.paint(colour, verdict)))
}

// callbackState is a callback as the console and the admin API show it.
type callbackState struct {
	Number       int               `json:"number"`
	OccurredAt   time.Time         `json:"occurredAt"`
	Kind         webhook.Kind      `json:"kind"`
	URL          string            `json:"url"`
	Query        string            `json:"query"` // of the last request, with its signature
	Headers      map[string]string `json:"headers"`
	MediaType    string            `json:"mediaType,omitempty"`
	Body         string            `json:"body"` // as posted
	AttemptCount int               `json:"attemptCount"`
	Status       int               `json:"status"`
	Error        string            `json:"error,omitempty"`
	Response     string            `json:"response,omitempty"` // body of the last response
	// of the request that caused it
	RequestNumber int    `json:"requestNumber,omitempty"`
	MessageUID    string `json:"messageUID,omitempty"` // of the message it is about
	Cut           bool   `json:"cut,omitempty"`        // the body was shortened
}

func showCallback(c rongcloudtest.Callback) callbackState {
	shown := callbackState{
		Number: c.Number, OccurredAt: c.OccurredAt, Kind: c.Event.Kind(), URL: c.URL, Query: c.Query, Headers: joined(c.Header),
		MediaType: c.Header.Get("Content-Type"), Body: string(c.Body), AttemptCount: c.AttemptCount, Status: c.Status,
		Response: string(c.Response), RequestNumber: c.Request,
	}
	switch about := c.Event.(type) {
	case *webhook.Message:
		shown.MessageUID = about.MessageUID
	case *webhook.PreMessage:
		shown.MessageUID = about.MessageUID
	}
	if c.Err != nil {
		shown.Error = c.Err.Error()
	}
	return shown
}

// printable keeps untrusted text on one line, and removes characters that control the terminal or
// change the direction of writing.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return '·'
		}
		return r
	}, text)
}

// summary is what a console line, an event or a list says about a request.
type summary struct {
	Number     int       `json:"number"`
	ReceivedAt time.Time `json:"receivedAt"`
	Method     string    `json:"method"`
	Path       string    `json:"path"`
	// of the catalogue; empty for an unknown path
	Area         string         `json:"area,omitempty"`
	Who          string         `json:"who,omitempty"` // who to whom, as far as known
	OK           bool           `json:"ok"`
	Status       int            `json:"status"` // 0 if there was no response
	Code         rongcloud.Code `json:"code"`
	Message      string         `json:"message,omitempty"`
	Fault        bool           `json:"fault,omitempty"`
	Milliseconds float64        `json:"ms"`
	RequestID    string         `json:"requestId,omitempty"`
	Unknown      []string       `json:"unknownParameters,omitempty"`
}

func summarize(r rongcloudtest.Request) summary {
	s := summary{
		Number: r.Number, ReceivedAt: r.ReceivedAt, Method: r.Method, Path: r.Path, Who: printable(participants(r.Params)),
		Status: r.Status, Code: r.Code, Message: r.Message, Fault: r.Fault,
		Milliseconds: float64(r.Duration.Microseconds()) / 1000, RequestID: r.RequestID, Unknown: r.Unknown,
	}
	if r.Endpoint != nil {
		s.Area = string(r.Endpoint.Area)
		s.OK = r.Status/100 == 2 && r.Endpoint.Success.Has(int(r.Code))
	}
	return s
}

// Parameters that say who acts and on whom, in order of preference.
var (
	actors  = []string{"fromUserId", "fromuserid", "operator", "userId", "requestId", "creator", "user_id", "user_ids"}
	targets = []string{
		"toUserId", "toGroupId", "toChatroomId", "toGroupIds", "targetId", "groupId", "chatroomId", "id", "blackUserId", "whiteUserId",
		"roomId", "room_id", "Room-Id", "sessionId", "userIds", "userId", "word", "words",
	}
)

// participants describes the two sides of a call in a few words.
func participants(p rongcloudtest.Params) string {
	actor := ""
	for _, name := range actors {
		if list := p.List(name); len(list) > 0 {
			actor = shortList(list)
			break
		}
	}
	for _, name := range targets {
		list := p.List(name)
		if len(list) == 0 || shortList(list) == actor {
			continue
		}
		if actor == "" {
			return shortList(list)
		}
		return actor + " → " + shortList(list)
	}
	return actor
}

const mostShown = 3

func shortList(list []string) string {
	shown := strings.Join(list[:min(len(list), mostShown)], ", ")
	if len(list) > mostShown {
		shown += fmt.Sprintf(" and %d more", len(list)-mostShown)
	}
	if runes := []rune(shown); len(runes) > 60 {
		shown = string(runes[:60]) + "…"
	}
	return shown
}
