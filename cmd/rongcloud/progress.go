package main

import (
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/rongcloud-go/rongcloud"
)

// progressInterval is how often a send prints its progress without a terminal.
const progressInterval = 10 * time.Second

// progress shows the progress of a bulk send: a bar on a terminal, else a line every ten seconds.
type progress struct {
	a     *app
	total int64

	mu   sync.Mutex
	last rongcloud.BulkProgress

	bars *mpb.Progress
	bar  *mpb.Bar
	stop chan struct{}
	done sync.WaitGroup
}

// newProgress starts to show the progress. Without a terminal it prints a line at once, because the
// next one comes only after progressInterval; it does not say how many are left of a resumed send.
func (a *app) newProgress(total int64, resumed bool, pace string) *progress {
	p := &progress{a: a, total: total, stop: make(chan struct{})}
	if isTerminal(a.stderr) && a.env("TERM") != "dumb" && terminalWidth(a.stderr) > 0 {
		p.bars = mpb.New(mpb.WithOutput(a.stderr)) // mpb asks the terminal for its width
		p.bar = p.bars.AddBar(total, mpb.AppendDecorators(decor.Any(func(s decor.Statistics) string { return " " + p.textWithin(s.AvailableWidth-1) })))
		a.writeAbove(p.bars)
		return p
	}
	begins := "Sending to"
	if resumed {
		begins = "Going on with the send to"
	}
	a.talk("%s %s, %s.", begins, counted(total, "recipient"), pace)
	p.done.Go(func() {
		ticker := time.NewTicker(progressInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				a.talk("%s", p.text())
			case <-p.stop:
				return
			}
		}
	})
	return p
}

func (p *progress) update(now rongcloud.BulkProgress) {
	p.mu.Lock()
	p.last = now
	p.mu.Unlock()
	if p.bar != nil {
		p.bar.SetCurrent(now.Delivered + now.Refused + now.Unknown + now.Skipped)
	}
}

// minBarWidth is the least width of the bar with its ends. The text beside it is shortened to leave
// that.
const minBarWidth = 12

// text describes the progress in full.
func (p *progress) text() string { return p.textWithin(math.MaxInt) }

// textWithin describes the progress, and leaves room for the bar in a line of this width. It drops
// the counts first, and never the rate and the time left.
func (p *progress) textWithin(width int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	end := fmt.Sprintf("%.0f/s", p.last.Rate)
	if p.last.TimeLeft > 0 {
		end += ", " + p.last.TimeLeft.Round(time.Second).String() + " left"
	}
	text := ""
	for _, text = range []string{
		fmt.Sprintf("%d of %d delivered, %d refused, %d unknown, %s", p.last.Delivered, p.total, p.last.Refused, p.last.Unknown, end),
		fmt.Sprintf("%d/%d, %d refused, %d unknown, %s", p.last.Delivered, p.total, p.last.Refused, p.last.Unknown, end),
		fmt.Sprintf("%d/%d, %s", p.last.Delivered, p.total, end),
		fmt.Sprintf("%d%%, %s", 100*p.last.Delivered/max(p.total, 1), end),
	} {
		if len(text) <= width-minBarWidth {
			break
		}
	}
	return text
}

// end stops the updates, and leaves the last state on the screen.
func (p *progress) end() {
	close(p.stop)
	p.done.Wait()
	if p.bar != nil {
		if !p.bar.Completed() {
			p.bar.Abort(false)
		}
		p.a.writeAbove(nil)
		p.bars.Wait()
	}
}

// writeAbove makes talkWriter write above the bars, or to stderr again if bars is nil.
func (a *app) writeAbove(bars io.Writer) {
	a.talking.Lock()
	defer a.talking.Unlock()
	a.bars = bars
}
