package attempt

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"channelbench/bench/dialect"
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
	log, err := ReadCSV(strings.NewReader(text), Format{Columns: columns, Known: dialect.Outcome})
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
	if a := at(channel.Delivered); a.Try != 1 || a.Order != "7" || !a.Accepted || !a.Made ||
		a.Low != 95500*time.Millisecond || a.High != a.Low || a.Seconds != 10 {
		t.Errorf("delivered: %+v", a)
	}
	if a := at(channel.Refused); a.Try != 0 || a.Reason != channel.Region || a.Accepted {
		t.Errorf("refused: %+v", a)
	}
	if a := at(channel.Failed); !a.Ended || a.Made || a.Reason != channel.Job || a.At.Unix() != 1793577600 {
		t.Errorf("failed: %+v", a)
	}
	if a := at(channel.Abandoned); a.Ended || !a.Accepted || a.Low != 600*time.Second ||
		a.At.UnixMilli() != 1793577600250 {
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
		{"a,yesterday,ok,60,5", `line 42, submitted: "yesterday" is no time as RFC 3339`},
		{"a,2026-11-01T00:00:00,ok,60,5", "line 42, submitted: "},
		{"a,12,ok,60,5", `line 42, submitted: "12" is no Unix time`},
		{"a,2026-11-01T00:00:00Z,ok,-3,5", `line 42, service: "-3" is no number`},
		{"a,2026-11-01T00:00:00Z,ok,inf,5", `line 42, service: "inf" is no number`},
		{"a,2026-11-01T00:00:00Z,ok,60,five", `line 42, seconds: "five" is no number`},
		{"a,2026-11-01T00:00:00Z,ok", "line 42, row: 3 fields, and the first line names 5"},
		{`a,"2026`, "line 4"},
	} {
		t.Run(tt.row, func(t *testing.T) {
			log, err := ReadCSV(strings.NewReader(header+good+tt.row+"\n"), Format{})
			if err != nil || log.Rows != 41 || len(log.Bad) != 1 || !strings.HasPrefix(log.Bad[0].String(), tt.want) ||
				len(log.Nights[0].Attempts) != 40 {
				t.Errorf("got %v, %+v; want %q", err, log.Bad, tt.want)
			}
		})
	}
	open, err := ReadCSV(strings.NewReader(header+"a,2026-11-01T00:00:00Z,\"ok,60,5\n"+good), Format{})
	var lost *TooManyBadError
	if !errors.As(err, &lost) || lost.Bad < 40 || len(open.Bad) != 1 || open.Bad[0].Line != 2 {
		t.Errorf("an open quote: %v, %+v", err, open)
	}
	log, err := ReadCSV(strings.NewReader(header+good+strings.Repeat("a,never,ok,60,5\n", 3)), Format{})
	var many *TooManyBadError
	if !errors.As(err, &many) || many.Bad != 3 || many.Rows != 43 || len(log.Bad) != 3 {
		t.Errorf("three bad of 43: %v", err)
	}
}

// TestRowsAreNotMissingByChance: what is left out is counted and told, and where it would make the rest tell something
// wrong the file isn't taken.
func TestRowsAreNotMissingByChance(t *testing.T) {
	const header = "channel,submitted,outcome,service\n"
	rows := func(n int, row string) string { return strings.Repeat(row+"\n", n) }
	good := rows(300, "a,2026-11-01T00:00:00Z,ok,60")
	day := func(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC) }
	for _, tt := range []struct {
		name, text string
		outcomes   []string
		err        string // what it says; "": none
		attempts   int
		unread     string // what the account says
	}{
		{"all is well", good, nil, "", 300, ""},
		{"a word on many rows", good + rows(14, "a,2026-11-01T00:00:00Z,kaputt,60"), nil,
			`the outcome "kaputt" of 14 of 314 rows, first in line 302, isn't known`, 0, ""},
		{"and the way out", good + rows(14, "a,2026-11-01T00:00:00Z,kaputt,60"), nil, "--outcome WORD=KIND", 0, ""},
		{"said what it is", good + rows(14, "a,2026-11-01T00:00:00Z,Kaputt,60"), []string{"kaputt=job"}, "", 314, ""},
		{"said that it is nothing", good + rows(14, "a,2026-11-01T00:00:00Z,kaputt,60"), []string{"kaputt=ignore"}, "", 300,
			"14 of 314 rows don't count, as --outcome says"},
		{"two words on many rows", good + rows(14, "a,2026-11-01T00:00:00Z,kaputt,60") +
			rows(9, "a,2026-11-01T00:00:00Z,hin,60"), nil, `"hin" of 9 of 323 rows, first in line 316`, 0, ""},
		{"no word on many rows", good + rows(14, "a,2026-11-01T00:00:00Z,,60"), nil, `the outcome "" of 14`, 0, ""},
		{"no word, said what it is", good + rows(14, "a,2026-11-01T00:00:00Z,NULL,60"), []string{"=pending"}, "", 314, ""},
		{"a word on few rows", good + rows(3, "a,2026-11-01T00:00:00Z,kaputt,60"), nil, "", 300,
			"3 of 303 rows can't be read and don't count"},
		{"a word for what it isn't", good + rows(14, "a,2026-11-01T00:00:00Z,done,60"), []string{"done=job"}, "", 314, ""},
		{"all failures lack a time", good + rows(14, "a,,failed,60"), nil, `14 of 14 rows with the outcome "failed" are bad`,
			0, ""},
		{"all failures took minus one", good + rows(14, "a,2026-11-01T00:00:00Z,failed,-1"), nil,
			`14 of 14 rows with the outcome "failed" are bad`, 0, ""},
		{"failures say no service", good + rows(14, `a,2026-11-01T00:00:00Z,failed,\N`), nil, "", 314, ""},
		{"one failure of many is bad", good + rows(14, "a,2026-11-01T00:00:00Z,failed,60") + "a,,failed,60\n", nil, "", 314,
			"1 of 315 rows can't be read and don't count"},
		{"what is ignored needn't be whole", good + rows(14, "a,,draft,-1"), []string{"draft=ignore"}, "", 300,
			"14 of 314 rows don't count, as --outcome says"},
		{"no key", good + rows(14, "a,2026-11-01T00:00:00Z,invalid_api_key,"), nil, "", 300,
			"14 of 314 rows failed by a key, a balance or a request of yours and don't count"},
		{"one in the future", good + "a,2036-11-01T00:00:00Z,ok,60\n", nil, "", 300,
			"1 of 301 rows lie in the future and don't count"},
		{"many in the future", good + rows(100, "a,2036-11-01T00:00:00Z,ok,60"), nil, "", 300,
			"100 of 400 rows lie in the future and don't count"},
		{"one before the first price", good + "a,1973-11-01T00:00:00Z,ok,60\n", nil, "", 300,
			"1 of 301 rows are from before the scenario's first price, of 2026-11-01, and don't count"},
		{"most before the first price", "a,2026-11-01T00:00:00Z,ok,60\n" + rows(300, "a,2026-10-01T00:00:00Z,ok,60"), nil, "",
			301, "300 of 301 rows are from before the scenario's first price, of 2026-11-01; as most are, they count"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			outcomes, err := ParseOutcomes(tt.outcomes)
			if err != nil {
				t.Fatal(err)
			}
			f := Format{Outcomes: outcomes, Known: dialect.Outcome, From: day(1), To: day(30)}
			log, err := ReadCSV(strings.NewReader(header+tt.text), f)
			if tt.err != "" || err != nil {
				if tt.err == "" || err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %v, want %q", err, tt.err)
				}
				return
			}
			n := 0
			for i := range log.Nights {
				n += len(log.Nights[i].Attempts)
			}
			if unread := strings.Join(log.Unread(&f), "; "); n != tt.attempts || unread != tt.unread ||
				n+log.Skipped != log.Rows {
				t.Errorf("%d attempts of %d rows, %q; want %d, %q", n, log.Rows, unread, tt.attempts, tt.unread)
			}
		})
	}
}

// TestRowsThatDontCountAreNamed: by their lines, in order.
func TestRowsThatDontCountAreNamed(t *testing.T) {
	const text = "channel,submitted,outcome\na,1973-11-01T00:00:00Z,ok\n"
	log, err := ReadCSV(strings.NewReader(text+strings.Repeat("a,2026-11-01T00:00:00Z,ok\n",
		60)+"a,2036-11-01T00:00:00Z,ok\na,2026-11-01T00:00:00Z,ok,1\n"),
		Format{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(log.Bad)
	if want := `[line 2, submitted: "1973-11-01T00:00:00Z" is before the scenario's first price line 63, submitted: "2036-11-01T00:00:00Z" lies in the future line 64, row: 4 fields, and the first line names 3]`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTimesOfDay(t *testing.T) {
	for _, tt := range []struct{ name, text, zone, want string }{ // want in UTC; "": a bad row
		{"RFC 3339", "2026-11-01T12:34:56Z", "", "2026-11-01T12:34:56Z"},
		{"RFC 3339 in small letters", "2026-11-01t12:34:56.5z", "", "2026-11-01T12:34:56.5Z"},
		{"with an offset", "2026-11-01T12:34:56.789+02:00", "", "2026-11-01T10:34:56.789Z"},
		{"an offset goes before the zone", "2026-11-01T12:34:56+02:00", "Asia/Shanghai", "2026-11-01T10:34:56Z"},
		{"Postgres, timestamptz", "2026-11-01 12:34:56.789+00", "", "2026-11-01T12:34:56.789Z"},
		{"Postgres, microseconds", "2026-11-01 12:34:56.789123+02", "", "2026-11-01T10:34:56.789123Z"},
		{"Postgres in India", "2026-11-01 12:34:56+05:30", "", "2026-11-01T07:04:56Z"},
		{"Postgres in New York", "2026-11-01 12:34:56-05", "", "2026-11-01T17:34:56Z"},
		{"Postgres, timestamp, in Shanghai", "2026-11-01 12:34:56.789", "Asia/Shanghai", "2026-11-01T04:34:56.789Z"},
		{"Postgres, timestamp, no zone", "2026-11-01 12:34:56.789", "", ""},
		{"MySQL, datetime, UTC", "2026-11-01 12:34:56", "UTC", "2026-11-01T12:34:56Z"},
		{"MySQL, datetime(6)", "2026-11-01 12:34:56.000123", "+08:00", "2026-11-01T04:34:56.000123Z"},
		{"MySQL, datetime, no zone", "2026-11-01 12:34:56", "", ""},
		{"MySQL, no date", "0000-00-00 00:00:00", "UTC", ""},
		{"with T and no offset", "2026-11-01T12:34:56", "-03", "2026-11-01T15:34:56Z"},
		{"winter in Berlin", "2026-12-01 12:34:56", "Europe/Berlin", "2026-12-01T11:34:56Z"},
		{"summer in Berlin", "2026-08-01 12:34:56", "Europe/Berlin", "2026-08-01T10:34:56Z"},
		{"without a colon", "2026-11-01T12:34:56+0200", "", "2026-11-01T10:34:56Z"},
		{"Ruby", "2026-11-01 12:34:56 +0200", "", "2026-11-01T10:34:56Z"},
		{"BigQuery", "2026-11-01 12:34:56.789 UTC", "", "2026-11-01T12:34:56.789Z"},
		{"Python's logging", "2026-11-01 12:34:56,789", "UTC", "2026-11-01T12:34:56.789Z"},
		{"Unix", "1793536496", "Asia/Shanghai", "2026-11-01T12:34:56Z"},
		{"Unix in milliseconds", "1793536496789", "", "2026-11-01T12:34:56.789Z"},
		{"a day", "2026-11-01", "UTC", ""},
		{"no month", "2026-13-01 12:34:56", "UTC", ""},
		{"words", "yesterday", "UTC", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			zone, err := ParseZone(tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			log, err := ReadCSV(strings.NewReader("channel,submitted,outcome\na,\""+tt.text+"\",ok\n"), Format{Zone: zone})
			switch {
			case tt.want == "":
				if err == nil || len(log.Bad) != 1 || log.Bad[0].Column != "submitted" {
					t.Errorf("got %v, %+v; want a bad row", err, log)
				}
			case err != nil:
				t.Error(err, log.Bad)
			default:
				if got := log.Nights[0].Attempts[0].At.Round(time.Microsecond).Format(time.RFC3339Nano); got != tt.want {
					t.Errorf("got %s, want %s", got, tt.want)
				}
			}
		})
	}
	_, err := ReadCSV(strings.NewReader("channel,submitted,outcome\na,2026-11-01 12:34:56,ok\n"), Format{})
	if err == nil || !strings.Contains(err.Error(),
		"hint: 1 times say no offset: say what clock they are of, such as --zone UTC") {
		t.Errorf("times without an offset: %v", err)
	}
	if _, err := ParseZone("Middle/Earth"); err == nil ||
		!strings.Contains(err.Error(), "write an offset such as +08:00") {
		t.Error(err)
	}
}

func TestUnits(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		unit       time.Duration
		want       time.Duration
	}{
		{"seconds if nothing is said", "95.5", 0, 95500 * time.Millisecond},
		{"milliseconds", "95500", time.Millisecond, 95500 * time.Millisecond},
		{"nanoseconds", "95500000000", time.Nanosecond, 95500 * time.Millisecond},
		{"minutes", "1.5", time.Minute, 90 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, row := range []string{"ok," + tt.text + ",", "timeout,," + tt.text} {
				log, err := ReadCSV(strings.NewReader("channel,submitted,outcome,service,waited\na,1793536496,"+row+"\n"),
					Format{Unit: tt.unit})
				if err != nil || log.Nights[0].Attempts[0].Low != tt.want {
					t.Errorf("%s: %v, %+v", row, err, log)
				}
			}
		})
	}
}

// TestWordsOfOutcomes: those that logs use otherwise than channels do, and those of channels.
func TestWordsOfOutcomes(t *testing.T) {
	f := Format{Known: dialect.Outcome}
	for word, want := range map[string]string{
		"ok": "delivered", "Succeed": "delivered", "finished": "delivered", "COMPLETE": "delivered",
		"failure": "job", "FAIL": "job", "aborted": "job", "expired": "job", "error": "job", "terminated": "job",
		"timeout": "abandoned", "cancelled": "abandoned", "timed out": "abandoned", "rejected": "unusable",
		"in_queue": "pending", "rendering": "pending",
		"unsupported_country_code": "region", "content-policy-violation": "moderation", "too_many_requests": "rate_limited",
		"429":          "rate_limited",
		"server_error": "submit", "500": "submit", "503": "submit", "502": "ambiguous", "504": "ambiguous",
		"524": "ambiguous", "bad_gateway": "ambiguous",
	} {
		t.Run(word, func(t *testing.T) {
			got, known := f.meaningOf(spelling(word))
			if !known || got != kinds[want] {
				t.Errorf("%+v, %v; want %s", got, known, want)
			}
		})
	}
	if m, known := f.meaningOf("nsfw"); !known || m.outcome != channel.Failed || m.reason != channel.Moderation ||
		!m.accepted {
		t.Errorf("nsfw: %+v, %v", m, known)
	}
	for _, word := range []string{"", "eaten", "ignore", "404", "task_not_found", "200"} {
		if m, known := f.meaningOf(word); known {
			t.Errorf("%q is %+v", word, m)
		}
	}
	for _, bad := range []string{"draft", "draft=", "draft=gone", "draft=job"} {
		_, err := ParseOutcomes([]string{bad, "draft=ignore"})
		if err == nil {
			t.Errorf("%q is taken", bad)
		}
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
				_, err = ReadCSV(strings.NewReader(tt.header), Format{Columns: columns})
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
	for _, name := range append(slices.Collect(maps.Keys(others)), Kinds()...) {
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
		if log, err := ReadCSV(strings.NewReader(text), Format{}); err == nil {
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
