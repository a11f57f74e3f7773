// Package pagetest tests the pages of the emulator and of examples/appserver in a real browser. It
// is a module of its own, so that nobody else needs what drives the browser. It needs Chromium, or
// a Chrome, on the PATH.
//
//	PAGE_SCREENSHOTS=/tmp go test .
//
// also writes pictures of the page, for people to look at.
package pagetest
