package document

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Edit changes one value of a scenario's text, or adds or removes it.
type Edit struct {
	Path   []string // keys from the root; an item of a list of tables goes by its index
	Value  string   // as TOML writes it
	Remove bool     // instead
}

// NoteMark begins the comments that Patch writes, by which a later one replaces them.
const NoteMark = "# measured: "

// Patch changes values of a scenario's text and nothing else: comments, layout and order stay. A key that isn't there
// is added to its table, a table that isn't there at the end. Notes are comments, each on a line of its own above the
// line of the key that it is called by, see NotePath.
func Patch(source []byte, edits []Edit, notes map[string]string) ([]byte, error) {
	text, marked := strings.CutPrefix(string(source), string(byteOrderMark))
	for _, e := range edits {
		var err error
		if text, err = e.apply(text); err != nil {
			return nil, err
		}
	}
	for _, path := range slices.Sorted(maps.Keys(notes)) {
		var err error
		if text, err = annotate(text, strings.Split(path, "\x00"), notes[path]); err != nil {
			return nil, err
		}
	}
	if marked {
		text = string(byteOrderMark) + text
	}
	return []byte(text), nil
}

// NotePath is how Patch's notes call a path.
func NotePath(path []string) string { return strings.Join(path, "\x00") }

// Has says whether a text has a key.
func Has(source []byte, path ...string) bool {
	text := strings.TrimPrefix(string(source), string(byteOrderMark))
	return strict([]byte(text)) == nil && spotOf(text, path) != nil
}

// spotOf finds where a path stands; nil: nowhere.
func spotOf(text string, path []string) *spot {
	s := locate([]byte(text))
	for _, key := range path {
		if n := len(s.items); n > 0 {
			i := 0
			if _, err := fmt.Sscanf(key, "%d", &i); err != nil || i < 0 || i >= n {
				return nil
			}
			s = s.items[i]
			continue
		}
		if s = s.fields[key]; s == nil {
			return nil
		}
	}
	return s
}

func (e *Edit) apply(text string) (string, error) {
	if wrong := strict([]byte(text)); wrong != nil {
		return "", fmt.Errorf("%v can't be edited: %s", e.Path, wrong.message)
	}
	at := spotOf(text, e.Path)
	switch {
	case at == nil && e.Remove:
		return text, nil
	case e.Remove:
		return removed(text, at), nil
	case at != nil:
		return text[:at.value.start] + e.Value + text[at.value.end:], nil
	}
	return e.add(text), nil
}

// removed is the text without a key and its value: without its line, or without a comma beside it.
func removed(text string, at *spot) string {
	start, end := at.key.start, at.value.end
	before, after := strings.LastIndexByte(text[:start], '\n')+1, strings.IndexByte(text[end:], '\n')
	rest := text[end:]
	if after >= 0 {
		rest = text[end : end+after+1]
	}
	if strings.TrimSpace(text[before:start]) == "" &&
		(strings.TrimSpace(rest) == "" || strings.HasPrefix(strings.TrimSpace(rest), "#")) {
		return text[:before] + text[end+len(rest):]
	}
	if tail := strings.TrimLeft(text[end:], " \t"); strings.HasPrefix(tail, ",") {
		return text[:start] + strings.TrimLeft(tail[1:], " \t")
	}
	return strings.TrimRight(strings.TrimRight(text[:start], " \t"), ",") + text[end:]
}

// add adds a key where its table is written.
func (e *Edit) add(text string) string {
	table, key := e.Path[:len(e.Path)-1], e.Path[len(e.Path)-1]
	line := QuoteKey(key) + " = " + e.Value
	at := spotOf(text, table)
	if at == nil || len(at.fields) == 0 && !strings.HasPrefix(text[at.value.start:], "{") && !header(text, at) {
		var name []string
		for _, k := range table {
			name = append(name, QuoteKey(k))
		}
		return strings.TrimRight(text, "\n") + "\n\n[" + strings.Join(name, ".") + "]\n" + line + "\n"
	}
	if strings.HasPrefix(text[at.value.start:], "{") {
		inside := strings.TrimRight(text[:at.value.end-1], " \t")
		if strings.TrimSpace(text[at.value.start+1:at.value.end-1]) == "" {
			return text[:at.value.start+1] + " " + line + " " + text[at.value.end-1:]
		}
		return inside + ", " + line + text[len(inside):]
	}
	return e.addLine(text, at, line)
}

// addLine adds a key to a table that has lines of its own: below the last of its keys there, or below its header.
func (e *Edit) addLine(text string, at *spot, line string) string {
	last := at.value.end
	for _, f := range at.fields {
		if !header(text, f) {
			last = max(last, f.value.end)
		}
	}
	if !header(text, at) { // it is known by dotted keys: one more of them
		line = QuoteKey(e.Path[len(e.Path)-2]) + "." + line
	}
	end := len(text)
	if n := strings.IndexByte(text[last:], '\n'); n >= 0 {
		end = last + n
	}
	return text[:end] + "\n" + line + text[end:]
}

// header says whether a table has one of its own: its name stands in brackets at the beginning of a line.
func header(text string, s *spot) bool {
	line := text[strings.LastIndexByte(text[:s.key.start], '\n')+1 : s.key.start]
	return strings.HasPrefix(strings.TrimSpace(line), "[") && !strings.Contains(line, "=")
}

// annotate puts a comment above the line of a key, in place of one that was put there before.
func annotate(text string, path []string, note string) (string, error) {
	at := spotOf(text, path)
	if at == nil {
		return "", fmt.Errorf("there is no %v to put a comment to", path)
	}
	start := strings.LastIndexByte(text[:at.key.start], '\n') + 1
	indent := text[start : start+len(text[start:])-len(strings.TrimLeft(text[start:], " \t"))]
	head := text[:start]
	if above := strings.LastIndexByte(strings.TrimSuffix(head, "\n"), '\n') +
		1; strings.HasPrefix(strings.TrimSpace(head[above:]), NoteMark) {
		head = head[:above]
	}
	return head + indent + NoteMark + note + "\n" + text[start:], nil
}
