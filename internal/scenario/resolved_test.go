package scenario

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Resolved is printer.Print.
var Resolved func(*Scenario) []byte

// sameAgain checks that what s resolves to loads as an equal scenario and resolves to the same text.
func sameAgain(t *testing.T, s *Scenario, opts Options, refused func(*Scenario) []gap) {
	t.Helper()
	text := Resolved(s)
	opts.Set = nil
	again, _, err := load("resolved.toml", text, opts, refused)
	if err != nil {
		t.Fatalf("what it resolves to doesn't load: %v\n%s", err, text)
	}
	if diff := cmp.Diff(s, again, cmpopts.IgnoreFields(Scenario{}, "Source", "Set")); diff != "" {
		t.Errorf("what it resolves to is another scenario (-was +is):\n%s", diff)
	}
	if diff := cmp.Diff(string(text), string(Resolved(again))); diff != "" {
		t.Errorf("it resolves to another text the second time:\n%s", diff)
	}
	if s.PurchaseSHA256() != again.PurchaseSHA256() {
		t.Error("what it resolves to buys something else")
	}
}
