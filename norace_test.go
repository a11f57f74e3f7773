//go:build !race

package rongcloud

// raceDetector reports whether the tests run with the race detector.
const raceDetector = false
