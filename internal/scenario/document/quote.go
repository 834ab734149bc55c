package document

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Quote writes a text as a TOML basic string.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case !unicode.IsPrint(c):
			fmt.Fprintf(&b, `\U%08X`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// QuoteKey writes a key, quoted where it must be, or where it begins with a digit and so looks
// like a number.
func QuoteKey(key string) string {
	bare := strings.Trim(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == ""
	if key == "" || !bare || key[0] >= '0' && key[0] <= '9' {
		return Quote(key)
	}
	return key
}

// Number writes an integer or a float plainly, so that it reads as the same number again.
func Number(v any) string {
	switch v := v.(type) {
	case float64:
		s := strconv.FormatFloat(v, 'f', -1, 64)
		if len(s) > 20 {
			s = strconv.FormatFloat(v, 'g', -1, 64)
		}
		return strings.TrimPrefix(strings.ToLower(s), "+")
	default:
		return fmt.Sprint(v)
	}
}
