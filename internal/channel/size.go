package channel

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// MaxSide bounds the sizes that a clip may have, in pixels.
const MaxSide = 16384

// Resolutions that say their short side in no number of their own.
var shortSides = map[string]int{"2k": 1440, "4k": 2160, "8k": 4320}

// Size is the clip's width and height in pixels: its resolution is the short side ("720p", "4k"), and its
// aspect ("16:9" where it has none) gives the long one, rounded to the next even number. A
// resolution such as "1280x720" says both.
func (c Clip) Size() (width, height int, err error) {
	if w, h, ok := ParsePair(strings.ToLower(c.Resolution), "x"); ok {
		return w, h, nil
	}
	short, ok := shortSide(c.Resolution)
	if !ok {
		return 0, 0, fmt.Errorf("%.40q is no resolution; write it as 720p, 4k or 1280x720", c.Resolution)
	}
	across, down, ok := ParsePair(cmp.Or(c.Aspect, "16:9"), ":")
	if !ok {
		return 0, 0, fmt.Errorf("%.40q is no aspect; write it as 16:9", c.Aspect)
	}
	long := longSide(short, max(across, down), min(across, down))
	if long > MaxSide {
		return 0, 0, fmt.Errorf("%s at %s is wider than %d pixels", c.Resolution, c.Aspect, MaxSide)
	}
	if across < down {
		return short, long, nil
	}
	return long, short, nil
}

// longSide is what the vendors make of a short one. OpenAI's 1024p is sold as 16:9 and is 7:4.
func longSide(short, of, to int) int {
	if short == 1024 && of == 16 && to == 9 {
		return 1792
	}
	return 2 * int(math.Round(float64(short)*float64(of)/float64(to)/2))
}

func shortSide(resolution string) (int, bool) {
	word := strings.ToLower(resolution)
	if n, ok := shortSides[word]; ok {
		return n, true
	}
	digits, found := strings.CutSuffix(word, "p")
	n, err := strconv.Atoi(digits)
	return n, found && err == nil && n > 0 && n <= MaxSide
}

// ClipOf is the clip that a size says, with the resolution as Size reads it.
func ClipOf(seconds, width, height int) Clip {
	short := min(width, height)
	clip := Clip{Seconds: seconds, Resolution: strconv.Itoa(short) + "p",
		Aspect: fmt.Sprintf("%d:%d", width, height)}
	for name, n := range shortSides {
		if n == short {
			clip.Resolution = name
		}
	}
	aspects := []string{"16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9", "9:21"}
	i := slices.IndexFunc(aspects, func(aspect string) bool {
		w, h, err := Clip{Resolution: clip.Resolution, Aspect: aspect}.Size()
		return err == nil && w == width && h == height
	})
	if i >= 0 {
		clip.Aspect = aspects[i]
	}
	return clip
}

// ParsePair reads two positive numbers with a mark between them, as "16:9" and "1280x720" have.
func ParsePair(s, mark string) (a, b int, ok bool) {
	left, right, found := strings.Cut(s, mark)
	a, errA := strconv.Atoi(left)
	b, errB := strconv.Atoi(right)
	ok = found && errA == nil && errB == nil && a > 0 && b > 0 && a <= MaxSide && b <= MaxSide
	return a, b, ok
}
