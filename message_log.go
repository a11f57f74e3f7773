package rongcloud

// MessageLogService keeps hourly files of all messages.
type MessageLogService service
