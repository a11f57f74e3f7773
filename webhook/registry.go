package webhook

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// Registry holds the functions that a [Handler] calls, one for each kind; the last one that was registered counts. Callbacks of a known kind
// without a function are acknowledged. The functions are called concurrently. One that returns an error or panics has RongCloud send the callback
// again, or with [WithQueue] is called again; where a callback holds several events, those after the failed one wait for that. An
// error marked by [Permanent] ends the attempts.
type Registry struct {
	mu        sync.RWMutex
	functions map[Kind]func(context.Context, Event) error
	decide    func(context.Context, *PreMessage) (Decision, error)
}

// event is a pointer type that is an Event.
type event[T any] interface {
	*T
	Event
}

func on[T any, E event[T]](r *Registry, kind Kind, function func(context.Context, E) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.functions == nil {
		r.functions = map[Kind]func(context.Context, Event) error{}
	}
	if function == nil {
		delete(r.functions, kind)
		return
	}
	r.functions[kind] = func(ctx context.Context, e Event) error { return function(ctx, e.(E)) }
}

// OnMessage registers what to do with copies of messages.
func (r *Registry) OnMessage(f func(context.Context, *Message) error) { on(r, KindMessage, f) }

// OnPreMessage registers who decides about messages before their delivery. The answer is wanted within seconds, see [WithDecisionTimeout]. An error,
// a panic, a late answer or one that cannot be encoded gives way to the fallback.
func (r *Registry) OnPreMessage(f func(context.Context, *PreMessage) (Decision, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.decide = f
}

// OnMessageOperation registers what to do when messages are recalled or deleted.
func (r *Registry) OnMessageOperation(f func(context.Context, *MessageOperation) error) {
	on(r, KindMessageOperation, f)
}

// OnUserStatus registers what to do when users go online or offline.
func (r *Registry) OnUserStatus(f func(context.Context, *UserStatus) error) {
	on(r, KindUserStatus, f)
}

// OnUserDeactivation registers what to do when users were deactivated or reactivated.
func (r *Registry) OnUserDeactivation(f func(context.Context, *UserDeactivation) error) {
	on(r, KindUserDeactivation, f)
}

// OnUserProfile registers what to do when hosted user profiles change.
func (r *Registry) OnUserProfile(f func(context.Context, *UserProfile) error) {
	on(r, KindUserProfile, f)
}

// OnFriendship registers what to do when friends change.
func (r *Registry) OnFriendship(f func(context.Context, *Friendship) error) {
	on(r, KindFriendship, f)
}

// OnChatroomStatus registers what to do when chat rooms or their members change.
func (r *Registry) OnChatroomStatus(f func(context.Context, *ChatroomStatus) error) {
	on(r, KindChatroomStatus, f)
}

// OnChatroomKV registers what to do when chat room attributes change.
func (r *Registry) OnChatroomKV(f func(context.Context, *ChatroomKV) error) {
	on(r, KindChatroomKV, f)
}

// OnGroupProfile registers what to do when the data of entrusted groups change.
func (r *Registry) OnGroupProfile(f func(context.Context, *GroupProfile) error) {
	on(r, KindGroupProfile, f)
}

// OnGroupOperation registers what to do when entrusted groups or their members change.
func (r *Registry) OnGroupOperation(f func(context.Context, *GroupOperation) error) {
	on(r, KindGroupOperation, f)
}

// OnMessageAudit registers what to do with verdicts on messages.
func (r *Registry) OnMessageAudit(f func(context.Context, *MessageAudit) error) {
	on(r, KindMessageAudit, f)
}

// OnHostedInfoAudit registers what to do with verdicts on hosted data.
func (r *Registry) OnHostedInfoAudit(f func(context.Context, *HostedInfoAudit) error) {
	on(r, KindHostedInfoAudit, f)
}

// OnBotEvent registers what to do with the events of bots.
func (r *Registry) OnBotEvent(f func(context.Context, *BotEvent) error) { on(r, KindBotEvent, f) }

// OnUnknown registers what to do with callbacks of no known kind, and with bodies that are not as their kind asks. Without it the former are
// acknowledged, and the latter refused with 400.
func (r *Registry) OnUnknown(f func(context.Context, *Unknown) error) { on(r, KindUnknown, f) }

// panicError is a panic of a function.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// catch turns a panic into an error.
func catch(err *error) {
	if value := recover(); value != nil {
		*err = &panicError{value, debug.Stack()}
	}
}

// handle calls the function for one event.
func (r *Registry) handle(ctx context.Context, e Event) (err error) {
	r.mu.RLock()
	function := r.functions[e.Kind()]
	r.mu.RUnlock()
	if function == nil {
		if unknown, ok := e.(*Unknown); ok && unknown.Err != nil {
			return refuse(ErrMalformed, unknown.Err)
		}
		return nil
	}
	defer catch(&err)
	return function(ctx, e)
}

var errNoDecision = errors.New("no function decides about messages")

// answer has the message decided about, and encodes the decision.
func (r *Registry) answer(ctx context.Context, m *PreMessage) (answer []byte, err error) {
	r.mu.RLock()
	decide := r.decide
	r.mu.RUnlock()
	if decide == nil {
		return nil, errNoDecision
	}
	defer catch(&err)
	decision, err := decide(ctx, m)
	if err != nil {
		return nil, err
	}
	return decision.encode(m.ObjectName)
}

// knows tells whether there is a function for a kind.
func (r *Registry) knows(kind Kind) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.functions[kind] != nil
}
