package rongcloud

// MessageContent is the body of a message. Any type that names its object name and encodes to JSON is one, so an app's own
// message types are plain structs with this method; they need no registration.
type MessageContent interface {
	// ObjectName is RongCloud's name of the message type, at most 32 characters. Only built-in types begin with RC:.
	ObjectName() string
}

// RawContent is a message whose body is sent as it is.
type RawContent struct {
	Name string // the object name
	Body string // JSON text, or what the app's clients expect
}

// ObjectName returns c.Name.
func (c RawContent) ObjectName() string { return c.Name }

// TextMessage is a text, RC:TxtMsg.
type TextMessage struct {
	Content string `json:"content"`
	Extra   string `json:"extra,omitempty"`
}

// ObjectName returns RC:TxtMsg.
func (TextMessage) ObjectName() string { return "RC:TxtMsg" }

var builtIns = map[string]bool{"RC:TxtMsg": true}
