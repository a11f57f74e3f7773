package tokenbucket

import (
	"slices"
	"time"
)

// windowSlots is the number of slots of a window: a use counts for up to one slot longer than the
// limit's period.
const windowSlots = 256

// window records what was used within a limit's period.
type window struct {
	slot   time.Duration
	origin time.Time
	uses   []windowUse // by slot, oldest first
	total  int
	single int // of the total, what calls without low priority used
}

type windowUse struct {
	slot          int64
	total, single int
}

func newWindow(per time.Duration) window {
	return window{slot: max(1, per/windowSlots), origin: time.Now()}
}

func (w *window) at(now time.Time) int64 { return int64(now.Sub(w.origin) / w.slot) }

// end returns when the use in a slot no longer counts.
func (w *window) end(slot int64) time.Time {
	return w.origin.Add(time.Duration(slot+windowSlots+1) * w.slot)
}

func (w *window) forget(now time.Time) {
	gone := 0
	for gone < len(w.uses) && !now.Before(w.end(w.uses[gone].slot)) {
		w.total -= w.uses[gone].total
		w.single -= w.uses[gone].single
		gone++
	}
	w.uses = slices.Delete(w.uses, 0, gone)
}

func (w *window) add(n int, low bool, now time.Time) {
	slot := w.at(now)
	if len(w.uses) == 0 || w.uses[len(w.uses)-1].slot != slot {
		w.uses = append(w.uses, windowUse{slot: slot})
	}
	last := &w.uses[len(w.uses)-1]
	last.total += n
	w.total += n
	if !low {
		last.single += n
		w.single += n
	}
}

// until returns how long until n more units fit into room. More than the whole room fits when the
// window is empty.
func (w *window) until(n, room int, now time.Time) time.Duration {
	total := w.total
	for _, use := range w.uses {
		if total == 0 || total+n <= room {
			return 0
		}
		total -= use.total
		if total == 0 || total+n <= room {
			return w.end(use.slot).Sub(now)
		}
	}
	return 0
}
