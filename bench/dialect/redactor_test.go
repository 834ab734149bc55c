package dialect

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
)

// TestRedactor quotes two keys in every spelling; nothing but what stands around them is left.
func TestRedactor(t *testing.T) {
	const key, other = `sk-Canary/3f9a81+d7=<0c>&"5e"`, "sk-other-0123456789abcdef"
	r := NewRedactor("", key+"\n", other)
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	quoted, _ := json.Marshal(key)
	twice, _ := json.Marshal(string(quoted[1 : len(quoted)-1]))
	percent, unicode := "", ""
	for _, c := range []byte(key) {
		percent += fmt.Sprintf("%%%02x", c)
		unicode += fmt.Sprintf(`\u%04X`, c)
	}
	tests := map[string]string{
		"plain":                 key,
		"another key":           other,
		"upper case":            strings.ToUpper(key),
		"lower case":            strings.ToLower(other),
		"in JSON":               string(quoted[1 : len(quoted)-1]),
		"in JSON in JSON":       string(twice[1 : len(twice)-1]),
		"in unicode":            unicode,
		"in a query":            url.QueryEscape(key),
		"in a query in a query": url.QueryEscape(url.QueryEscape(key)),
		"every byte escaped":    percent,
		"in HTML":               html.EscapeString(key),
		"in hexadecimal":        hex.EncodeToString([]byte(key)),
		"in HEXADECIMAL":        strings.ToUpper(hex.EncodeToString([]byte(other))),
		"in groups":             strings.ReplaceAll(fmt.Sprintf("% x", other), " ", ":"),
		"broken":                "sk-other-01 2345\n 6789abc\tdef",
		"broken by nothing":     "sk-other\u200b-0123456789\u00adabcdef",
		"half":                  other[:len(other)/2+1],
		"the other half":        other[len(other)/2:],
		"in base64":             b64(key),
		"in base64 for URLs":    base64.RawURLEncoding.EncodeToString([]byte(key)),
		"in broken base64":      b64(other)[:10] + "\r\n " + b64(other)[10:],
	}
	for name, spelt := range tests {
		got := r.Redact("before " + spelt + " after")
		if !strings.HasPrefix(got, "before ***") || !strings.HasSuffix(got, " after") ||
			len(got) > len("before ****** after") {
			t.Errorf("%s: %q became %q", name, spelt, got)
		}
	}
	for _, header := range []string{"Bearer ", "x", "xy", "xyz", "me:"} {
		spelt := b64(header + other)
		if got := r.Redact(spelt); len(got) > len(spelt)-len(other) {
			t.Errorf("in base64 after %q: %q became %q", header, spelt, got)
		}
	}
	for _, innocent := range []string{"", "sk-", "Incorrect API key provided: sk-ot***cdef",
		"100% of 5 &amp; 6 \\o/ %zz &nothing; \\u12", strings.Repeat("é ", 50)} {
		if got := r.Redact(innocent); got != innocent {
			t.Errorf("%q became %q", innocent, got)
		}
	}
	if got := new(Redactor).Redact("as it is"); got != "as it is" {
		t.Errorf("got %q", got)
	}
	if got := NewRedactor("abc").Redact("abc 616263 YWJj"); got != "*** 616263 YWJj" {
		t.Errorf("a key too short for other spellings: %q", got)
	}
}

// BenchmarkRedactor reads an answer as long as any, with ten keys.
func BenchmarkRedactor(b *testing.B) {
	var keys []string
	for i := range 10 {
		keys = append(keys, fmt.Sprintf("sk-%040d", i))
	}
	r := NewRedactor(keys...)
	text := strings.Repeat(`sk-0000000000%30\u0030&#48;`, MaxAnswer/28)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r.Redact(text)
	}
}
