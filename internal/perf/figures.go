package main

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// figure has the values of one round by benchmark, client and unit.
type figure map[measured]map[string]float64

// measured is one client of one benchmark.
type measured struct{ bench, client string }

// rounded are the figures of all rounds.
type rounded []figure

var benchmarkLine = regexp.MustCompile(`^Benchmark(\S+)/(?:client=|receiver=)?([a-z0-9]+)-\d+\s+\d+\s+(.+)$`)

// parse reads the output of a test binary.
func (f figure) parse(text string) {
	for line := range strings.Lines(text) {
		found := benchmarkLine.FindStringSubmatch(strings.TrimSpace(line))
		if found == nil {
			continue
		}
		values := map[string]float64{}
		fields := strings.Fields(found[3])
		for i := 0; i+1 < len(fields); i += 2 {
			if value, err := strconv.ParseFloat(fields[i], 64); err == nil {
				values[fields[i+1]] = value
			}
		}
		f[measured{found[1], found[2]}] = values
	}
}

// spread is a median with its quartiles.
type spread struct{ low, median, high float64 }

// ratio compares two clients round by round. An empty base returns the value itself.
func (r rounded) ratio(bench, client, base, unit string) (spread, bool) {
	var all []float64
	for _, round := range r {
		value, ok := round[measured{bench, client}][unit]
		if ok && base != "" {
			var under float64
			under, ok = round[measured{bench, base}][unit]
			ok = ok && under > 0
			value /= under
		}
		if ok {
			all = append(all, value)
		}
	}
	if len(all) == 0 {
		return spread{}, false
	}
	slices.Sort(all)
	at := func(share float64) float64 {
		place := share * float64(len(all)-1)
		i := int(place)
		if i+1 == len(all) {
			return all[i]
		}
		return all[i] + (place-float64(i))*(all[i+1]-all[i])
	}
	return spread{at(.25), at(.5), at(.75)}, true
}

// section is one table.
type section struct {
	title   string
	bench   *regexp.Regexp
	clients []string // besides the floor
	units   []string
}

var sections = []section{
	{"Calls over plain HTTP", regexp.MustCompile(`^Call/`), []string{"sdk", "floor80"}, []string{"ns/op", "cpu-ns/op", "allocs/op"}},
	{"Calls over TLS", regexp.MustCompile(`^TLS/`), []string{"sdk", "floor80"}, []string{"ns/op", "p99-ns", "cpu-ns/op", "allocs/op"}},
	{"Large responses", regexp.MustCompile(`^Decode/`), []string{"sdk"}, []string{"ns/op", "allocs/op"}},
	{"Callbacks", regexp.MustCompile(`^Parse$`), []string{"envelope", "webhook", "function", "handler"}, []string{"ns/op", "allocs/op"}},
}

var unitTitles = map[string]string{"ns/op": "time", "p99-ns": "p99", "cpu-ns/op": "CPU", "allocs/op": "allocations"}

// goal is the maximum of one client's cost relative to another's.
type goal struct {
	bench        *regexp.Regexp
	client, base string
	unit         string
	limit        float64
}

var goals = []goal{
	{regexp.MustCompile(`^Call/op=(getToken|private1)/mode=sequential$`), "sdk", "floor", "ns/op", 1.05},
	{regexp.MustCompile(`^Call/op=(getToken|private1)/mode=sequential$`), "sdk", "floor80", "ns/op", .97},
	{regexp.MustCompile(`^Call/op=(getToken|private1)/`), "sdk", "floor", "allocs/op", 1},
	{regexp.MustCompile(`^Call/op=private100/`), "sdk", "floor", "ns/op", .9},
	{regexp.MustCompile(`^Call/op=private100/`), "sdk", "floor", "allocs/op", .6},
	{regexp.MustCompile(`^TLS/http=./rtt=0ms/mode=sequential$`), "sdk", "floor", "ns/op", 1.05},
	{regexp.MustCompile(`^TLS/http=1/rtt=0ms/mode=parallel64$`), "sdk", "floor", "ns/op", 1.15},
	{regexp.MustCompile(`^TLS/http=2/rtt=0ms/mode=parallel64$`), "sdk", "floor", "ns/op", 1.2},
	{regexp.MustCompile(`^TLS/`), "sdk", "floor80", "ns/op", .97},
	{regexp.MustCompile(`^TLS/http=2/rtt=10ms/mode=parallel64$`), "sdk", "floor", "ns/op", 1.2},
	{regexp.MustCompile(`^TLS/http=./rtt=10ms/`), "sdk", "floor", "p99-ns", 1.3},
	{regexp.MustCompile(`^Decode/`), "sdk", "floor", "ns/op", 1.3},
	{regexp.MustCompile(`^Decode/`), "sdk", "floor", "allocs/op", 1},
	{regexp.MustCompile(`^Parse$`), "webhook", "floor", "ns/op", 1.15},
	{regexp.MustCompile(`^Parse$`), "handler", "floor", "ns/op", 1.5},
	{regexp.MustCompile(`^Parse$`), "handler", "floor", "allocs/op", 1.1},
}

// benches returns the sorted names of the benchmarks that match.
func (r rounded) benches(pattern *regexp.Regexp) []string {
	var names []string
	for _, round := range r {
		for m := range round {
			if pattern.MatchString(m.bench) && !slices.Contains(names, m.bench) {
				names = append(names, m.bench)
			}
		}
	}
	slices.Sort(names)
	return names
}

// write returns the tables, and a line per goal.
func (r rounded) write() string {
	var out strings.Builder
	for _, s := range sections {
		r.writeSection(&out, s)
	}
	fmt.Fprint(&out, "### Goals\n\n| benchmark | relative to | what | at most | measured | |\n|---|---|---|---|---|---|\n")
	for _, g := range goals {
		for _, bench := range r.benches(g.bench) {
			got, ok := r.ratio(bench, g.client, g.base, g.unit)
			if !ok {
				continue
			}
			met := "met"
			if over := math.Round(100*(got.median-g.limit)) / 100; over > 0 {
				met = fmt.Sprintf("missed by %.2f", over)
			}
			fmt.Fprintf(&out, "| `%s`, %s | %s | %s | %.2f | %s | %s |\n", bench, g.client, g.base, unitTitles[g.unit], g.limit, got, met)
		}
	}
	return out.String()
}

func (r rounded) writeSection(out *strings.Builder, s section) {
	fmt.Fprintf(out, "### %s\n\n| benchmark | floor |", s.title)
	for _, client := range s.clients {
		for _, unit := range s.units {
			fmt.Fprintf(out, " %s: %s |", client, unitTitles[unit])
		}
	}
	fmt.Fprint(out, "\n|---|---|", strings.Repeat("---|", len(s.clients)*len(s.units)), "\n")
	for _, bench := range r.benches(s.bench) {
		_, name, found := strings.Cut(bench, "/")
		if !found {
			name = bench
		}
		base, _ := r.ratio(bench, "floor", "", "ns/op")
		fmt.Fprintf(out, "| %s | %s |", strings.ReplaceAll(name, "/", ", "), duration(base.median))
		for _, client := range s.clients {
			for _, unit := range s.units {
				if got, ok := r.ratio(bench, client, "floor", unit); ok {
					fmt.Fprintf(out, " %s |", got)
				} else {
					fmt.Fprint(out, " |")
				}
			}
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out)
}

// String includes the quartiles only if they differ.
func (s spread) String() string {
	low, median, high := fmt.Sprintf("%.2f", s.low), fmt.Sprintf("%.2f", s.median), fmt.Sprintf("%.2f", s.high)
	if low == high {
		return median
	}
	return median + " (" + low + "–" + high + ")"
}

func duration(ns float64) string {
	if ns >= 1e6 {
		return fmt.Sprintf("%.1f ms", ns/1e6)
	}
	return fmt.Sprintf("%.1f µs", ns/1e3)
}
