package rongcloudtest

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// userLists holds what users have set about each other.
type userLists struct {
	black, white seqList
	whitelistOn  bool // the whitelist applies, not the blacklist
	tags         []string
	remarks      []remark
	quiet        *pushPeriod
}

// refuses reports whether the user refuses private messages from the other one.
func (u *userLists) refuses(from string) bool {
	if u.whitelistOn {
		return !u.white.has(from)
	}
	return u.black.has(from)
}

// seqList is a list of users, newest first when read. The number of an entry is its page token, so
// that paging continues at the right place after changes.
type seqList struct {
	entries []seqEntry
	last    int
}

type seqEntry struct {
	id     string
	number int
}

func (l *seqList) has(id string) bool {
	return slices.ContainsFunc(l.entries, func(e seqEntry) bool { return e.id == id })
}

func (l *seqList) add(ids []string) {
	for _, id := range ids {
		if !l.has(id) {
			l.last++
			l.entries = append(l.entries, seqEntry{id, l.last})
		}
	}
}

func (l *seqList) remove(ids []string) {
	l.entries = slices.DeleteFunc(l.entries, func(e seqEntry) bool { return slices.Contains(ids, e.id) })
}

const tokenPrefix = "test-page-"

// page responds to a query. That size also limits the first page is not certain, but is what
// callers expect.
func (l *seqList) page(c *call) answer {
	before := l.last + 1
	if text := c.params.Get("pageToken"); text != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(text, tokenPrefix))
		if err != nil || !strings.HasPrefix(text, tokenPrefix) {
			return refuseError(invalid("pageToken %q is not one of this server's", text))
		}
		before = n
	}
	size := c.params.countOr("size", 1000)
	ids, last := []string{}, 0
	for _, e := range slices.Backward(l.entries) {
		if e.number >= before {
			continue
		}
		if len(ids) == size {
			return ok(field{"users", ids}, field{"next", tokenPrefix + strconv.Itoa(last)})
		}
		ids, last = append(ids, e.id), e.number
	}
	return ok(field{"users", ids})
}

type remark struct {
	ID     string `json:"id"`
	Remark string `json:"remark"`
}

type pushPeriod struct {
	start   string
	minutes int64
	level   int64
}

func black(c *call) *seqList { return &c.users.ensure(c.params.Get("userId")).black }
func white(c *call) *seqList { return &c.users.ensure(c.params.Get("userId")).white }

var userListHandlers = map[*endpoint.Endpoint]handler{
	endpoint.UserBlacklistAdd:    func(c *call) answer { black(c).add(c.params.List("blackUserId")); return ok() },
	endpoint.UserBlacklistRemove: func(c *call) answer { black(c).remove(c.params.List("blackUserId")); return ok() },
	endpoint.UserBlacklistQuery:  func(c *call) answer { return c.users.find(c.params.Get("userId")).black.page(c) },
	endpoint.UserWhitelistAdd:    func(c *call) answer { white(c).add(c.params.List("whiteUserId")); return ok() },
	endpoint.UserWhitelistRemove: func(c *call) answer { white(c).remove(c.params.List("whiteUserId")); return ok() },
	endpoint.UserWhitelistQuery:  func(c *call) answer { return c.users.find(c.params.Get("userId")).white.page(c) },

	endpoint.UserWhitesettingSet:       whitesettingSet,
	endpoint.UserWhitesettingQuery:     whitesettingQuery,
	endpoint.UserTagSet:                tagSet,
	endpoint.UserTagBatchSet:           tagBatchSet,
	endpoint.UserTagsGet:               tagsGet,
	endpoint.UserRemarksSet:            remarksSet,
	endpoint.UserRemarksDel:            remarksDel,
	endpoint.UserRemarksGet:            remarksGet,
	endpoint.UserBlockPushPeriodSet:    pushPeriodSet,
	endpoint.UserBlockPushPeriodGet:    pushPeriodGet,
	endpoint.UserBlockPushPeriodDelete: pushPeriodDelete,
	endpoint.UserChatFbSet:             chatBanSet,
	endpoint.UserChatFbQuerylist:       chatBanList,
}

func whitesettingSet(c *call) answer {
	for _, id := range c.params.List("userId") {
		c.users.ensure(id).whitelistOn = c.params.Bool("whiteSetting")
	}
	return ok()
}

func whitesettingQuery(c *call) answer {
	type entry struct {
		UserID       string `json:"userId"`
		WhiteSetting string `json:"whiteSetting"`
	}
	entries := []entry{}
	for _, id := range c.params.List("userId") {
		setting := "0"
		if c.users.find(id).whitelistOn {
			setting = "1"
		}
		entries = append(entries, entry{id, setting})
	}
	return ok(field{"users", entries})
}

func tagSet(c *call) answer {
	c.users.ensure(c.params.Get("userId")).tags = c.params.List("tags")
	return ok()
}

func tagBatchSet(c *call) answer {
	for _, id := range c.params.List("userIds") {
		c.users.ensure(id).tags = c.params.List("tags")
	}
	return ok()
}

func tagsGet(c *call) answer {
	result := map[string][]string{}
	for _, id := range c.params.List("userIds") {
		result[id] = append([]string{}, c.users.find(id).tags...)
	}
	return ok(field{"result", result})
}

func remarksSet(c *call) answer {
	var remarks []remark
	if json.Unmarshal([]byte(c.params.Get("remarks")), &remarks) != nil || len(remarks) == 0 {
		return refuseError(invalid("remarks is not a JSON array of objects with id and remark"))
	}
	for _, r := range remarks {
		if r.ID == "" || r.Remark == "" {
			return refuseError(invalid("remarks: id and remark are required"))
		}
	}
	u := c.users.ensure(c.params.Get("userId"))
	for _, r := range remarks {
		if i := slices.IndexFunc(u.remarks, func(old remark) bool { return old.ID == r.ID }); i >= 0 {
			u.remarks[i] = r
		} else {
			u.remarks = append(u.remarks, r)
		}
	}
	return ok()
}

// remarksDel succeeds for a name that is not set; RongCloud may return an error.
func remarksDel(c *call) answer {
	u := c.users.find(c.params.Get("userId"))
	u.remarks = slices.DeleteFunc(u.remarks, func(r remark) bool { return r.ID == c.params.Get("targetId") })
	return ok()
}

func remarksGet(c *call) answer {
	all := c.users.find(c.params.Get("userId")).remarks
	page := pageOf(all, c.params.countOr("page", 1), c.params.countOr("size", 50))
	return ok(field{"total", len(all)}, field{"users", append([]remark{}, page...)})
}

func pushPeriodSet(c *call) answer {
	start := c.params.Get("startTime")
	if _, err := time.Parse(time.TimeOnly, start); err != nil || len(start) != len(time.TimeOnly) {
		return refuseError(invalid("startTime %q is not HH:MM:SS", start))
	}
	u := c.users.ensure(c.params.Get("userId"))
	u.quiet = &pushPeriod{start, c.params.Int("period"), c.params.Int("level")}
	if u.quiet.minutes == 0 {
		u.quiet = nil // documented to mean unset
	}
	return ok()
}

// pushPeriodGet returns zeros for a user without a period; RongCloud's response is not documented.
func pushPeriodGet(c *call) answer {
	type data struct {
		StartTime   string `json:"startTime"`
		Period      int64  `json:"period"`
		UnPushLevel int64  `json:"unPushLevel"`
	}
	if q := c.users.find(c.params.Get("userId")).quiet; q != nil {
		return ok(field{"data", data{q.start, q.minutes, q.level}})
	}
	return ok(field{"data", data{StartTime: "00:00:00"}})
}

func pushPeriodDelete(c *call) answer {
	c.users.find(c.params.Get("userId")).quiet = nil
	return ok()
}

// chatBanSet mutes users in private chats. Messages sent through the Server API on their behalf
// are still delivered.
func chatBanSet(c *call) answer {
	ids := c.params.List("userId")
	c.users.muted = slices.DeleteFunc(c.users.muted, func(id string) bool {
		return !c.params.Bool("state") && slices.Contains(ids, id)
	})
	if !c.params.Bool("state") {
		return ok()
	}
	for _, id := range ids {
		if !slices.Contains(c.users.muted, id) {
			c.users.muted = append(c.users.muted, id)
		}
	}
	return ok()
}

func chatBanList(c *call) answer {
	all := c.users.muted
	from := int(min(max(c.params.Int("offset"), 0), int64(len(all))))
	to := min(from+c.params.countOr("num", 100), len(all))
	return ok(field{"total", len(all)}, field{"users", append([]string{}, all[from:to]...)})
}
