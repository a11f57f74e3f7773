package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// hub tells everybody who watches what happens.
type hub struct {
	mu       sync.Mutex
	watchers map[chan event]struct{}
	ended    bool
}

type event struct {
	name string
	data []byte
}

// maxBehind is how many events a watcher may be behind before it is sent away, to come back and
// ask for the list.
const maxBehind = 256

// mostMessages bounds the messages of one request that watchers are told one by one.
const mostMessages = 100

// publishMessages tells the messages that a request sent, or a user.
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

// mostWatchers bounds the pages that watch at a time.
const mostWatchers = 100

func newHub() *hub { return &hub{watchers: map[chan event]struct{}{}} }

// isWatched reports whether anybody hears what is published.
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
	for watcher := range h.watchers {
		select {
		case watcher <- event{name, text}:
		default:
			h.remove(watcher)
		}
	}
}

func (h *hub) watch() (chan event, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended || len(h.watchers) >= mostWatchers {
		return nil, false
	}
	watcher := make(chan event, maxBehind)
	h.watchers[watcher] = struct{}{}
	return watcher, true
}

// remove runs with the lock held.
func (h *hub) remove(watcher chan event) {
	if _, there := h.watchers[watcher]; there {
		delete(h.watchers, watcher)
		close(watcher)
	}
}

func (h *hub) leave(watcher chan event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remove(watcher)
}

// endStreams sends all watchers away, or a shutdown would wait for them.
func (e *emulator) endStreams() {
	e.events.mu.Lock()
	defer e.events.mu.Unlock()
	e.events.ended = true
	for watcher := range e.events.watchers {
		e.events.remove(watcher)
	}
}

// keepAlive is how often a silent stream says that it is there.
const keepAlive = 15 * time.Second

// serveEvents streams what happens as server-sent events: request, callback, message, user, clock,
// faults, seed and reset.
func (e *emulator) serveEvents(w http.ResponseWriter, r *http.Request) {
	watcher, ok := e.events.watch()
	if !ok {
		reply(w, nil, fault(http.StatusServiceUnavailable, "too many pages are watching, or the emulator is stopping"))
		return
	}
	defer e.events.leave(watcher)
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	out := http.NewResponseController(w)
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
		case one, open := <-watcher:
			if !open {
				return
			}
			_, err = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", one.name, one.data)
		}
		if err != nil || out.Flush() != nil {
			return
		}
	}
}
