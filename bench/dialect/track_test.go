package dialect

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

// look reads a file made of boxes.
func look(t *testing.T, boxes ...[]byte) Footage {
	t.Helper()
	got, err := ReadClip(bytes.NewReader(bytes.Join(boxes, nil)), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func u64(n int) []byte { return append(u32(n>>32), u32(n)...) }

// trackOf is a track of 1000 units a second; sound has no size.
func trackOf(id, width, height int, tables ...[]byte) []byte {
	tkhd := full("tkhd", 3, zeros(8), u32(id), zeros(8), zeros(16), zeros(36), u32(width<<16), u32(height<<16))
	mdhd := full("mdhd", 0, zeros(8), u32(1000), zeros(8))
	return box("trak", tkhd, box("mdia", mdhd, box("minf", box("stbl", tables...))))
}

func movieHead(length int) []byte {
	return full("mvhd", 0, zeros(8), u32(600), u32(length*600), zeros(80))
}

// tableOf is a table whose rows have as many numbers as its width.
func tableOf(kind string, width int, numbers ...int) []byte {
	rows := make([][]byte, len(numbers))
	for i, n := range numbers {
		rows[i] = u32(n)
	}
	return full(kind, 0, u32(len(numbers)/width), bytes.Join(rows, nil))
}

// run is samples of the durations, of a byte each.
func run(durations ...int) []byte {
	rows := make([][]byte, len(durations))
	for i, d := range durations {
		rows[i] = bytes.Join([][]byte{u32(d), u32(1), u32(0)}, nil)
	}
	return full("trun", 0x705, u32(len(rows)), u32(0), u32(0), bytes.Join(rows, nil))
}

// part is a track's part of a fragment.
func part(id int, boxes ...[]byte) []byte {
	return box("traf", append([][]byte{full("tfhd", 0x020000, u32(id))}, boxes...)...)
}

func begins(at int) []byte { return full("tfdt", 1<<24, u64(at)) }

func TestFragments(t *testing.T) {
	const sound = 2
	trex := func(id, duration, size int) []byte {
		return full("trex", 0, u32(id), u32(1), u32(duration), u32(size), zeros(4))
	}
	mehd := func(length int) []byte { return full("mehd", 0, u32(length*600)) }
	pictures, mdat := trackOf(1, 1280, 720), box("mdat", zeros(100))
	moov := func(tracks []byte, extends ...[]byte) []byte {
		return box("moov", movieHead(0), tracks, box("mvex", extends...))
	}
	usual := moov(pictures, trex(1, 0, 0))
	moof := func(parts ...[]byte) []byte { return slices.Concat(box("moof", parts...), mdat) }
	bySamples := moof(part(1, begins(0), run(1000, 1500, 1500)))
	both := slices.Concat(trackOf(sound, 0, 0), pictures)
	tests := []struct {
		name   string
		boxes  [][]byte
		length time.Duration
		flaw   string
	}{
		{"as samples say", [][]byte{usual, bySamples, moof(part(1, begins(4000), run(2000), run(2000)))},
			8 * time.Second, ""},
		{"without times", [][]byte{usual, moof(part(1, run(4000)), part(1, run(1000))), moof(part(1, run(3000)))},
			8 * time.Second, ""},
		{"all from 0", [][]byte{usual, bySamples, bySamples}, 8 * time.Second, ""},
		{"from 1 h on", [][]byte{usual, moof(part(1, begins(3_600_000), run(4000))),
			moof(part(1, begins(3_604_000), run(4000)))},
			8 * time.Second, ""},
		{"from before 0", [][]byte{usual, moof(part(1, begins(-1024), run(8000)))}, 8 * time.Second, ""},
		{"last samples without a duration", [][]byte{usual, moof(part(1, begins(0), run(0))),
			moof(part(1, begins(4000), run(4000)))},
			8 * time.Second, ""},
		{"as the fragment says", [][]byte{usual, moof(box("traf",
			full("tfhd", 0x3a, u32(1), u32(1), u32(2000), u32(7), u32(0)), full("trun", 0x1, u32(4), u32(0))))},
			8 * time.Second, ""},
		{"as the film says", [][]byte{moov(pictures, trex(1, 800, 10)), moof(part(1, full("trun", 0, u32(10))))},
			8 * time.Second, ""},
		{"first samples in the description", [][]byte{box("moov", movieHead(4),
			trackOf(1, 1280, 720, tableOf("stts", 2, 3, 1000, 2, 500)), box("mvex", trex(1, 0, 0))), bySamples},
			8 * time.Second, ""},
		{"longer sound", [][]byte{moov(both, trex(1, 0, 0), trex(sound, 0, 0)),
			moof(part(sound, run(9000)), part(1, run(8000)))},
			8 * time.Second, ""},
		{"another film's", [][]byte{usual, moof(part(1, run(8000)), part(7, run(9000)))}, 8 * time.Second, ""},
		{"promised", [][]byte{moov(pictures, mehd(8), trex(1, 0, 0)), bySamples, bySamples}, 8 * time.Second, ""},
		{"about promised", [][]byte{moov(pictures, mehd(8), trex(1, 0, 0)), bySamples, moof(part(1, run(3600)))},
			8 * time.Second, ""},
		{"sound as promised", [][]byte{moov(both, mehd(8)), moof(part(sound, run(8000)), part(1, run(5000)))},
			8 * time.Second, ""},
		{"promised too little", [][]byte{moov(pictures, mehd(4), trex(1, 0, 0)), bySamples, bySamples},
			8 * time.Second, ""},
		{"none came", [][]byte{usual, mdat}, 0, "doesn't say how long"},
		{"no film's fragments", [][]byte{box("moov", movieHead(0), pictures), bySamples}, 0, "doesn't say how long"},
		{"absurdly long", [][]byte{moov(pictures, trex(1, -1, 0)), moof(part(1,
			full("trun", 0, u32(-1)), full("trun", 0, u32(-1))))},
			0, "doesn't say how long"},
		{"half a run", [][]byte{usual, moof(part(1, full("trun", 0x700, u32(1<<30), zeros(11))))},
			0, "doesn't say how long"},
		{"half a head", [][]byte{usual, moof(box("traf", box("tfhd", zeros(3)), box("trun")))}, 0, "doesn't say how long"},
		{"a huge fragment", [][]byte{usual, u32(1<<31 - 1), []byte("moof")}, 0, "too large"},
		{"cut in a fragment", [][]byte{usual, bySamples[:50]}, 0, "breaks off"},
	}
	for _, tt := range tests {
		got := look(t, append([][]byte{box("ftyp", zeros(8))}, tt.boxes...)...)
		flawed := !strings.Contains(got.Flaw, tt.flaw) || tt.flaw == "" && got.Flaw != ""
		if flawed || got.Length != tt.length || got.Width != 1280 {
			t.Errorf("%s: got %v, flaw %q, want %v, %q", tt.name, got.Length, got.Flaw, tt.length, tt.flaw)
		}
	}
}
