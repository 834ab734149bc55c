package dialect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Bounds of an answer that is worth understanding.
const (
	maxDepth   = 32
	maxMembers = 10_000 // of all objects and arrays together
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// document is a JSON value: map[string]any, []any, string, json.Number, bool or nil.
type document struct{ value any }

var errEmpty = errors.New("an empty answer")

// parse reads one JSON value within bounds. A key that an object has twice is an error: which of two
// statuses is true can't be known.
func parse(body []byte) (document, error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, byteOrderMark))
	if len(body) == 0 {
		return document{}, errEmpty
	}
	if len(body) > MaxAnswer {
		return document{}, fmt.Errorf("more than %d bytes", MaxAnswer)
	}
	if !json.Valid(body) {
		return document{}, errors.New("not JSON")
	}
	tokens := json.NewDecoder(bytes.NewReader(body))
	tokens.UseNumber()
	p := parser{tokens: tokens}
	value, err := p.value(0)
	return document{value}, err
}

type parser struct {
	tokens  *json.Decoder
	members int
}

func (p *parser) value(depth int) (any, error) {
	token, err := p.tokens.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	switch token {
	case json.Delim('{'):
		return p.object(depth)
	case json.Delim('['):
		return p.array(depth)
	}
	return token, nil
}

func (p *parser) object(depth int) (any, error) {
	object := map[string]any{}
	for p.tokens.More() {
		key, err := p.tokens.Token()
		if err != nil {
			return nil, err
		}
		name, _ := key.(string)
		if _, twice := object[name]; twice {
			return nil, fmt.Errorf("it has %q twice", name)
		}
		if object[name], err = p.member(depth); err != nil {
			return nil, err
		}
	}
	_, err := p.tokens.Token()
	return object, err
}

func (p *parser) array(depth int) (any, error) {
	array := []any{}
	for p.tokens.More() {
		item, err := p.member(depth)
		if err != nil {
			return nil, err
		}
		array = append(array, item)
	}
	_, err := p.tokens.Token()
	return array, err
}

func (p *parser) member(depth int) (any, error) {
	if p.members++; p.members > maxMembers {
		return nil, fmt.Errorf("more than %d values", maxMembers)
	}
	return p.value(depth + 1)
}

// at follows a path such as "data.0.url"; a missing step gives an empty document.
func (d document) at(path string) document {
	value := d.value
	for step := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			// Answers that list what they made put what was ordered first.
			if step != "0" || len(v) == 0 {
				return document{}
			}
			value = v[0]
		default:
			return document{}
		}
	}
	return document{value}
}

func (d document) isObject() bool {
	_, is := d.value.(map[string]any)
	return is
}

// text is a string, or a number as it was written; "" for anything else.
func (d document) text() string {
	switch v := d.value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// first is the first text that is not empty among paths.
func (d document) first(paths ...string) string {
	for _, p := range paths {
		if s := d.at(p).text(); s != "" {
			return s
		}
	}
	return ""
}

// texts are those of the paths that have one.
func (d document) texts(paths ...string) []string {
	var all []string
	for _, p := range paths {
		if s := d.at(p).text(); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// items are those of an array.
func (d document) items() []document {
	array, _ := d.value.([]any)
	items := make([]document, len(array))
	for i, value := range array {
		items[i] = document{value}
	}
	return items
}
