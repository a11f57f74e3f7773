package rongcloud

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// logText is a line of the log as published by others.
const logText = `2018/04/10 11:12:49{"appId":"key","fromUserId":"1","targetId":"2","targetType":1,"GroupId":"","classname":"RC:TxtMsg",` +
	`"content":{"content":"hi"},"dateTime":"2018-04-10 11:12:49.528","timestamp":1523329969528,"msgUID":"A","source":"iOS","isSensitiveWord":"false"}`

// zipFile is one file of a zip file.
type zipFile struct {
	name, text string
	method     uint16
}

func zipOf(t testing.TB, files ...zipFile) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, file := range files {
		entry, err := w.CreateHeader(&zip.FileHeader{Name: file.name, Method: file.method})
		require.NoError(t, err)
		if !strings.HasSuffix(file.name, "/") {
			_, err = io.WriteString(entry, file.text)
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

// logLine is a short line of the log.
func logLine(uid string) string { return `2026/01/02 03:04:05{"msgUID":"` + uid + `","timestamp":1}` }

// readLog ranges over a log. An error that does not concern a line must be the last item.
func readLog(t *testing.T, all iter.Seq2[LoggedMessage, error]) (uids []string, lines []*LogLineError, err error) {
	t.Helper()
	for m, failure := range all {
		require.NoError(t, err, "an item after an error")
		var line *LogLineError
		switch {
		case errors.As(failure, &line):
			require.Equal(t, LoggedMessage{Line: m.Line}, m)
			require.NotEmpty(t, m.Line)
			lines = append(lines, line)
		case failure != nil:
			require.Zero(t, m)
			err = failure
		default:
			uids = append(uids, m.MessageUID)
		}
	}
	return uids, lines, err
}

func newLogService(t *testing.T, opts ...Option) *MessageLogService {
	t.Helper()
	client, _ := msgServe(t, func(msgRequest) (int, string) { return 200, `{"code":200}` }, opts...)
	return client.Message.Log
}

func TestMsgLogHours(t *testing.T) {
	t.Parallel()
	// 00:59:59 UTC on the 2nd.
	moment := time.Date(2026, 1, 1, 23, 59, 59, 0, time.FixedZone("", -3600))
	for region, want := range map[Region]string{RegionBeijing: "2026010208", RegionSingapore: "2026010200"} {
		client, wire := msgServe(t, func(msgRequest) (int, string) { return 200, `{"code":200}` }, WithRegion(region))
		_, err := client.Message.Log.Get(t.Context(), moment)
		require.NoError(t, err)
		require.Equal(t, msgRequest{"/message/history.json", "date=" + want}, wire.last())
		require.NoError(t, client.Message.Log.Delete(t.Context(), moment))
		require.Equal(t, msgRequest{"/message/history/delete.json", "date=" + want}, wire.last())
	}
	msgRefused(t, "date", "required", func(ctx context.Context, s *MessageService) error { _, err := s.Log.Get(ctx, time.Time{}); return err })
	msgRefused(t, "date", "required", func(ctx context.Context, s *MessageService) error { return s.Log.Delete(ctx, time.Time{}) })
}

func TestMsgLogFinds(t *testing.T) {
	t.Parallel()
	zone := RegionBeijing.TimeZone()
	named, asked := time.Date(2014, 1, 1, 1, 0, 0, 0, zone), contentTime.In(zone).Truncate(time.Hour)
	for answer, want := range map[string]MessageLogFile{
		`,"url":"https://x/a.zip","date":"2014010101"`: {"https://x/a.zip", named},
		`,"url":"","date":2014010101`:                  {"", named},
		`,"url":null`:                                  {"", asked},
		`,"date":"today"`:                              {"", asked},
		``:                                             {"", asked},
	} {
		client, _ := msgServe(t, func(msgRequest) (int, string) { return 200, `{"code":200` + answer + `}` }, WithRegion(RegionBeijing))
		found, err := client.Message.Log.Get(t.Context(), contentTime)
		require.NoError(t, err, answer)
		require.Equal(t, &want, found, answer)
	}
	client, _ := msgServe(t, func(msgRequest) (int, string) { return 200, `{"code":1009,"errorMessage":"not open"}` })
	_, err := client.Message.Log.Get(t.Context(), contentTime)
	require.ErrorIs(t, err, CodeServiceNotEnabled)
}

func TestMsgLogLines(t *testing.T) {
	t.Parallel()
	zone := RegionBeijing.TimeZone()
	plain := LoggedMessage{
		MessageUID: "A", From: "1", ConversationType: ConversationPrivate, TargetID: "2", SentAt: time.UnixMilli(1523329969528),
		ObjectName: "RC:TxtMsg", Body: `{"content":"hi"}`, Source: "iOS", AppKey: "key", Line: logText,
	}
	at := func(ms int64) LoggedMessage { return LoggedMessage{MessageUID: "A", SentAt: time.UnixMilli(ms)} }
	for line, want := range map[string]LoggedMessage{
		logText: plain,
		// No page describes the log, so other types are accepted too.
		strings.NewReplacer(`"targetType":1`, `"targetType":"1"`, `{"content":"hi"}`, `"{\"content\":\"hi\"}"`, `1523329969528`, `"1523329969528"`,
			`"fromUserId":"1"`, `"fromUserId":1`, `"isSensitiveWord":"false"`, `"isSensitiveWord":0,"new":[{}]`).Replace(logText): plain,
		`{"msgUID":"A","dateTime":"2018-04-10 11:12:49.528"}`:            at(1523329969528),
		`2018/04/10 11:12:49 {"msgUID":"A","timestamp":0,"dateTime":""}`: at(1523329969000),
		`{"msgUID":"A"}`: {MessageUID: "A"},
		`2018/04/10 11:12:49 {"msgUID":"A","timestamp":"late"}`:                                  at(1523329969000),
		`some time {"msgUID":"A","content":null}`:                                                {MessageUID: "A"},
		`{"targetType":10,"targetId":"u","busChannel":"c"}`:                                      {ConversationType: ConversationUltraGroup, TargetID: "u", ChannelID: "c"},
		`{"targetType":3,"GroupId":"g","groupUserIds":["a","b"],"isSensitiveWord":"true"}`:       {ConversationType: 3, GroupID: "g", ToUserIDs: []string{"a", "b"}, Sensitive: true},
		`{"targetType":10,"groupUserIds":"[\"a\",\"b\"]","isSensitiveWord":true,"classname":""}`: {ConversationType: 10, ToUserIDs: []string{"a", "b"}, Sensitive: true},
	} {
		want.Line = line
		got, err := decodeLogLine([]byte(line), zone)
		require.NoError(t, err, line)
		require.True(t, got.SentAt.Equal(want.SentAt), "%s: %v", line, got.SentAt)
		got.SentAt = want.SentAt
		require.Equal(t, want, got, line)
	}
	content, err := plain.Content()
	require.NoError(t, err)
	require.Equal(t, TextMessage{Content: "hi"}, content)

	for line, reason := range map[string]string{
		"2018/04/10 11:12:49": "holds no message", "{": "unexpected end", `{"msgUID":"A"} more`: "invalid character", `{"timestamp":[]}`: "timestamp",
		`{"targetType":{}}`: "targetType", `x[{"msgUID":"A"}]`: "invalid character",
	} {
		got, err := decodeLogLine([]byte(line), zone)
		require.ErrorContains(t, err, reason, line)
		require.Zero(t, got, line)
	}
}

func TestMsgLogReads(t *testing.T) {
	t.Parallel()
	// The longest allowed line.
	long := `{"msgUID":"long","content":"` + strings.Repeat("x", 1<<20-len(`{"msgUID":"long","content":""}`)) + `"}`
	for _, c := range []struct {
		name  string
		files []zipFile
		uids  []string
		lines []string // errors of lines that cannot be parsed
	}{
		{name: "empty"},
		{name: "an empty file", files: []zipFile{{name: "a", method: zip.Deflate}}},
		{name: "one line", files: []zipFile{{name: "a", text: logLine("1"), method: zip.Deflate}}, uids: []string{"1"}},
		{name: "stored", files: []zipFile{{name: "a", text: logLine("1") + "\n" + logLine("2") + "\n", method: zip.Store}}, uids: []string{"1", "2"}},
		{
			name:  "other line ends, blank lines and a mark of order",
			files: []zipFile{{name: "a", text: "\xef\xbb\xbf" + logLine("1") + "\r\n\r\n \n" + logLine("2") + "\r\n", method: zip.Deflate}},
			uids:  []string{"1", "2"},
		},
		{
			name: "several files and a folder", files: []zipFile{{name: "d/", method: zip.Store}, {name: "d/a", text: logLine("1"), method: zip.Deflate}, {name: "../b", text: logLine("2"), method: zip.Store}},
			uids: []string{"1", "2"},
		},
		{
			name: "the longest line", files: []zipFile{{name: "a", text: long + "\r\n" + logLine("2"), method: zip.Deflate}},
			uids: []string{"long", "2"},
		},
		{
			name: "lines that are broken", files: []zipFile{{name: "a", text: logLine("1") + "\nsecret\n\n{\"msgUID\":\"secret\n" + logLine("4"), method: zip.Deflate}},
			uids:  []string{"1", "4"},
			lines: []string{`rongcloud: message log: "a" line 2: holds no message`, `rongcloud: message log: "a" line 4: unexpected end of JSON input`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			data := zipOf(t, c.files...)
			s := newLogService(t)
			for _, limits := range []MessageLogLimits{{}, {math.MaxInt64, math.MaxInt64, math.MaxInt}} {
				uids, lines, err := readLog(t, s.Read(t.Context(), bytes.NewReader(data), int64(len(data)), limits))
				require.NoError(t, err)
				require.Equal(t, c.uids, uids)
				var said []string
				for _, line := range lines {
					said = append(said, line.Error())
					require.ErrorIs(t, line, line.Err)
				}
				require.Equal(t, c.lines, said)
			}
		})
	}
}

func TestMsgLogBounds(t *testing.T) {
	t.Parallel()
	one := logLine("1")
	manyFiles := make([]zipFile, 1200)
	for i := range manyFiles {
		manyFiles[i].name = fmt.Sprintf("%01000d", i)
	}
	bomb := zipOf(t, zipFile{name: "a", text: one + "\n" + strings.Repeat(strings.Repeat(" ", 1000)+"\n", 10000), method: zip.Deflate})
	require.Less(t, len(bomb), 50000, "it must be a bomb")
	// A header that claims less than the actual size.
	liar := zipOf(t, zipFile{name: "a", text: one + "\n" + one, method: zip.Deflate})
	at := bytes.LastIndex(liar, []byte("PK\x01\x02")) + 24
	copy(liar[at:at+4], []byte{1, 0, 0, 0})
	broken := zipOf(t, zipFile{name: "a", text: one + "\n" + one, method: zip.Store})
	broken[bytes.Index(broken, []byte("msgUID"))+1] ^= 1
	unknown := zipOf(t, zipFile{name: "a", text: one, method: zip.Store})
	unknown[bytes.LastIndex(unknown, []byte("PK\x01\x02"))+10] = 99 // the method
	for _, c := range []struct {
		name   string
		data   []byte
		limits MessageLogLimits
		uids   []string
		want   error
	}{
		{
			name: "all bounds as they are", data: zipOf(t, zipFile{name: "a", text: one + "\n" + one, method: zip.Deflate}),
			limits: MessageLogLimits{TextBytes: int64(2*len(one) + 1), LineBytes: len(one)}, uids: []string{"1", "1"},
		},
		{
			name: "a byte too many", data: zipOf(t, zipFile{name: "a", text: one + "\n" + one, method: zip.Deflate}),
			limits: MessageLogLimits{TextBytes: int64(2 * len(one))}, want: errLogTextTooLong,
		},
		{
			name: "a byte too many in two files", data: zipOf(t, zipFile{name: "a", text: one, method: zip.Deflate}, zipFile{name: "b", text: one, method: zip.Store}),
			limits: MessageLogLimits{TextBytes: int64(2*len(one) - 1)}, uids: []string{"1"}, want: errLogTextTooLong,
		},
		{name: "a bomb", data: bomb, limits: MessageLogLimits{TextBytes: 1 << 20}, uids: []string{"1"}, want: errLogTextTooLong},
		{
			name: "a line too long", data: zipOf(t, zipFile{name: "a", text: one + "\n" + one + "x\n" + one, method: zip.Deflate}),
			limits: MessageLogLimits{LineBytes: len(one)}, uids: []string{"1"}, want: errLogLineTooLong,
		},
		{
			name: "a last line too long", data: zipOf(t, zipFile{name: "a", text: one + "\n" + one + "x", method: zip.Deflate}),
			limits: MessageLogLimits{LineBytes: len(one)}, uids: []string{"1"}, want: errLogLineTooLong,
		},
		{
			name: "a line without end", data: zipOf(t, zipFile{name: "a", text: strings.Repeat("x", 1<<20+10), method: zip.Deflate}),
			limits: MessageLogLimits{}, want: errLogLineTooLong,
		},
		{name: "too many files", data: zipOf(t, manyFiles...), limits: MessageLogLimits{}, want: errLogListTooLong},
		{name: "no zip file", data: []byte("<html>" + strings.Repeat(" ", 100)), limits: MessageLogLimits{}, want: zip.ErrFormat},
		{name: "nothing", limits: MessageLogLimits{}, want: zip.ErrFormat},
		{name: "a wrong length", data: liar, limits: MessageLogLimits{}, want: zip.ErrFormat},
		{name: "a wrong checksum", data: broken, limits: MessageLogLimits{}, want: zip.ErrChecksum},
		{name: "an unknown method", data: unknown, limits: MessageLogLimits{}, want: zip.ErrAlgorithm},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			uids, _, err := readLog(t, newLogService(t).Read(t.Context(), bytes.NewReader(c.data), int64(len(c.data)), c.limits))
			if c.want == nil {
				require.NoError(t, err)
				require.Equal(t, c.uids, uids)
				return
			}
			require.ErrorIs(t, err, c.want)
			var failure *Error
			require.ErrorAs(t, err, &failure)
			require.Nil(t, failure.Endpoint)
			require.ErrorContains(t, failure, "rongcloud: message log: ")
			if c.uids != nil {
				require.Equal(t, c.uids, uids)
			}
		})
	}
}

func TestMsgLogArguments(t *testing.T) {
	t.Parallel()
	s := newLogService(t)
	file := bytes.NewReader(nil)
	for field, all := range map[string]iter.Seq2[LoggedMessage, error]{
		"Limits": s.Read(t.Context(), file, 0, MessageLogLimits{LineBytes: -1}),
		"ctx":    s.Read(nil, file, 0, MessageLogLimits{}), //nolint:staticcheck // on purpose
		"file":   s.Read(t.Context(), nil, 0, MessageLogLimits{}),
		"date":   s.Download(t.Context(), MessageLogDownloadParams{}),
	} {
		_, _, err := readLog(t, all)
		var argument *ArgumentError
		require.ErrorAs(t, err, &argument, field)
		require.Equal(t, field, cmp.Or(argument.Wire, argument.Field))
	}
	for _, limits := range []MessageLogLimits{{FileBytes: -1}, {TextBytes: -1}} {
		_, _, err := readLog(t, s.Download(t.Context(), MessageLogDownloadParams{Hour: contentTime, Limits: limits}))
		var argument *ArgumentError
		require.ErrorAs(t, err, &argument)
	}
	_, _, err := readLog(t, s.Read(t.Context(), file, -1, MessageLogLimits{}))
	require.Error(t, err)
}

// countingFile counts how much of a file was read.
type countingFile struct {
	*bytes.Reader
	read int
}

func (f *countingFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.Reader.ReadAt(p, off)
	f.read += n
	return n, err
}

// A log is read as the loop needs it, not all at once.
func TestMsgLogStreams(t *testing.T) {
	t.Parallel()
	data := zipOf(t, zipFile{name: "a", text: strings.Repeat(logLine("1")+"\n", 100000), method: zip.Store})
	require.Greater(t, len(data), 4<<20)
	s := newLogService(t)
	file := &countingFile{Reader: bytes.NewReader(data)}
	for m, err := range s.Read(t.Context(), file, int64(len(data)), MessageLogLimits{}) {
		require.NoError(t, err)
		require.Equal(t, "1", m.MessageUID)
		break
	}
	require.Less(t, file.read, 256<<10)

	// No more than the limit is read of a line that is too long.
	data = zipOf(t, zipFile{name: "a", text: strings.Repeat("x", 8<<20), method: zip.Store})
	file = &countingFile{Reader: bytes.NewReader(data)}
	_, _, err := readLog(t, s.Read(t.Context(), file, int64(len(data)), MessageLogLimits{}))
	require.ErrorIs(t, err, errLogLineTooLong)
	require.Less(t, file.read, 3<<20)

	data = zipOf(t, zipFile{name: "a", text: strings.Repeat(logLine("1")+"\n", 10000), method: zip.Store})
	canceled, stop := context.WithCancel(t.Context())
	stop()
	uids, _, err := readLog(t, s.Read(canceled, bytes.NewReader(data), int64(len(data)), MessageLogLimits{}))
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, uids)

	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	var last error
	for _, err := range s.Read(ctx, bytes.NewReader(data), int64(len(data)), MessageLogLimits{}) {
		cancel()
		seen, last = seen+1, err
	}
	cancel()
	require.Equal(t, 2, seen, "the message, and the error right after it")
	require.ErrorIs(t, last, context.Canceled)
}

func FuzzLogLine(f *testing.F) {
	for _, seed := range []string{
		logText, logLine("1"), `{`, `{}`, `{"content":[[[]]]}`, `{"timestamp":1e300}`, `{"timestamp":"-9223372036854775808"}`, `2018/04/10 11:12:49{"targetType":1.5}`,
		`{"groupUserIds":"[\"a\"]"}`, "{\"msgUID\":\"\xff\\ud800\"}", `{"GroupId":{"a":null}}`, `x{"isSensitiveWord":"perhaps"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		m, err := decodeLogLine(line, time.UTC)
		if err != nil {
			require.Zero(t, m)
			return
		}
		require.Equal(t, string(line), m.Line)
		_, _ = m.Content()
	})
}

// FuzzReadLog reads files that may not be logs, or even zip files. Whatever they are, the loop ends
// and stays within its limits.
func FuzzReadLog(f *testing.F) {
	client, err := New("key", "secret")
	require.NoError(f, err)
	f.Add(zipOf(f, zipFile{name: "a", text: logText + "\n" + logLine("2"), method: zip.Deflate}))
	f.Add(zipOf(f, zipFile{name: "d/", method: zip.Store}, zipFile{name: "d/a", text: logText, method: zip.Store}, zipFile{name: "b", text: "\n\n{", method: zip.Deflate}))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\xff", 18)))
	f.Fuzz(func(t *testing.T, data []byte) {
		total := 0
		for m := range client.Message.Log.Read(t.Context(), bytes.NewReader(data), int64(len(data)), MessageLogLimits{TextBytes: 4096, LineBytes: 512}) {
			require.LessOrEqual(t, len(m.Line), 512)
			total += len(m.Line)
		}
		require.LessOrEqual(t, total, 4096)
	})
}
