package rongcloudtest

import (
	"container/list"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ledger counts the bytes that the server keeps. History (requests, messages with the inboxes they
// are in, pushes, callbacks) makes room for newer entries, oldest first. State (users, groups,
// chat rooms and so on) cannot be dropped, so a call that would make it too large is refused.
// Sizes are estimates of Go's memory use, on the high side.
type ledger struct {
	limit   int64
	history int64
	state   int64 // as last measured
	growth  int64 // upper bound of the growth since then
	waiting int64 // of pending callbacks
	order   *list.List
}

func newLedger(limit int64) *ledger { return &ledger{limit: limit, order: list.New()} }

// ledgerItem is one thing that is kept.
type ledgerItem struct {
	size   int64
	parcel *sharedData
	forget func()
}

// sharedData is data shared by several holdings, such as the parameters of a request and of the
// messages it sent. It is counted once.
type sharedData struct {
	size    int64
	holders int
}

// hold counts something new. forget drops it; it is called when room is needed.
func (l *ledger) hold(size int64, shared *sharedData, forget func()) *list.Element {
	if shared != nil {
		if shared.holders == 0 {
			l.history += shared.size
		}
		shared.holders++
	}
	l.history += size
	return l.order.PushBack(&ledgerItem{size, shared, forget})
}

// release stops counting something that was dropped. A second call does nothing.
func (l *ledger) release(element *list.Element) {
	h, ok := element.Value.(*ledgerItem)
	if !ok {
		return
	}
	element.Value = nil
	l.order.Remove(element)
	l.history -= h.size
	if h.parcel != nil {
		if h.parcel.holders--; h.parcel.holders == 0 {
			l.history -= h.parcel.size
		}
	}
}

// grow counts an addition to something that is kept.
func (l *ledger) grow(element *list.Element, size int64) {
	if h, ok := element.Value.(*ledgerItem); ok {
		h.size += size
		l.history += size
	}
}

// wait makes room for a callback that is waiting for a webhook, unless too many bytes are already
// waiting.
func (l *ledger) wait(size int64) bool {
	if l.waiting+size > l.limit/4 {
		return false
	}
	l.waiting += size
	l.trim()
	return true
}

// trim drops the oldest entries until the rest fits.
func (l *ledger) trim() {
	for l.history+l.state+l.growth+l.waiting > l.limit {
		oldest := l.order.Front()
		if oldest == nil {
			return
		}
		h, _ := oldest.Value.(*ledgerItem)
		l.release(oldest)
		h.forget()
	}
}

// boundedHistory keeps the newest items, limited by number and by the ledger.
type boundedHistory[T any] struct {
	ring[historyItem[T]]
	ledger *ledger
}

type historyItem[T any] struct {
	item    T
	element *list.Element
}

func newShelf[T any](limit int, l *ledger) *boundedHistory[T] {
	return &boundedHistory[T]{newRing[historyItem[T]](limit), l}
}

func (s *boundedHistory[T]) add(item T, size int64, shared *sharedData) {
	element := s.ledger.hold(size, shared, s.dropOldest)
	if oldest, full := s.ring.add(historyItem[T]{item, element}); full {
		s.ledger.release(oldest.element)
	}
	s.ledger.trim()
}

func (s *boundedHistory[T]) all() []T {
	items := make([]T, s.len())
	for i, one := range s.kept() {
		items[i] = one.item
	}
	return items
}

// The bytes that things take besides their texts.
const (
	textSize      = 16 // a string without its bytes
	paramSize     = 100
	requestSize   = 800
	headerSize    = 64
	messageSize   = 600
	deliverySize  = 32
	inboxSize     = 120
	callbackSize  = 1000
	stateOverhead = 1000
)

// size returns the bytes that the parameters take.
func (p Params) size() int64 {
	n := int64(paramSize)
	for name, values := range p.values {
		n += paramSize + int64(len(name)) + textsSize(values)
	}
	for name, entries := range p.keyed {
		n += paramSize + int64(len(name))
		for key, value := range entries {
			n += paramSize + int64(len(key)+len(value))
		}
	}
	return n
}

func textsSize(texts []string) int64 {
	n := int64(0)
	for _, text := range texts {
		n += textSize + int64(len(text))
	}
	return n
}

func headersSize(header http.Header) int64 {
	n := int64(0)
	for name, values := range header {
		n += headerSize + int64(len(name)) + textsSize(values)
	}
	return n
}

// stateFull refuses a call that would add to the state when the state takes most of the budget.
func (c *call) stateFull() *answer {
	if c.ep.Class == endpoint.Safe || makesHistory(c.ep) || shrinks(c.ep) {
		return nil
	}
	if !c.outgrown(c.parcel.size) {
		return nil
	}
	return &answer{
		status: http.StatusInsufficientStorage, code: rongcloud.Code(http.StatusInsufficientStorage), message: "rongcloudtest: " + noMemory,
	}
}

const noMemory = "users, groups and the like take most of the memory that the server may use; reset it, or give it more"

// outgrown counts what is about to be added to the state, and reports whether it is too much.
func (s *state) outgrown(size int64) bool {
	l := s.ledger
	l.growth += size + stateOverhead
	if l.growth > l.limit/8 && l.growth > l.state/4 {
		l.state, l.growth = s.measure(), 0
	}
	return l.state+l.growth > l.limit/4*3
}

func (s *Server) isFull(more int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.outgrown(more)
}

// makesHistory reports whether the endpoint changes only what the ledger counts one by one.
func makesHistory(ep *endpoint.Endpoint) bool {
	return ep.Area == endpoint.AreaMessage || ep.Area == endpoint.AreaPush
}

// shrinks reports whether the endpoint removes or ends something.
func shrinks(ep *endpoint.Endpoint) bool {
	if ep.Method == http.MethodDelete {
		return true
	}
	for _, word := range []string{"/del", "/remove", "/rollback", "/clean", "/destroy", "/dis", "/quit", "/unblock", "/unbind", "/kick", "/deactivate", "/stop"} {
		if strings.Contains(ep.Path, word) {
			return true
		}
	}
	return false
}

// measuredOneByOne are the fields of state whose contents the ledger counts as they are added and
// removed.
var measuredOneByOne = map[string]bool{"ledger": true, "requests": true, "messages": true, "pushes": true, "callbacks": true, "happened": true}

// measure returns the bytes that all other fields take.
func (s *state) measure() int64 {
	m := sizeCounter{seen: map[uintptr]bool{}}
	all := reflect.ValueOf(s).Elem()
	for i := range all.NumField() {
		if !measuredOneByOne[all.Type().Field(i).Name] {
			m.add(all.Field(i))
		}
	}
	return m.total
}

// sizeOf returns the bytes taken by everything the pointers refer to.
func sizeOf(pointers ...any) int64 {
	m := sizeCounter{seen: map[uintptr]bool{}}
	for _, pointer := range pointers {
		m.add(reflect.ValueOf(pointer))
	}
	return m.total
}

// sizeCounter adds up everything that values refer to, each once.
type sizeCounter struct {
	total int64
	seen  map[uintptr]bool
}

// add counts what the value refers to, and the value itself unless it is part of another one.
func (m *sizeCounter) add(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || m.seen[v.Pointer()] || v.Type().Elem() == reflect.TypeFor[endpoint.Endpoint]() {
			return
		}
		m.seen[v.Pointer()] = true
		m.total += bytesOf(v.Elem().Type())
		m.add(v.Elem())
	case reflect.Interface:
		if !v.IsNil() {
			m.total += bytesOf(v.Elem().Type())
			m.add(v.Elem())
		}
	case reflect.String:
		m.total += int64(v.Len())
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return // time zones are shared
		}
		for i := range v.NumField() {
			m.add(v.Field(i))
		}
	case reflect.Slice:
		m.total += int64(v.Cap()) * bytesOf(v.Type().Elem())
		m.each(v)
	case reflect.Array:
		m.each(v)
	case reflect.Map:
		m.entries(v)
	default: // a plain value is part of what contains it
	}
}

func (m *sizeCounter) each(v reflect.Value) {
	if isPlain(v.Type().Elem()) {
		return
	}
	for i := range v.Len() {
		m.add(v.Index(i))
	}
}

// entries counts a map, about a third of whose space is empty.
func (m *sizeCounter) entries(v reflect.Value) {
	one := bytesOf(v.Type().Key()) + bytesOf(v.Type().Elem())
	m.total += int64(v.Len()) * one * 3 / 2
	for entry := v.MapRange(); entry.Next(); {
		m.add(entry.Key())
		m.add(entry.Value())
	}
}

func bytesOf(t reflect.Type) int64 { return int64(t.Size()) } //nolint:gosec // no type is that large

func isPlain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.String, reflect.Struct, reflect.Slice, reflect.Array, reflect.Map:
		return false
	default:
		return true
	}
}
