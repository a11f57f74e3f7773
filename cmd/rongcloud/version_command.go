package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/rongcloud-go/rongcloud"
)

func newVersionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version of the program", Example: "  rongcloud version --json", Args: cobra.NoArgs,
		RunE: a.do(func(*cobra.Command, []string) error {
			data := map[string]string{"version": rongcloud.Version, "go": runtime.Version(), "system": runtime.GOOS + "/" + runtime.GOARCH}
			if info, ok := debug.ReadBuildInfo(); ok {
				for _, setting := range info.Settings {
					if setting.Key == "vcs.revision" {
						data["commit"] = setting.Value
					}
				}
			}
			return a.show(data, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "rongcloud %s (%s, %s)\n", data["version"], data["go"], data["system"])
				return err
			})
		}),
	}
}
