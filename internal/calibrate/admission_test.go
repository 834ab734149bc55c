package calibrate

import (
	"strings"
	"testing"
	"time"
)

func TestAdmission(t *testing.T) {
	day := time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)
	a := Admission{Today: day.AddDate(0, 0, 9)}
	for _, tt := range []struct {
		name                   string
		run                    Applicant
		refusal, warning, fail string
	}{
		{"a mock run", Applicant{"a", day, 1, false}, "", "", ""},
		{"the same run", Applicant{"b", day, 1, false}, "", "", "a and b are the same run"},
		{"the same luck", Applicant{"c", day.Add(time.Hour), 1, false}, "", "a and c are of mock channels", ""},
		{"live runs have no seed", Applicant{"d", day.Add(2 * time.Hour), 1, true}, "", "", ""},
		{"from the future", Applicant{"e", day.AddDate(0, 0, 10), 2, false}, "lies in the future", "", ""},
		{"which is forgotten", Applicant{"f", day.AddDate(0, 0, 1), 2, false}, "", "", ""},
	} {
		refusal, warning, err := a.Admit(tt.run)
		failed := ""
		if err != nil {
			failed = err.Error()
		}
		for _, s := range [][2]string{{refusal, tt.refusal}, {warning, tt.warning}, {failed, tt.fail}} {
			if (s[0] == "") != (s[1] == "") || !strings.Contains(s[0], s[1]) {
				t.Errorf("%s: %q, want %q", tt.name, s[0], s[1])
			}
		}
	}
}
