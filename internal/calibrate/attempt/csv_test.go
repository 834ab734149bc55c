package attempt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"channelbench/internal/channel"
)

func TestReadCSV(t *testing.T) {
	const text = "\ufeffid,provider,created_at,status,duration_s,clip,res\n" +
		"7,reverse,2026-11-02T00:00:01Z,completed,95.5,10,720p\n" +
		"7,reverse,2026-11-01T23:59:59Z,unsupported_country_code,,10,720p\n" +
		"8,forwarding,1793577600,FAILED,30,5,720p\n" +
		"9,forwarding,1793577600250,timeout,600,5,720p\n"
	columns, err := ParseColumns("channel=provider, submitted=created_at,outcome=status,service=duration_s,seconds=clip,resolution=res,order=id")
	if err != nil {
		t.Fatal(err)
	}
	log, err := ReadCSV(strings.NewReader(text), columns)
	if err != nil || len(log.Bad) > 0 || log.Rows != 4 || len(log.Nights) != 2 {
		t.Fatalf("%+v, %v", log, err)
	}
	first, second := log.Nights[0], log.Nights[1]
	if first.Name != "2026-11-01" || len(first.Attempts) != 1 || len(second.Attempts) != 3 {
		t.Errorf("nights %q of %d, %q of %d", first.Name, len(first.Attempts), second.Name, len(second.Attempts))
	}
	all := append(slices.Clone(first.Attempts), second.Attempts...)
	at := func(outcome channel.Outcome) Attempt {
		return all[slices.IndexFunc(all, func(a Attempt) bool { return a.Outcome == outcome })]
	}
	if a := at(channel.Delivered); a.Try != 1 || a.Order != "7" || !a.Accepted || !a.Made || a.Low != 95500*time.Millisecond || a.High != a.Low || a.Seconds != 10 {
		t.Errorf("delivered: %+v", a)
	}
	if a := at(channel.Refused); a.Try != 0 || a.Reason != channel.Region || a.Accepted {
		t.Errorf("refused: %+v", a)
	}
	if a := at(channel.Failed); !a.Ended || a.Made || a.Reason != channel.Job || a.At.Unix() != 1793577600 {
		t.Errorf("failed: %+v", a)
	}
	if a := at(channel.Abandoned); a.Ended || !a.Accepted || a.Low != 600*time.Second || a.At.UnixMilli() != 1793577600250 {
		t.Errorf("left: %+v", a)
	}
	log.Polled(10 * time.Second)
	all = append(slices.Clone(log.Nights[0].Attempts), log.Nights[1].Attempts...)
	if a := at(channel.Delivered); a.Low != 85500*time.Millisecond || a.High != 95500*time.Millisecond {
		t.Errorf("polled: %+v", a)
	}
}

func TestBadRows(t *testing.T) {
	const header = "channel,submitted,outcome,service,seconds\n"
	good := strings.Repeat("a,2026-11-01T00:00:00Z,ok,60,5\n", 40)
	for _, tt := range []struct{ row, want string }{
		{",2026-11-01T00:00:00Z,ok,60,5", "line 42, channel: no channel"},
		{"a,yesterday,ok,60,5", `line 42, submitted: "yesterday" is no time in RFC 3339`},
		{"a,2026-11-01T00:00:00,ok,60,5", "line 42, submitted: "},
		{"a,12,ok,60,5", `line 42, submitted: "12" is no Unix time`},
		{"a,2026-11-01T00:00:00Z,eaten,60,5", `line 42, outcome: "eaten" is no outcome`},
		{"a,2026-11-01T00:00:00Z,ok,-3,5", `line 42, service: "-3" is no number`},
		{"a,2026-11-01T00:00:00Z,ok,NaN,5", `line 42, service: "NaN" is no number`},
		{"a,2026-11-01T00:00:00Z,ok,60,five", `line 42, seconds: "five" is no number`},
		{"a,2026-11-01T00:00:00Z,ok", "line 42, row: 3 fields, and the first line names 5"},
		{`a,"2026`, "line 4"},
	} {
		t.Run(tt.row, func(t *testing.T) {
			log, err := ReadCSV(strings.NewReader(header+good+tt.row+"\n"), nil)
			if err != nil || log.Rows != 41 || len(log.Bad) != 1 || !strings.HasPrefix(log.Bad[0].String(), tt.want) || len(log.Nights[0].Attempts) != 40 {
				t.Errorf("got %v, %+v; want %q", err, log.Bad, tt.want)
			}
		})
	}
	open, err := ReadCSV(strings.NewReader(header+"a,2026-11-01T00:00:00Z,\"ok,60,5\n"+good), nil)
	var lost *TooManyBadError
	if !errors.As(err, &lost) || lost.Bad < 40 || len(open.Bad) != 1 || open.Bad[0].Line != 2 {
		t.Errorf("an open quote: %v, %+v", err, open)
	}
	log, err := ReadCSV(strings.NewReader(header+good+strings.Repeat("a,never,ok,60,5\n", 3)), nil)
	var many *TooManyBadError
	if !errors.As(err, &many) || many.Bad != 3 || many.Rows != 43 || len(log.Bad) != 3 {
		t.Errorf("three bad of 43: %v", err)
	}
}

func TestWrongColumns(t *testing.T) {
	for _, tt := range []struct{ columns, header, want string }{
		{"channel", "", "says no column"},
		{"speed=x", "", "is nothing that is read; fields are channel, submitted"},
		{"channel=a,channel=b", "", "said twice"},
		{"", "", "the file is empty"},
		{"channel=x", "a,b\n", `there is no column "x"; the file has a, b`},
		{"channel=a", "a,b\n", "no column says submitted; name it with --columns submitted=…"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			columns, err := ParseColumns(tt.columns)
			if err == nil {
				_, err = ReadCSV(strings.NewReader(tt.header), columns)
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// TestEveryOutcomeIsDocumented holds the table of scenarios/README.md to the names that are read.
func TestEveryOutcomeIsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "scenarios", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name := range outcomes {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("scenarios/README.md doesn't name the outcome %s", name)
		}
	}
	for _, field := range fields {
		if !strings.Contains(string(text), fmt.Sprintf("| `%s` |", field)) {
			t.Errorf("scenarios/README.md has no row for the field %s", field)
		}
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add("channel,submitted,outcome\na,1793577600,ok\n")
	f.Add("channel,submitted,outcome,service\na,2026-11-01T00:00:00Z,timeout,\"1\n")
	f.Fuzz(func(_ *testing.T, text string) {
		if log, err := ReadCSV(strings.NewReader(text), nil); err == nil {
			n := 0
			for i := range log.Nights {
				n += len(log.Nights[i].Attempts)
			}
			if n+log.Skipped != log.Rows {
				panic("rows are lost")
			}
		}
	})
}
