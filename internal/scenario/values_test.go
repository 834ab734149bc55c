package scenario

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseDuration(t *testing.T) {
	const day = 24 * time.Hour
	for s, want := range map[string]time.Duration{
		"10s": 10 * time.Second, "250ms": 250 * time.Millisecond, "6m": 6 * time.Minute, "133h": 133 * time.Hour,
		"2d":    2 * day,
		"1h30m": 90 * time.Minute, "1d2h3m4s5ms": day + 2*time.Hour + 3*time.Minute + 4*time.Second + 5*time.Millisecond,
		"0.5s": 500 * time.Millisecond, "1.25d": 30 * time.Hour, "0.000000001s": 1, "0.5d": 12 * time.Hour, "0s": 0,
		"3650d":         longest,
		"1.0000000000s": time.Second, "0.125m": 7500 * time.Millisecond,
	} {
		if got, err := parseDuration(s); err != nil || got != want {
			t.Errorf("parseDuration(%q) = %v, %v; want %v", s, got, err, want)
		}
	}
	for s, want := range map[string]string{
		"": "empty", "10": "no unit", "s": "not a duration", "10 s": "no unit", "-1s": "not a duration",
		"+1s":  "not a duration",
		"1m1h": "order", "1s1s": "order", "2w": `unit "w"`, "1us": `unit "us"`, "1.s": "not a duration",
		".5s": "not a duration", "1..5s": "not a duration",
		"3651d": "ten years", "99999999999999999999s": "ten years", "3650d1s": "ten years", "0.0000000001s": "decimals",
		"1e3s":         `unit "e"`,
		"0.00000001ms": "decimals", "١s": "not a duration",
	} {
		if got, err := parseDuration(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parseDuration(%q) = %v, %v; want an error about %q", s, got, err, want)
		}
	}
}

func TestDurationsReadAsTheyAreWritten(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 90 * time.Second: "1m30s", 48 * time.Hour: "2d", 133 * time.Hour: "133h", time.Millisecond: "1ms",
		1500 * time.Millisecond: "1.5s", 1: "0.000000001s", time.Hour + time.Millisecond: "1h1ms",
	} {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%v) = %q, want %q", d, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(longest)).Draw(t, "d"))
		if got, err := parseDuration(Duration(d)); err != nil || got != d {
			t.Fatalf("%v is written %q and read as %v (%v)", d, Duration(d), got, err)
		}
	})
}

func TestParseRate(t *testing.T) {
	for s, want := range map[string]Rate{"6/min": {6, time.Minute}, "20/s": {20, time.Second}, "100/h": {100, time.Hour}} {
		if got, ok := parseRate(s); !ok || got != want || got.String() != s {
			t.Errorf("parseRate(%q) = %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "6", "/s", "6/", "6/m", "0/s", "-1/s", "+1/s", "1.5/s", "6 /s", "6/s/s",
		"99999999999999999999/s"} {
		if got, ok := parseRate(s); ok {
			t.Errorf("parseRate(%q) = %v", s, got)
		}
	}
}

func TestShare(t *testing.T) {
	if got := Share(0.0001); got != "0.01%" {
		t.Errorf("share(0.0001) = %q", got)
	}
}
