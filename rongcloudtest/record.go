package rongcloudtest

import (
	"net/http"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Request is a request that the server received, with its outcome.
type Request struct {
	Number     int       // of the request, from 1
	ReceivedAt time.Time // by the server's clock
	Method     string
	Path       string
	Query      string             // as received
	Endpoint   *endpoint.Endpoint // nil for an unknown path
	Params     Params             // empty if the request was refused before reading them
	Unknown    []string           // parameters that are not in the endpoint's table
	RequestID  string
	Header     http.Header   // as received; not to be changed
	Body       []byte        // as received, at most 4 MiB of it; not to be changed
	Duration   time.Duration // until the response was ready, not counting a fault's delay
	// HTTP status of the response; 0 if the connection was reset or dropped
	Status    int
	Code      rongcloud.Code // code of the response; 0 if it had none
	Message   string         // errorMessage of the response
	MediaType string         // Content-Type of the response; empty if it had none
	// body of the response, complete even if a fault cuts it; not to be changed
	Response []byte
	Fault    bool // a fault applied; see Server.Fail

	MessageUIDs []string // of the messages it sent, whether or not they are kept; not to be changed
}

// Requests returns the requests so far, oldest first, including refused ones; see [WithHistory]. A
// request is listed as soon as its caller has the response.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests.all()
}

// Sent returns the messages that the server has accepted, oldest first, whether or not they
// reached anybody; see [WithHistory]. A send to several targets counts as one message per target.
func (s *Server) Sent() []SentMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.messages.sent.all()
	all := make([]SentMessage, len(kept))
	for i, m := range kept {
		all[i] = m.copy()
	}
	return all
}

// Message returns the message that the server accepted under the UID, if it is kept.
func (s *Server) Message(uid string) (m SentMessage, kept bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.messages.byUID[uid]
	if one == nil {
		return SentMessage{}, false
	}
	return one.copy(), true
}

func (s *Server) record(in *incoming, a answer, fault *Fault) {
	entry := Request{
		Method: in.method, Path: in.path, Query: in.query, Endpoint: in.ep, Params: in.params, Unknown: in.unknown,
		RequestID: in.header.Get("X-Request-ID"), Header: in.header, Body: in.body, Duration: time.Since(in.began), Fault: fault != nil,
	}
	if fault == nil || !fault.Reset && !fault.DropResponse {
		entry.Status, entry.Code, entry.Message = a.httpStatus(), a.answerCode(in.ep), a.message
		entry.MediaType, entry.Response = a.mediaType, a.body
	}
	s.mu.Lock()
	s.requestCount++
	in.origin.request = s.requestCount
	entry.Number, entry.ReceivedAt = s.requestCount, s.now()
	// messages may outlive the request
	entry.MessageUIDs, in.origin.messageUIDs = in.origin.messageUIDs, nil
	s.requests.add(entry, requestSize+headersSize(entry.Header)+int64(cap(entry.Body)+cap(entry.Response)+len(entry.Query))+textsSize(entry.MessageUIDs), in.parcel)
	s.mu.Unlock()
	for _, observe := range s.config.observers {
		observe(entry)
	}
}

// cause is the request that caused a message or a callback. Its number is known once the request
// has finished, so it is read with the server's lock held.
type cause struct {
	request     int
	messageUIDs []string // until the request has finished
}

// number returns 0 if there is no request, or if it has not finished yet.
func (c *cause) number() int {
	if c == nil {
		return 0
	}
	return c.request
}

// ring keeps the newest items.
type ring[T any] struct {
	items []T
	start int // index of the oldest
	limit int
}

func newRing[T any](limit int) ring[T] { return ring[T]{limit: limit} }

// add returns the item that had to make room, if any.
func (r *ring[T]) add(item T) (oldest T, full bool) {
	if full = r.len() == r.limit; full {
		oldest = r.items[r.start]
		r.dropOldest()
	}
	r.items = append(r.items, item)
	return oldest, full
}

func (r *ring[T]) len() int { return len(r.items) - r.start }

// dropOldest drops the oldest item of a ring that is not empty.
func (r *ring[T]) dropOldest() {
	var none T
	r.items[r.start] = none
	if r.start++; r.start > len(r.items)/2 {
		rest := copy(r.items, r.items[r.start:])
		clear(r.items[rest:])
		r.items, r.start = r.items[:rest], 0
	}
}

// kept returns the items, oldest first. They are valid until the ring changes.
func (r *ring[T]) kept() []T { return r.items[r.start:] }

// all returns a copy, oldest first.
func (r *ring[T]) all() []T { return append(make([]T, 0, r.len()), r.kept()...) }

// remove drops the items for which drop is true.
func (r *ring[T]) remove(drop func(T) bool) {
	r.items, r.start = slices.DeleteFunc(r.all(), drop), 0
}
