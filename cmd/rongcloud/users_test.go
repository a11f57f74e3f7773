package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// writeUsers writes a list as a spreadsheet does, with a byte order mark, a header and CRLF. One
// user in a hundred is listed twice.
func writeUsers(ts *testscript.TestScript, negated bool, args []string) {
	refuseNegation(ts, negated)
	if len(args) != 2 {
		ts.Fatalf("usage: users NUMBER FILE")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	var b strings.Builder
	b.WriteString("\ufeffname,user_id\r\n")
	for i := range n {
		fmt.Fprintf(&b, "\"Number %d, the user\",u%d\r\n", i, i)
		if i%100 == 99 {
			fmt.Fprintf(&b, "again,u%d\r\n", i-99)
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(b.String()), 0o600))
}

// checkReceived requires that LEAST users, or LEAST to MOST users, got one message each and nobody
// got two.
func checkReceived(ts *testscript.TestScript, negated bool, args []string) {
	refuseNegation(ts, negated)
	if len(args) == 0 {
		ts.Fatalf("usage: received LEAST [MOST]")
	}
	least, err := strconv.Atoi(args[0])
	ts.Check(err)
	most, err := strconv.Atoi(args[len(args)-1])
	ts.Check(err)
	got := map[string]int{}
	var list []struct {
		Number, Code int
		Path         string
	}
	getAdmin(ts, "requests", &list)
	for _, one := range list {
		if one.Path != "/message/private/publish.json" || one.Code != http.StatusOK {
			continue
		}
		var request struct{ Body string }
		getAdmin(ts, fmt.Sprintf("requests/%d", one.Number), &request)
		form, err := url.ParseQuery(request.Body)
		ts.Check(err)
		for _, id := range form["toUserId"] {
			got[id]++
		}
	}
	for id, n := range got {
		if n != 1 {
			ts.Fatalf("%s got it %d times", id, n)
		}
	}
	if len(got) < least || len(got) > most {
		ts.Fatalf("%d users got it", len(got))
	}
}

func getAdmin(ts *testscript.TestScript, path string, into any) {
	response, err := http.Get(ts.Getenv(envAPIURL) + "/_emulator/" + path)
	ts.Check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	ts.Check(json.Unmarshal(body, into))
}
