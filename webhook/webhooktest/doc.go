// Package webhooktest makes RongCloud's callbacks for the tests of programs that receive them, and checks what a program adds to
// package webhook.
package webhooktest
