package document

import (
	"fmt"
	"strconv"
	"strings"
)

// Nearest returns the name that key was probably meant to be: within two slips, or a third of its length.
func Nearest(key string, names []string) (string, bool) {
	best, found := "", false
	limit := max(2, len([]rune(key))/3)
	for _, name := range names {
		d := distance(strings.ToLower(key), strings.ToLower(name))
		// A name that shares no letter with a short key is no slip of it.
		if d <= limit && d < max(len(name), len(key)) {
			best, limit, found = name, d-1, true
		}
	}
	return best, found
}

// distance is the number of insertions, deletions, substitutions and swaps of neighbours between
// a and b (optimal string alignment, the restricted Damerau-Levenshtein distance).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			substitute := last[j-1]
			if s[i-1] != t[j-1] {
				substitute++
			}
			row[j] = min(last[j]+1, row[j-1]+1, substitute)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}

// Choice says which name may have been meant, or which there are.
func Choice(s string, names []string) string {
	if near, ok := Nearest(s, names); ok && near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	var all []string
	for _, name := range names {
		if name != "" {
			all = append(all, strconv.Quote(name))
		}
	}
	if len(all) < 2 {
		return "it can be " + strings.Join(all, "")
	}
	return "it can be " + strings.Join(all[:len(all)-1], ", ") + " or " + all[len(all)-1]
}
