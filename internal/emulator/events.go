package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// hub sends events to all watchers.
type hub struct {
	mu       sync.Mutex
	watchers map[*watcher]struct{}
	ended    bool
}

type event struct {
	name string
	data []byte
}

// watcher is one client of the event stream.
type watcher struct {
	events chan event
	behind int    // bytes pending
	cut    func() // aborts a write that nobody reads
}

// maxBehind and maxBehindBytes are how far a watcher may fall behind before it is disconnected; it
// then reconnects and asks for the list.
const (
	maxBehind      = 256
	maxBehindBytes = 1 << 20
)

// mostMessages limits how many messages of one request are sent to watchers one by one.
const mostMessages = 100

// publishMessages publishes the messages that a request or a user sent.
func (e *emulator) publishMessages(uids ...string) {
	if !e.events.isWatched() {
		return
	}
	for _, uid := range uids[:min(len(uids), mostMessages)] {
		if m, there := e.Message(uid); there {
			e.events.publish("message", showSent(m))
		}
	}
}

// mostWatchers limits how many clients watch at a time.
const mostWatchers = 100

func newHub() *hub { return &hub{watchers: map[*watcher]struct{}{}} }

// isWatched reports whether there are watchers.
func (h *hub) isWatched() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.watchers) > 0
}

func (h *hub) publish(name string, data any) {
	if !h.isWatched() {
		return
	}
	text, err := json.Marshal(data)
	if err != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watchers {
		if w.behind > 0 && w.behind+len(text) > maxBehindBytes {
			h.remove(w)
			continue
		}
		select {
		case w.events <- event{name, text}:
			w.behind += len(text)
		default:
			h.remove(w)
		}
	}
}

// watch adds a watcher. cut is called when it is disconnected.
func (h *hub) watch(cut func()) (*watcher, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended || len(h.watchers) >= mostWatchers {
		return nil, false
	}
	w := &watcher{events: make(chan event, maxBehind), cut: cut}
	h.watchers[w] = struct{}{}
	return w, true
}

// delivered records that a watcher has taken an event.
func (h *hub) delivered(w *watcher, one event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w.behind -= len(one.data)
}

// remove runs with the lock held.
func (h *hub) remove(w *watcher) {
	if _, there := h.watchers[w]; there {
		delete(h.watchers, w)
		close(w.events)
		w.cut()
	}
}

func (h *hub) leave(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remove(w)
}

// endStreams disconnects all watchers, otherwise a shutdown would wait for them.
func (e *emulator) endStreams() {
	e.events.mu.Lock()
	defer e.events.mu.Unlock()
	e.events.ended = true
	for w := range e.events.watchers {
		e.events.remove(w)
	}
}

// lastWrite is how long a disconnected watcher may take to read what is being written.
const lastWrite = 100 * time.Millisecond

// keepAlive is how often an idle stream sends a comment.
const keepAlive = 15 * time.Second

// serveEvents streams what happens as server-sent events: request, callback, message, user, clock,
// faults, seed and reset.
func (e *emulator) serveEvents(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	mine, ok := e.events.watch(func() { _ = out.SetWriteDeadline(time.Now().Add(lastWrite)) })
	if !ok {
		reply(w, nil, fault(http.StatusServiceUnavailable, "too many pages are watching, or the emulator is stopping"))
		return
	}
	defer e.events.leave(mine)
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	_, _ = fmt.Fprint(w, "retry: 1000\n\n")
	_ = out.Flush()
	ticker := time.NewTicker(keepAlive)
	defer ticker.Stop()
	for {
		var err error
		select {
		case <-r.Context().Done():
			return
		case <-ticker.C:
			_, err = fmt.Fprint(w, ": still here\n\n")
		case one, open := <-mine.events:
			if !open {
				return
			}
			e.events.delivered(mine, one)
			_, err = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", one.name, one.data)
		}
		if err != nil || out.Flush() != nil {
			return
		}
	}
}
