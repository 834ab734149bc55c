package dialect

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Redactor hides all keys of a run where a text quotes them, in any spelling that servers quote in: as they are, in
// either case, escaped for URLs, JSON or HTML (once or several times), in hexadecimal, in base64 with whatever stands
// before them in it (as in the header's "Bearer KEY"), and any of these broken by white space; also where a good part
// of a key is quoted alone. It takes time in proportion to the text.
//
// The zero Redactor knows no keys.
type Redactor struct {
	folded [][]byte // looked for in unescaped text, in lower case
	exact  [][]byte // looked for in unescaped text as it is: base64
	hex    [][]byte // looked for in lower case among letters and digits only
}

// Of a long key so much in a row tells it as well; shorter keys may be parts of innocent words in other spellings.
const (
	telling = 12
	spelt   = 8 // bytes that a key has at least for its other spellings to be looked for
)

// NewRedactor hides keys. Space around one, such as the newline at the end of a file, is no part of it; empty ones
// are none.
func NewRedactor(keys ...string) *Redactor {
	r := &Redactor{}
	for _, key := range keys {
		key = strings.TrimSpace(key)
		whole := squeezed(key)
		if whole == "" {
			continue
		}
		r.folded = append(r.folded, []byte(strings.ToLower(whole)))
		if len(whole) < spelt {
			continue
		}
		if part := max(telling, (len(whole)+1)/2); part < len(whole) {
			r.folded = append(r.folded, []byte(strings.ToLower(whole[:part])), []byte(strings.ToLower(whole[len(whole)-part:])))
		}
		r.hex = append(r.hex, []byte(hex.EncodeToString([]byte(key))))
		for before := range 3 {
			r.exact = append(r.exact, within(key, before))
		}
	}
	return r
}

// squeezed is a text without white space and what can't be seen.
func squeezed(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
}

// within is the base64 of a key that stands after so many other bytes, modulo 3: those digits that it alone decides.
func within(key string, before int) []byte {
	text := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", before) + key))
	from, to := (8*before+5)/6, (8*(before+len(key)))/6
	return []byte(text[from:to])
}

// Redact puts "***" where a text quotes a key.
func (r *Redactor) Redact(text string) string {
	if r == nil || len(r.folded) == 0 || text == "" {
		return text
	}
	hide := make([]bool, len(text))
	found := false
	look := func(v view, keys [][]byte) {
		for _, key := range keys {
			for from := 0; ; {
				i := bytes.Index(v.text[from:], key)
				if i < 0 {
					break
				}
				i += from
				for k := v.from[i]; k < v.to[i+len(key)-1]; k++ {
					hide[k] = true
				}
				found, from = true, i+1
			}
		}
	}
	v := seen(text)
	for range escapings {
		plain := v.squeeze()
		look(plain.lower(), r.folded)
		look(plain.standard(), r.exact)
		look(plain.lower().alphanumeric(), r.hex)
		next := v.unescape()
		if len(next.text) == len(v.text) {
			break
		}
		v = next
	}
	if !found {
		return text
	}
	return blotted(text, hide)
}

// escapings is how many times over a key may be escaped.
const escapings = 4

// blotted puts one "***" for each stretch of bytes to hide.
func blotted(text string, hide []bool) string {
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !hide[i]:
			b.WriteByte(text[i])
		case i == 0 || !hide[i-1]:
			b.WriteString(hidden)
		}
	}
	return b.String()
}

// view is a text in another form, with the bytes of the original that each of its bytes stands for.
type view struct {
	text     []byte
	from, to []int
}

func seen(s string) view {
	v := view{text: []byte(s), from: make([]int, len(s)), to: make([]int, len(s))}
	for i := range v.from {
		v.from[i], v.to[i] = i, i+1
	}
	return v
}

// put adds what stands for the bytes i to j of another view.
func (v *view) put(text []byte, of view, i, j int) {
	for _, c := range text {
		v.text, v.from, v.to = append(v.text, c), append(v.from, of.from[i]), append(v.to, of.to[j-1])
	}
}

// mapped is the view with some bytes changed.
func (v view) mapped(f func(c byte) byte) view {
	text := slices.Clone(v.text)
	for i, c := range text {
		text[i] = f(c)
	}
	return view{text, v.from, v.to}
}

func (v view) lower() view {
	return v.mapped(func(c byte) byte {
		if c >= 'A' && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	})
}

// standard has base64 for URLs as it is elsewhere.
func (v view) standard() view {
	return v.mapped(func(c byte) byte {
		switch c {
		case '-':
			return '+'
		case '_':
			return '/'
		}
		return c
	})
}

// only keeps the characters that are wanted.
func (v view) only(wanted func(r rune) bool) view {
	out := view{text: make([]byte, 0, len(v.text)), from: make([]int, 0, len(v.text)), to: make([]int, 0, len(v.text))}
	for i := 0; i < len(v.text); {
		r, n := utf8.DecodeRune(v.text[i:])
		if wanted(r) {
			for k := i; k < i+n; k++ {
				out.put(v.text[k:k+1], v, k, k+1)
			}
		}
		i += n
	}
	return out
}

func (v view) squeeze() view {
	return v.only(func(r rune) bool { return !unicode.IsSpace(r) && unicode.IsPrint(r) })
}

func (v view) alphanumeric() view {
	return v.only(func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' })
}

// unescape undoes one layer of escapes.
func (v view) unescape() view {
	out := view{text: make([]byte, 0, len(v.text)), from: make([]int, 0, len(v.text)), to: make([]int, 0, len(v.text))}
	for i := 0; i < len(v.text); {
		text, n := escape(v.text[i:])
		if n == 0 {
			text, n = v.text[i:i+1], 1
		}
		out.put(text, v, i, i+n)
		i += n
	}
	return out
}

// longestEntity bounds an entity of HTML.
const longestEntity = 12

// escape reads the escape at the beginning of a text, and says how long it is; 0: there is none.
func escape(b []byte) (text []byte, n int) {
	code := func(digits []byte, n int) ([]byte, int) {
		c, err := strconv.ParseUint(string(digits), 16, 32)
		if err != nil {
			return nil, 0
		}
		if n == 3 { // %2f is a byte, not a character
			return []byte{byte(c)}, n
		}
		return utf8.AppendRune(nil, rune(c)), n
	}
	switch {
	case len(b) >= 3 && b[0] == '%':
		return code(b[1:3], 3)
	case len(b) >= 6 && b[0] == '\\' && (b[1] == 'u' || b[1] == 'U'):
		if text, n := code(b[2:6], 6); n > 0 {
			return text, n
		}
		return nil, 1
	case len(b) >= 4 && b[0] == '\\' && b[1] == 'x':
		if text, n := code(b[2:4], 4); n > 0 {
			return text, n
		}
		return nil, 1
	case b[0] == '\\':
		return nil, 1 // of whatever follows
	case b[0] == '&':
		end := bytes.IndexByte(b[:min(len(b), longestEntity)], ';')
		if end < 0 {
			return nil, 0
		}
		if plain := html.UnescapeString(string(b[:end+1])); plain != string(b[:end+1]) {
			return []byte(plain), end + 1
		}
	}
	return nil, 0
}
