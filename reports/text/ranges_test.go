package text

import (
	"strings"
	"testing"

	"channelbench/internal/record"
	"channelbench/reports/reporttest"
)

func TestUncertaintyInWords(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*record.Sensitivity)
		want   string
	}{
		{"cheaper", func(*record.Sensitivity) {},
			"At the stated values hybrid costs $9,702 less a month (59.4%) than forwarding. Knowing every range exactly would be worth $42 a month."},
		{"dearer, and nothing to gain", func(s *record.Sensitivity) {
			s.Stated[0].MonthlyCost, s.StatedDifference, s.PerfectInformation = reporttest.Ptr(6000.0), reporttest.Ptr(624.0),
				reporttest.Ptr(0.0)
		}, "At the stated values hybrid costs $624 more a month (10.4%) than forwarding. Knowing every range exactly would be worth nothing: of the strategies that qualify, hybrid is the best in every draw."},
		{"faster", func(s *record.Sensitivity) {
			s.Minimise, s.StatedDifference, s.PerfectInformation = "p95", reporttest.Ptr(-75.0), nil
		}, "At the stated values hybrid comes to 1:15 less of p95 than forwarding."},
		{"alone", func(s *record.Sensitivity) { s.Against, s.StatedDifference = nil, reporttest.Ptr(6624.0) },
			"At the stated values hybrid comes to $6,624 a month. Knowing every range exactly would be worth $42 a month."},
		{"nothing known", func(s *record.Sensitivity) { s.StatedDifference, s.PerfectInformation = nil, nil }, ""},
	} {
		s := reporttest.Explored()
		tt.change(s)
		if got := strings.Join(uncertainty(s), " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// What nobody knows has no column, and ranges that change nothing no line.
func TestEmptyColumnsOfRangesAreLeftOut(t *testing.T) {
	s := reporttest.Explored()
	for i := range s.Inputs {
		s.Inputs[i].KeepingShare, s.Inputs[i].Flips = nil, nil
	}
	effects, _ := effectTable(s)
	if got := strings.Join(effects.heads, "|"); got != "Input|Confidence|Range|Of difference|Worth" ||
		len(effects.rows) != 2 || len(effects.rows[0].cells) != 5 {
		t.Errorf("heads %s of %d rows", got, len(effects.rows))
	}
	if got := tornado(s); len(got.rows) != 2 {
		t.Errorf("%d lines on costs, want those of the two ranges that change them", len(got.rows))
	}
	if got := flips(s); len(got) != 1 || !strings.HasPrefix(got[0], "The same strategy stays the best") {
		t.Errorf("flips %q", got)
	}
}
