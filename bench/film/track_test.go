package film

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"channelbench/internal/channel"
)

// look reads a file made of boxes.
func look(t *testing.T, boxes ...[]byte) Footage {
	t.Helper()
	got, err := Read(bytes.NewReader(bytes.Join(boxes, nil)), 1<<20)
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
		{"cut where more was promised", [][]byte{moov(pictures, mehd(8), trex(1, 0, 0)), bySamples},
			8 * time.Second, "4.0 s of 8.0 s"},
		{"cut where the header promised more", [][]byte{box("moov", movieHead(8), pictures, box("mvex")), bySamples},
			8 * time.Second, "4.0 s of 8.0 s"},
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

// TestReach is of films that end with pictures of no stated size: only the tables tell where that is.
func TestReach(t *testing.T) {
	chunks := func(numbers ...int) []byte { return tableOf("stsc", 3, numbers...) }
	offsets := func(numbers ...int) []byte { return tableOf("stco", 1, numbers...) }
	sizes := func(numbers ...int) []byte {
		each := tableOf("stsz", 1, numbers...)
		return full("stsz", 0, u32(0), each[12:])
	}
	type tables = [][]byte
	tests := []struct {
		name   string
		tables func(at int) tables
		bytes  int // that the file must have from at on
	}{
		{"a size each", func(at int) tables { return tables{sizes(10, 20, 30), chunks(1, 3, 1), offsets(at)} }, 60},
		{"one size", func(at int) tables {
			return tables{full("stsz", 0, u32(20), u32(3)), chunks(1, 3, 1), offsets(at)}
		}, 60},
		{"16 bits", func(at int) tables {
			return tables{full("stz2", 0, u32(16), u32(2), u16(300), u16(200)), chunks(1, 2, 1), offsets(at)}
		}, 500},
		{"8 bits", func(at int) tables {
			return tables{full("stz2", 0, u32(8), u32(2), []byte{200, 250}), chunks(1, 2, 1), offsets(at)}
		}, 450},
		{"4 bits", func(at int) tables {
			return tables{full("stz2", 0, u32(4), u32(2), []byte{0xff}), chunks(1, 2, 1), offsets(at)}
		}, 1},
		{"64-bit offsets", func(at int) tables {
			return tables{sizes(10, 20), chunks(1, 2, 1), full("co64", 0, u32(1), u64(at))}
		}, 30},
		{"chunks", func(at int) tables {
			return tables{sizes(10, 10, 10, 10, 10, 90), chunks(1, 2, 1, 3, 1, 1), offsets(at, at+100, at+50, at+20)}
		}, 120},
		{"half a last chunk", func(at int) tables { return tables{sizes(10, 10, 10), chunks(1, 2, 1), offsets(at, at+20)} },
			30},
		{"a chunk of nothing", func(at int) tables { return tables{sizes(10), chunks(1, 1, 1), offsets(at, at+1000)} }, 10},
		{"fewer sizes than samples", func(at int) tables {
			return tables{full("stsz", 0, u32(0), u32(-1), u32(10)), chunks(1, -1, 1), offsets(at)}
		}, 10},
		{"QuickTime sound", func(at int) tables {
			return tables{full("stsz", 0, u32(1), u32(9000)), chunks(1, 9000, 1), offsets(at)}
		}, 1},
		{"no chunks", func(at int) tables { return tables{sizes(1000), offsets(at)} }, 1},
		{"no tables", func(at int) tables { return nil }, 1},
	}
	film := func(tables [][]byte) []byte {
		moov := box("moov", movieHead(8), trackOf(1, 1280, 720), trackOf(2, 0, 0, tables...))
		return bytes.Join([][]byte{box("ftyp", zeros(8)), moov, u32(0), []byte("mdat")}, nil)
	}
	for _, tt := range tests {
		head := film(tt.tables(0))
		head = film(tt.tables(len(head)))
		if got := look(t, head, zeros(tt.bytes)); got.Flaw != "" || got.Length != 8*time.Second {
			t.Errorf("%s: got %v, flaw %q", tt.name, got.Length, got.Flaw)
		}
		if got := look(t, head, zeros(tt.bytes-1)); got.Flaw == "" {
			t.Errorf("%s: cut, and no flaw", tt.name)
		}
	}
	border := film([][]byte{sizes(10, 10), chunks(1, 1, 1), offsets(0, 0)})
	at := len(border)
	border = film([][]byte{sizes(10, 10), chunks(1, 1, 1), offsets(at, at+18)})[:at-8]
	if got := look(t, border, box("mdat", zeros(10)), box("mdat", zeros(10))); got.Flaw != "" {
		t.Errorf("two boxes of pictures: flaw %q", got.Flaw)
	}
	if got := look(t, border, box("mdat", zeros(10))); !strings.Contains(got.Flaw, "breaks off") {
		t.Errorf("cut at the border of a box: flaw %q", got.Flaw)
	}
	absurd := [][]byte{full("stsz", 0, u32(-1), u32(-1)), chunks(1, -1, 1), full("co64", 0, u32(1), u64(-1))}
	if got := look(t, film(absurd), zeros(100)); !strings.Contains(got.Flaw, "breaks off") {
		t.Errorf("absurd: flaw %q", got.Flaw)
	}
}

// TestReachOfFragments is of films in fragments that are cut.
func TestReachOfFragments(t *testing.T) {
	moov := box("moov", movieHead(0), trackOf(1, 1280, 720), box("mvex", full("trex", 0, u32(1), u32(1), zeros(12))))
	head := append(box("ftyp", zeros(8)), moov...)
	moof := box("moof", part(1, run(1000, 1000, 1000, 1000)), part(1, run(1000, 1000, 1000, 1000)))
	fragment := slices.Concat(moof, box("mdat", zeros(8)))
	rest := slices.Concat(moof, u32(0), []byte("mdat"))
	index := func(version, first int) []byte {
		u := u32
		if version == 1 {
			u = u64
		}
		row := append(u32(len(fragment)), zeros(8)...)
		return full("sidx", version<<24, u32(1), u32(1000), u(0), u(first), u32(2), row, row)
	}
	from := len(head) + len(fragment) // of the second one
	early := box("moof", box("traf", full("tfhd", 1, u32(1), u64(from-8)), run(8000)))
	tests := []struct {
		name  string
		boxes [][]byte
		flaw  bool
	}{
		{"whole", [][]byte{fragment, fragment}, false},
		{"pictures to the end", [][]byte{fragment, rest, zeros(8)}, false},
		{"pictures to the end, cut", [][]byte{fragment, rest, zeros(7)}, true},
		{"cut before the pictures", [][]byte{fragment, moof}, true},
		{"nothing in the last fragment", [][]byte{fragment, box("moof", part(1, run()))}, false},
		{"pictures before", [][]byte{fragment, early}, false},
		{"index", [][]byte{index(0, 0), fragment, fragment}, false},
		{"index, 64 bits", [][]byte{index(1, 8), box("free"), fragment, fragment}, false},
		{"index, cut", [][]byte{index(0, 0), fragment}, true},
		{"index, 64 bits, cut", [][]byte{index(1, 8), box("free"), fragment}, true},
		{"half an index", [][]byte{full("sidx", 0, u32(1)), fragment}, false},
	}
	for _, tt := range tests {
		if got := look(t, append([][]byte{head}, tt.boxes...)...); (got.Flaw != "") != tt.flaw {
			t.Errorf("%s: flaw %q", tt.name, got.Flaw)
		}
	}
}

// TestRealFilms is of films by ffmpeg 5.1, whole and cut at every byte. One in fragments that doesn't say how many
// there are is whole, for all that anyone can tell, where it ends with one of them.
func TestRealFilms(t *testing.T) {
	for name, ends := range map[string]string{
		"faststart.mp4": "", // of H.264 and sound
		"hevc.mov":      "",
		"fragments.mp4": "moof mfra", // -movflags frag_keyframe+empty_moov into a pipe
		"partly.mp4":    "moof mfra", // the first samples are in the description
		"index.mp4":     "mfra",      // dash+global_sidx
	} {
		film, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		got := look(t, film)
		if got.Flaw != "" || got.Length.Round(time.Second) != 4*time.Second || got.Width != 64 || got.Height != 36 {
			t.Errorf("%s: got %v %dx%d, flaw %q", name, got.Length, got.Width, got.Height, got.Flaw)
		}
		for end := range film {
			if cut := look(t, film[:end]); cut.Flaw == "" && !strings.Contains(ends, string(film[end+4:end+8])) {
				t.Errorf("%s: %d of %d bytes, and no flaw", name, end, len(film))
			}
		}
		// Pictures whose box goes to the end of the file, as far as the tables tell.
		if at := bytes.LastIndex(film, []byte("mdat")) - 4; ends == "" && at > bytes.Index(film, []byte("moov")) {
			for end := at + 9; end < len(film); end++ {
				if cut := look(t, film[:at], u32(0), film[at+4:end]); !strings.Contains(cut.Flaw, "breaks off") {
					t.Errorf("%s: pictures cut at %d of %d bytes: flaw %q", name, end, len(film), cut.Flaw)
				}
			}
		}
	}
}

// TestPart tells a film in fragments that is too short from one that may go on.
func TestPart(t *testing.T) {
	film, err := os.ReadFile("testdata/fragments.mp4") // of 4 s, with an index at its end
	if err != nil {
		t.Fatal(err)
	}
	end := bytes.Index(film, []byte("mfra")) - 4
	second := bytes.Index(film[end/2:], []byte("moof")) - 4 + end/2
	for _, tt := range []struct {
		name    string
		film    []byte
		seconds int
		part    bool
	}{
		{"whole", film, 4, false},
		{"whole, and shorter than ordered", film, 8, false},
		{"without its index", film[:end], 4, false},
		{"without its index, and shorter than ordered", film[:end], 8, true},
		{"cut", film[:second], 4, true},
		{"cut, and longer than ordered", film[:second], 1, false},
		{"no fragments", mustStill(t, 4*time.Second, 64, 36), 8, false},
	} {
		got := look(t, tt.film)
		if part := got.Part(channel.Clip{Seconds: tt.seconds}); (part != "") != tt.part || got.Flaw != "" {
			t.Errorf("%s: got %v, part %q, flaw %q", tt.name, got.Length, part, got.Flaw)
		}
	}
}
