package webhook

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// registry holds the functions that a [Handler] calls, one for each kind.
type registry struct {
	complain func(error) // called with what is refused

	mu        sync.RWMutex
	functions map[Kind]func(context.Context, Event) error
	decide    func(context.Context, *PreMessage) (Decision, error)
	refused   []error
}

// event is a pointer type that is an Event.
type event[T any] interface {
	*T
	Event
}

func on[T any, E event[T]](r *registry, kind Kind, function func(context.Context, E) error) {
	if function == nil {
		r.set(kind, nil)
		return
	}
	r.set(kind, func(ctx context.Context, e Event) error { return function(ctx, e.(E)) })
}

func (r *registry) set(kind Kind, function func(context.Context, Event) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case function == nil:
		delete(r.functions, kind)
	case r.functions[kind] != nil:
		r.refuse(errRegisteredTwice(kind))
	default:
		if r.functions == nil {
			r.functions = map[Kind]func(context.Context, Event) error{}
		}
		r.functions[kind] = function
	}
}

func errRegisteredTwice(kind Kind) error {
	return argument("function", "for %s is registered already; register nil to remove it", kind)
}

// refuse records a programming error. The caller holds the lock.
func (r *registry) refuse(err error) {
	r.refused = append(r.refused, err)
	r.complain(err)
}

// Err returns the programming errors so far: a second function for a kind, which is ignored, or a
// path [Handler.For] a kind that does not exist. Check it before you serve. Each error is also
// logged when it happens.
func (r *registry) Err() error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return errors.Join(r.refused...)
}

// OnMessage registers what to do with copies of messages.
func (r *registry) OnMessage(f func(context.Context, *Message) error) { on(r, KindMessage, f) }

// OnPreMessage registers the function that decides about messages before their delivery. It must
// decide within seconds, see [WithDecisionTimeout]. The fallback decides if the function panics,
// is late, returns a Decision that cannot be encoded, or returns an error with the zero Decision.
// Any other Decision with an error is used, and the error is logged: return Block(text), err for a
// message that cannot be read. [PreMessage.Texts] returns all texts of a message.
func (r *registry) OnPreMessage(f func(context.Context, *PreMessage) (Decision, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f != nil && r.decide != nil {
		r.refuse(errRegisteredTwice(KindPreMessage))
		return
	}
	r.decide = f
}

// OnMessageOperation registers what to do when messages are recalled or deleted.
func (r *registry) OnMessageOperation(f func(context.Context, *MessageOperation) error) {
	on(r, KindMessageOperation, f)
}

// OnUserStatus registers what to do when users go online or offline.
func (r *registry) OnUserStatus(f func(context.Context, *UserStatus) error) {
	on(r, KindUserStatus, f)
}

// OnUserDeactivation registers what to do when users were deactivated or reactivated.
func (r *registry) OnUserDeactivation(f func(context.Context, *UserDeactivation) error) {
	on(r, KindUserDeactivation, f)
}

// OnUserProfile registers what to do when hosted user profiles change.
func (r *registry) OnUserProfile(f func(context.Context, *UserProfile) error) {
	on(r, KindUserProfile, f)
}

// OnFriendship registers what to do when friends change.
func (r *registry) OnFriendship(f func(context.Context, *Friendship) error) {
	on(r, KindFriendship, f)
}

// OnChatroomStatus registers what to do when chat rooms or their members change.
func (r *registry) OnChatroomStatus(f func(context.Context, *ChatroomStatus) error) {
	on(r, KindChatroomStatus, f)
}

// OnChatroomEntry registers what to do when chat room attributes change.
func (r *registry) OnChatroomEntry(f func(context.Context, *ChatroomEntry) error) {
	on(r, KindChatroomEntry, f)
}

// OnHostedGroupProfile registers what to do when the data of hosted groups change.
func (r *registry) OnHostedGroupProfile(f func(context.Context, *HostedGroupProfile) error) {
	on(r, KindHostedGroupProfile, f)
}

// OnHostedGroupOperation registers what to do when hosted groups or their members change.
func (r *registry) OnHostedGroupOperation(f func(context.Context, *HostedGroupOperation) error) {
	on(r, KindHostedGroupOperation, f)
}

// OnMessageAudit registers what to do with verdicts on messages.
func (r *registry) OnMessageAudit(f func(context.Context, *MessageAudit) error) {
	on(r, KindMessageAudit, f)
}

// OnHostedInfoAudit registers what to do with verdicts on hosted data.
func (r *registry) OnHostedInfoAudit(f func(context.Context, *HostedInfoAudit) error) {
	on(r, KindHostedInfoAudit, f)
}

// OnBotEvent registers what to do with the events of bots.
func (r *registry) OnBotEvent(f func(context.Context, *BotEvent) error) { on(r, KindBotEvent, f) }

// OnRTCRoomStatus registers what to do when audio and video rooms or their members change.
func (r *registry) OnRTCRoomStatus(f func(context.Context, *RTCRoomStatus) error) {
	on(r, KindRTCRoomStatus, f)
}

// OnRTCCDNPush registers what to do when pushes to content delivery networks change.
func (r *registry) OnRTCCDNPush(f func(context.Context, *RTCCDNPush) error) {
	on(r, KindRTCCDNPush, f)
}

// OnRTCCloudPlayer registers what to do when streams that are played into rooms change.
func (r *registry) OnRTCCloudPlayer(f func(context.Context, *RTCCloudPlayer) error) {
	on(r, KindRTCCloudPlayer, f)
}

// OnRTCModeration registers what to do with the moderation of what is published in rooms.
func (r *registry) OnRTCModeration(f func(context.Context, *RTCModeration) error) {
	on(r, KindRTCModeration, f)
}

// OnRTCAITask registers what to do when speech recognition and similar tasks begin or end in
// rooms.
func (r *registry) OnRTCAITask(f func(context.Context, *RTCAITask) error) { on(r, KindRTCAITask, f) }

// OnUnknown registers what to do with callbacks of an unknown kind, and with bodies that do not
// match their kind. Without it the former are acknowledged, and the latter refused with 400.
func (r *registry) OnUnknown(f func(context.Context, *Unknown) error) { on(r, KindUnknown, f) }

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
func (r *registry) handle(ctx context.Context, e Event) (err error) {
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

var errNoDecision = errors.New("no function is registered for questions before delivery")

// verdict is an encoded decision.
type verdict struct {
	Verdict
	body []byte
}

// answer lets the function decide about the message. A verdict without a body is no decision; one
// returned with an error still counts.
func (r *registry) answer(ctx context.Context, m *PreMessage) (given verdict, err error) {
	r.mu.RLock()
	decide := r.decide
	r.mu.RUnlock()
	if decide == nil {
		return verdict{}, errNoDecision
	}
	defer catch(&err)
	decision, err := decide(ctx, m)
	if err != nil && !decision.isSet() {
		return verdict{}, err
	}
	body, failed := decision.encode(m.ObjectName)
	return verdict{decision.Verdict, body}, errors.Join(err, failed)
}

// knows reports whether there is a function for a kind.
func (r *registry) knows(kind Kind) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.functions[kind] != nil
}
