package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// A narrow terminal shows fewer counts, but always the rate and the time left.
func TestProgressFitsTheTerminal(t *testing.T) {
	t.Parallel()
	p := &progress{total: 20000, last: rongcloud.BulkProgress{
		BulkCounts: rongcloud.BulkCounts{Delivered: 4000, Refused: 3, Unknown: 2}, Rate: 400.4, TimeLeft: 40 * time.Second,
	}}
	for width, want := range map[int]string{
		139: "4000 of 20000 delivered, 3 refused, 2 unknown, 400/s, 40s left",
		79:  "4000 of 20000 delivered, 3 refused, 2 unknown, 400/s, 40s left",
		69:  "4000/20000, 3 refused, 2 unknown, 400/s, 40s left",
		49:  "4000/20000, 400/s, 40s left",
		39:  "4000/20000, 400/s, 40s left",
		29:  "20%, 400/s, 40s left",
		9:   "20%, 400/s, 40s left",
	} {
		require.Equal(t, want, p.textWithin(width), width)
	}
}

// Without a terminal a send prints its pace at once, and its progress every ten seconds.
func TestProgressPrintsEveryTenSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		a := newApp(strings.NewReader(""), io.Discard, &said, func(string) string { return "" })
		text := func() string {
			a.talking.Lock()
			defer a.talking.Unlock()
			return said.String()
		}
		p := a.newProgress(20000, false, "at most 6000 a minute")
		first := "Sending to 20000 recipients, at most 6000 a minute.\n"
		require.Equal(t, first, text(), "at once")
		p.update(rongcloud.BulkProgress{
			BulkCounts: rongcloud.BulkCounts{Delivered: 4000, Refused: 3, Unknown: 2}, Rate: 400.4, TimeLeft: 40*time.Second + time.Millisecond,
		})
		time.Sleep(10*time.Second - time.Nanosecond)
		synctest.Wait()
		require.Equal(t, first, text())
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		line := "4000 of 20000 delivered, 3 refused, 2 unknown, 400/s, 40s left\n"
		require.Equal(t, first+line, text())
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Equal(t, first+line+line, text())
		p.end()
		time.Sleep(time.Minute)
		require.Equal(t, first+line+line, text())
	})
}
