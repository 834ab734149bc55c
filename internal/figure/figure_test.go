package figure

import "testing"

func TestFigures(t *testing.T) {
	seen := map[string]bool{}
	for id := range numIDs {
		f := id.Of()
		if f.Name == "" || f.text == nil || seen[f.Name] {
			t.Errorf("figure %d is called %q, and is written %v", id, f.Name, f.text != nil)
		}
		seen[f.Name] = true
		if found, ok := Named(f.Name); !ok || found != id {
			t.Errorf("%s is found as %v, %v", f.Name, found, ok)
		}
		if (f.Kind == Time) != (f.Quantile > 0) || f.High != (f.Kind == Share) {
			t.Errorf("%s: kind %d, quantile %g, high %v", f.Name, f.Kind, f.Quantile, f.High)
		}
		if !f.Required && !f.Gated {
			t.Errorf("nobody can ask for %s", f.Name)
		}
	}
	if _, ok := Named("p51"); ok {
		t.Error("p51 is found")
	}
	for _, tt := range []struct {
		id   ID
		v    float64
		want string
	}{
		{Delivered, 0.99981, "99.98%"}, {P95, 219, "3:39"}, {CostPerDelivered, 0.1242, "$0.124"},
		{MonthlyCost, 14782.6, "$14,783"}, {Bill, 1.0104, "1.010× price"}, {Attempts, 1.062, "1.062"},
	} {
		if got := tt.id.Of().Text(tt.v); got != tt.want {
			t.Errorf("%s of %g is %q, want %q", tt.id, tt.v, got, tt.want)
		}
	}
}
