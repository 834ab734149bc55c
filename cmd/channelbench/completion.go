package main

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"channelbench/internal/scenario/document"
	"channelbench/scenarios"
)

// listed offers values of a flag.
func listed(values ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
}

// completeScenario offers the shipped scenarios and the files that may be one; folders are left to the shell.
func completeScenario(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 && cmd.Name() != "check" {
		return nil, cobra.ShellCompDirectiveDefault
	}
	files, _ := filepath.Glob(filepath.Join(filepath.Dir(begun), "*.toml"))
	var all []string
	for _, name := range append(scenarios.Names(), files...) {
		if strings.HasPrefix(name, begun) {
			all = append(all, name)
		}
	}
	return all, cobra.ShellCompDirectiveDefault
}

// completeKey offers the keys of the scenario that the command line names, for --set.
func (p *program) completeKey(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	const directive = cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	if len(args) == 0 || args[0] == "-" || strings.Contains(begun, "=") {
		return nil, directive
	}
	src, err := p.open(args[0])
	if err != nil {
		return nil, directive
	}
	var all []string
	for _, key := range document.Keys(src.text) {
		if strings.HasPrefix(key, begun) {
			all = append(all, key+"=")
		}
	}
	return all, directive
}
