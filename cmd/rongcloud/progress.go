package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/rongcloud-go/rongcloud"
)

// everySoOften is how often work that takes long says where it stands, without a terminal.
const everySoOften = 10 * time.Second

// progress shows where a bulk send stands: a bar on a terminal, else a line every ten seconds.
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

func (a *app) newProgress(total int64) *progress {
	p := &progress{a: a, total: total, stop: make(chan struct{})}
	if isTerminal(a.stderr) && a.env("TERM") != "dumb" {
		p.bars = mpb.New(mpb.WithOutput(a.stderr)) // itself, for its width and to draw in one place
		p.bar = p.bars.AddBar(total, mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + p.text() })))
		a.writeAbove(p.bars)
		return p
	}
	p.done.Go(func() {
		ticker := time.NewTicker(everySoOften)
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

func (p *progress) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf("%d of %d delivered, %d refused, %d unknown, %.0f/s", p.last.Delivered, p.total, p.last.Refused, p.last.Unknown, p.last.Rate)
	if p.last.TimeLeft > 0 {
		text += ", " + p.last.TimeLeft.Round(time.Second).String() + " left"
	}
	return text
}

// end leaves the last state on the screen.
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

// writeAbove lets what is said appear above the bars, or with nil as usual.
func (a *app) writeAbove(bars io.Writer) {
	a.talking.Lock()
	defer a.talking.Unlock()
	a.bars = bars
}
