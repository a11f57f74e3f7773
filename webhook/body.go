package webhook

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// request is a callback that has been verified and read, but not decoded.
type request struct {
	credentials *credentials
	saysJSON    bool // according to its media type
	form        bool // according to its first character
	short       bool // part of it was missing, though the connection did not break
	body        []byte
}

// receive reads a request for [Parse], outside a Handler.
func (c *config) receive(r *http.Request, kind Kind) (*request, error) {
	found, err := c.admit(r, kind)
	if err != nil {
		return nil, err
	}
	return c.read(r, found)
}

// admit checks everything that can be checked without the body, cheapest first.
func (c *config) admit(r *http.Request, kind Kind) (*credentials, error) {
	if r.Method != http.MethodPost {
		return nil, refuse(ErrMethod)
	}
	if !c.admits(r) {
		return nil, refuse(ErrSource)
	}
	found, err := c.verify(r)
	if err != nil {
		return nil, err
	}
	return found, found.checkPlace(kind)
}

// read reads the body of a request whose signature is valid.
func (c *config) read(r *http.Request, found *credentials) (*request, error) {
	form, err := mediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	body, err := c.readBody(r)
	if err != nil {
		return nil, err
	}
	// then Content-Length is not the length of body
	encoded := r.Header.Get("Content-Encoding") != ""
	short := !encoded && int64(len(body)) < r.ContentLength
	if len(body) == 0 && form && len(r.PostForm) > 0 { // something has parsed it already
		if !wasForm(r.PostForm) {
			return nil, refuse(ErrMalformed, errReadBefore)
		}
		body, short = []byte(r.PostForm.Encode()), r.ContentLength > longestForm(r.PostForm)
		if int64(len(body)) > c.maxBody {
			return nil, refuse(ErrTooLarge)
		}
	}
	if body = trimBOM(body); len(bytes.TrimSpace(body)) == 0 {
		return nil, emptyBody(r)
	}
	return &request{found, !form, looksLikeForm(body), short, body}, nil
}

// wasForm reports whether a body that was parsed as a form really was one. The parser also makes
// fields out of garbage, and out of JSON sent with the media type of a form.
func wasForm(parsed url.Values) bool {
	valued := false
	for name, values := range parsed {
		if name == "" || !looksLikeForm([]byte(name)) || !isText([]byte(name)) || strings.HasPrefix(name, "\ufeff") {
			return false
		}
		valued = valued || slices.ContainsFunc(values, func(text string) bool { return text != "" })
	}
	return valued
}

// longestForm returns how many bytes the fields take at most when encoded as a form, where
// letters, digits and -_. stay unescaped. A longer body had fields that the parser dropped because
// they were badly encoded.
func longestForm(parsed url.Values) (length int64) {
	add := func(text string) {
		for _, b := range []byte(text) {
			switch {
			case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '-', b == '_', b == '.':
				length++
			default:
				length += 3
			}
		}
	}
	for name, values := range parsed {
		for _, text := range values {
			add(name)
			add(text)
			length += 2 // the = and the &
		}
	}
	return length
}

var errReadBefore = errors.New("it was already read: call the handler before anything that reads it, such as Request.FormValue in a middleware")

// emptyBody returns why there is no body, as far as that can be known.
func emptyBody(r *http.Request) error {
	if r.ContentLength > 0 || r.Form != nil {
		return refuse(ErrMalformed, errReadBefore)
	}
	return refuse(ErrMalformed, errors.New("it is empty, or something read it before the handler, such as Request.FormValue in a middleware"))
}

func trimBOM(body []byte) []byte { return bytes.TrimPrefix(body, []byte("\ufeff")) }

// looksLikeForm distinguishes a form from JSON by the first character. The media type cannot be
// relied on: one of RongCloud's pages gives both types for the same callback.
func looksLikeForm(body []byte) bool {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	return len(trimmed) == 0 || trimmed[0] != '{' && trimmed[0] != '['
}

// mediaType distinguishes a form from JSON. No type counts as a form.
func mediaType(text string) (form bool, err error) {
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

// readBody reads and decompresses the body, up to the limit.
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
		// incompressible data grows a little
		unzipped, err := gzip.NewReader(io.LimitReader(reader, c.maxBody+c.maxBody/1000+1024))
		if err != nil {
			return nil, refuse(ErrMalformed, errors.New("not gzip"))
		}
		reader, size = unzipped, 0
	default:
		return nil, refuse(ErrMediaType, errors.New("its compression is not known"))
	}
	buf := bytes.NewBuffer(make([]byte, 0, max(size, bytes.MinRead)))
	n, err := buf.ReadFrom(io.LimitReader(reader, c.maxBody+1))
	var tooLong *http.MaxBytesError // set by a middleware
	switch {
	case n > c.maxBody, errors.As(err, &tooLong):
		return nil, refuse(ErrTooLarge)
	case err != nil:
		return nil, refuse(ErrMalformed, errors.New("it ends too early"))
	}
	return buf.Bytes(), nil
}

// fingerprint covers what the signature does not. Each part is preceded by its length, so that no
// bytes can move from one part to the next.
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

// decode decodes the request into a Callback.
func (c *config) decode(q *request, kind Kind) (*Callback, error) {
	known := q.credentials.knownKey()
	kind, events := q.events(kind)
	if err := q.credentials.checkPlace(kind); err != nil {
		return nil, err
	}
	for _, event := range events {
		e := event.envelope()
		if e.AppKey == "" {
			e.AppKey = known
			continue
		}
		// An App Key in the body is checked like one in the query.
		named := *q.credentials
		named.appKey = e.AppKey
		if c.signer(&named) == nil {
			return nil, refuse(ErrSignature)
		}
		known = e.AppKey
	}
	return &Callback{Kind: kind, AppKey: known, SignedAt: q.credentials.signedAt, Body: q.body, Events: events}, nil
}

// events decodes the events in the body. A body that is neither a form nor JSON becomes an Unknown
// with an error, so that it is not acknowledged.
func (q *request) events(kind Kind) (Kind, []Event) {
	common := Envelope{SignedAt: q.credentials.signedAt, Raw: q.body}
	unreadable := func(expected Kind, problem error) (Kind, []Event) {
		return KindUnknown, []Event{&Unknown{Envelope: common, Expected: cmp.Or(expected, KindUnknown), Err: problem}}
	}
	switch {
	case !q.form:
	case q.saysJSON && json.Valid(q.body):
		return unreadable(kind, errors.New("JSON, but neither an object nor a list"))
	case len(bytes.Trim(q.body, "=& \t\r\n")) == 0, !bytes.ContainsRune(q.body, '='):
		return unreadable(kind, errors.New("neither a form nor JSON"))
	}
	decoded, events := decode(kind, q.form, common)
	if q.short {
		return unreadable(decoded, errReadBefore)
	}
	if decoded == KindUnknown && q.form && !isText(q.body) {
		return unreadable(kind, errors.New("not text"))
	}
	return decoded, events
}

// isText reports whether a body is text in UTF-8.
func isText(body []byte) bool {
	return utf8.Valid(body) && !bytes.ContainsFunc(body, func(r rune) bool { return r < ' ' && r != '\t' && r != '\r' && r != '\n' || r == 0x7f })
}

// Decode decodes the body of a callback that did not come over HTTP, or was verified before: one
// from an archive, a queue or a serverless platform. If kind is empty, the fields of the body
// decide. The content type is that of the request, and may be empty. Decode checks no signature:
// whoever can write the body decides what it says.
//
// A kind that does not exist is a [*rongcloud.ArgumentError]. An empty body or an unsupported
// content type is an [*Error]; a body that does not match its kind is returned as an [*Unknown],
// as by [Parse]. SignedAt is zero, and AppKey is what the body says.
func Decode(kind Kind, contentType string, body []byte) (*Callback, error) {
	if kind != "" {
		if err := checkKind(kind); err != nil {
			return nil, err
		}
	}
	form, err := mediaType(contentType)
	if err != nil {
		return nil, err
	}
	if body = trimBOM(body); len(bytes.TrimSpace(body)) == 0 {
		return nil, refuse(ErrMalformed, errors.New("it is empty"))
	}
	q := &request{&credentials{app: &app{}}, !form, looksLikeForm(body), false, body}
	callback := &Callback{Body: body}
	callback.Kind, callback.Events = q.events(kind)
	for _, event := range callback.Events {
		callback.AppKey = cmp.Or(event.envelope().AppKey, callback.AppKey)
	}
	return callback, nil
}
