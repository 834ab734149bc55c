// Package film reads the MP4 file of a clip as it arrives - its length, its size, what is wrong with it - and makes
// stills that players take for one.
//
// It deliberately decodes no picture, and keeps no byte: a clip is judged by what its boxes say.
//
//	footage, err := film.Read(response.Body, limit)
//	if why := footage.Unusable(clip); why != "" { … }
package film

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"iter"
	"math"
	"time"

	"channelbench/internal/channel"
)

// Footage is what the file of a finished clip turned out to be.
type Footage struct {
	Bytes         int64
	SHA256        [sha256.Size]byte
	Length        time.Duration
	Width, Height int
	Flaw          string // why it is no film, or not a whole one; "" for a readable one
	Instead       string // the start of a file that is no film
	open          bool   // nothing says that its fragments are all
}

// Tolerances of a delivered clip. Reverse routes sell 1280x704 as 720p, and encoders round lengths to
// whole frames or groups of them.
const (
	lengthSlack = 500 * time.Millisecond
	lengthShare = 0.05
	sizeShare   = 0.03
)

func slack(length time.Duration) time.Duration {
	return max(lengthSlack, time.Duration(lengthShare*float64(length)))
}

// maxMovie bounds the description of a film, or of a fragment; those of clips have kilobytes.
const maxMovie = 8 << 20

// Read reads a whole MP4 file of at most limit bytes without keeping it. The error is one of reading; what is
// wrong with a file that came is its Flaw, with which reading ends. After either the clip may be fetched again.
func Read(r io.Reader, limit int64) (Footage, error) {
	f := film{from: io.LimitReader(r, limit+1), sum: sha256.New()}
	f.in = bufio.NewReader(&f)
	f.read()
	if f.Flaw == "" {
		_, _ = io.Copy(io.Discard, f.in)
	}
	if f.Bytes > limit {
		f.Flaw = fmt.Sprintf("larger than %d bytes", limit)
	}
	f.sum.Sum(f.SHA256[:0])
	return f.Footage, f.broken
}

// Part says why a film may be the beginning of the ordered one only, or "": it is too short, and nothing in it says
// that this is all. Fragments are written one by one.
func (f Footage) Part(want channel.Clip) string {
	length := time.Duration(want.Seconds) * time.Second
	if !f.open || f.Length >= length-slack(length) {
		return ""
	}
	return fmt.Sprintf("the file breaks off: %.1f s of %d s", f.Length.Seconds(), want.Seconds)
}

// Unusable says why a film isn't the ordered one, or "" where it is.
func (f Footage) Unusable(want channel.Clip) string {
	length := time.Duration(want.Seconds) * time.Second
	if (f.Length - length).Abs() > slack(length) {
		return fmt.Sprintf("%.1f s long instead of %d s", f.Length.Seconds(), want.Seconds)
	}
	width, height, err := want.Size()
	if err != nil {
		return "" // a resolution in words of the channel's own says no size
	}
	if !near(f.Width, width) || !near(f.Height, height) {
		return fmt.Sprintf("%dx%d instead of %dx%d", f.Width, f.Height, width, height)
	}
	return ""
}

func near(got, want int) bool {
	return math.Abs(float64(got-want)) <= sizeShare*float64(want)
}

// film reads the boxes of an MP4 file from a stream.
type film struct {
	Footage
	from   io.Reader
	broken error // of from, other than its end
	sum    hash.Hash
	in     *bufio.Reader
	start  int64 // of the box that is read
	seen   struct{ moov, mdat, mfra bool }

	reach      uint64        // how far into the file its samples go
	stated     time.Duration // its length as its description says it, 0 where that doesn't
	fragmented bool
	tracks     map[uint64]*track
	shown      *track // the one that gave the size
}

// Read counts and hashes what passes. It keeps an error apart from the file's end: a connection that breaks
// says io.ErrUnexpectedEOF, as a file does that is too short.
func (f *film) Read(p []byte) (int, error) {
	n, err := f.from.Read(p)
	f.Bytes += int64(n)
	f.sum.Write(p[:n])
	if err != nil && err != io.EOF {
		f.broken = err
	}
	return n, err
}

// read goes through the boxes of the file up to its end or first flaw.
func (f *film) read() {
	peeked, _ := f.in.Peek(f.in.Size())
	start := string(peeked)
	for first := true; f.Flaw == ""; first = false {
		kind, size, err := f.box()
		switch {
		case err == io.EOF && first:
			f.Flaw = "an empty file"
		case err == io.EOF:
			f.complete()
			return
		case first && kind != "ftyp":
			f.Flaw, f.Instead = fmt.Sprintf("not an MP4 file: it begins with %.6q", start), start
		case err != nil || !f.content(kind, size):
			f.Flaw = "the file breaks off"
		}
	}
}

func (f *film) position() int64 { return f.Bytes - int64(f.in.Buffered()) }

// box reads the head of a box; size is that of its content, -1 for all the rest. The error is io.EOF only
// where there is no box any more.
func (f *film) box() (kind string, size int64, err error) {
	f.start = f.position()
	var head [8]byte
	if _, err := io.ReadFull(f.in, head[:]); err != nil {
		return "", 0, err
	}
	kind = string(head[4:])
	switch n := binary.BigEndian.Uint32(head[:4]); n {
	case 0:
		return kind, -1, nil
	case 1:
		if _, err := io.ReadFull(f.in, head[:]); err != nil {
			return "", 0, io.ErrUnexpectedEOF
		}
		return kind, int64(min(binary.BigEndian.Uint64(head[:]), math.MaxInt64)) - 16, nil
	default:
		return kind, int64(n) - 8, nil
	}
}

// content reads a box that matters and passes over the others; it is false where the file ends within it.
func (f *film) content(kind string, size int64) bool {
	f.seen.mfra = f.seen.mfra || kind == "mfra" // which ends a film
	switch {
	case size < -1:
		f.Flaw = "a box smaller than its own head"
	case kind == "moov" && !f.seen.moov, kind == "moof", kind == "sidx":
		return f.description(kind, size)
	case size < 0:
		n, _ := io.Copy(io.Discard, f.in)
		f.seen.mdat = f.seen.mdat || kind == "mdat" && n > 0
	default:
		n, _ := io.CopyN(io.Discard, f.in, size)
		f.seen.mdat = f.seen.mdat || kind == "mdat" && n > 0
		return n == size
	}
	return true
}

// description reads a box that tells of the film.
func (f *film) description(kind string, size int64) bool {
	if size < 0 || size > maxMovie {
		f.Flaw = "its description is too large"
		return true
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(f.in, b); err != nil {
		return false
	}
	switch kind {
	case "moov":
		f.movie(b)
	case "moof":
		f.fragment(b)
	case "sidx":
		f.index(b)
	}
	return true
}

// complete says what a file lacks that has ended: what its description promises must have come.
func (f *film) complete() {
	var came time.Duration
	for _, t := range f.tracks {
		came = max(came, t.length())
	}
	f.Length = f.stated
	if f.fragmented && f.shown != nil {
		f.Length = max(f.Length, f.shown.length())
	}
	f.open = f.fragmented && f.stated == 0 && !f.seen.mfra
	switch {
	case !f.seen.moov:
		f.Flaw = "an MP4 file without a description of what it holds"
	case !f.seen.mdat:
		f.Flaw = "an MP4 file without pictures"
	case f.Width == 0:
		f.Flaw = "an MP4 file without a picture track"
	case f.reach > uint64(f.Bytes):
		f.Flaw = fmt.Sprintf("the file breaks off: %d bytes where it describes %d", f.Bytes, f.reach)
	case f.fragmented && came < f.stated-slack(f.stated):
		f.Flaw = fmt.Sprintf("the file breaks off: %.1f s of %.1f s", came.Seconds(), f.stated.Seconds())
	case f.Length == 0:
		f.Flaw = "an MP4 file that doesn't say how long it is"
	}
}

// movie reads the description of a film.
func (f *film) movie(moov []byte) {
	f.seen.moov, f.tracks = true, map[uint64]*track{}
	var scale uint32
	for kind, content := range boxes(moov) {
		switch kind {
		case "mvhd":
			var duration uint64
			scale, duration = timing(content)
			f.stated = span(duration, scale)
		case "trak":
			f.track(content)
		case "mvex":
			f.fragmented = true
			for kind, content := range boxes(content) {
				switch kind {
				case "mehd":
					f.stated = max(f.stated, span(number(content, 4), scale))
				case "trex":
					f.extends(content)
				}
			}
		}
	}
}

// boxes goes through the boxes within a box; one that claims to be larger than the rest ends it.
func boxes(b []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for len(b) >= 8 {
			size := uint64(binary.BigEndian.Uint32(b))
			if size < 8 || size > uint64(len(b)) || !yield(string(b[4:8]), b[8:size]) {
				return
			}
			b = b[size:]
		}
	}
}

// find is the content of the first box at a path, nil where there is none.
func find(b []byte, path ...string) []byte {
	for _, want := range path {
		var found []byte
		for kind, content := range boxes(b) {
			if kind == want {
				found = content
				break
			}
		}
		b = found
	}
	return b
}

// Versions 1 of the headers have dates and durations of 64 bits instead of 32.

// timing is what the header of a film or of a track's media says.
func timing(b []byte) (scale uint32, duration uint64) {
	at := 12
	if len(b) > 0 && b[0] == 1 {
		at = 20
	}
	if len(b) < at+8 {
		return 0, 0
	}
	return binary.BigEndian.Uint32(b[at:]), number(b, at+4)
}

// number is the duration at an offset of a header.
func number(b []byte, at int) uint64 {
	if len(b) >= at+8 && b[0] == 1 {
		return binary.BigEndian.Uint64(b[at:])
	}
	if len(b) < at+4 || binary.BigEndian.Uint32(b[at:]) == math.MaxUint32 {
		return 0
	}
	return uint64(binary.BigEndian.Uint32(b[at:]))
}

// trackHeader is a track's number and its size as it is shown.
func trackHeader(b []byte) (id uint64, width, height int) {
	at, matrix := 12, 40
	if len(b) > 0 && b[0] == 1 {
		at, matrix = 20, 52
	}
	if len(b) < matrix+44 {
		return 0, 0, 0
	}
	id = uint64(binary.BigEndian.Uint32(b[at:]))
	word := func(at int) uint32 { return binary.BigEndian.Uint32(b[matrix+at:]) }
	width, height = int(word(36)>>16), int(word(40)>>16)
	if turned := word(0) == 0 && word(16) == 0 && word(4) != 0; turned {
		return id, height, width
	}
	return id, width, height
}

// span is a duration in units of 1/scale seconds, 0 where there is none or it is beyond a day.
func span(duration uint64, scale uint32) time.Duration {
	if scale == 0 || duration/uint64(scale) >= 24*60*60 {
		return 0
	}
	seconds := float64(duration) / float64(scale)
	return time.Duration(seconds * float64(time.Second))
}
