//go:build !unix

package rongcloudredis

import "testing"

func (s *redisServer) halt(t *testing.T) { t.Fatal("processes cannot be halted here") }

func (s *redisServer) goOn(t *testing.T) { t.Fatal("processes cannot be halted here") }
