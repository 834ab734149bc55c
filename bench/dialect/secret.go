package dialect

import (
	"fmt"
	"io"
	"log/slog"
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
	quoted *func() *Redactor
}

// NewSecret hides a key. Space around it, such as the newline at the end of a file, is no part of it.
func NewSecret(key string) Secret {
	key = strings.TrimSpace(key)
	quoted := sync.OnceValue(func() *Redactor { return NewRedactor(key) })
	return Secret{&key, &quoted}
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
		return (*s.quoted)().Redact(text)
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
