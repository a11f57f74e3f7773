package rongcloud_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// calls counts the calls of a call hook.
type calls struct {
	begun int
	ends  []rongcloud.CallEnd
}

func (c *calls) option() rongcloud.Option {
	return rongcloud.WithCallHook(func(ctx context.Context, _ rongcloud.CallStart) (context.Context, func(rongcloud.CallEnd)) {
		c.begun++
		return ctx, func(end rongcloud.CallEnd) { c.ends = append(c.ends, end) }
	})
}

// TestCallHooksSeeEveryMethod calls every method with all its arguments, with one left out at a
// time, and without a context. Hooks see each call once, whatever refuses it.
func TestCallHooksSeeEveryMethod(t *testing.T) {
	t.Parallel()
	heard := &calls{}
	client := accepting(t, heard.option())
	found := map[string]reflect.Value{}
	services(reflect.ValueOf(client).Elem(), "", found, map[string]string{})
	names := argumentNames(t)
	refusals := 0
	for _, c := range append(claims(t), sharing...) {
		method := found[c.service].MethodByName(c.method)
		full := arguments(c, method.Type(), false)
		call := func(what string, ctx context.Context, args []reflect.Value) {
			heard.begun, heard.ends = 0, nil
			first := reflect.New(method.Type().In(0)).Elem()
			if ctx != nil {
				first.Set(reflect.ValueOf(ctx))
			}
			results := method.Call(append([]reflect.Value{first}, args...))
			err, _ := reflect.TypeAssert[error](results[len(results)-1])
			if heard.begun != 1 || len(heard.ends) != 1 {
				t.Errorf("%s.%s %s: %v: begun %d times, ended %d times", c.service, c.method, what, err, heard.begun, len(heard.ends))
				return
			}
			end := heard.ends[0]
			if err == nil {
				require.Equal(t, rongcloud.OutcomeAccepted, end.Outcome)
				return
			}
			refusals++
			var refused *rongcloud.ArgumentError
			require.ErrorAs(t, err, &refused, "%s.%s %s", c.service, c.method, what)
			require.ErrorIs(t, end.Err, error(refused))
			require.Equal(t, rongcloud.OutcomeUnsent, end.Outcome)
		}
		call("in full", context.Background(), full)
		call("without a context", nil, full)
		for written, changed := range emptied(full, names[c.service+"."+c.method][1:]) {
			call("without "+written, context.Background(), changed)
		}
	}
	require.Greater(t, refusals, 500)
}

// Hooks also see iterators, which check their arguments before they request a page.
func TestCallHooksSeeEveryIterator(t *testing.T) {
	t.Parallel()
	heard := &calls{}
	client := accepting(t, heard.option())
	for _, i := range iterators(client) {
		for what, args := range map[string][]reflect.Value{"with all": i.arguments(), "with nothing": i.nothing()} {
			heard.begun, heard.ends = 0, nil
			seq := i.method.Call(append([]reflect.Value{reflect.ValueOf(context.Background())}, args...))[0]
			for range seq.Seq2() {
				break
			}
			require.Positive(t, heard.begun, "%s.%s %s", i.service, i.name, what)
			require.Len(t, heard.ends, heard.begun, "%s.%s %s", i.service, i.name, what)
		}
	}
}

// nothing returns zero arguments.
func (i *iterator) nothing() []reflect.Value {
	var args []reflect.Value
	for n := 1; n < i.method.Type().NumIn()-1; n++ {
		args = append(args, reflect.Zero(i.method.Type().In(n)))
	}
	return args
}
