package attempt

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"channelbench/internal/channel"
)

// Columns says which column of a file holds what; "" where none does.
type Columns map[string]string

// fields are what a column can hold, those that must be there first.
var fields = []string{"channel", "submitted", "outcome", "service", "order", "seconds", "resolution", "country", "waited", "fetches"}

// needed are those without which nothing can be fitted.
var needed = fields[:3]

// Fields are what a column can hold.
func Fields() []string { return slices.Clone(fields) }

// ParseColumns reads "channel=provider,submitted=created_at". A field that isn't named is looked for in a column of its own name.
func ParseColumns(text string) (Columns, error) {
	columns := Columns{}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		field, column, found := strings.Cut(part, "=")
		field, column = strings.TrimSpace(field), strings.TrimSpace(column)
		switch {
		case !found || column == "":
			return nil, fmt.Errorf("%q says no column; write field=column", part)
		case !slices.Contains(fields, field):
			return nil, fmt.Errorf("%q is nothing that is read; fields are %s", field, strings.Join(fields, ", "))
		case columns[field] != "":
			return nil, fmt.Errorf("%s is said twice", field)
		}
		columns[field] = column
	}
	return columns, nil
}

// Format says how a file is to be read.
type Format struct {
	Columns  Columns
	Outcomes Outcomes                                                  // what words mean in this file
	Known    func(word string) (channel.Outcome, channel.Reason, bool) // what other words mean anywhere; nil: nothing
	Zone     *time.Location                                            // of times that say no offset; nil: they can't be read
	Unit     time.Duration                                             // of service and waited; 0: a second
	From, To time.Time                                                 // rows from before or after are left out; zero: none are
}

// BadRow is a row that doesn't count, and why.
type BadRow struct {
	Line   int
	Column string
	Text   string
}

func (b BadRow) String() string { return fmt.Sprintf("line %d, %s: %s", b.Line, b.Column, b.Text) }

// Log is a file of attempts.
type Log struct {
	Nights  []Night // one for each day in UTC
	Rows    int     // with those that don't count
	Skipped int     // rows that don't count
	Bad     []BadRow
	Lost    int // rows that can't be read: a quote that isn't closed takes those below it along
	Late    int // rows from after Format.To
	Early   int // rows from before Format.From; they count where most rows are
	Ignored int // rows whose outcome is to be ignored
	Ours    int // rows that a key or a balance of ours failed, which says nothing of the channel
}

// Unread says what of a file doesn't count, or counts in spite of its date.
func (l *Log) Unread(f *Format) (all []string) {
	say := func(n int, what string) {
		if n > 0 {
			all = append(all, fmt.Sprintf("%d of %d rows %s", n, l.Rows, what))
		}
	}
	say(l.Lost, "can't be read and don't count")
	say(l.Late, "lie in the future and don't count")
	first := "are from before the scenario's first price, of " + f.From.Format(time.DateOnly)
	if l.mostlyEarly() {
		say(l.Early, first+"; as most are, they count")
	} else {
		say(l.Early, first+", and don't count")
	}
	say(l.Ignored, "don't count, as --outcome says")
	say(l.Ours, "failed by a key, a balance or a request of yours and don't count")
	return all
}

// mostlyEarly says whether most rows are from before the first price: then it is the price that is new, and no clock that is wrong.
func (l *Log) mostlyEarly() bool { return 2*l.Early > l.Rows }

// Polled says that jobs were polled at intervals: each was over up to so much sooner than it was seen to be.
func (l *Log) Polled(every time.Duration) {
	for n := range l.Nights {
		for i := range l.Nights[n].Attempts {
			if a := &l.Nights[n].Attempts[i]; a.Accepted {
				a.Low = max(0, a.Low-every)
			}
		}
	}
}

// mostBad is the share of rows that may be bad, of all and of those with one outcome: beyond it something else is wrong, and what is
// left would not tell how often that outcome is. A word that isn't known may be on fewer rows: all of these are missing by that word.
const (
	mostBad     = 0.05
	mostUnknown = 0.01
	fewestBad   = 3 // of those with one outcome
)

// TooManyBadError says that a file can't be trusted.
type TooManyBadError struct {
	Bad, Rows int
	Outcome   string // of these rows; "": of any
	Hint      string
}

func (e *TooManyBadError) Error() string {
	of := ""
	if e.Outcome != "" {
		of = fmt.Sprintf(" with the outcome %q", e.Outcome)
	}
	return fmt.Sprintf("%d of %d rows%s are bad, and more than %g%% mean that something else is wrong%s", e.Bad, e.Rows, of, 100*mostBad, e.Hint)
}

// ReadCSV reads attempts, in any order, from a file whose first line names its columns. A row that can't be read is told and
// skipped; when there are too many, the error comes with the log.
func ReadCSV(r io.Reader, f Format) (*Log, error) {
	c := csv.NewReader(r)
	c.ReuseRecord, c.FieldsPerRecord = true, -1
	header, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty: its first line must name the columns")
	}
	if err != nil {
		return nil, err
	}
	p := &parser{Format: f, width: len(header), words: map[string]*word{}}
	if p.at, err = columnsOf(header, f.Columns); err != nil {
		return nil, err
	}
	p.names = slices.Clone(header)
	log := &Log{}
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		log.Rows++
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			log.Bad = append(log.Bad, BadRow{broken.StartLine, fmt.Sprintf("column %d", broken.Column), broken.Err.Error()})
			log.Rows += broken.Line - broken.StartLine
			log.Lost += 1 + broken.Line - broken.StartLine
			continue
		}
		if err != nil {
			return nil, err
		}
		line, _ := c.FieldPos(0)
		p.read(log, row, line)
	}
	if log.mostlyEarly() {
		p.all = append(p.all, p.early...)
	} else {
		log.Skipped += log.Early
		log.Bad = append(log.Bad, p.before...)
		slices.SortStableFunc(log.Bad, func(a, b BadRow) int { return a.Line - b.Line })
	}
	log.Skipped += log.Lost + log.Late + log.Ignored + log.Ours
	log.Nights = days(p.all)
	return log, p.plausible(log)
}

// read takes in a row.
func (p *parser) read(log *Log, row []string, line int) {
	a, m := p.attempt(row, line)
	switch {
	case m.ignored:
		log.Ignored++
		return
	case m.ours:
		log.Ours++
		return
	case p.bad != nil:
		log.Lost++
	case !p.To.IsZero() && a.At.After(p.To):
		log.Late++
		p.fail("submitted", "%q lies in the future", p.text("submitted"))
	case a.At.Before(p.From):
		log.Early++
		p.early = append(p.early, a)
		p.fail("submitted", "%q is before the scenario's first price", p.text("submitted"))
		p.before = append(p.before, BadRow{line, p.bad.Column, p.bad.Text})
		return
	default:
		p.all = append(p.all, a)
		return
	}
	log.Bad = append(log.Bad, BadRow{line, p.bad.Column, p.bad.Text})
}

// plausible says what of a file makes the rest of it tell something wrong.
func (p *parser) plausible(log *Log) error {
	if unknown := p.unknownWords(log.Rows); unknown != nil {
		return unknown
	}
	hint := ""
	if p.zoneless > 0 {
		hint = fmt.Sprintf("\n  hint: %d times say no offset: say what clock they are of, such as --zone UTC or --zone Asia/Shanghai", p.zoneless)
	}
	if float64(log.Lost) > mostBad*float64(log.Rows) {
		return &TooManyBadError{log.Lost, log.Rows, "", hint}
	}
	for text, w := range sortedWords(p.words) {
		if w.known && !w.ignored && !w.ours && w.bad >= fewestBad && float64(w.bad) > mostBad*float64(w.rows) {
			return &TooManyBadError{w.bad, w.rows, text, hint}
		}
	}
	return nil
}

// columnsOf says where each field's column is.
func columnsOf(header []string, columns Columns) (map[string]int, error) {
	at := map[string]int{}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	for _, field := range fields {
		name, asked := columns[field]
		if !asked {
			name = field
		}
		i := slices.IndexFunc(header, func(h string) bool { return strings.TrimSpace(h) == name })
		switch {
		case i >= 0:
			at[field] = i
		case asked:
			return nil, fmt.Errorf("there is no column %q; the file has %s", name, strings.Join(header, ", "))
		case slices.Contains(needed, field):
			return nil, fmt.Errorf("no column says %s; name it with --columns %s=…; the file has %s", field, field, strings.Join(header, ", "))
		}
	}
	return at, nil
}

// parser reads rows.
type parser struct {
	Format
	at         map[string]int
	names      []string
	width      int
	words      map[string]*word // of outcomes, by their spelling
	zoneless   int              // times without an offset where none is said
	all, early []Attempt
	before     []BadRow // one for each of early

	row []string
	bad *BadRow // why the row at hand doesn't count
}

// nulls are how data bases and their tools write that there is nothing.
var nulls = []string{"null", `\n`, "none", "nan", "nil", "n/a"}

// text is what a row has in a field's column.
func (p *parser) text(field string) string {
	i, there := p.at[field]
	if !there {
		return ""
	}
	text := strings.TrimSpace(p.row[i])
	if field != "channel" && slices.Contains(nulls, strings.ToLower(text)) {
		return ""
	}
	return text
}

func (p *parser) fail(field, format string, args ...any) {
	if p.bad == nil {
		p.bad = &BadRow{Column: p.names[p.at[field]], Text: fmt.Sprintf(format, args...)}
	}
}

// attempt reads a row; where it can't be read, p.bad says why.
func (p *parser) attempt(row []string, line int) (Attempt, meaning) {
	p.row, p.bad = row, nil
	if len(row) != p.width {
		p.bad = &BadRow{Column: "row", Text: fmt.Sprintf("%d fields, and the first line names %d", len(row), p.width)}
		return Attempt{}, meaning{}
	}
	a := Attempt{
		Channel: p.text("channel"), At: p.moment("submitted"), Resolution: p.text("resolution"), Order: p.text("order"), Country: p.text("country"),
		Seconds: int(math.Round(p.number("seconds", 24*3600))), Fetches: int(math.Round(p.number("fetches", 1e6))),
	}
	if a.Channel == "" {
		p.fail("channel", "no channel")
	}
	m := p.outcome(line)
	a.Outcome, a.Reason, a.Accepted, a.Ended = m.outcome, m.reason, m.accepted, m.ended
	a.Made = a.Outcome == channel.Delivered || a.Outcome == channel.Unusable
	p.service(&a)
	if p.bad != nil {
		p.words[spelling(p.text("outcome"))].bad++
	}
	return a, m
}

// service reads how long the job took, or how long was waited for one that did not end.
func (p *parser) service(a *Attempt) {
	took := p.span("service")
	a.Low, a.High = took, took
	if a.Ended && took == 0 {
		a.Low, a.High = 0, 0 // unknown
	}
	if waited := p.text("waited"); waited != "" && !a.Ended {
		a.Low = p.span("waited")
		a.High = a.Low
	}
}

// span reads a time in the unit of the file.
func (p *parser) span(field string) time.Duration {
	unit := p.Unit
	if unit == 0 {
		unit = time.Second
	}
	return time.Duration(p.number(field, float64(longest/unit)) * float64(unit))
}

const longest = 10 * 365 * 24 * time.Hour

func (p *parser) number(field string, most float64) float64 {
	text := p.text(field)
	if text == "" {
		return 0
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= 0) || v > most {
		p.fail(field, "%q is no number from 0 to %.12g", text, most)
		return 0
	}
	return v
}

// moment reads a time: Unix in seconds, milliseconds or more finely, or a date and a time of day.
func (p *parser) moment(field string) time.Time {
	text := p.text(field)
	if v, err := strconv.ParseFloat(text, 64); err == nil {
		for v > 1e11 { // seconds beyond the year 5138 are milliseconds, and so on
			v /= 1000
		}
		if v < 1e8 || math.IsNaN(v) {
			p.fail(field, "%q is no Unix time since 1973", text)
		}
		whole, part := math.Modf(v)
		return time.Unix(int64(whole), int64(part*1e9)).UTC()
	}
	t, offset, err := clock(text, p.Zone)
	switch {
	case err != nil:
		p.fail(field, "%q is no time as RFC 3339, Postgres or MySQL write it, and no Unix time", text)
	case !offset && p.Zone == nil:
		p.zoneless++
		p.fail(field, "%q says no offset, and --zone says none", text)
	}
	return t.UTC()
}

// ParseZone reads an offset, such as +08:00, or the name of a zone; of "" there is none.
func ParseZone(text string) (*time.Location, error) {
	if text == "" {
		return nil, nil
	}
	for _, layout := range []string{"Z07:00", "Z0700", "Z07"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Location(), nil
		}
	}
	zone, err := time.LoadLocation(text)
	if err != nil {
		return nil, fmt.Errorf("%q is no zone that is known; write an offset such as +08:00, UTC, or a name such as Asia/Shanghai", text)
	}
	return zone, nil
}

// offsets are how a time of day ends, as RFC 3339, Postgres, MySQL and other tools write it; Z stands for itself, too.
var offsets = []string{"Z07:00", "Z0700", "Z07", " Z07:00", " Z0700", " UTC"}

// clock reads a date and a time of day. One without an offset is of the zone, or of UTC, and says so.
func clock(text string, zone *time.Location) (t time.Time, offset bool, err error) {
	const layout = "2006-01-02 15:04:05" // fractions of a second are read, too
	if len(text) > 10 && (text[10] == 'T' || text[10] == 't') {
		text = text[:10] + " " + strings.ToUpper(text[11:])
	}
	for _, o := range offsets {
		if t, err = time.Parse(layout+o, text); err == nil {
			return t, true, nil
		}
	}
	if zone == nil {
		zone = time.UTC
	}
	t, err = time.ParseInLocation(layout, text, zone)
	return t, false, err
}

// days cuts attempts into days, and numbers the attempts of each order.
func days(all []Attempt) []Night {
	slices.SortStableFunc(all, func(a, b Attempt) int { return a.At.Compare(b.At) })
	tries := map[string]int{}
	var nights []Night
	for i := range all {
		a := &all[i]
		if a.Order != "" {
			a.Try = tries[a.Order]
			tries[a.Order]++
		}
		name := a.At.Format(time.DateOnly)
		if n := len(nights); n == 0 || cmp.Compare(nights[n-1].Name, name) != 0 {
			nights = append(nights, Night{Name: name, From: a.At, Log: true})
		}
		last := &nights[len(nights)-1]
		last.Attempts = append(last.Attempts, *a)
	}
	return nights
}
