package film

import (
	"encoding/binary"
	"math"
	"time"
)

// The tables, fragments and indexes of a film are those of ISO/IEC 14496-12. Where they leave a doubt, the film is
// taken for whole: one that is refused for nothing was paid for, and is as lost the next time.

// track is what is known of a track's samples. Times are in units of 1/scale seconds.
type track struct {
	scale          uint32
	duration, size uint64 // of a sample of which its fragment doesn't say it
	begun          bool
	begin, end     uint64
	held           uint64 // the durations of all samples
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
	tables := find(trak, "mdia", "minf", "stbl")
	for times := table(find(tables, "stts"), 8); len(times) > 0; {
		t.add(t.end, times.next(4)*times.next(4))
	}
	f.reach = max(f.reach, reach(tables))
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
	t.duration, t.size = b.next(4), b.next(4)
}

func (f *film) known(id uint64) *track {
	if f.tracks[id] == nil {
		f.tracks[id] = new(track)
	}
	return f.tracks[id]
}

// fragment reads the description of some more samples. Their bytes follow in a box of their own.
func (f *film) fragment(moof []byte) {
	var bytes uint64
	for kind, traf := range boxes(moof) {
		if kind == "traf" {
			bytes = plus(bytes, f.runs(traf))
		}
	}
	if bytes > 0 {
		f.reach = max(f.reach, plus(uint64(f.position())+8, bytes))
	}
}

// runs reads what a fragment says of one track, and how many bytes of that follow. Flags say which fields there are.
func (f *film) runs(traf []byte) (bytes uint64) {
	head := fields(find(traf, "tfhd"))
	flags := head.next(4)
	t := f.tracks[head.next(4)]
	if t == nil {
		return 0
	}
	before := head.given(flags&0x1, 8, math.MaxUint64) < uint64(f.start) // the bytes, in some earlier box
	head.given(flags&0x2, 4, 0)                                          // which codec
	duration, size := head.given(flags&0x8, 4, t.duration), head.given(flags&0x10, 4, t.size)
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
		at, bytes = plus(at, length), plus(bytes, run.column(flags, 0x200, count, size))
	}
	if before {
		return 0
	}
	return bytes
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

// index reads how far the fragments reach that follow an index.
func (f *film) index(sidx []byte) {
	b := fields(sidx)
	width := 4
	if b.next(1) > 0 {
		width = 8
	}
	b.next(3 + 4 + 4)
	b.next(width)
	end := plus(uint64(f.position()), b.next(width))
	b.next(2)
	for range b.next(2) {
		end = plus(end, b.next(4)&math.MaxInt32)
		b.next(8)
	}
	f.reach = max(f.reach, end)
}

// reach is how far into the file the samples of a track go.
func reach(tables []byte) (end uint64) {
	sizes := sizesOf(tables)
	offsets, width := table(find(tables, "stco"), 4), 4
	if wide := find(tables, "co64"); wide != nil {
		offsets, width = table(wide, 8), 8
	}
	runs := table(find(tables, "stsc"), 12) // of chunks: which is the first, and how many samples each has
	for chunk := uint32(1); len(offsets) > 0 && len(runs) > 0; chunk++ {
		for len(runs) > 12 && binary.BigEndian.Uint32(runs[12:]) <= chunk {
			runs = runs[12:]
		}
		offset := offsets.next(width)
		if bytes := sizes.next(uint64(binary.BigEndian.Uint32(runs[4:]))); bytes > 0 {
			end = max(end, plus(offset, bytes))
		}
	}
	return end
}

// sizes are those of the samples of a track.
type sizes struct {
	left  uint64
	each  uint64 // where all have the same
	rows  fields
	width int
}

func sizesOf(tables []byte) sizes {
	s := sizes{rows: find(tables, "stsz"), width: 4}
	s.rows.next(4)
	s.each = s.rows.next(4)
	if compact := find(tables, "stz2"); compact != nil {
		s = sizes{rows: compact}
		s.rows.next(4 + 3)
		s.width = int(s.rows.next(1) / 8)
	}
	s.left = s.rows.next(4)
	if s.each == 1 || s.width == 0 {
		return sizes{} // QuickTime's sound, counted before its compression; or sizes of half a byte
	}
	return s
}

// next adds up the sizes of the next n samples.
func (s *sizes) next(n uint64) (total uint64) {
	n = min(n, s.left)
	s.left -= n
	if s.each > 0 {
		return n * s.each
	}
	for ; n > 0 && len(s.rows) > 0; n-- {
		total += s.rows.next(s.width)
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
