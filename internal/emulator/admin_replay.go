package emulator

import (
	"bytes"
	"crypto/rand"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// credentialHeaders are headers that must be new for each request, and headers of the connection,
// which curl and net/http write themselves.
var credentialHeaders = []string{
	"App-Key", "Nonce", "Timestamp", "Signature", "Rc-App-Key", "Rc-Nonce", "Rc-Timestamp", "Rc-Signature",
	"Connection", "Content-Length", "Transfer-Encoding", "Accept-Encoding",
}

// find returns one of the recorded requests.
func (e *emulator) find(r *http.Request) (rongcloudtest.Request, error) {
	n, err := strconv.Atoi(r.PathValue("number"))
	if err != nil {
		return rongcloudtest.Request{}, fault(http.StatusBadRequest, "%q is not a number", r.PathValue("number"))
	}
	all := e.Requests()
	i := slices.IndexFunc(all, func(one rongcloudtest.Request) bool { return one.Number == n })
	if i < 0 {
		return rongcloudtest.Request{}, fault(http.StatusNotFound, "request %d does not exist, or no longer does", n)
	}
	return all[i], nil
}

// postReplay sends a request again as it came, with a new signature, and returns the number of the
// new request.
func (e *emulator) postReplay(r *http.Request) (any, error) {
	old, err := e.find(r)
	if err != nil {
		return nil, err
	}
	again, err := http.NewRequestWithContext(r.Context(), old.Method, target(r.Host, old), bytes.NewReader(old.Body)) //nolint:gosec // it never leaves the process
	if err != nil {
		return nil, fault(http.StatusBadRequest, "the request cannot be sent again: %v", err)
	}
	again.Header = replayHeader(old.Header)
	nonce, timestamp := rand.Text()[:16], strconv.FormatInt(time.Now().UnixMilli(), 10)
	again.Header.Set("App-Key", e.AppKey())
	again.Header.Set("Nonce", nonce)
	again.Header.Set("Timestamp", timestamp)
	again.Header.Set("Signature", rongcloud.Sign(e.AppSecret(), nonce, timestamp))
	response, problem := e.Transport().RoundTrip(again)
	if problem == nil {
		_ = response.Body.Close()
	}
	for _, one := range slices.Backward(e.Requests()) {
		if one.Header.Get("Nonce") == nonce { // recorded even if a fault dropped the response
			return summarize(one), nil
		}
	}
	return nil, errors.Join(errors.New("the request was not carried out"), problem)
}

func target(host string, r rongcloudtest.Request) string {
	address := "http://" + host + r.Path
	if r.Query != "" {
		address += "?" + r.Query
	}
	return address
}

func replayHeader(header http.Header) http.Header {
	header = header.Clone()
	for _, name := range credentialHeaders {
		header.Del(name)
	}
	return header
}

// curl returns the request as a shell command that signs the request when run.
func (e *emulator) curl(host string, r rongcloudtest.Request) string {
	secret := "${RONGCLOUD_APP_SECRET:?}" //nolint:gosec // a variable, so that the secret stays off screens and out of logs
	if e.AppSecret() == rongcloudtest.DefaultAppSecret {
		secret = "${RONGCLOUD_APP_SECRET:-" + rongcloudtest.DefaultAppSecret + "}"
	}
	lines := []string{
		"NONCE=$(openssl rand -hex 8) TIMESTAMP=$(date +%s)000",
		"curl -i -X " + quote(r.Method) + " " + quote(target(host, r)),
		"-H " + quote("App-Key: "+e.AppKey()),
		`-H "Nonce: $NONCE" -H "Timestamp: $TIMESTAMP"`,
		`-H "Signature: $(printf %s "` + secret + `$NONCE$TIMESTAMP" | openssl dgst -sha1 -r | cut -c1-40)"`,
	}
	header := replayHeader(r.Header)
	header.Del("User-Agent")
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			lines = append(lines, "-H "+quote(name+": "+value))
		}
	}
	if len(r.Body) > 0 {
		lines = append(lines, "--data-binary "+quote(string(r.Body)))
	}
	return lines[0] + "\n" + strings.Join(lines[1:], " \\\n  ")
}

// quote quotes a text for a shell.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
