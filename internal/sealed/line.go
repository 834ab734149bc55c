// Package sealed is what the journal of a run and a history of nights have in common: lines of JSON that carry their
// own checksum, in files that several processes append to without disturbing each other.
//
// It deliberately knows no entry and mends nothing: what a line that was changed or cut short means, its file says.
//
//	f, err := sealed.Open(path, os.O_CREATE, 0o600, sealed.TryLock)
//	_, err = f.Write(sealed.Line([]byte(`{"n":1,"kind":"note"`))) // {"n":1,"kind":"note","crc":"1a2b3c4d"}
//	segment, err := sealed.NewReader(f, 1<<20).Next()
//	whole := sealed.Intact(segment.Text)
package sealed

import (
	"bytes"
	"fmt"
	"hash/crc32"
)

// The last member of a line, ,"crc":"1a2b3c4d", is the CRC-32C of the object without it.
const (
	mark     = `,"crc":"`
	sealSize = len(mark) + 8 + len(`"}`)
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Line ends a line, which begins as an object with a member or more: by its seal and a newline.
func Line(begun []byte) []byte { return append(append(begun, seal(begun)...), '\n') }

func seal(begun []byte) []byte {
	sum := crc32.Update(crc32.Checksum(begun, castagnoli), castagnoli, []byte{'}'})
	return fmt.Appendf(nil, `%s%08x"}`, mark, sum)
}

// Intact says whether a line, without its newline, is as it was sealed.
func Intact(line []byte) bool {
	i := len(line) - sealSize
	return i >= 1 && bytes.Equal(line[i:], seal(line[:i]))
}

// Ended says whether a text without a newline is as long as a line with its seal, right or wrong.
func Ended(text []byte) bool {
	i := bytes.LastIndex(text, []byte(mark))
	return i >= 0 && len(text)-i >= sealSize
}
