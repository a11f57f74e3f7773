package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// shown are the attributes that are printed.
var shown = []string{"rongcloud.outcome", "rongcloud.attempts", "http.response.status_code", "http.request.resend_count", "error.type"}

// printTrace prints spans as a tree.
func printTrace(out io.Writer, spans tracetest.SpanStubs) {
	slices.SortStableFunc(spans, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	var branch func(parent trace.SpanID, indent string)
	branch = func(parent trace.SpanID, indent string) {
		for _, span := range spans {
			if span.Parent.SpanID() != parent {
				continue
			}
			words := []string{indent + span.Name, "(" + span.SpanKind.String() + ")"}
			for _, name := range shown {
				for _, kv := range span.Attributes {
					if string(kv.Key) == name {
						words = append(words, name+"="+kv.Value.String())
					}
				}
			}
			fmt.Fprintln(out, strings.Join(words, " "))
			branch(span.SpanContext.SpanID(), indent+"  ")
		}
	}
	branch(trace.SpanID{}, "")
}

// printMetrics prints how many sends ended with each outcome.
func printMetrics(out io.Writer, families []*dto.MetricFamily) {
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, family := range families {
		for _, m := range family.GetMetric() {
			var labels []string
			for _, label := range m.GetLabel() {
				if name := label.GetName(); slices.Contains([]string{"rongcloud_endpoint", "rongcloud_outcome", "error_type"}, name) {
					labels = append(labels, name+"="+label.GetValue())
				}
			}
			switch name := family.GetName(); name {
			case "rongcloud_client_call_duration_seconds":
				fmt.Fprintf(table, "%s_count\t%s\t%d\n", name, strings.Join(labels, " "), m.GetHistogram().GetSampleCount())
			case "rongcloud_client_outcome_unknown_total":
				fmt.Fprintf(table, "%s\t%s\t%.0f\n", name, strings.Join(labels, " "), m.GetCounter().GetValue())
			}
		}
	}
	_ = table.Flush()
}
