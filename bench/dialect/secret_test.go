package dialect

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// TestSecret prints a key in every way that logs and records do.
func TestSecret(t *testing.T) {
	const key = "sk-canary"
	s := NewSecret(" " + key + "\n")
	type carrier struct {
		Shown  Secret
		hidden Secret // fmt reaches unexported fields without calling methods
	}
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	logger.Info("x", "key", s, "carrier", carrier{s, s}, "pointer", &carrier{s, s})
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "key", s, "carrier", carrier{s, s})
	var text bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		fmt.Fprintf(&text, verb+verb+verb+verb, s, &s, carrier{s, s}, []Secret{s})
	}
	fmt.Fprintf(&text, "%v %+v", target.Key, Target{Key: s})
	encoded, err := json.Marshal(map[Secret]any{s: carrier{s, s}})
	if err != nil {
		t.Fatal(err)
	}
	var stream bytes.Buffer
	_ = gob.NewEncoder(&stream).Encode(struct{ Key Secret }{s})
	for name, out := range map[string]string{"fmt": text.String(), "json": string(encoded), "slog": log.String(),
		"gob": stream.String()} {
		if strings.Contains(out, key) || strings.Contains(out, fmt.Sprintf("%x", key)) {
			t.Errorf("%s shows the key: %s", name, out)
		}
	}
	if s.Reveal() != key {
		t.Errorf("got %q", s.Reveal())
	}
	if got := s.Redact("wrong key " + key + "!"); got != "wrong key ***!" {
		t.Errorf("got %q", got)
	}
	if got := (Secret{}).Redact("as it is") + (Secret{}).Reveal() + (Secret{}).String(); got != "as it is***" {
		t.Errorf("got %q", got)
	}
}
