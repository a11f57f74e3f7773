package rongcloud

import (
	"crypto/rand"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// bulkMoment is when a chunk was sent, by two clocks that fail in different ways: the wall clock,
// which people and programs set, and the time since the machine started, which keeps running while
// the machine sleeps but means nothing on another machine.
type bulkMoment struct {
	At   time.Time     `json:"at"`
	Boot string        `json:"boot"` // identifies the start that Up counts from
	Up   time.Duration `json:"up"`
}

func bulkNow() bulkMoment {
	boot, up := uptime()
	return bulkMoment{At: time.Now().UTC().Round(0), Boot: boot, Up: up}
}

// left returns how much time for a repeat remains since m, by the clock that ran faster. Nothing
// remains if a clock went back, or if m was recorded on another machine: its age is then unknown.
func (m bulkMoment) left() time.Duration {
	now := bulkNow()
	wall, up := now.At.Sub(m.At), now.Up-m.Up
	if now.Boot != m.Boot || wall < 0 || up < 0 {
		return 0
	}
	return max(0, bulkRepeatFor-max(wall, up))
}

// Where the system does not report its uptime, moments are comparable within one process only.
var (
	processStart = time.Now()
	processName  = sync.OnceValue(rand.Text)
)

// uptime returns the time since the machine started, sleep included, and an identifier for that
// start.
func uptime() (boot string, up time.Duration) {
	name, nameErr := os.ReadFile("/proc/sys/kernel/random/boot_id")
	text, textErr := os.ReadFile("/proc/uptime")
	if fields := strings.Fields(string(text)); nameErr == nil && textErr == nil && len(fields) > 0 {
		if seconds, err := strconv.ParseFloat(fields[0], 64); err == nil {
			return strings.TrimSpace(string(name)), time.Duration(seconds * float64(time.Second))
		}
	}
	return processName(), time.Since(processStart)
}
