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
// messages of all conversations of the app, in one zip file per hour. A file appears within an hour
// after its hour has ended and is kept for 3 days. The service must be enabled for the app;
// otherwise calls fail with [CodeServiceNotEnabled].
type MessageLogService service

// MessageLogFile is the location of the log of one hour.
type MessageLogFile struct {
	URL  string    // of a zip file; empty if the hour has no messages or no file yet
	Hour time.Time // when the hour begins, in the data centre's zone
}

// logHourLayout is how RongCloud names an hour.
const logHourLayout = "2006010215"

type logHour struct {
	Hour string `wire:"date"`
}

// MessageLogDownloadParams says which log to read, and within which limits.
type MessageLogDownloadParams struct {
	Hour time.Time // any time within the hour

	// Hosts are further hosts that the file may come from, such as files.example.com (and its
	// subdomains) or, with a port, files.example.com:8443. RongCloud does not document where it
	// stores the files. RongCloud's own domains need no entry. If the file comes from any other
	// host, the error names that host.
	Hosts []string

	TempDir string // holds the file while it is read; the system's if empty
	Limits  MessageLogLimits
}

// MessageLogLimits limits what reading a log may cost. Zero fields mean the defaults.
type MessageLogLimits struct {
	FileBytes int64 // of the zip file; 1 GiB by default
	TextBytes int64 // of the log itself; 16 GiB by default
	LineBytes int   // of one line; 1 MiB by default, enough for the longest message
}

// LoggedMessage is a message in the log.
type LoggedMessage struct {
	MessageUID       string           `json:"msgUID"`
	From             string           `json:"fromUserId"`
	ConversationType ConversationType `json:"targetType"`
	TargetID         string           `json:"targetId"`
	// The channel, in an ultra group, if the log has it.
	ChannelID string `json:"busChannel"`
	// Empty if there is no group.
	GroupID string `json:"GroupId"`
	// The recipients of a message to selected members of a group.
	ToUserIDs  []string  `json:"groupUserIds"`
	SentAt     time.Time `json:"timestamp" alt:"dateTime"`
	ObjectName string    `json:"classname"`
	// JSON text; see Content.
	Body string `json:"content"`
	// The sender's platform, such as iOS, Android or Websocket.
	Source string `json:"source"`
	// Whether it contains sensitive words.
	Sensitive bool   `json:"isSensitiveWord"`
	AppKey    string `json:"appId"`

	Line string `json:"-"` // the original line of the log, with everything that has no field here
}

// LogLineError is a line of a message log that cannot be parsed. The message yielded with it has
// only its Line.
type LogLineError struct {
	File string // within the zip file
	Line int    // from 1
	Err  error
}

// hourOf returns the hour that contains a time, as RongCloud names it: in Beijing time for the
// Beijing data centre, in UTC elsewhere.
func (s *MessageLogService) hourOf(moment time.Time) *logHour {
	if moment.IsZero() {
		return &logHour{}
	}
	return &logHour{moment.In(s.client.core.zone).Format(logHourLayout)}
}

// Get returns the URL of the log of the hour that contains the given time, in any time zone;
// Download reads the log itself. The quota is 100 calls per second. Anyone who has the URL may be
// able to read the file.
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
	if err != nil { // keep the requested hour unless the response gives one
		found, err = time.ParseInLocation(logHourLayout, asked.Hour, s.client.core.zone)
	}
	return &MessageLogFile{URL: out.URL, Hour: found}, err
}

// Delete permanently deletes the log of the hour that contains the given time, within 10 minutes.
// The quota is 100 calls per second. The cloud history of the conversations stays.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/delete-message-history-log
//
//rongcloud:endpoint POST /message/history/delete.json
func (s *MessageLogService) Delete(ctx context.Context, hour time.Time, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.MessageHistoryDelete, s.hourOf(hour), opts)
}

func (l MessageLogLimits) check() (MessageLogLimits, error) {
	if l.FileBytes < 0 || l.TextBytes < 0 || l.LineBytes < 0 {
		return l, refuse("Limits", "must not be negative")
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
	// Leave room to add one to each.
	l.FileBytes, l.TextBytes = min(l.FileBytes, math.MaxInt64-1), min(l.TextBytes, math.MaxInt64-1)
	l.LineBytes = min(l.LineBytes, math.MaxInt32/2)
	return l, nil
}

// Content decodes the message; see [DecodeContent].
func (m *LoggedMessage) Content() (MessageContent, error) {
	return DecodeContent(m.ObjectName, []byte(m.Body))
}

// Error says which line it is and what is wrong with it, but does not quote it: messages are
// private.
func (e *LogLineError) Error() string {
	return fmt.Sprintf("rongcloud: message log: %q line %d: %s", e.File, e.Line, oneLine(e.Err.Error()))
}

// Unwrap returns what is wrong with the line.
func (e *LogLineError) Unwrap() error { return e.Err }

// Limits that a log exceeded.
var (
	errLogFileTooLong = errors.New("the zip file is longer than FileBytes")
	errLogTextTooLong = errors.New("the unzipped log is longer than TextBytes")
	errLogLineTooLong = errors.New("a line is longer than LineBytes")
	errLogListTooLong = errors.New("the zip file's list of files is too long for a log")
)

// maxLogList limits the zip file's list of files, which is held in memory. A log has one file or a
// few.
const maxLogList = 1 << 20

// Download yields the messages in the log of one hour, in the order of the log, or none if the hour
// has no log. The file is kept on disk while it is read, and deleted when the loop ends, however it
// ends.
//
// A line that cannot be parsed is yielded with a [LogLineError], after which the loop may continue.
// Every other error ends it.
//
// The file is fetched over HTTPS only, and only from RongCloud's domains and those that the caller
// names. It goes through the client's transport, without the client's headers and without
// redirects. [WithAttemptTimeout] limits the time without any data, not the whole download.
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

// Read yields the messages in a log that was fetched by other means, like Download. File is the zip
// file, such as an *os.File, and size is its length.
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
		// The names are only reported, never used as paths.
		if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
			yield(LoggedMessage{}, logError(address, err))
			return
		}
		bounded.left = math.MaxInt64 // the rest is read as needed
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

// listReader limits how much of a zip file is read until its list of files is known.
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
	left   int64 // what is left of TextBytes
}

// Read reads from the file up to the limit, whatever length its header claims.
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

// entry yields the messages of one file, and reports whether the loop continues.
func (r *logReader) entry(entry *zip.File, yield func(LoggedMessage, error) bool) (bool, error) {
	content, err := entry.Open()
	if err != nil {
		return false, err
	}
	defer content.Close()
	r.source = content
	lines := bufio.NewScanner(r)
	// The buffer also holds the line break.
	lines.Buffer(make([]byte, 0, min(64<<10, r.limits.LineBytes)), r.limits.LineBytes+2)
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

// decodeLogLine reads a line of the log: a time, directly followed by the message as a JSON object.
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
	if m.SentAt.IsZero() { // at least to the second
		if at, err := time.ParseInLocation(logStampLayout, string(bytes.TrimSpace(stamp)), zone); err == nil {
			m.SentAt = at
		}
	}
	m.Line = string(line)
	return m, nil
}
