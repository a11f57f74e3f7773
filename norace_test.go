//go:build !race

package rongcloud

// raceDetector reports whether the tests run with it.
const raceDetector = false
