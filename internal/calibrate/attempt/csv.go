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

// BadRow is a row that was skipped.
type BadRow struct {
	Line   int
	Column string
	Text   string
}

func (b BadRow) String() string { return fmt.Sprintf("line %d, %s: %s", b.Line, b.Column, b.Text) }

// Log is a file of attempts.
type Log struct {
	Nights  []Night // one for each day in UTC
	Rows    int     // with those that were skipped
	Skipped int     // rows: a quote that isn't closed takes those below it along
	Bad     []BadRow
}

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

// mostBad is the share of rows that may be bad: beyond it the columns are probably not those that were meant.
const mostBad = 0.05

// TooManyBadError says that a file can't be trusted.
type TooManyBadError struct{ Bad, Rows int }

func (e *TooManyBadError) Error() string {
	return fmt.Sprintf("%d of %d rows are bad, and more than %g%% mean that something else is wrong", e.Bad, e.Rows, 100*mostBad)
}

// ReadCSV reads attempts, in any order, from a file whose first line names its columns. A row that can't be read is told and
// skipped; when there are too many, the error is a *TooManyBadError and comes with the log.
func ReadCSV(r io.Reader, columns Columns) (*Log, error) {
	c := csv.NewReader(r)
	c.ReuseRecord, c.FieldsPerRecord = true, -1
	header, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty: its first line must name the columns")
	}
	if err != nil {
		return nil, err
	}
	p := &parser{width: len(header)}
	if p.at, err = find(header, columns); err != nil {
		return nil, err
	}
	p.names = slices.Clone(header)
	log := &Log{}
	var all []Attempt
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
			log.Skipped += 1 + broken.Line - broken.StartLine
			continue
		}
		if err != nil {
			return nil, err
		}
		a, bad := p.attempt(row)
		if bad != nil {
			bad.Line, _ = c.FieldPos(0)
			log.Bad = append(log.Bad, *bad)
			log.Skipped++
			continue
		}
		all = append(all, a)
	}
	log.Nights = days(all)
	if float64(log.Skipped) > mostBad*float64(log.Rows) {
		return log, &TooManyBadError{log.Skipped, log.Rows}
	}
	return log, nil
}

// find says where each field's column is.
func find(header []string, columns Columns) (map[string]int, error) {
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
	at    map[string]int
	names []string
	width int
	row   []string
	bad   *BadRow
}

// text is what a row has in a field's column.
func (p *parser) text(field string) string {
	i, there := p.at[field]
	if !there {
		return ""
	}
	return strings.TrimSpace(p.row[i])
}

func (p *parser) fail(field, format string, args ...any) {
	if p.bad == nil {
		p.bad = &BadRow{Column: p.names[p.at[field]], Text: fmt.Sprintf(format, args...)}
	}
}

func (p *parser) attempt(row []string) (Attempt, *BadRow) {
	p.row, p.bad = row, nil
	if len(row) != p.width {
		return Attempt{}, &BadRow{Column: "row", Text: fmt.Sprintf("%d fields, and the first line names %d", len(row), p.width)}
	}
	a := Attempt{
		Channel: strings.Clone(p.text("channel")), Order: strings.Clone(p.text("order")), Resolution: strings.Clone(p.text("resolution")),
		Country: strings.Clone(p.text("country")), At: p.moment("submitted"), Seconds: int(p.number("seconds", 3600)), Fetches: int(p.number("fetches", 1e6)),
	}
	if a.Channel == "" {
		p.fail("channel", "no channel")
	}
	m, known := outcomes[strings.ToLower(p.text("outcome"))]
	if !known {
		p.fail("outcome", "%q is no outcome that is known", p.text("outcome"))
	}
	a.Outcome, a.Reason, a.Accepted, a.Ended = m.outcome, m.reason, m.accepted, m.ended
	a.Made = a.Outcome == channel.Delivered || a.Outcome == channel.Unusable
	p.service(&a)
	return a, p.bad
}

// service reads how long the job took, or how long was waited for one that did not end.
func (p *parser) service(a *Attempt) {
	seconds := p.number("service", longest)
	took := time.Duration(seconds * float64(time.Second))
	if _, there := p.at["waited"]; there && p.text("waited") != "" && !a.Ended {
		took = time.Duration(p.number("waited", longest) * float64(time.Second))
	}
	a.Low, a.High = took, took
	if a.Ended && seconds == 0 {
		a.Low, a.High = 0, 0 // unknown
	}
}

const longest = 10 * 365 * 24 * 3600

func (p *parser) number(field string, most float64) float64 {
	text := p.text(field)
	if text == "" {
		return 0
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= 0) || v > most {
		p.fail(field, "%q is no number from 0 to %g", text, most)
		return 0
	}
	return v
}

// moment reads a time: RFC 3339, or Unix in seconds, milliseconds or more finely.
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
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	p.fail(field, "%q is no time in RFC 3339, with its zone, and no Unix time", text)
	return time.Time{}
}

// meaning is what an outcome's name says.
type meaning struct {
	outcome         channel.Outcome
	reason          channel.Reason
	accepted, ended bool
}

// outcomes are the names that are known; scenarios/README.md lists them.
var outcomes = map[string]meaning{}

func init() {
	name := func(m meaning, names ...string) {
		for _, n := range names {
			outcomes[n] = m
		}
	}
	name(meaning{channel.Delivered, channel.NoReason, true, true}, "delivered", "completed", "succeeded", "success", "ok", "done")
	name(meaning{channel.Refused, channel.Region, false, false}, "region", "unsupported_country_code", "unsupported_country_region_territory")
	name(meaning{channel.Refused, channel.Moderation, false, false}, "moderation", "moderation_blocked", "content_policy_violation")
	name(meaning{channel.Refused, channel.RateLimited, false, false}, "rate_limited", "rate_limit_exceeded", "429")
	name(meaning{channel.Refused, channel.Submit, false, false}, "submit", "refused", "unavailable", "server_error", "500", "502", "503", "504")
	name(meaning{channel.Ambiguous, channel.Lost, false, false}, "ambiguous", "lost")
	name(meaning{channel.Failed, channel.Job, true, true}, "job", "failed", "error")
	name(meaning{channel.Unusable, channel.BadClip, true, true}, "unusable", "rejected")
	name(meaning{channel.Abandoned, channel.Deadline, true, false}, "abandoned", "deadline", "timeout", "timed_out", "cancelled", "canceled")
	name(meaning{channel.Abandoned, channel.NoReason, true, false}, "pending", "running", "in_progress", "queued", "processing")
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
