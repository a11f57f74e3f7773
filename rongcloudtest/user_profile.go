package rongcloudtest

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// profile is a user's hosted profile.
type profile struct {
	basic   map[string]any
	ext     map[string]any
	version int64
}

const (
	maxExtPairs = 20
	maxExtKey   = 32
	maxExtValue = 256
	extPrefix   = "ext_"
)

// profileTexts are the texts of a basic profile, with their maximum lengths in characters.
var profileTexts = map[string]int{
	"uniqueId": 32, "name": 64, "portraitUri": 1024, "email": 128, "birthday": 32, "location": 32,
}

// profileNumbers are the numbers of a basic profile, with their maximum values.
var profileNumbers = map[string]int64{"gender": 2, "role": 100, "level": 100}

var profileHandlers = map[*endpoint.Endpoint]handler{
	endpoint.UserProfileSet:        profileSet,
	endpoint.UserProfileClean:      profileClean,
	endpoint.UserProfileBatchQuery: profileBatchQuery,
	endpoint.UserProfileQuery:      profileQuery,
}

// profileSet keeps what the request does not name.
func profileSet(c *call) answer {
	u := c.users.find(c.params.Get("userId"))
	if !u.registered {
		return refuse(rongcloud.CodeProfileUserNotFound, "user %s does not exist", u.id)
	}
	if !c.params.Has("userProfile") && !c.params.Has("userExtProfile") {
		return refuseError(invalid("userProfile or userExtProfile is required"))
	}
	basic, key, err := c.profilePart("userProfile", checkBasic)
	if err == nil {
		var ext map[string]any
		if ext, key, err = c.profilePart("userExtProfile", checkExt("userExtProfile")); err == nil {
			err = u.profile.merge(basic, ext, c.at.UnixMilli())
		}
	}
	if err != nil {
		a := refuseError(err)
		if key != "" {
			a.fields = []field{{"profileKey", key}}
		}
		return a
	}
	c.tellProfile(u, webhook.UserProfileEventUpdated)
	return ok()
}

// tellProfile records the current profile.
func (c *call) tellProfile(u *user, what webhook.UserProfileEvent) {
	e := &webhook.UserProfile{UserID: u.id, Event: what, OccurredAt: c.at}
	if what == webhook.UserProfileEventUpdated {
		e.Profile, e.Attributes = &rongcloud.UserProfile{}, map[string]string{}
		// both were checked when set
		_ = json.Unmarshal([]byte(jsonText(u.profile.basic)), e.Profile)
		_ = json.Unmarshal([]byte(jsonText(u.profile.ext)), &e.Attributes)
	}
	c.recordEvent(e)
}

func (p *profile) merge(basic, ext map[string]any, version int64) error {
	merged := map[string]any{}
	maps.Copy(merged, p.ext)
	maps.Copy(merged, ext)
	if len(merged) > maxExtPairs {
		return invalid("userExtProfile has %d pairs, at most %d are allowed", len(merged), maxExtPairs)
	}
	if p.basic == nil {
		p.basic = map[string]any{}
	}
	maps.Copy(p.basic, basic)
	p.ext = merged
	p.version = max(version, p.version+1)
	return nil
}

// profilePart reads one of the JSON objects, and returns an error that names an invalid key.
func (c *call) profilePart(name string, check func(strict bool, key string, value any) error) (map[string]any, string, error) {
	if !c.params.Has(name) {
		return nil, "", nil
	}
	decoder := json.NewDecoder(bytes.NewBufferString(c.params.Get(name)))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		return nil, "", invalid("%s is not a JSON object", name)
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if err := check(c.config.strict, key, object[key]); err != nil {
			return nil, key, err
		}
	}
	return object, "", nil
}

func checkBasic(strict bool, key string, value any) error {
	if limit, known := profileTexts[key]; known {
		text, isText := value.(string)
		switch {
		case !isText:
			return invalid("userProfile: %s is not a string", key)
		case utf8.RuneCountInString(text) > limit:
			return tooLong("userProfile: %s has more than %d characters", key, limit)
		}
		return nil
	}
	limit, known := profileNumbers[key]
	switch {
	case !known && strict:
		return invalid("strict: userProfile has no %s", key)
	case !known:
		return nil
	}
	number, isNumber := value.(json.Number)
	n, err := strconv.ParseInt(number.String(), 10, 64)
	if !isNumber || err != nil || n < 0 || n > limit {
		return invalid("userProfile: %s is not a number from 0 to %d", key, limit)
	}
	return nil
}

// checkExt returns the check for the app's own attributes in a parameter.
func checkExt(param string) func(strict bool, key string, value any) error {
	return func(_ bool, key string, value any) error { return checkAttribute(param, key, value) }
}

func checkAttribute(param, key string, value any) error {
	text, isText := value.(string)
	switch {
	case !strings.HasPrefix(key, extPrefix):
		return invalid("%s: %s does not begin with %s", param, key, extPrefix)
	case utf8.RuneCountInString(key) > maxExtKey:
		return tooLong("%s: %s has more than %d characters", param, key, maxExtKey)
	case !isText:
		return invalid("%s: %s is not a string", param, key)
	case utf8.RuneCountInString(text) > maxExtValue:
		return tooLong("%s: the value of %s has more than %d characters", param, key, maxExtValue)
	}
	return nil
}

func profileClean(c *call) answer {
	for _, id := range c.params.List("userId") {
		u := c.users.find(id)
		u.profile = profile{}
		c.tellProfile(u, webhook.UserProfileEventDeleted)
	}
	return ok()
}

func profileBatchQuery(c *call) answer {
	var found []*user
	for _, id := range c.params.List("userId") {
		if u := c.users.find(id); u.registered {
			found = append(found, u)
		}
	}
	return profileAnswer(found)
}

// profileQuery lists all registered users; those without a profile have an empty one.
func profileQuery(c *call) answer {
	return profileAnswer(pageOf(c.byRegistration(), c.params.countOr("page", 1), c.params.countOr("size", 20)))
}

func profileAnswer(found []*user) answer {
	type entry struct {
		UserID         string `json:"userId"`
		Version        int64  `json:"version"`
		UserProfile    string `json:"userProfile"`
		UserExtProfile string `json:"userExtProfile"`
	}
	entries := []entry{}
	for _, u := range found {
		entries = append(entries, entry{u.id, u.profile.version, jsonText(u.profile.basic), jsonText(u.profile.ext)})
	}
	return ok(field{"userList", entries})
}

func jsonText(object map[string]any) string {
	if len(object) == 0 {
		return "{}"
	}
	text, _ := json.Marshal(object) // decoded from JSON before
	return string(text)
}
