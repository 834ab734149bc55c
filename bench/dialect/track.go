package dialect

import (
	"encoding/binary"
	"math"
	"time"
)

// The tables, fragments and indexes of a film are those of ISO/IEC 14496-12. Where they leave a doubt, the film is
// taken for whole: one that is refused for nothing was paid for, and is as lost the next time.

// track is what is known of a track's samples. Times are in units of 1/scale seconds.
type track struct {
	scale      uint32
	duration   uint64 // of a sample of which its fragment doesn't say it
	begun      bool
	begin, end uint64
	held       uint64 // the durations of all samples
}

// add takes samples into account that begin at a time.
func (t *track) add(at, duration uint64) {
	if !t.begun {
		t.begun, t.begin = true, at
	}
	t.held = plus(t.held, duration)
	t.end = max(t.end, plus(at, duration))
}

// length is the longer one of two: some fragments all claim to begin at 0, others don't say how long their last
// sample is shown.
func (t *track) length() time.Duration {
	return max(span(t.held, t.scale), span(t.end-t.begin, t.scale))
}

// track reads the description of a track. The first one with a size is that of the pictures; sound has none.
func (f *film) track(trak []byte) {
	id, width, height := trackHeader(find(trak, "tkhd"))
	t := f.known(id)
	t.scale, _ = timing(find(trak, "mdia", "mdhd"))
	for times := table(find(trak, "mdia", "minf", "stbl", "stts"), 8); len(times) > 0; {
		t.add(t.end, times.next(4)*times.next(4))
	}
	if f.Width == 0 && width != 0 {
		f.Width, f.Height, f.shown = width, height, t
	}
}

// extends reads what the fragments of a track needn't say.
func (f *film) extends(trex []byte) {
	b := fields(trex)
	b.next(4)
	t := f.known(b.next(4))
	b.next(4)
	t.duration = b.next(4)
}

func (f *film) known(id uint64) *track {
	if f.tracks[id] == nil {
		f.tracks[id] = new(track)
	}
	return f.tracks[id]
}

// fragment reads the description of some more samples.
func (f *film) fragment(moof []byte) {
	for kind, traf := range boxes(moof) {
		if kind == "traf" {
			f.runs(traf)
		}
	}
}

// runs reads what a fragment says of one track. Flags say which fields there are.
func (f *film) runs(traf []byte) {
	head := fields(find(traf, "tfhd"))
	flags := head.next(4)
	t := f.tracks[head.next(4)]
	if t == nil {
		return
	}
	head.given(flags&0x1, 8, 0) // where its bytes are
	head.given(flags&0x2, 4, 0) // which codec
	duration := head.given(flags&0x8, 4, t.duration)
	at := t.end
	if tfdt := find(traf, "tfdt"); tfdt != nil {
		at = number(tfdt, 4)
	}
	for kind, content := range boxes(traf) {
		if kind != "trun" {
			continue
		}
		run := fields(content)
		flags, count := run.next(4), run.next(4)
		run.given(flags&0x1, 4, 0) // where its bytes are
		run.given(flags&0x4, 4, 0) // what the first sample is
		length := run.column(flags, 0x100, count, duration)
		t.add(at, length)
		at = plus(at, length)
	}
}

// column adds up one of the fields that a run may have of each sample, or what each has instead.
func (b fields) column(flags, field, count, otherwise uint64) (total uint64) {
	if flags&field == 0 {
		return count * otherwise
	}
	width, at := 0, 0
	for other := uint64(0x100); other <= 0x800; other <<= 1 {
		if other == field {
			at = width
		}
		if flags&other != 0 {
			width += 4
		}
	}
	for ; count > 0 && len(b) >= width; count-- {
		total += uint64(binary.BigEndian.Uint32(b[at:]))
		b = b[width:]
	}
	return total
}

// fields are the numbers in a box, one after another. Those past its end are 0.
type fields []byte

func (b *fields) next(bytes int) (n uint64) {
	bytes = min(bytes, len(*b))
	for _, c := range (*b)[:bytes] {
		n = n<<8 | uint64(c)
	}
	*b = (*b)[bytes:]
	return n
}

// given is the next number where a flag says that it is there.
func (b *fields) given(flag uint64, bytes int, otherwise uint64) uint64 {
	if flag == 0 {
		return otherwise
	}
	return b.next(bytes)
}

// table is the rows of a table as far as they are there.
func table(b fields, width int) fields {
	b.next(4)
	count := b.next(4)
	return b[:int(min(count, uint64(len(b)/width)))*width]
}

// plus is a sum that ends at what the numbers can hold.
func plus(a, b uint64) uint64 {
	if sum := a + b; sum >= a {
		return sum
	}
	return math.MaxUint64
}
