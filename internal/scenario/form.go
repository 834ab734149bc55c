package scenario

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"channelbench/internal/channel"
	"channelbench/internal/scenario/document"
)

// form reads how an order is written.
func (t *table) form() channel.Form {
	f := channel.Form{
		Length: read(t, "duration_as", channel.UsualLength, (*reader).lengthForm),
		Send:   read(t, "send", nil, list(`["resolution", "aspect_ratio"]`, nameOf(channel.Optional...))),
		Fields: read(t, "fields", nil, (*reader).fixedFields),
	}
	if n := t.node.Fields()["send"]; n != nil {
		refuseRepeats(t.reader, n, f.Send)
		if f.Send == nil && !n.Bad {
			f.Send = []string{} // none, where nil would be those usual in the protocol
		}
	}
	return f
}

const lengths = `show how the model takes the length of a clip: "8s", "8" or 8`

// lengthForm reads an example of a length, of which only the shape counts.
func (r *reader) lengthForm(n *document.Node) (channel.LengthForm, bool) {
	switch v := n.Value.(type) {
	case string:
		digits, withS := strings.CutSuffix(v, "s")
		switch {
		case !wholeSeconds.MatchString(digits):
		case withS:
			return channel.LengthAsDuration, true
		default:
			return channel.LengthAsText, true
		}
	case int64:
		if v > 0 {
			return channel.LengthAsNumber, true
		}
	}
	r.Fail(n, lengths, "%s cannot be %s", n.Name, document.Describe(n.Value))
	return 0, false
}

var wholeSeconds = regexp.MustCompile(`^[1-9][0-9]{0,3}$`)

func (r *reader) boolean(n *document.Node) (v, ok bool) {
	if v, ok = n.Value.(bool); !ok {
		r.wrongType(n, "true or false", "one of them, without quotes")
	}
	return v, ok
}

// orderFields are the fields that each order fills in, in whatever protocol, or that a key of the channel does.
var orderFields = []string{"prompt", "model", "duration", "seconds"}

// fixedFields reads the fields that are the same in all orders; nil where there are none.
func (r *reader) fixedFields(n *document.Node) (map[string]any, bool) {
	if n.Fields() == nil {
		r.wrongType(n, "a table of fields", `{ generate_audio = false, mode = "pro" }`)
		return nil, false
	}
	r.RefuseSecretKeys(n)
	for _, f := range n.Ordered() {
		if slices.Contains(orderFields, strings.ToLower(f.Name)) {
			r.FailKey(f, "leave it out: orders fill it in by videos, prompts and the channel's model",
				"%s would stand in place of the order's own", f.Name)
		}
	}
	fields, _ := r.sendable(n).(map[string]any)
	if len(fields) == 0 {
		fields = nil
	}
	return fields, !n.Bad
}

// sendable is a value as JSON can hold it; nil where it can't.
func (r *reader) sendable(n *document.Node) any {
	switch v := n.Value.(type) {
	case string, bool, int64:
		return v
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v
		}
		r.Fail(n, "write a number in digits", "%s is no number that can be sent", n.Name)
	case []*document.Node:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = r.sendable(item)
		}
		return items
	case map[string]*document.Node:
		fields := make(map[string]any, len(v))
		for _, f := range n.Ordered() {
			fields[f.Name] = r.sendable(f)
		}
		return fields
	default:
		r.Fail(n, `write it as a text, as the model takes it: "2026-11-30"`, "%s cannot be %s", n.Name,
			document.Describe(n.Value))
	}
	return nil
}

var (
	headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")
	// keyHeader matches the names of headers that hold a key or a session.
	keyHeader = regexp.MustCompile(`(?i)auth|cookie|secret|token|password|\bkey\b|apikey`)
	// ownHeader matches the names of those that the protocol, the transport or the order sets.
	ownHeader = regexp.MustCompile(`(?i)^(?:accept|accept-encoding|host|connection|keep-alive|te|trailer|` +
		`transfer-encoding|upgrade|expect|user-agent|forwarded|via|idempotency-key|x-idempotency-key|content-.*|proxy-.*)$`)
)

// headers reads headers that requests bear beside those of the protocol; nil where there are none.
func (r *reader) headers(n *document.Node) (map[string]string, bool) {
	if n.Fields() == nil {
		r.wrongType(n, "a table of headers", `{ X-Fal-No-Retry = "1" }`)
		return nil, false
	}
	var headers map[string]string
	for _, f := range n.Ordered() {
		name := canonical(f.Name)
		value, ok := r.headerValue(f, name)
		if _, twice := headers[name]; twice {
			r.FailKey(f, "keep one of them", "the header %s is there twice", name)
			continue
		}
		if headers == nil {
			headers = map[string]string{}
		}
		if ok {
			headers[name] = value
		}
	}
	return headers, !n.Bad
}

// canonical is a header's name as HTTP spells it: X-Fal-No-Retry.
func canonical(name string) string {
	parts := strings.Split(strings.ToLower(name), "-")
	for i, p := range parts {
		if p != "" {
			parts[i] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, "-")
}

// headerValue reads one header.
func (r *reader) headerValue(n *document.Node, name string) (string, bool) {
	switch {
	case n.Bad: // it holds a key
	case !headerName.MatchString(n.Name):
		r.FailKey(n, `write a header's name, as X-Fal-No-Retry = "1"`, "%q cannot be the name of a header", n.Name)
	case ownHeader.MatchString(name):
		r.FailKey(n, "leave it out: it is set for each request", "the header %s is not yours to set", name)
	case keyHeader.MatchString(name):
		r.Hide(n)
		r.FailKey(n, document.KeyEnvHint, "the header %s would hold a key, and the protocol sends the channel's own", name)
	default:
		v, ok := r.text(n)
		if ok && (v == "" || strings.TrimSpace(v) != v || strings.ContainsFunc(v, unprintable)) {
			r.Fail(n, fmt.Sprintf(`write printable ASCII in one line, as %s = "1"`, n.Name), "%s holds what no header may",
				n.Name)
			return "", false
		}
		return v, ok
	}
	return "", false
}

func unprintable(c rune) bool { return c < ' ' || c >= 0x7f }
