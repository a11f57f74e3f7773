package rongcloudtest

import (
	"archive/zip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

const (
	logPath    = "/_rongcloudtest/log/"
	hourLayout = "2006010215"
	// logStampLayout is the format of the time right before each message's opening brace.
	logStampLayout = "2006/01/02 15:04:05"
	logKept        = 72 * time.Hour
)

var logHandlers = map[*endpoint.Endpoint]handler{
	endpoint.MessageHistory:       logURL,
	endpoint.MessageHistoryDelete: logDelete,
}

// logURL returns an address that the server itself serves, with the scheme and host of the
// request. The address is empty for an hour without messages, one that has not ended, and one
// whose log has been deleted. RongCloud may take up to an hour longer to write a log.
func logURL(c *call) answer {
	date := c.params.Get("date")
	hour, err := c.hour(date)
	if err != nil {
		return refuseError(err)
	}
	address := ""
	if len(c.logged(hour)) > 0 {
		address = c.address + logPath + date + ".zip"
	}
	return ok(field{"url", address}, field{"date", date})
}

func logDelete(c *call) answer {
	hour, err := c.hour(c.params.Get("date"))
	if err != nil {
		return refuseError(err)
	}
	for _, m := range c.logged(hour) {
		m.logged = false
	}
	return ok()
}

func (s *Server) hour(date string) (time.Time, error) {
	hour, err := time.ParseInLocation(hourLayout, date, s.zone)
	if err != nil || len(date) != len(hourLayout) {
		return time.Time{}, invalid("date %q is not an hour in the form YYYYMMDDHH", date)
	}
	return hour, nil
}

// logged returns the messages in the log of an hour, oldest first. Recalled messages stay in the
// log.
func (s *Server) logged(hour time.Time) []*kept {
	end, now := hour.Add(time.Hour), s.now()
	if now.Before(end) || !now.Before(end.Add(logKept)) {
		return nil
	}
	var found []*kept
	for _, m := range s.messages.sent.all() {
		if m.logged && !m.SentAt.Before(hour) && m.SentAt.Before(end) {
			found = append(found, m)
		}
	}
	return found
}

// logLine is a message in the log. No page describes it: the names are taken from logs that others
// have published.
type logLine struct {
	AppID           string                     `json:"appId"`
	FromUserID      string                     `json:"fromUserId"`
	TargetID        string                     `json:"targetId"`
	TargetType      rongcloud.ConversationType `json:"targetType"`
	GroupID         string                     `json:"GroupId"`
	ClassName       string                     `json:"classname"`
	Content         any                        `json:"content"`
	DateTime        string                     `json:"dateTime"`
	Timestamp       int64                      `json:"timestamp"`
	MsgUID          string                     `json:"msgUID"`
	Source          string                     `json:"source"`
	IsSensitiveWord string                     `json:"isSensitiveWord"`
	BusChannel      string                     `json:"busChannel,omitempty"`
}

func (s *Server) logLine(m *kept) logLine {
	line := logLine{
		AppID: s.config.key, FromUserID: m.From, TargetID: m.TargetID, TargetType: m.ConversationType, ClassName: m.ObjectName,
		Content: m.Body, DateTime: m.SentAt.In(s.zone).Format(dateLayout + ".000"), Timestamp: m.SentAt.UnixMilli(), MsgUID: m.MessageUID,
		Source: "Server", IsSensitiveWord: "false", BusChannel: m.ChannelID,
	}
	if json.Valid([]byte(m.Body)) {
		line.Content = json.RawMessage(m.Body)
	}
	if t := m.ConversationType; t == rongcloud.ConversationGroup || t == rongcloud.ConversationUltraGroup {
		line.GroupID = m.TargetID
	}
	if m.sensitive {
		line.IsSensitiveWord = "true"
	}
	return line
}

// serveLog serves the download of a log. It requires no signature, like a storage service that
// gives out signed addresses.
func (s *Server) serveLog(w http.ResponseWriter, r *http.Request) {
	date := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, logPath), ".zip")
	hour, err := s.hour(date)
	var lines []logLine
	if err == nil && r.Method == http.MethodGet {
		s.mu.Lock()
		for _, m := range s.logged(hour) {
			lines = append(lines, s.logLine(m))
		}
		s.mu.Unlock()
	}
	if len(lines) == 0 {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	w.WriteHeader(http.StatusOK)
	archive := zip.NewWriter(w)
	file, err := archive.Create(hour.Format("2006-01-02-15"))
	if err != nil {
		return // the caller has gone
	}
	encoder := json.NewEncoder(file)
	encoder.SetEscapeHTML(false)
	for _, line := range lines {
		stamp := time.UnixMilli(line.Timestamp).In(s.zone).Format(logStampLayout)
		if _, err := io.WriteString(file, stamp); err != nil || encoder.Encode(line) != nil {
			return
		}
	}
	_ = archive.Close() // the caller has gone
}
