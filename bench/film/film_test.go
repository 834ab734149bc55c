package film

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"channelbench/internal/channel"
)

func mustStill(t testing.TB, length time.Duration, width, height int) []byte {
	t.Helper()
	film, err := still(length, width, height)
	if err != nil {
		t.Fatal(err)
	}
	return film
}

func TestRead(t *testing.T) {
	film := mustStill(t, 8*time.Second, 1280, 720)
	at := bytes.Index(film, []byte("mdat")) - 4
	end := bytes.Index(film, []byte("moov")) - 4
	head, mdat, moov := film[:at], film[at:end], film[end:]
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	edit := func(old, new string) []byte { return bytes.Replace(film, []byte(old), []byte(new), 1) }
	large := join(u32(1), []byte("mdat"), zeros(4), u32(16+len(mdat)-8), mdat[8:])
	rest := join(u32(0), mdat[4:])
	tests := []struct {
		name string
		film []byte
		flaw string
	}{
		{"as made", film, ""},
		{"description first", join(head, moov, mdat), ""},
		{"64-bit size", join(head, large, moov), ""},
		{"pictures to the end", join(head, moov, rest), ""},
		{"padding", join(head, box("free", zeros(1000)), mdat, moov), ""},
		{"empty", nil, "an empty file"},
		{"an error page", []byte("<html><body>oops</body></html>"), `not an MP4 file: it begins with "<html>"`},
		{"JSON", []byte(`{"error":{"message":"x"}}`), "not an MP4 file"},
		{"three bytes", []byte("abc"), `not an MP4 file: it begins with "abc"`},
		{"head only", head, "without a description"},
		{"no description", join(head, mdat), "without a description"},
		{"no pictures", join(head, moov), "without pictures"},
		{"empty pictures", join(head, moov, box("mdat")), "without pictures"},
		{"no track", join(head, mdat, box("moov", moov[8:8+108])), "without a picture track"},
		{"no length", join(head, mdat, box("moov", moov[8+108:])), "doesn't say how long"},
		{"cut in the pictures", film[:at+100], "the file breaks off"},
		{"cut in the description", film[:len(film)-100], "the file breaks off"},
		{"cut in a head", join(film, []byte("abc")), "the file breaks off"},
		{"a box without room for itself", join(head, u32(4), []byte("free")), "smaller than its own head"},
		{"a huge box", join(head, u32(1), []byte("mdat"), bytes.Repeat([]byte{255}, 8)), "breaks off"},
		{"a huge description", join(head, u32(1<<31-1), []byte("moov")), "too large"},
		{"an endless description", join(head, u32(0), []byte("moov")), "too large"},
		{"a description that is none", edit("mvhd", "xxxx"), "doesn't say how long"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Read(iotest.OneByteReader(bytes.NewReader(tt.film)), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(got.Flaw, tt.flaw) || tt.flaw == "" && got.Flaw != "" {
				t.Errorf("flaw %q, want %q", got.Flaw, tt.flaw)
			}
			if tt.flaw == "" && (got.Bytes != int64(len(tt.film)) || got.SHA256 != sha256.Sum256(tt.film)) {
				t.Errorf("%d bytes of %d, or another hash", got.Bytes, len(tt.film))
			}
			if tt.flaw == "" && (got.Length != 8*time.Second || got.Width != 1280 || got.Height != 720) {
				t.Errorf("got %v %dx%d", got.Length, got.Width, got.Height)
			}
		})
	}
}

// TestReadBreaks tells a connection that broke, after which the clip may be fetched again, from a file that is
// too short.
func TestReadBreaks(t *testing.T) {
	film := mustStill(t, 8*time.Second, 1280, 720)
	for _, broken := range []error{io.ErrUnexpectedEOF, errors.New("reset")} {
		_, err := Read(io.MultiReader(bytes.NewReader(film[:500]), iotest.ErrReader(broken)), 1<<20)
		if !errors.Is(err, broken) {
			t.Errorf("got %v, want %v", err, broken)
		}
	}
}

func TestReadEndless(t *testing.T) {
	head := mustStill(t, 8*time.Second, 1280, 720)
	endless := io.MultiReader(bytes.NewReader(head), neverEnding{})
	got, err := Read(endless, 100_000)
	if err != nil || !strings.Contains(got.Flaw, "larger than 100000 bytes") || got.Bytes > 100_001 {
		t.Errorf("got %+v, %v", got, err)
	}
}

type neverEnding struct{}

func (neverEnding) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestUnusable(t *testing.T) {
	want := channel.Clip{Seconds: 10, Resolution: "720p", Aspect: "16:9"}
	tests := []struct {
		length        time.Duration
		width, height int
		why           string
	}{
		{10 * time.Second, 1280, 720, ""},
		{9600 * time.Millisecond, 1280, 720, ""},
		{10500 * time.Millisecond, 1280, 704, ""},
		{9400 * time.Millisecond, 1280, 720, "9.4 s long instead of 10 s"},
		{15 * time.Second, 1280, 720, "15.0 s long instead of 10 s"},
		{10 * time.Second, 720, 1280, "720x1280 instead of 1280x720"},
		{10 * time.Second, 854, 480, "854x480 instead of 1280x720"},
		{10 * time.Second, 1920, 1080, "1920x1080 instead of 1280x720"},
	}
	for _, tt := range tests {
		got, err := Read(bytes.NewReader(mustStill(t, tt.length, tt.width, tt.height)), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if why := got.Unusable(want); why != tt.why {
			t.Errorf("%v %dx%d: got %q, want %q", tt.length, tt.width, tt.height, why, tt.why)
		}
	}
	if why := (Footage{Length: 10 * time.Second, Width: 3, Height: 2}).Unusable(channel.Clip{Seconds: 10,
		Resolution: "HD"}); why != "" {
		t.Errorf("a resolution in the channel's own words: %q", why)
	}
}

// TestStill makes films of every size that scenarios name, and of odd ones. With STILLS set, they are left in
// that folder for ffprobe.
func TestStill(t *testing.T) {
	for _, c := range []channel.Clip{
		{Seconds: 4, Resolution: "480p"}, {Seconds: 8, Resolution: "720p"}, {Seconds: 10, Resolution: "720p", Aspect: "9:16"},
		{Seconds: 12, Resolution: "1024p"},
		{Seconds: 15, Resolution: "1080p"}, {Seconds: 8, Resolution: "4k"}, {Seconds: 60, Resolution: "1280x704"},
		{Seconds: 1, Resolution: "2x2"}, {Seconds: 5, Resolution: "720p", Aspect: "1:1"},
	} {
		film, err := Still(c)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Read(bytes.NewReader(film), 1<<20)
		if err != nil || got.Unusable(c) != "" {
			t.Errorf("%v: %+v, %v", c, got, err)
		}
		if folder := os.Getenv("STILLS"); folder != "" {
			if err := os.WriteFile(folder+"/"+c.Resolution+strings.ReplaceAll(c.Aspect, ":", "-")+".mp4", film,
				0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []channel.Clip{{Seconds: 0, Resolution: "720p"}, {Seconds: 100_000, Resolution: "720p"},
		{Seconds: 8, Resolution: "HD"}, {Seconds: 8, Resolution: "1x1"}} {
		if _, err := Still(c); err == nil {
			t.Errorf("%v: no error", c)
		}
	}
}

// TestReadHeaders is the headers that our own films don't have.
func TestReadHeaders(t *testing.T) {
	u64 := func(n int) []byte { return append(zeros(4), u32(n)...) }
	upright := [][]byte{u32(1 << 16), zeros(12), u32(1 << 16), zeros(12), u32(1 << 30)}
	turned := [][]byte{zeros(4), u32(1 << 16), zeros(4), u32(-1 << 16), zeros(20)}
	track := func(matrix [][]byte) []byte {
		return box("trak", full("tkhd", 3, zeros(8), u32(1), zeros(4), u32(8000), zeros(16), bytes.Join(matrix, nil),
			u32(1280<<16), u32(720<<16)))
	}
	wide := box("trak", full("tkhd", 1<<24, zeros(16), u32(1), zeros(4), u64(8000), zeros(16), bytes.Join(upright, nil),
		u32(1280<<16), u32(720<<16)))
	sound := box("trak", full("tkhd", 3, zeros(8), u32(2), zeros(4), u32(8000), zeros(16), bytes.Join(upright, nil),
		zeros(8)))
	header := func(length int) []byte { return full("mvhd", 0, zeros(8), u32(1000), u32(length), zeros(80)) }
	fragments := func(head []byte) []byte { return box("mvex", head) }
	tests := []struct {
		name          string
		moov          [][]byte
		length        time.Duration
		width, height int
	}{
		{"64 bits", [][]byte{full("mvhd", 1<<24, zeros(16), u32(1000), u64(8000), zeros(80)), wide}, 8 * time.Second, 1280,
			720},
		{"sound first", [][]byte{header(8000), sound, track(upright)}, 8 * time.Second, 1280, 720},
		{"turned", [][]byte{header(8000), track(turned)}, 8 * time.Second, 720, 1280},
		{"fragments", [][]byte{header(0), fragments(full("mehd", 0, u32(8000))), track(upright)}, 8 * time.Second, 1280, 720},
		{"fragments, 64 bits", [][]byte{header(0), fragments(full("mehd", 1<<24, u64(8000))), track(upright)},
			8 * time.Second, 1280, 720},
		{"length unknown", [][]byte{header(-1), track(upright)}, 0, 1280, 720},
		{"two days", [][]byte{header(2 * 86_400_000), track(upright)}, 0, 1280, 720},
		{"no scale", [][]byte{full("mvhd", 0, zeros(12), u32(8000)), track(upright)}, 0, 1280, 720},
		{"short headers", [][]byte{full("mvhd", 0, zeros(4)), box("trak", full("tkhd", 3, zeros(8)))}, 0, 0, 0},
		{"a box larger than its own", [][]byte{header(8000), {0, 0, 1, 0, 't', 'r', 'a', 'k'}}, 8 * time.Second, 0, 0},
	}
	for _, tt := range tests {
		film := bytes.Join([][]byte{box("ftyp", zeros(8)), box("moov", tt.moov...), box("mdat", zeros(8))}, nil)
		got, err := Read(bytes.NewReader(film), 1<<20)
		if err != nil || got.Length != tt.length || got.Width != tt.width || got.Height != tt.height {
			t.Errorf("%s: got %v %dx%d, %v", tt.name, got.Length, got.Width, got.Height, err)
		}
	}
}

// TestUnit is the mark that H.264 puts where a content would look like the start of a unit.
func TestUnit(t *testing.T) {
	got := unit(0x65, []byte{0, 0, 1, 0, 0, 0, 0, 4, 0, 0, 4})
	if want := []byte{0x65, 0, 0, 3, 1, 0, 0, 3, 0, 0, 4, 0, 0, 4}; !bytes.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
