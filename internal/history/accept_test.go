package history

import (
	"testing"
	"time"
)

func TestStartOfANewBaseline(t *testing.T) {
	const change, latest = "2026-11-20T03:00:00Z", "2026-11-28T03:00:00Z"
	for _, tt := range []struct{ name, suggest, from, want string }{
		{"where the change began", change, "", change},
		{"nothing changed", "", "", latest},
		{"as asked", change, "2026-11-01T03:00:00Z", "2026-11-01T03:00:00Z"},
		{"after the latest night", change, "2026-11-29T03:00:00Z", ""},
	} {
		c := &Comparison{Night: latest, Suggest: tt.suggest}
		from, _ := time.Parse(time.RFC3339, tt.from)
		at, err := c.Start(from)
		if got := at.Format(time.RFC3339); (err != nil) != (tt.want == "") || err == nil && got != tt.want {
			t.Errorf("%s: %s, %v, want %s", tt.name, got, err, tt.want)
		}
	}
}
