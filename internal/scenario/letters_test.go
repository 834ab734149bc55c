package scenario

import (
	"fmt"
	"strings"
	"testing"
)

// TestLettersThatChartsLack are warned of where the name or the text stands, and only there.
func TestLettersThatChartsLack(t *testing.T) {
	capitals := func(text string) (all []string) {
		for _, c := range text {
			if c >= 'A' && c <= 'Z' {
				all = append(all, string(c))
			}
		}
		return all
	}
	source := "name = \"X\"\n" + strings.NewReplacer("channels.first", "channels.FIRST", `channel = "first"`,
		`channel = "FIRST"`,
		"[strategies.s3]", "[strategies.S]", `name = "v2"`, `name = "V"`, `terms = "none"`,
		`terms = "ABCDEFGHIJKLM"`).Replace(many())
	_, odd, err := Load("x.toml", []byte(source), Options{Illegible: capitals})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range odd {
		got = append(got, fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Text))
	}
	want := []string{
		`1:8 charts can't show all of "X": they lack X`,
		`16:8 charts can't show all of "V": they lack V`,
		`20:11 charts can't show all of "FIRST": they lack F I R S T`,
		`22:9 charts can't show all of "ABCDEFGHIJKLM": they lack A B C D E F G H I J and 3 more`,
		`27:9 charts can't show all of "ABCDEFGHIJKLM": they lack A B C D E F G H I J and 3 more`,
		`39:13 charts can't show all of "S": they lack S`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
