package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rongcloud-go/rongcloud"
)

// shownSignature is a signature as rongcloud sign prints it.
type shownSignature struct {
	AppKey    string `json:"appKey"`
	Nonce     string `json:"nonce"`
	Timestamp string `json:"timestamp"`
	Signature string `json:"signature"`
}

func newSignCommand(a *app) *cobra.Command {
	var nonce, timestamp, verify string
	cmd := &cobra.Command{
		Use:   "sign",
		Short: "Sign with the App Secret, or verify a signature",
		Long: `Sign with the App Secret, or verify a signature. Whoever has a signature can make any call with it, and it is not
known to expire: show it to nobody.

Without any profile the App Secret is that of the emulator, test-app-secret, with which the example is signed.`,
		Example: `  rongcloud sign
  rongcloud sign --nonce 14314 --timestamp 1408706337000 --verify 833b56ddd367aedd15cb60c511e9fc9a16a9c6df`,
		Args: cobra.NoArgs,
		RunE: a.do(func(*cobra.Command, []string) error {
			p, err := a.callbackProfile()
			if err != nil {
				return err
			}
			if verify != "" {
				return a.verifySignature(p, nonce, timestamp, verify)
			}
			if nonce == "" {
				nonce = rand.Text()[:18]
			}
			if timestamp == "" {
				timestamp = strconv.FormatInt(time.Now().UnixMilli(), 10)
			}
			s := shownSignature{p.AppKey, nonce, timestamp, rongcloud.Sign(string(p.AppSecret), nonce, timestamp)}
			return a.show(s, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "App-Key: %s\nNonce: %s\nTimestamp: %s\nSignature: %s\n", s.AppKey, s.Nonce, s.Timestamp, s.Signature)
				return err
			})
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&nonce, "nonce", "", "`nonce` to sign; by default a random one")
	flags.StringVar(&timestamp, "timestamp", "", "`timestamp` to sign, in milliseconds; by default now")
	flags.StringVar(&verify, "verify", "", "`signature` to verify")
	return cmd
}

func (a *app) verifySignature(p profile, nonce, timestamp, signature string) error {
	if nonce == "" || timestamp == "" {
		return usagef("--verify needs --nonce and --timestamp")
	}
	if !rongcloud.Verify(string(p.AppSecret), nonce, timestamp, signature) {
		return &hintedError{fmt.Errorf("the signature does not match the App Secret of %s", p.Source), "it is the SHA-1 of secret, nonce and timestamp, joined in this order"}
	}
	return a.tell(map[string]bool{"matches": true}, "The signature matches.")
}

func newDecodeCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "decode", Short: "Decode the content of a message, or a file of the hourly log", Args: cobra.NoArgs,
		Example: "  rongcloud decode content RC:TxtMsg '{\"content\":\"hello\"}'",
	}
	cmd.AddCommand(newDecodeContentCommand(a), newDecodeLogCommand(a))
	return cmd
}

func newDecodeContentCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "content TYPE [JSON]",
		Short:   "Decode the content of a message; without JSON it is read from stdin",
		Example: "  rongcloud decode content RC:TxtMsg '{\"content\":\"hello\"}'\n  rongcloud decode content RC:ImgMsg < body.json",
		Args:    cobra.RangeArgs(1, 2),
		RunE: a.do(func(cmd *cobra.Command, args []string) error {
			body := []byte(strings.Join(args[1:], ""))
			if len(args) == 1 {
				var err error
				if body, err = a.readFile(cmd.Context(), "-"); err != nil {
					return err
				}
			}
			content, err := rongcloud.DecodeContent(args[0], body)
			if err != nil {
				return err
			}
			encoded, err := json.Marshal(content)
			if err != nil {
				return err
			}
			name := reflect.TypeOf(content).String()
			if _, unknown := content.(rongcloud.RawContent); unknown {
				a.talk("%s is no built-in type: the app reads it by itself.", args[0])
			}
			data := map[string]any{"objectName": args[0], "go": name, "content": json.RawMessage(encoded)}
			return a.show(data, func(w io.Writer) error {
				if _, err := fmt.Fprintf(w, "%s\n", name); err != nil {
					return err
				}
				return a.printJSON(json.RawMessage(encoded))
			})
		}),
	}
}

func newDecodeLogCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "log FILE", Short: "Print the messages of a file of the hourly log, zipped as RongCloud serves it",
		Example: "  rongcloud decode log 2026112610.zip --json",
		Args:    cobra.ExactArgs(1),
		RunE: a.do(func(cmd *cobra.Command, args []string) error {
			if info, err := os.Stat(args[0]); err == nil && !info.Mode().IsRegular() { // opening a pipe would block
				return usagef("%s is not a regular file", args[0])
			}
			file, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer func() { _ = file.Close() }()
			info, err := file.Stat()
			if err != nil {
				return err
			}
			// Reading a file needs a client but no call, so any App Key will do.
			client, err := a.clientOf(profile{AppKey: "none", AppSecret: "none"})
			if err != nil {
				return err
			}
			err = a.printLog(client.Message.Log.Read(cmd.Context(), file, info.Size(), rongcloud.MessageLogLimits{}))
			var unread *rongcloud.Error
			if errors.As(err, &unread) {
				return fmt.Errorf("%s is not a log as RongCloud serves it, a zip file with a line for each message: %w", args[0], unread.Err)
			}
			return err
		}),
	}
}
