package main

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// sendFlags holds the flags of the send commands.
type sendFlags struct {
	from, file, column  string
	to                  []string
	text, kind, content string
	push                string
	rate                int
	checkpoint          string
	resume, resendAll   bool
}

// sendKind describes one of the send commands.
type sendKind struct {
	name, whom string
	ep         *endpoint.Endpoint
	once       func(context.Context, *rongcloud.Client, sendFlags, rongcloud.MessageContent) (*rongcloud.SendResult, error)
	// bulk is nil if the SDK has no bulk send for the kind.
	bulk func(context.Context, *rongcloud.Client, sendFlags, rongcloud.MessageContent, iter.Seq2[string, error], rongcloud.BulkParams) (*rongcloud.BulkResult, error)
}

var sendKinds = []sendKind{
	{
		"private", "users, as one-to-one messages", endpoint.MessagePrivatePublish,
		func(ctx context.Context, c *rongcloud.Client, f sendFlags, content rongcloud.MessageContent) (*rongcloud.SendResult, error) {
			return c.Message.SendPrivate(ctx, rongcloud.PrivateMessage{From: f.from, To: f.to, Content: content, PushContent: f.push})
		},
		func(ctx context.Context, c *rongcloud.Client, f sendFlags, content rongcloud.MessageContent, to iter.Seq2[string, error], params rongcloud.BulkParams) (*rongcloud.BulkResult, error) {
			return c.Message.SendPrivateBulk(ctx, rongcloud.PrivateMessage{From: f.from, Content: content, PushContent: f.push}, to, params)
		},
	},
	{
		"group", "groups", endpoint.MessageGroupPublish,
		func(ctx context.Context, c *rongcloud.Client, f sendFlags, content rongcloud.MessageContent) (*rongcloud.SendResult, error) {
			return c.Message.SendGroup(ctx, rongcloud.GroupMessage{From: f.from, To: f.to, Content: content, PushContent: f.push})
		},
		func(ctx context.Context, c *rongcloud.Client, f sendFlags, content rongcloud.MessageContent, to iter.Seq2[string, error], params rongcloud.BulkParams) (*rongcloud.BulkResult, error) {
			return c.Message.SendGroupBulk(ctx, rongcloud.GroupMessage{From: f.from, Content: content, PushContent: f.push}, to, params)
		},
	},
	{
		"chatroom", "chat rooms", endpoint.MessageChatroomPublish,
		func(ctx context.Context, c *rongcloud.Client, f sendFlags, content rongcloud.MessageContent) (*rongcloud.SendResult, error) {
			return c.Message.SendChatroom(ctx, rongcloud.ChatroomMessage{From: f.from, To: f.to, Content: content})
		}, nil,
	},
	{
		"system", "users, as system messages, which they cannot reply to", endpoint.MessageSystemPublish,
		func(ctx context.Context, c *rongcloud.Client, f sendFlags, content rongcloud.MessageContent) (*rongcloud.SendResult, error) {
			return c.Message.SendSystem(ctx, rongcloud.SystemMessage{From: f.from, To: f.to, Content: content, PushContent: f.push})
		},
		func(ctx context.Context, c *rongcloud.Client, f sendFlags, content rongcloud.MessageContent, to iter.Seq2[string, error], params rongcloud.BulkParams) (*rongcloud.BulkResult, error) {
			return c.Message.SendSystemBulk(ctx, rongcloud.SystemMessage{From: f.from, Content: content, PushContent: f.push}, to, params)
		},
	},
}

func newSendCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "send",
		Short: "Send a message to users, groups or chat rooms",
		Long: `Send a message to users, groups or chat rooms.

With --to-file it sends to any number of recipients, at the documented quota or at --rate. A checkpoint beside the list
records the outcome for each of them, so a send that was stopped or killed continues with --resume and sends nothing
twice: what may have been delivered is reported as unknown, and sent again only with --resend-unknown.`,
		Example: `  rongcloud send private --from shop --to ann --text "Your parcel is here."
  rongcloud send private --from shop --to-file users.csv --text "Everything is cheaper today."
  rongcloud send private --from shop --to-file users.csv --text "Everything is cheaper today." --resume`,
		Args: cobra.NoArgs,
	}
	for _, kind := range sendKinds {
		cmd.AddCommand(newSendKindCommand(a, kind))
	}
	return cmd
}

func newSendKindCommand(a *app, kind sendKind) *cobra.Command {
	var f sendFlags
	cmd := &cobra.Command{
		Use:     kind.name,
		Short:   "Send to " + kind.whom,
		Example: "  rongcloud send " + kind.name + " --from shop --to someone --text hello\n  rongcloud send " + kind.name + " --from shop --to someone --type app:order --content @order.json",
		Args:    cobra.NoArgs,
		RunE: a.do(func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("rate") && f.rate <= 0 {
				return usagef("--rate: %d is not above 0", f.rate)
			}
			return a.send(cmd.Context(), kind, f)
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.from, "from", "", "`ID` of the sender")
	flags.StringSliceVar(&f.to, "to", nil, "`IDs` of the recipients, separated by commas or in several flags")
	flags.StringVar(&f.text, "text", "", "`text` of a text message")
	flags.StringVar(&f.kind, "type", "", "`name` of another type of message, such as RC:ImgMsg or an app's own")
	flags.StringVar(&f.content, "content", "", "`JSON` content for --type; @FILE reads a file, and @- stdin")
	_ = cmd.MarkFlagRequired("from")
	cmd.MarkFlagsMutuallyExclusive("text", "type")
	cmd.MarkFlagsOneRequired("text", "type")
	cmd.MarkFlagsRequiredTogether("type", "content")
	if kind.name != "chatroom" {
		flags.StringVar(&f.push, "push", "", "`text` of the push notification")
	}
	if kind.bulk == nil {
		_ = cmd.MarkFlagRequired("to")
		return cmd
	}
	flags.StringVar(&f.file, "to-file", "", "`file` with an ID on each line, or CSV; - reads stdin")
	flags.StringVar(&f.column, "column", "", "`name` or number of the CSV column with the IDs")
	flags.IntVar(&f.rate, "rate", 0, "`recipients` per second; by default the documented quota")
	flags.StringVar(&f.checkpoint, "checkpoint", "", "`file` that records the outcome for each recipient; by default the name of the list with .send.json")
	flags.BoolVar(&f.resume, "resume", false, "continue a send that was stopped")
	flags.BoolVar(&f.resendAll, "resend-unknown", false, "with --resume: send again to those whose outcome is unknown, who may get it twice")
	cmd.MarkFlagsMutuallyExclusive("to", "to-file")
	cmd.MarkFlagsOneRequired("to", "to-file")
	return cmd
}

// send runs one of the send commands.
func (a *app) send(ctx context.Context, kind sendKind, f sendFlags) error {
	content, err := a.sentContent(ctx, f)
	if err != nil {
		return err
	}
	p, err := a.profile()
	if err != nil {
		return err
	}
	switch {
	case f.file != "":
		return a.sendToFile(ctx, p, kind, f, content)
	case f.resume || f.resendAll || f.checkpoint != "" || f.rate != 0 || f.column != "":
		return usagef("--rate, --column, --checkpoint, --resume and --resend-unknown go with --to-file")
	}
	if err := a.confirmSend(ctx, p, kind, f.to); err != nil {
		return err
	}
	client, err := a.clientOf(p)
	if err != nil {
		return err
	}
	sent, err := kind.once(ctx, client, f, content)
	if err != nil {
		return err
	}
	return unprinted("the message was sent", a.showSent(f.to, sent))
}

// sentContent returns the content of the message from the flags.
func (a *app) sentContent(ctx context.Context, f sendFlags) (rongcloud.MessageContent, error) {
	if f.kind == "" {
		return rongcloud.TextMessage{Content: f.text}, nil
	}
	body := f.content
	if file, isFile := strings.CutPrefix(body, "@"); isFile {
		text, err := a.readFile(ctx, file)
		if err != nil {
			return nil, usagef("--content: %w", err)
		}
		body = strings.TrimSpace(string(text))
	}
	if strings.HasPrefix(f.kind, "RC:") && !json.Valid([]byte(body)) {
		return nil, usagef("--content: it is not JSON, which %s demands", f.kind)
	}
	return rongcloud.RawContent{Name: f.kind, Body: body}, nil
}

// confirmSend asks before a send to many users or to groups, and before every send in production.
func (a *app) confirmSend(ctx context.Context, p profile, kind sendKind, ids []string) error {
	switch {
	case crowds[kind.ep] != "":
		return a.confirmCrowd(ctx, p, kind.ep, ids)
	case len(ids) > manyUsers:
		return a.confirm(ctx, "send to %s", counted(len(ids), "user"))
	case p.Production:
		return a.confirm(ctx, "send to %s in production (%s)", counted(len(ids), "user"), p.Source)
	}
	return nil
}

// sentTo is the UID of the message for one recipient.
type sentTo struct {
	To         string `json:"to"`
	MessageUID string `json:"messageUID,omitempty"` // empty if the response has none
}

func (a *app) showSent(ids []string, sent *rongcloud.SendResult) error {
	all := make([]sentTo, len(ids))
	rows := make([][]string, len(ids))
	for i, id := range ids {
		all[i] = sentTo{id, sent.UIDOf(id)}
		rows[i] = []string{id, all[i].MessageUID}
	}
	return a.show(all, func(io.Writer) error { return a.table([]string{"TO", "MESSAGE UID"}, rows) })
}

// resumeCommand returns the command line that continues a stopped send.
func (a *app) resumeCommand() string {
	words := []string{"rongcloud"}
	isValue := false // arg is the value of the flag before it
	for _, arg := range a.args {
		name, _, whole := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		if isValue || !strings.HasPrefix(arg, "--") || name != "resume" && name != "resend-unknown" {
			words = append(words, shellWord(arg))
		}
		flag := a.flags.Lookup(name)
		isValue = !isValue && !whole && strings.HasPrefix(arg, "--") && flag != nil && flag.NoOptDefVal == ""
	}
	return strings.Join(append(words, "--resume"), " ")
}

// shellWord quotes a word if a shell would change it.
func shellWord(word string) string {
	safe := strings.IndexFunc(word, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+", r)
	}) < 0
	if safe && word != "" {
		return word
	}
	return quoted(word)
}
