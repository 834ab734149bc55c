// Package scenarios holds the scenarios that ship with channelbench. Each is one TOML file with
// dated, sourced prices; README.md beside them says where every number comes from.
//
// It only stores: package scenario reads and checks them.
//
//	source, ok := scenarios.Open("sora2")
package scenarios

import (
	"embed"
	"strings"
)

const extension = ".toml"

//go:embed *.toml
var files embed.FS

// Names lists the shipped scenarios in alphabetical order.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the folder is part of the binary
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), extension)
	}
	return names
}

// Open returns the text of a shipped scenario, and whether there is one of that name.
func Open(name string) ([]byte, bool) {
	source, err := files.ReadFile(name + extension)
	return source, err == nil
}
