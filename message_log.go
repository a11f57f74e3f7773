package rongcloud

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"net/url"
	"os"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/lenient"
)

// MessageLogService fetches and deletes the message log, which RongCloud writes hour by hour: all
// messages of all conversations of the app, in one zipped file for each hour. A file appears
// within an hour after its hour has ended and is kept for 3 days. The app needs the service;
// without it calls fail with [CodeServiceNotEnabled].
type MessageLogService service

// MessageLogFile says where the log of one hour is.
type MessageLogFile struct {
	URL  string    // of a zip file; empty if the hour has no messages or the file is not there yet
	Hour time.Time // when the hour begins, in the data centre's zone
}

// logHourLayout is how RongCloud names an hour.
const logHourLayout = "2006010215"

type logHour struct {
	Hour string `wire:"date"`
}

// MessageLogDownloadParams says which log to read and within which bounds.
type MessageLogDownloadParams struct {
	Hour time.Time // any moment within the hour

	// Hosts are further hosts that the file may come from, such as files.example.com (and its
	// subdomains) or, for one with a port, files.example.com:8443. RongCloud does not document
	// where its files lie; those that lie in a domain of RongCloud's own need no entry, and the
	// error for any other names its host.
	Hosts []string

	TempDir string // for the file while it is read; the system's if empty
	Limits  MessageLogLimits
}

// MessageLogLimits bounds what reading a log may cost. Zero fields have the defaults.
type MessageLogLimits struct {
	FileBytes int64 // of the zip file; 1 GiB by default
	TextBytes int64 // of the log itself; 16 GiB by default
	LineBytes int   // of one line; 1 MiB by default, which holds the longest message
}

// LoggedMessage is a message in the log.
type LoggedMessage struct {
	MessageUID       string           `json:"msgUID"`
	From             string           `json:"fromUserId"`
	ConversationType ConversationType `json:"targetType"`
	TargetID         string           `json:"targetId"`
	ChannelID        string           `json:"busChannel"`   // of an ultra group, where the log tells it
	GroupID          string           `json:"GroupId"`      // empty where there is no group
	ToUserIDs        []string         `json:"groupUserIds"` // of a message to chosen members of a group
	SentAt           time.Time        `json:"timestamp" alt:"dateTime"`
	ObjectName       string           `json:"classname"`
	Body             string           `json:"content"`         // JSON text; see Content
	Source           string           `json:"source"`          // what it was sent from, such as iOS, Android or Websocket
	Sensitive        bool             `json:"isSensitiveWord"` // it holds sensitive words
	AppKey           string           `json:"appId"`

	Line string `json:"-"` // the line as it stands in the log, with what has no field here
}

// LogLineError is a line of a message log that cannot be understood. The message that comes with
// it has only its Line.
type LogLineError struct {
	File string // within the zip file
	Line int    // from 1
	Err  error
}

// hourOf returns the hour that holds a moment, as RongCloud names it: by Beijing's clock there, by
// UTC elsewhere.
func (s *MessageLogService) hourOf(moment time.Time) *logHour {
	if moment.IsZero() {
		return &logHour{}
	}
	return &logHour{moment.In(s.client.core.zone).Format(logHourLayout)}
}

// Get returns the address of the log of the hour that holds a moment, in whatever zone it is
// given; Download reads the log itself. The quota is 100 calls per second. Anybody who has the
// address may be able to read the file.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/message/get-message-history-log
//
//rongcloud:endpoint POST /message/history.json
func (s *MessageLogService) Get(ctx context.Context, hour time.Time, opts ...CallOption) (*MessageLogFile, error) {
	type response struct {
		URL  string `json:"url"`
		Hour string `json:"date"`
	}
	asked := s.hourOf(hour)
	out, err := fetch[response](ctx, s.client, endpoint.MessageHistory, asked, opts)
	if err != nil {
		return nil, err
	}
	found, err := time.ParseInLocation(logHourLayout, out.Hour, s.client.core.zone)
	if err != nil { // what was asked for stands, if the response does not say otherwise
		found, err = time.ParseInLocation(logHourLayout, asked.Hour, s.client.core.zone)
	}
	return &MessageLogFile{URL: out.URL, Hour: found}, err
}

// Delete deletes the log of the hour that holds a moment, for good, within 10 minutes. The quota
// is 100 calls per second. The cloud history of the conversations stays.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/delete-message-history-log
//
//rongcloud:endpoint POST /message/history/delete.json
func (s *MessageLogService) Delete(ctx context.Context, hour time.Time, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.MessageHistoryDelete, s.hourOf(hour), opts)
}

func (l MessageLogLimits) check() (MessageLogLimits, error) {
	if l.FileBytes < 0 || l.TextBytes < 0 || l.LineBytes < 0 {
		return l, refuse("Limits", "negative numbers make no sense")
	}
	if l.FileBytes == 0 {
		l.FileBytes = 1 << 30
	}
	if l.TextBytes == 0 {
		l.TextBytes = 16 << 30
	}
	if l.LineBytes == 0 {
		l.LineBytes = 1 << 20
	}
	// One more than each of them must be a number still.
	l.FileBytes, l.TextBytes = min(l.FileBytes, math.MaxInt64-1), min(l.TextBytes, math.MaxInt64-1)
	l.LineBytes = min(l.LineBytes, math.MaxInt32/2)
	return l, nil
}

// Content decodes the message; see [DecodeContent].
func (m *LoggedMessage) Content() (MessageContent, error) {
	return DecodeContent(m.ObjectName, []byte(m.Body))
}

// Error says which line it is and what is wrong with it, but not what stands there: messages are
// private.
func (e *LogLineError) Error() string {
	return fmt.Sprintf("rongcloud: message log: %q line %d: %s", e.File, e.Line, oneLine(e.Err.Error()))
}

// Unwrap returns what is wrong with the line.
func (e *LogLineError) Unwrap() error { return e.Err }

// Bounds that a log has passed.
var (
	errLogFileTooLong = errors.New("the zip file is longer than FileBytes")
	errLogTextTooLong = errors.New("the unzipped log is longer than TextBytes")
	errLogLineTooLong = errors.New("a line is longer than LineBytes")
	errLogListTooLong = errors.New("the zip file's list of files is too long for a log")
)

// maxLogList bounds the zip file's list of files, which is held in memory. A log is one file or a
// few.
const maxLogList = 1 << 20

// Download yields the messages in the log of one hour, in the order of the log; none if there is
// no log for the hour. The file is kept on disk while it is read, and deleted when the loop ends,
// however it ends.
//
// A line that cannot be understood is yielded with a [LogLineError], after which the loop may go
// on. Every other error ends it.
//
// The file is fetched by HTTPS alone and only from RongCloud's domains and from those that the
// caller names, through the client's transport, without its headers or redirects.
// [WithAttemptTimeout] bounds the time in which no byte comes, not the download.
func (s *MessageLogService) Download(ctx context.Context, params MessageLogDownloadParams, opts ...CallOption) iter.Seq2[LoggedMessage, error] {
	return func(yield func(LoggedMessage, error) bool) {
		fail := func(err error) { yield(LoggedMessage{}, err) }
		limits, err := params.Limits.check()
		if err != nil {
			fail(refused(ctx, s.client, inCall(err, endpoint.MessageHistory, ""), opts))
			return
		}
		found, err := s.Get(ctx, params.Hour, opts...)
		if err != nil {
			fail(err)
			return
		}
		if found.URL == "" {
			return
		}
		address, err := checkLogURL(found.URL, params.Hosts, s.client.core.config.baseURLs)
		if err != nil {
			fail(err)
			return
		}
		file, err := os.CreateTemp(params.TempDir, "rongcloud-log-*.zip")
		if err != nil {
			fail(logError(address, err))
			return
		}
		defer func() {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}()
		size, err := s.client.core.fetchFile(ctx, address, file, limits.FileBytes, opts)
		if err != nil {
			fail(err)
			return
		}
		s.read(ctx, address, file, size, limits)(yield)
	}
}

// Read yields the messages in a log that was fetched by other means, as Download does. File is the
// zip file, such as an *os.File, and size its length.
func (s *MessageLogService) Read(ctx context.Context, file io.ReaderAt, size int64, limits MessageLogLimits) iter.Seq2[LoggedMessage, error] {
	limits, err := limits.check()
	switch {
	case err != nil:
	case ctx == nil:
		err = refuse("ctx", "is nil")
	case file == nil:
		err = refuse("file", "is nil")
	}
	if err != nil {
		return func(yield func(LoggedMessage, error) bool) { yield(LoggedMessage{}, err) }
	}
	return s.read(ctx, nil, file, size, limits)
}

func (s *MessageLogService) read(ctx context.Context, address *url.URL, file io.ReaderAt, size int64, limits MessageLogLimits) iter.Seq2[LoggedMessage, error] {
	return func(yield func(LoggedMessage, error) bool) {
		bounded := &listReader{ReaderAt: file, left: maxLogList}
		archive, err := zip.NewReader(bounded, size)
		if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // the names are only told, never used as paths
			yield(LoggedMessage{}, logError(address, err))
			return
		}
		bounded.left = math.MaxInt64 // the rest is read as it is needed
		r := &logReader{ctx: ctx, zone: s.client.core.zone, limits: limits, left: limits.TextBytes}
		for _, entry := range archive.File {
			if entry.FileInfo().IsDir() {
				continue
			}
			goOn, err := r.entry(entry, yield)
			if err != nil {
				yield(LoggedMessage{}, logError(address, err))
				return
			}
			if !goOn {
				return
			}
		}
	}
}

// listReader bounds what is read of a zip file until its list of files is known.
type listReader struct {
	io.ReaderAt
	left int64
}

func (r *listReader) ReadAt(p []byte, off int64) (int, error) {
	if r.left -= int64(len(p)); r.left < 0 {
		return 0, errLogListTooLong
	}
	return r.ReaderAt.ReadAt(p, off)
}

// logReader reads the files within one zip file.
type logReader struct {
	ctx    context.Context
	zone   *time.Location
	limits MessageLogLimits
	source io.Reader
	left   int64 // of TextBytes
}

// Read reads from the file, whatever length its header claims, up to the bound.
func (r *logReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.source.Read(p[:min(int64(len(p)), r.left+1)])
	if r.left -= int64(n); r.left < 0 {
		return 0, errLogTextTooLong
	}
	return n, err
}

// entry yields the messages of one file, and reports whether the loop goes on.
func (r *logReader) entry(entry *zip.File, yield func(LoggedMessage, error) bool) (bool, error) {
	content, err := entry.Open()
	if err != nil {
		return false, err
	}
	defer content.Close()
	r.source = content
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, min(64<<10, r.limits.LineBytes)), r.limits.LineBytes+2) // the line break is in the buffer too
	for number := 1; lines.Scan(); number++ {
		line := bytes.TrimSpace(bytes.TrimPrefix(lines.Bytes(), []byte("\xef\xbb\xbf")))
		if len(line) == 0 {
			continue
		}
		if len(line) > r.limits.LineBytes {
			return false, errLogLineTooLong
		}
		if err := r.ctx.Err(); err != nil {
			return false, err
		}
		message, err := decodeLogLine(line, r.zone)
		if err != nil {
			message, err = LoggedMessage{Line: string(line)}, &LogLineError{entry.Name, number, err}
		}
		if !yield(message, err) {
			return false, nil
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return false, errLogLineTooLong
	} else if err != nil {
		return false, err
	}
	return true, nil
}

const logStampLayout = "2006/01/02 15:04:05"

// decodeLogLine reads a line of the log: a time, and right behind it the message as a JSON object.
//
//	2018/04/10 11:12:49{"appId":"...","fromUserId":"1","targetId":"2","targetType":1,"GroupId":"","classname":"RC:TxtMsg",
//	"content":{"content":"..."},"dateTime":"2018-04-10 11:12:49.528","timestamp":1523329969528,"msgUID":"...","source":"iOS"}
func decodeLogLine(line []byte, zone *time.Location) (LoggedMessage, error) {
	var m LoggedMessage
	stamp, _, ok := bytes.Cut(line, []byte("{"))
	if !ok {
		return m, errors.New("holds no message")
	}
	if err := (lenient.Decoder{Zone: zone, DropNulls: true}).Decode(line[len(stamp):], &m); err != nil {
		return LoggedMessage{}, err
	}
	if m.SentAt.IsZero() { // to the second at least
		if at, err := time.ParseInLocation(logStampLayout, string(bytes.TrimSpace(stamp)), zone); err == nil {
			m.SentAt = at
		}
	}
	m.Line = string(line)
	return m, nil
}
