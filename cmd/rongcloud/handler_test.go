package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// handlers holds the HTTP servers of the scripts by their URLs.
var handlers sync.Map

// handler plays the app's own server, and records the requests.
type handler struct {
	status int
	mu     sync.Mutex
	got    []string
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	h.got = append(h.got, fmt.Sprintf("%s %s %s", r.Method, r.URL.RequestURI(), body))
	h.mu.Unlock()
	w.WriteHeader(h.status)
}

func startHandler(ts *testscript.TestScript, negated bool, args []string) {
	refuseNegation(ts, negated)
	h := &handler{status: http.StatusOK}
	if len(args) > 0 {
		status, err := strconv.Atoi(args[0])
		ts.Check(err)
		h.status = status
	}
	server := httptest.NewServer(h)
	handlers.Store(server.URL, h)
	ts.Defer(func() {
		server.Close()
		handlers.Delete(server.URL)
	})
	ts.Setenv("HANDLER", server.URL)
}

// startSlowHandler starts a server that does not respond until the script ends.
func startSlowHandler(ts *testscript.TestScript, negated bool, _ []string) {
	refuseNegation(ts, negated)
	end := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-end }))
	ts.Defer(func() {
		close(end)
		server.Close()
	})
	ts.Setenv("HANDLER", server.URL)
}

func showHandled(ts *testscript.TestScript, negated bool, _ []string) {
	refuseNegation(ts, negated)
	found, ok := handlers.Load(ts.Getenv("HANDLER"))
	if !ok {
		ts.Fatalf("there is no handler")
	}
	h, _ := found.(*handler)
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, line := range h.got {
		_, _ = fmt.Fprintln(ts.Stdout(), line)
	}
}
