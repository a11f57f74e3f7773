package webhook

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

// request is a callback that is verified and read, but not decoded.
type request struct {
	credentials *credentials
	form        bool
	body        []byte
}

// receive checks everything of a request that its own text can tell, in the order of what it costs. The body is read only after the
// signature was found to be right.
func (c *config) receive(r *http.Request) (*request, error) {
	if r.Method != http.MethodPost {
		return nil, refuse(ErrMethod)
	}
	if !c.admits(r) {
		return nil, refuse(ErrSource)
	}
	form, err := mediaType(r.Header)
	if err != nil {
		return nil, err
	}
	found, err := c.verify(r)
	if err != nil {
		return nil, err
	}
	body, err := c.readBody(r)
	if err != nil {
		return nil, err
	}
	// Which of the two it is shows in the first character. One page of RongCloud's names both types for the same callback.
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) > 0 {
		form = trimmed[0] != '{' && trimmed[0] != '['
	}
	return &request{found, form, body}, nil
}

// mediaType tells a form from JSON, and takes no type for a form.
func mediaType(header http.Header) (form bool, err error) {
	text := header.Get("Content-Type")
	if text == "" || text == "application/x-www-form-urlencoded" {
		return true, nil
	}
	kind, params, err := mime.ParseMediaType(text)
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "utf8") {
		return false, refuse(ErrMediaType)
	}
	switch {
	case err != nil:
	case kind == "application/x-www-form-urlencoded":
		return true, nil
	case kind == "application/json", kind == "text/json":
		return false, nil
	}
	return false, refuse(ErrMediaType)
}

// readBody reads the body, decompressed and up to the limit.
func (c *config) readBody(r *http.Request) ([]byte, error) {
	var reader io.Reader = r.Body
	if r.Body == nil {
		reader = http.NoBody
	}
	size := min(r.ContentLength+1, c.maxBody+1, 64<<10)
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
		if r.ContentLength > c.maxBody {
			return nil, refuse(ErrTooLarge)
		}
	case "gzip", "x-gzip":
		unzipped, err := gzip.NewReader(io.LimitReader(reader, c.maxBody+c.maxBody/1000+1024)) // what does not shrink grows a little
		if err != nil {
			return nil, refuse(ErrMalformed, errors.New("not gzip"))
		}
		reader, size = unzipped, 0
	default:
		return nil, refuse(ErrMediaType, errors.New("its compression is not known"))
	}
	buf := bytes.NewBuffer(make([]byte, 0, max(size, bytes.MinRead)))
	n, err := buf.ReadFrom(io.LimitReader(reader, c.maxBody+1))
	switch {
	case n > c.maxBody:
		return nil, refuse(ErrTooLarge)
	case err != nil:
		return nil, refuse(ErrMalformed, errors.New("it breaks off"))
	}
	return buf.Bytes(), nil
}

// fingerprint covers what the signature does not. Each part is preceded by its length, lest one be moved to another.
func (q *request) fingerprint(r *http.Request) Fingerprint {
	hash := sha256.New()
	var length [8]byte
	write := func(part []byte) {
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		hash.Write(length[:])
		hash.Write(part)
	}
	write([]byte(r.URL.Path))
	write([]byte(r.URL.RawQuery))
	if q.form {
		write([]byte("form"))
	} else {
		write([]byte("json"))
	}
	write(q.body)
	return Fingerprint(hash.Sum(nil))
}

// decode makes a Callback of the request.
func (c *config) decode(q *request, kind Kind) (*Callback, error) {
	known := q.credentials.knownKey()
	kind, events := decode(kind, q.form, Envelope{SignedAt: q.credentials.signedAt, Raw: q.body})
	for _, event := range events {
		e := event.envelope()
		if e.AppKey == "" {
			e.AppKey = known
			continue
		}
		// A body that names its app is held to it as a query is.
		named := *q.credentials
		named.appKey = e.AppKey
		if c.signer(&named) == nil {
			return nil, refuse(ErrSignature)
		}
		known = e.AppKey
	}
	return &Callback{Kind: kind, AppKey: known, SignedAt: q.credentials.signedAt, Body: q.body, Events: events}, nil
}
