package rongcloud

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/credential"
	"github.com/rongcloud-go/rongcloud/internal/form"
)

const (
	nonceLength     = 18
	timestampLength = 13 // milliseconds, until the year 2286
)

// newHeader returns the headers of one attempt.
func (c *call) newHeader() (http.Header, error) {
	fixed := &c.core.headers
	header := make(http.Header, 8)
	values := new([4]string)
	values[3] = c.requestID
	header["X-Request-Id"] = values[3:4:4]
	header["User-Agent"] = fixed.userAgent
	switch c.ep.Encoding {
	case endpoint.Form:
		header["Content-Type"] = fixed.form
	case endpoint.JSON:
		header["Content-Type"] = fixed.json
	}
	if len(c.core.config.headerHooks) > 0 {
		if err := c.addHookedHeaders(header); err != nil {
			return nil, err
		}
	}
	if len(c.config.headers) > 0 || c.encoder.Placed() {
		c.addHeaders(header)
	}
	if c.ep.Unsigned {
		return header, nil
	}
	if err := c.sign(values); err != nil {
		return nil, err
	}
	header["App-Key"] = fixed.appKey
	header["Nonce"] = values[0:1:1]
	header["Timestamp"] = values[1:2:2]
	header["Signature"] = values[2:3:3]
	return header, nil
}

// sign puts a new nonce, the current time and the signature over both into the first three values.
func (c *call) sign(values *[4]string) error {
	var nonce [nonceLength]byte
	text := nonce[:]
	if source := c.core.config.nonce; source != nil {
		text = append(text[:0], source()...)
		if len(text) == 0 || len(text) > nonceLength || !form.Printable(string(text)) {
			return refuse("WithNonce", "a nonce must have 1 to %d printable ASCII characters", nonceLength)
		}
	} else {
		newNonce(&nonce)
	}
	// One string holds all three values.
	n := len(text)
	var buf [nonceLength + 2*timestampLength + signatureLength]byte
	signed := strconv.AppendInt(append(buf[:0], text...), c.core.config.now().UnixMilli(), 10)
	end := len(signed)
	signed = signed[:end+signatureLength]
	secret, err := c.secret()
	if err != nil {
		return err
	}
	sign(signed[end:], secret, string(signed[:n]), string(signed[n:end]))
	all := string(signed)
	values[0], values[1], values[2] = all[:n], all[n:end], all[end:]
	return nil
}

// secret returns the App Secret to sign the attempt with.
func (c *call) secret() (string, error) {
	source := c.core.config.secretSource
	if source == nil {
		return c.core.secret.reveal(), nil
	}
	ctx, cancel := context.WithTimeout(c.Context, c.config.attemptTimeout)
	defer cancel()
	secret, err := source(ctx)
	if err != nil {
		return "", &stepError{"asking for the App Secret", err}
	}
	if fault := credential.Fault(secret); fault != "" {
		return "", ownError("the App Secret from WithSecretSource " + fault)
	}
	return secret, nil
}

// newNonce writes 18 random decimal digits.
func newNonce(dst *[nonceLength]byte) {
	n := random64()
	for i := range dst {
		dst[i] = '0' + byte(n%10)
		n /= 10
	}
}

func random64() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.NativeEndian.Uint64(b[:])
}

// newRequestID returns a random UUID.
func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	var text [maxRequestIDLength]byte
	hex.Encode(text[0:8], b[0:4])
	hex.Encode(text[9:13], b[4:6])
	hex.Encode(text[14:18], b[6:8])
	hex.Encode(text[19:23], b[8:10])
	hex.Encode(text[24:], b[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// newMsgRandom returns a positive random number of 63 bits, since the servers use signed numbers.
func newMsgRandom() int64 {
	return max(1, int64(random64()>>1))
}

// ownHeaders are the headers that the SDK sets, or that net/http's transport writes or obeys.
var ownHeaders = map[string]string{
	"App-Key": "", "Nonce": "", "Timestamp": "", "Signature": "", "Host": "", "Content-Type": "", "Content-Length": "", "Content-Encoding": "",
	"X-Request-Id": "; see WithRequestID", "User-Agent": "; see WithUserAgent",
	"Accept-Encoding": "", "Connection": "", "Proxy-Connection": "", "Keep-Alive": "", "Transfer-Encoding": "", "Te": "", "Trailer": "",
	"Upgrade": "", "Expect": "",
}

// headerProblem says why the caller may not set a header, or returns "".
func headerProblem(name string) string {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", r)
	}) {
		return "is not a header name"
	}
	if hint, ok := ownHeaders[textproto.CanonicalMIMEHeaderKey(name)]; ok {
		return "is the SDK's own header" + hint
	}
	return ""
}

// addHookedHeaders adds the hooks' headers.
func (c *call) addHookedHeaders(header http.Header) error {
	added := http.Header{}
	for _, hook := range c.core.config.headerHooks {
		hook(c.Context, added)
	}
	for name, values := range added {
		reason := headerProblem(name)
		if reason == "" && c.encoder.InHeader(name) {
			reason = "repeats a parameter that is sent anyway"
		}
		if reason != "" {
			return refuseField(c.ep, "WithHeaderHook", name, "%s", reason)
		}
		for _, value := range values {
			if !form.Printable(value) {
				return refuseField(c.ep, "WithHeaderHook", name, "the value is not printable ASCII")
			}
			header.Add(name, value)
		}
	}
	return nil
}

// addHeaders adds the caller's headers and the parameters that are sent as headers.
func (c *call) addHeaders(header http.Header) {
	for _, h := range c.config.headers {
		header.Set(h.name, h.value)
	}
	c.encoder.AddHeaders(header)
}
