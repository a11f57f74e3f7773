// Package pagetest tests the pages of the emulator and of examples/appserver in a real browser. It
// is a separate module, so that no other module depends on the browser driver. It needs Chromium
// or Chrome on the PATH.
//
//	PAGE_SCREENSHOTS=/tmp go test .
//
// also writes screenshots of the pages to /tmp. Chinese text in them needs a Chinese font, such as
// Debian's fonts-noto-cjk.
package pagetest
