package rongcloud

// MessageService sends.
type MessageService struct{ client *Client }
