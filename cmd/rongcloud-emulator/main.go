// Command rongcloud-emulator is a fake RongCloud on this machine, for programs in any language:
// the server of package rongcloudtest with a console, an admin API and a page that shows what
// happens.
//
//	go run github.com/rongcloud-go/rongcloud/cmd/rongcloud-emulator
//
// It prints how to point a program at it. Nothing is stored: when the program ends, all data is
// gone. docs/emulator.md describes the flags, the admin API and the format of seed files.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/rongcloud-go/rongcloud/internal/emulator"
)

func main() {
	// The parent process may read the first line and close the pipe.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := emulator.Run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "rongcloud-emulator:", err)
		os.Exit(1)
	}
}
