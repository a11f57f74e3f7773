package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// verify accepts no forged request: none with a changed byte in nonce, timestamp or signature, and
// none with parts that are moved, repeated or left out.
func TestVerifyForgedRequests(t *testing.T) {
	t.Parallel()
	p := profile{AppKey: rongcloudtest.DefaultAppKey, AppSecret: rongcloudtest.DefaultAppSecret}
	s := sign(p, "14314", time.Now())
	request := func(s signing) string {
		return fmt.Sprintf("POST /cb?appKey=%s&nonce=%s&timestamp=%s&signature=%s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\r\n"+
			`{"eventType":1,"userId":"u1","toUserId":"u2","time":1700000000000}`, s.appKey, s.nonce, s.timestamp, s.signature)
	}
	valid := func(text string) bool {
		r, _, err := readRequest([]byte(text))
		return err == nil && verifyRequest(r, p, true).Valid
	}
	good := request(s)
	require.True(t, valid(good))
	for _, part := range []string{s.nonce, s.timestamp, s.signature} {
		at := strings.Index(good, "="+part) + 1
		for i := at; i < at+len(part); i++ {
			for c := range 256 {
				changed := good[:i] + string([]byte{byte(c)}) + good[i+1:]
				if same := strings.EqualFold(changed, good); same { // hexadecimal digits may be in upper case
					continue
				}
				require.False(t, valid(changed), "%q", changed)
			}
		}
	}
	for name, text := range map[string]string{
		"a digit from the nonce to the time": request(signing{s.appKey, s.nonce + s.timestamp[:1], s.timestamp[1:], s.signature}),
		"a digit from the time to the nonce": request(signing{s.appKey, s.nonce[:4], s.nonce[4:] + s.timestamp, s.signature}),
		"no nonce":                           request(signing{s.appKey, "", s.nonce + s.timestamp, s.signature}),
		"no time":                            request(signing{s.appKey, s.nonce + s.timestamp, "", s.signature}),
		"no signature":                       request(signing{s.appKey, s.nonce, s.timestamp, ""}),
		"two signatures, the last right":     strings.Replace(good, "&signature=", "&signature=0&signature=", 1),
		"two signatures, the first right":    strings.Replace(good, " HTTP", "&signature=0 HTTP", 1),
		"two nonces":                         strings.Replace(good, " HTTP", "&nonce=1 HTTP", 1),
		"two times":                          strings.Replace(good, " HTTP", "&timestamp=1 HTTP", 1),
		"semicolons":                         strings.Replace(good, "&", ";", 3),
		"a space behind":                     strings.Replace(good, s.signature, s.signature+"%20", 1),
		"half of it":                         strings.Replace(good, s.signature, s.signature[:20], 1),
		"another secret":                     request(sign(profile{AppKey: p.AppKey, AppSecret: "other"}, s.nonce, time.Now())),
		"another method":                     strings.Replace(good, "POST", "GET", 1),
	} {
		require.False(t, valid(text), name)
	}
	var said strings.Builder
	env := map[string]string{envConfig: t.TempDir() + "/none"}
	a := newApp(strings.NewReader("\xef\xbb\xbf"+good), io.Discard, &said, func(name string) string { return env[name] })
	require.Equal(t, exitDone, a.run(t.Context(), []string{"webhook", "verify"}), said.String())
}
