package web

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
)

// hub passes events to the pages that are open in this process.
type hub struct {
	mu    sync.Mutex
	pages map[string]map[chan store.Event]bool // by user
}

func newHub() *hub { return &hub{pages: map[string]map[chan store.Event]bool{}} }

func (h *hub) publish(e store.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ids := e.UserIDs
	if e.Type == store.EventMissed {
		ids = slices.Collect(maps.Keys(h.pages))
	}
	for _, id := range ids {
		for page := range h.pages[id] {
			tell(page, e)
		}
	}
}

// tell passes an event to a page. If the page has not read 64 earlier ones, it loses the oldest,
// and gets EventMissed instead of the new one.
func tell(page chan store.Event, e store.Event) {
	for {
		select {
		case page <- e:
			return
		default:
		}
		select {
		case <-page:
		default:
		}
		e = store.Event{Type: store.EventMissed}
	}
}

// mostPages is how many pages each user may have open.
const mostPages = 50

// open adds a page of the first user. The page gets the events of all given users. It is nil if the
// first user has too many pages open.
func (h *hub) open(users ...string) (page chan store.Event, shut func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.pages[users[0]]) >= mostPages {
		return nil, nil
	}
	page = make(chan store.Event, 64)
	for _, id := range users {
		if h.pages[id] == nil {
			h.pages[id] = map[chan store.Event]bool{}
		}
		h.pages[id][page] = true
	}
	return page, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, id := range users {
			if delete(h.pages[id], page); len(h.pages[id]) == 0 {
				delete(h.pages, id)
			}
		}
	}
}

func (h *hub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.pages)
}

// heartbeat is how often a stream sends an event, so that proxies do not close it, and checks that
// the session has not ended.
const heartbeat = 15 * time.Second

// events serves the event stream of a page. With the fake RongCloud, an open stream also counts as
// the user's device.
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	user, err := s.user(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	users := []string{user.ID}
	if user.Operator {
		users = append(users, store.OutboxReader)
	}
	page, shut := s.hub.open(users...)
	if page == nil {
		http.Error(w, "too many open pages", http.StatusTooManyRequests)
		return
	}
	defer shut()
	if s.Cloud != nil {
		if err := s.Cloud.Connect(r.Context(), user.ID, user.Name); err != nil {
			s.fail(w, r, err)
			return
		}
		defer s.Cloud.Disconnect(user.ID)
	}
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Time{}) // a stream may last longer than other responses
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	next := store.Event{Type: store.EventMissed} // the page reads what has changed before the stream
	_, _ = io.WriteString(w, "retry: 1000\n")    // browsers reconnect after a second
	for {
		next.UserIDs = nil
		text, _ := json.Marshal(next) // an event has only strings, so this cannot fail
		if _, err := fmt.Fprintf(w, "data: %s\n\n", text); err != nil || control.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-s.Ending:
			return
		case next = <-page:
		case <-beat.C:
			next = store.Event{Type: "beat"}
			if _, err := s.user(r); err != nil {
				return
			}
		}
	}
}
