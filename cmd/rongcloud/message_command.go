package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// moment is the value of a flag that takes a time or how long ago it was.
type moment struct {
	time.Time
	text string
}

func (m *moment) String() string { return m.text }
func (m *moment) Type() string   { return "time" }

// Set parses a span such as 90m or 3d, a date, or a time. A time without a zone is in the zone of
// this machine.
func (m *moment) Set(text string) error {
	m.text = text
	spanText := text
	if days, isDays := strings.CutSuffix(text, "d"); isDays {
		if n, err := strconv.Atoi(days); err == nil {
			spanText = strconv.Itoa(24*n) + "h"
		}
	}
	if span, err := time.ParseDuration(spanText); err == nil {
		if span < 0 {
			return errors.New("the span is negative")
		}
		m.Time = time.Now().Add(-span)
		return nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			m.Time = at
			return nil
		}
	}
	return errors.New("it is neither a span such as 1h or 3d nor a time such as 2026-11-26T10:00")
}

// shownMessage is a message as the history and log commands print it.
type shownMessage struct {
	MessageUID       string          `json:"messageUID"`
	SentAt           time.Time       `json:"sentAt"`
	From             string          `json:"from"`
	ConversationType string          `json:"conversationType"`
	TargetID         string          `json:"targetId"`
	ObjectName       string          `json:"objectName"`
	Content          json.RawMessage `json:"content"`
}

// contentJSON returns a body that is JSON unchanged, and any other body as a JSON string.
func contentJSON(body string) json.RawMessage {
	if json.Valid([]byte(body)) {
		return json.RawMessage(body)
	}
	text, _ := json.Marshal(body) // encoding a string never fails
	return text
}

// line returns the message as one line. It names the recipient unless to is empty.
func (s shownMessage) line(to string) string {
	at := s.SentAt.Local().Format("2006-01-02 15:04:05.000")
	return oneLine(fmt.Sprintf("%s  %s  %s%s  %s  %s", at, s.MessageUID, s.From, mark(to != "", " → "+to), s.ObjectName, s.Content))
}

func newHistoryCommand(a *app) *cobra.Command {
	var with, kind string
	var since, until moment
	var limit int
	cmd := &cobra.Command{
		Use:   "history USER",
		Short: "Print messages of a conversation from the cloud history, newest first",
		Example: `  rongcloud history ann --with ben --since 1h
  rongcloud history ann --with team --type group --since 2026-11-26 --json`,
		Args: cobra.ExactArgs(1),
		RunE: a.do(func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("limit") && limit <= 0 {
				return usagef("--limit: %d is not above 0", limit)
			}
			limiter, err := rongcloud.NewLimiter(rongcloud.Quotas{})
			if err != nil {
				return err
			}
			client, err := a.client(rongcloud.WithLimiter(limiter))
			if err != nil {
				return err
			}
			query := rongcloud.HistoryQuery{UserID: args[0], TargetID: with, Since: since.Time, Until: until.Time}
			walk, err := historyOf(client, kind)
			if err != nil {
				return err
			}
			return a.printHistory(walk(cmd.Context(), query), limit)
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&with, "with", "", "`ID` of the other user, the group or the chat room")
	flags.StringVar(&kind, "type", "private", "`kind` of conversation: private, group or chatroom")
	flags.Var(&since, "since", "beginning of the span: how long ago, such as 1h or 3d, or a time")
	flags.Var(&until, "until", "end of the span, as for --since; by default now")
	flags.IntVar(&limit, "limit", 0, "print at most `N` messages")
	_ = cmd.MarkFlagRequired("with")
	_ = cmd.MarkFlagRequired("since")
	_ = cmd.RegisterFlagCompletionFunc("type", cobra.FixedCompletions([]cobra.Completion{"private", "group", "chatroom"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

type historyWalk func(context.Context, rongcloud.HistoryQuery, ...rongcloud.CallOption) iter.Seq2[rongcloud.HistoryMessage, error]

func historyOf(client *rongcloud.Client, kind string) (historyWalk, error) {
	switch kind {
	case "private":
		return client.Message.History.AllPrivate, nil
	case "group":
		return client.Message.History.AllGroup, nil
	case "chatroom":
		return client.Message.History.AllChatroom, nil
	}
	return nil, usagef("--type: %q is none of private, group and chatroom", kind)
}

func (a *app) printHistory(messages iter.Seq2[rongcloud.HistoryMessage, error], limit int) error {
	count := 0
	for m, err := range messages {
		if err != nil {
			return err
		}
		s := shownMessage{m.MessageUID, m.SentAt, m.From, m.ConversationType.String(), m.TargetID, m.ObjectName, contentJSON(m.Body)}
		if err := a.line(s, s.line("")); err != nil {
			return err
		}
		if count++; count == limit {
			return nil
		}
	}
	if count == 0 {
		a.talk("There are no messages in that time.")
	}
	return nil
}

func newLogCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "log", Short: "Read the hourly log of all messages", Args: cobra.NoArgs,
		Example: "  rongcloud log fetch --hour 2026-11-26T10",
	}
	cmd.AddCommand(newLogFetchCommand(a))
	return cmd
}

// hourLayout is the format of --hour.
const hourLayout = "2006-01-02T15"

func newLogFetchCommand(a *app) *cobra.Command {
	var hour string
	var hosts []string
	cmd := &cobra.Command{
		Use:   "fetch",
		Short: "Print all messages of an hour",
		Long: `Print all messages of an hour. A log appears within an hour after its hour has ended and is kept for three days. The
hour is in the time zone of the data centre, unless it has one of its own.`,
		Example: "  rongcloud log fetch --hour 2026-11-26T10 --json > messages.ndjson\n  rongcloud log fetch --hour 2026-11-26T10:00:00+08:00",
		Args:    cobra.NoArgs,
		RunE: a.do(func(cmd *cobra.Command, _ []string) error {
			p, err := a.profile()
			if err != nil {
				return err
			}
			at, err := parseHour(hour, p)
			if err != nil {
				return err
			}
			client, err := a.clientOf(p)
			if err != nil {
				return err
			}
			return a.printLog(client.Message.Log.Download(cmd.Context(), rongcloud.MessageLogDownloadParams{Hour: at, Hosts: hosts}))
		}),
	}
	cmd.Flags().StringVar(&hour, "hour", "", "`hour` such as 2026-11-26T10")
	cmd.Flags().StringSliceVar(&hosts, "host", nil, "further `hosts` to accept the file from, besides RongCloud's own")
	_ = cmd.MarkFlagRequired("hour")
	return cmd
}

func parseHour(text string, p profile) (time.Time, error) {
	zone := rongcloud.Region(cmp.Or(strings.ToUpper(p.Region), string(rongcloud.RegionBeijing))).TimeZone()
	for _, layout := range []string{hourLayout, time.RFC3339} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, usagef("--hour: %q is not an hour such as %s", text, hourLayout)
}

func (a *app) printLog(messages iter.Seq2[rongcloud.LoggedMessage, error]) error {
	found := false
	unread := 0
	for m, err := range messages {
		var line *rongcloud.LogLineError
		if errors.As(err, &line) { // the other lines are still read
			unread++
			a.talk("%s", oneLine(err.Error()))
			continue
		}
		if err != nil {
			return err
		}
		s := shownMessage{m.MessageUID, m.SentAt, m.From, m.ConversationType.String(), m.TargetID, m.ObjectName, contentJSON(m.Body)}
		if err := a.line(s, s.line(s.TargetID)); err != nil {
			return err
		}
		found = true
	}
	if !found {
		a.talk("There are no messages in the log.")
	}
	if unread > 0 {
		return exitError(exitRefused)
	}
	return nil
}

func newMessageCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "message", Short: "Recall a message", Args: cobra.NoArgs,
		Example: "  rongcloud message recall C16R-VBGG-1IE5-SD0C --from ann --to ben",
	}
	cmd.AddCommand(newRecallCommand(a))
	return cmd
}

// recallKinds are the types of conversations whose messages can be recalled.
var recallKinds = []rongcloud.ConversationType{
	rongcloud.ConversationPrivate, rongcloud.ConversationGroup, rongcloud.ConversationChatroom, rongcloud.ConversationUltraGroup,
}

func newRecallCommand(a *app) *cobra.Command {
	var params rongcloud.RecallParams
	var kind string
	var sentAt moment
	names := make([]string, len(recallKinds))
	for i, k := range recallKinds {
		names[i] = strings.ReplaceAll(k.String(), " ", "")
	}
	cmd := &cobra.Command{
		Use:     "recall UID",
		Short:   "Recall a message",
		Example: "  rongcloud message recall C16R-VBGG-1IE5-SD0C --from ann --to team --type group --admin",
		Args:    cobra.ExactArgs(1),
		RunE: a.do(func(cmd *cobra.Command, args []string) error {
			p, err := a.profile()
			if err != nil {
				return err
			}
			params.MessageUID, params.SentAt = args[0], sentAt.Time
			for i, name := range names {
				if name == kind {
					params.ConversationType = recallKinds[i]
				}
			}
			if params.ConversationType == 0 {
				return usagef("--type: %q is none of %s", kind, strings.Join(names, ", "))
			}
			if p.Production && endpoint.MessageRecall.Class == endpoint.Unsafe {
				if err := a.confirm(cmd.Context(), "take a message back in production (%s)", p.Source); err != nil {
					return err
				}
			}
			client, err := a.clientOf(p)
			if err != nil {
				return err
			}
			if err := client.Message.Recall(cmd.Context(), params); err != nil {
				return err
			}
			return unprinted("the message was recalled", a.tell(map[string]string{"recalled": args[0]}, "The message was recalled."))
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&params.From, "from", "", "`ID` of the user who sent it")
	flags.StringVar(&params.TargetID, "to", "", "`ID` of the user, group or room it was sent to")
	flags.StringVar(&kind, "type", names[0], "`kind` of conversation: "+strings.Join(names, ", "))
	flags.StringVar(&params.ChannelID, "channel", "", "`ID` of the channel of an ultra group")
	flags.Var(&sentAt, "sent-at", "when it was sent, to the millisecond, as rongcloud history shows; web clients sort by it")
	flags.BoolVar(&params.Admin, "admin", false, "tell clients that an administrator recalled it")
	flags.BoolVar(&params.Delete, "delete", false, "have clients delete it without a notice")
	_ = cmd.MarkFlagRequired("from")
	_ = cmd.MarkFlagRequired("to")
	_ = cmd.RegisterFlagCompletionFunc("type", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}
