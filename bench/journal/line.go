package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"channelbench/internal/sealed"
)

// A line is {"n":12,"kind":"intent",…,"crc":"1a2b3c4d"} and a newline: n is its number in the file, from
// 1, and crc its seal.
const maxLine = 8 << 20 // bytes, with the newline: more than any answer that is worth keeping can fill

var errNoEntry = errors.New("there is no entry")

// bodyOf is the entry as a JSON object.
func bodyOf(e Entry) ([]byte, error) {
	if e == nil {
		return nil, errNoEntry
	}
	if _, foreign := e.(Foreign); foreign {
		return nil, fmt.Errorf("an entry of the kind %.40q can't be written", e.kind())
	}
	body, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.kind(), err)
	}
	if len(body) > maxLine-100 {
		return nil, fmt.Errorf("%s: %d bytes are too long for a line", e.kind(), len(body))
	}
	return body, nil
}

// lineOf is line n, with its newline. The body has at least one member.
func lineOf(n int, kind string, body []byte) []byte {
	line := make([]byte, 0, len(body)+100)
	line = append(line, `{"n":`...)
	line = strconv.AppendInt(line, int64(n), 10)
	line = append(line, `,"kind":"`...)
	line = append(line, kind...)
	line = append(line, `",`...)
	line = append(line, body[1:len(body)-1]...)
	return sealed.Line(line)
}

var errSeal = errors.New("its checksum is wrong")

// decode reads line n, without its newline.
func decode(line []byte, n int) (Entry, error) {
	if !sealed.Intact(line) {
		return nil, errSeal
	}
	number, rest, _ := bytes.Cut(bytes.TrimPrefix(line, []byte(`{"n":`)), []byte(`,"kind":"`))
	if string(number) != strconv.Itoa(n) {
		return nil, fmt.Errorf("it was written as line %.20s", number)
	}
	name, _, _ := bytes.Cut(rest, []byte(`"`))
	kind := string(name)
	read, known := kinds[kind]
	if !known {
		return Foreign{kind}, nil
	}
	e, err := read(line)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	return e, nil
}

// kinds reads the entries of each kind.
var kinds = map[string]func([]byte) (Entry, error){
	"run": as[Run], "order": as[Order], "intent": as[Intent], "accepted": as[Accepted], "ended": as[Ended],
	"finished": as[Finished], "settled": as[Settled], "cap": as[Cap], "balance": as[Balance], "note": as[Note],
	"stopped": as[Stopped],
}

func as[E Entry](line []byte) (Entry, error) {
	var e E
	if err := json.Unmarshal(line, &e); err != nil {
		return nil, err
	}
	return e, nil
}
