package evidence

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"testing"

	"channelbench/bench/journal"
	"channelbench/internal/channel"
)

// FuzzRead reads any journal whose checksums are right.
func FuzzRead(f *testing.F) {
	order := journal.Order{Strategy: "a", Key: "00000000000000ff", Scheduled: at(10)}
	f.Add(written(f, 2, order, journal.Intent{At: at(20), Channel: "a", Reserved: 900},
		journal.Accepted{At: at(22), Job: journal.Job{ID: "x"}},
		journal.Ended{Outcome: journal.Outcome(channel.Delivered), At: at(45), Submitted: at(20), Ready: at(42),
			Fetched: at(45), Polls: 2}, journal.Finished{At: at(45), Delivered: true}))
	f.Add(written(f, 1, order, journal.Intent{At: at(20), Channel: "b"},
		journal.Ended{Outcome: journal.Outcome(channel.Abandoned), At: at(60)},
		journal.Settled{Outcome: journal.Outcome(channel.Ambiguous), At: at(61)}))
	s := toy(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		if recorded, _, err := Read(bytes.NewReader(resealed(text))); err == nil {
			_, _ = Attempts(recorded, s)
		}
	})
}

// resealed numbers the lines of a journal and gives each a right checksum, whatever it holds.
func resealed(text []byte) []byte {
	var all []byte
	n := 0
	for line := range bytes.Lines(text) {
		n++
		begun, _, _ := bytes.Cut(bytes.TrimRight(line, "}\r\n"), []byte(`,"crc":"`))
		if _, rest, found := bytes.Cut(begun, []byte(`,"kind":"`)); found {
			begun = fmt.Appendf(nil, `{"n":%d,"kind":"%s`, n, rest)
		}
		sum := crc32.Checksum(append(bytes.Clone(begun), '}'), crc32.MakeTable(crc32.Castagnoli))
		all = fmt.Appendf(append(all, begun...), ",\"crc\":\"%08x\"}\n", sum)
	}
	return all
}
