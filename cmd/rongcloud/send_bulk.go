package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// sendToFile sends to all recipients that a file lists.
func (a *app) sendToFile(ctx context.Context, p profile, kind sendKind, f sendFlags, content rongcloud.MessageContent) error {
	list, err := a.readRecipients(ctx, f.file, f.column)
	if err != nil {
		return err
	}
	checkpoint, resume, unlock, err := f.openCheckpoint()
	if err != nil {
		return err
	}
	defer unlock()
	limiter, err := rongcloud.NewLimiter(f.quotas(kind.ep))
	if err != nil {
		return err
	}
	a.sayList(list)
	if err := a.confirmSend(ctx, p, kind, list.ids); err != nil {
		return err
	}
	client, err := a.clientOf(p, rongcloud.WithLimiter(limiter))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	progress := a.newProgress(int64(len(list.ids)), resume != nil, f.pace(kind.ep))
	params := rongcloud.BulkParams{
		Total: int64(len(list.ids)), Save: checkpoint.Save, Resume: resume, ResendUnknown: f.resendAll,
		OnProgress: progress.update,
		OnChunk:    func(chunk rongcloud.BulkChunk) error { return a.sayChunk(&chunk) },
		OnSkipped: func(_ int64, id string, reason error) {
			a.talk("not sent to %q: %s", oneLine(id), oneLine(reason.Error()))
		},
	}
	result, err := kind.bulk(ctx, client, f, content, rongcloud.Recipients(list.ids...), params)
	progress.end()
	if result == nil {
		return ofResume(err, checkpoint)
	}
	return a.endSend(result, err, checkpoint)
}

// ofResume turns an error about the field BulkParams.Resume into one about the flag --resume.
func ofResume(err error, checkpoint rongcloud.BulkCheckpointFile) error {
	var argument *rongcloud.ArgumentError
	if errors.As(err, &argument) && argument.Field == "BulkParams.Resume" {
		return usagef("--resume: %s: %s", checkpoint, argument.Reason)
	}
	return err
}

func (a *app) sayList(list *recipientList) {
	about := ""
	if list.column != "" {
		about = fmt.Sprintf(", from the column %s", list.column)
	}
	if list.duplicates > 0 {
		verb := map[bool]string{true: "gets", false: "get"}[list.duplicates == 1]
		about += fmt.Sprintf("; %d stood there more than once and %s it once", list.duplicates, verb)
	}
	a.talk("%s%s.", counted(len(list.ids), "recipient"), about)
}

// openCheckpoint locks and reads the file that records the outcome for each recipient. So that
// nobody gets a message twice, it returns an error if the file records another send, if --resume
// finds no file, or if another process uses the file.
func (f sendFlags) openCheckpoint() (rongcloud.BulkCheckpointFile, *rongcloud.BulkCheckpoint, func(), error) {
	name := f.checkpoint
	if name == "" {
		if f.file == "-" {
			return "", nil, nil, usagef("--checkpoint is required with --to-file -")
		}
		name = f.file + ".send.json"
	}
	name = linkTarget(name) // all names of a file must share one lock
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return "", nil, nil, usagef("--checkpoint: %s is not a regular file", name)
	}
	unlock, err := lockFile(name + ".lock")
	switch {
	case errors.Is(err, errLocked):
		return "", nil, nil, usagef("another send with the checkpoint %s is under way", name)
	case err != nil:
		return "", nil, nil, &hintedError{usagef("the checkpoint cannot be stored: %w", err), "--checkpoint names another place"}
	}
	resume, err := f.loadCheckpoint(name)
	if err != nil {
		unlock()
		return "", nil, nil, err
	}
	return rongcloud.BulkCheckpointFile(name), resume, unlock, nil
}

// linkTarget follows symbolic links, even to a file that does not exist yet.
func linkTarget(name string) string {
	for range 40 { // Linux follows no more
		if target, err := filepath.EvalSymlinks(name); err == nil {
			return target
		}
		target, err := os.Readlink(name)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(name), target)
		}
		name = target
	}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(name)); err == nil {
		return filepath.Join(folder, filepath.Base(name))
	}
	return name
}

func (f sendFlags) loadCheckpoint(name string) (*rongcloud.BulkCheckpoint, error) {
	resume, err := rongcloud.BulkCheckpointFile(name).Load()
	switch {
	case err != nil:
		return nil, usagef("--checkpoint: %w", err)
	case f.resume && resume == nil:
		return nil, usagef("--resume: there is no %s, so no send that was stopped is known", name)
	case !f.resume && resume != nil:
		return nil, &hintedError{
			usagef("%s keeps an earlier send to this list", name),
			"--resume goes on with it; to send once more, remove the file or give another --checkpoint",
		}
	case f.resendAll && !f.resume:
		return nil, usagef("--resend-unknown goes with --resume")
	}
	return resume, nil
}

// pace describes the highest rate of the send in words.
func (f sendFlags) pace(ep *endpoint.Endpoint) string {
	switch quota := ep.Quota; {
	case f.rate > 0:
		return fmt.Sprintf("at most %d a second", f.rate)
	case quota.Limit > 0:
		return fmt.Sprintf("at most %d a %s, which is the documented quota", quota.Limit, spanText(quota.Per))
	}
	return "at no documented quota"
}

// quotas returns the documented quotas, or the one that --rate sets. A low rate gets a longer
// period instead of smaller requests, because a send can be resumed only with the same size of
// requests.
func (f sendFlags) quotas(ep *endpoint.Endpoint) rongcloud.Quotas {
	if f.rate == 0 {
		return rongcloud.Quotas{}
	}
	size := 1
	if param := ep.Param(ep.Quota.Param); param != nil {
		size = max(size, param.MaxItems)
	}
	quota := ep.Clone().Quota
	seconds := max(1, (size+f.rate-1)/f.rate)
	quota.Limit, quota.Per, quota.Caps = f.rate*seconds, time.Duration(seconds)*time.Second, nil
	return rongcloud.Quotas{Endpoints: map[*endpoint.Endpoint]endpoint.Quota{ep: quota}}
}

// shownChunk is a request of a bulk send as --json prints it.
type shownChunk struct {
	Chunk      int64    `json:"chunk"`
	Outcome    string   `json:"outcome"`
	Recipients []string `json:"recipients"`
	Code       int      `json:"code,omitempty"`
	RequestID  string   `json:"requestId,omitempty"`
	Error      string   `json:"error,omitempty"`
}

// sayChunk prints a line for each request with --json, and otherwise only errors.
func (a *app) sayChunk(chunk *rongcloud.BulkChunk) error {
	s := shownChunk{Chunk: chunk.Index, Outcome: chunk.Outcome.String(), Recipients: chunk.Recipients}
	if chunk.Err != nil {
		s.Error = oneLine(chunk.Err.Error())
		var e *rongcloud.Error
		if errors.As(chunk.Err, &e) {
			s.Code, s.RequestID = int(e.Code), e.RequestID
		}
	}
	if a.json {
		return a.line(s, "")
	}
	if s.Error != "" {
		a.talk("%s %s: %s", counted(len(s.Recipients), "recipient"), s.Outcome, s.Error)
	}
	return nil
}

// shownSend is the result of a bulk send as it is printed.
type shownSend struct {
	Finished   bool             `json:"finished"`
	Delivered  int64            `json:"delivered"`
	Refused    int64            `json:"refused"`
	Unknown    int64            `json:"unknown"`
	Skipped    int64            `json:"skipped"`
	Seconds    float64          `json:"seconds"`
	Checkpoint string           `json:"checkpoint"`
	Ranges     []shownUnsettled `json:"unsettled"` // of recipients whose outcome is not "delivered"
}

// shownUnsettled is a range of recipients who did not get the message, or may not have got it.
type shownUnsettled struct {
	Outcome string `json:"outcome"`
	First   int64  `json:"first"` // position in the list without duplicates, from 1
	Last    int64  `json:"last"`
	Reason  string `json:"reason,omitempty"`
}

// endSend prints the result of a bulk send, and how to continue it.
func (a *app) endSend(result *rongcloud.BulkResult, err error, checkpoint rongcloud.BulkCheckpointFile) error {
	s := shownSend{
		Finished: err == nil, Delivered: result.Delivered, Refused: result.Refused, Unknown: result.Unknown, Skipped: result.Skipped,
		Seconds: result.Elapsed.Seconds(), Checkpoint: string(checkpoint), Ranges: []shownUnsettled{},
	}
	for _, r := range result.Checkpoint.Unknown() {
		s.Ranges = append(s.Ranges, shownUnsettled{"unknown", r.FirstPosition + 1, r.LastPosition + 1, ""})
	}
	for _, r := range result.Checkpoint.Refusals() {
		reason := oneLine(r.Message)
		if r.Code != 0 {
			reason = oneLine(r.Code.Error())
		}
		s.Ranges = append(s.Ranges, shownUnsettled{"refused", r.FirstPosition + 1, r.LastPosition + 1, reason})
	}
	slices.SortFunc(s.Ranges, func(a, b shownUnsettled) int { return int(a.First - b.First) })
	if printed := a.printSend(s); err == nil {
		err = printed
	}
	switch {
	case err != nil:
		return a.stoppedSend(s, err)
	case s.Unknown > 0:
		a.talk("%s may have got it, or not. Nobody is sent it again, unless you add --resend-unknown:\n  %s --resend-unknown", counted(s.Unknown, "recipient"), a.resumeCommand())
		return exitError(exitUnknown)
	case s.Refused+s.Skipped > 0:
		return exitError(exitRefused)
	}
	return nil
}

func (a *app) printSend(s shownSend) error {
	var text strings.Builder
	fmt.Fprintf(&text, "delivered  %d\nrefused    %d\nunknown    %d", s.Delivered, s.Refused, s.Unknown)
	if s.Skipped > 0 {
		fmt.Fprintf(&text, "\nskipped    %d", s.Skipped)
	}
	for _, r := range s.Ranges {
		who := fmt.Sprintf("recipients %d to %d", r.First, r.Last)
		if r.First == r.Last {
			who = fmt.Sprintf("recipient %d", r.First)
		}
		fmt.Fprintf(&text, "\n%s: %s%s", r.Outcome, who, mark(r.Reason != "", ", "+r.Reason))
	}
	return a.line(s, text.String())
}

// deliveredTo describes in words how many recipients got the message.
func deliveredTo(n int64) string {
	if n == 1 {
		return "1 was delivered to"
	}
	return fmt.Sprintf("%d were delivered to", n)
}

// stoppedSend reports why a send stopped, and how to continue it.
func (a *app) stoppedSend(s shownSend, err error) error {
	code := codeOf(err)
	why := oneLine(err.Error())
	switch {
	case readerGone(err):
		why, code = "nobody reads the output any more", exitRefused
	case errors.Is(err, context.Canceled):
		why, code = "interrupted", exitRefused
	}
	if s.Unknown > 0 {
		code = exitUnknown
	}
	if stored, err := rongcloud.BulkCheckpointFile(s.Checkpoint).Load(); err == nil && stored == nil {
		sent := "Nothing was sent"
		if s.Delivered+s.Refused+s.Unknown > 0 {
			sent = fmt.Sprintf("%s, but --resume cannot go on: %s is gone", deliveredTo(s.Delivered), s.Checkpoint)
		}
		a.talk("rongcloud: the send was stopped: %s. %s", why, sent)
		return exitError(code)
	}
	a.talk("rongcloud: the send was stopped: %s. %s. Go on with\n  %s", why, deliveredTo(s.Delivered), a.resumeCommand())
	return exitError(code)
}
