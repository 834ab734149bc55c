package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version, the commit and the Go release",
		Example: `  channelbench version`,
		Args:    takes("", 0, 0),
		RunE: func(*cobra.Command, []string) error {
			if _, err := fmt.Fprintln(p.out, release()); err != nil {
				return fail(exitFailed, err)
			}
			return nil
		},
	}
}

// release is the version with what built it.
func release() string {
	return fmt.Sprintf("channelbench %s (%s, %s/%s)", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// version is the module's version where it was installed as one, else the commit, else "devel".
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}
