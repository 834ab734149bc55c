package dialect

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"sync"
)

// hidden stands for a secret wherever it is printed.
const hidden = "***"

// Secret is a key that prints as "***" by every common route. The zero Secret is no key.
//
// It holds pointers since fmt calls no methods on unexported fields: a struct with a Secret in one of
// those would print the text itself, and so prints addresses. A pointer to a struct wouldn't do: fmt looks into it.
type Secret struct {
	text   *string
	quoted *func() *regexp.Regexp // finds the text, however it is spelt
}

// NewSecret hides a key. Space around it, such as the newline at the end of a file, is no part of it.
func NewSecret(key string) Secret {
	key = strings.TrimSpace(key)
	quoted := sync.OnceValue(func() *regexp.Regexp { return spellings(key) })
	return Secret{&key, &quoted}
}

// spellings finds a key in a text: each of its bytes as it is, after a backslash, as %2f or as \u002f, or all of it in base64.
func spellings(key string) *regexp.Regexp {
	var p strings.Builder
	for _, c := range []byte(key) {
		fmt.Fprintf(&p, `(?:\\*%s|%%(?i:%02x)|\\+u00(?i:%02x))`, regexp.QuoteMeta(string(rune(c))), c, c)
	}
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		p.WriteString("|" + regexp.QuoteMeta(encoding.EncodeToString([]byte(key))))
	}
	return regexp.MustCompile(p.String())
}

// Reveal returns the key, for the header of a request and for nothing else.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Redact hides the key where a text quotes it, as error messages and addresses do, however they spell it.
func (s Secret) Redact(text string) string {
	if s.Reveal() != "" {
		return (*s.quoted)().ReplaceAllString(text, hidden)
	}
	return text
}

// String returns "***".
func (s Secret) String() string { return hidden }

// GoString returns "***".
func (s Secret) GoString() string { return hidden }

// Format prints "***" for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText returns "***".
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON returns "***" in quotes.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// LogValue returns "***".
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
